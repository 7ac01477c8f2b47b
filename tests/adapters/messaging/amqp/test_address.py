"""Where the broker is."""

import pytest

from adapters.messaging.amqp import BusAddress


def test_all_of_a_url_counts():
    address = BusAddress(urls=("amqp://us%40er:p%2Fw@broker:1234/v%2Fh",), heartbeat=7)
    parameters = address.parameters(0, "me")
    assert (parameters.host, parameters.port, parameters.virtual_host) == ("broker", 1234, "v/h")
    credentials = parameters.credentials
    assert (credentials.username, credentials.password) == ("us@er", "p/w")
    assert parameters.heartbeat == 7
    assert parameters.client_properties["connection_name"] == "me"


def test_what_a_url_leaves_out():
    parameters = BusAddress(urls=("amqp://broker",)).parameters(0, "me")
    assert (parameters.port, parameters.virtual_host) == (5672, "/")
    assert (parameters.credentials.username, parameters.credentials.password) == ("guest", "guest")
    assert parameters.ssl_options is None


def test_a_password_of_its_own():
    address = BusAddress(urls=("amqp://u@a", "amqp://u:other@b"), password="s3cret")
    passwords = [address.parameters(number, "me").credentials.password for number in range(3)]
    assert passwords == ["s3cret", "other", "s3cret"]


def test_nodes_take_turns():
    address = BusAddress(urls=("amqp://a", "amqps://b:1"))
    assert [address.node(number) for number in range(3)] == ["a:5672", "b:1", "a:5672"]


def test_tls_checks_the_name_of_the_broker():
    parameters = BusAddress(urls=("amqps://broker",)).parameters(0, "me")
    assert parameters.port == 5671
    assert parameters.ssl_options.server_hostname == "broker"
    assert parameters.ssl_options.context.check_hostname


def test_passwords_are_not_printed():
    shown = repr(BusAddress(urls=("amqp://u:s3cret@a",), password="s3cret"))
    assert "s3cret" not in shown


@pytest.mark.parametrize(
    "urls",
    [
        (),
        ("broker:5672",),
        ("http://broker",),
        ("amqp://",),
        ("amqp://broker:port",),
        ("amqp://broker?heartbeat=3",),
        ("amqp://a", "x"),
    ],
)
def test_urls_that_make_no_sense(urls: tuple[str, ...]):
    with pytest.raises(ValueError, match=r"."):
        BusAddress(urls=urls)

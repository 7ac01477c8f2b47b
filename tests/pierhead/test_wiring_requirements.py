"""The wiring, its settings and the drivers go together, or one line says why not."""

import os

import msgspec
import pytest

from pierhead.errors import StartupError
from pierhead.requirements import Role, check, check_all_in_one
from pierhead.settings import NeutronAuth, Settings, Wiring

NAMESPACES = ("haproxy-namespace",)
NONE = {"wiring": Wiring.NEUTRON, "drivers": NAMESPACES, "neutron_auth": NeutronAuth.NONE}
KEYSTONE = {"wiring": Wiring.NEUTRON, "drivers": NAMESPACES}
URL = "http://127.0.0.1:9696"


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch):
    for name in list(os.environ):
        if name.startswith("OS_"):
            monkeypatch.delenv(name)


@pytest.fixture(params=[Role.API, Role.CONDUCTOR, None], ids=["api", "conductor", "serve"])
def accept(request, tmp_path):
    """Checks settings of which all but the wiring is complete."""
    key = tmp_path / "key"
    key.write_text("key")
    key.chmod(0o600)
    complete = Settings(
        database_url="postgresql://me@db/p", amqp_url=("amqp://mq",), secret_key_file=str(key)
    )

    def accept(**changes: object) -> None:
        settings = msgspec.structs.replace(complete, **changes)
        if request.param is None:
            check_all_in_one(settings)
        else:
            check(request.param, settings)

    return accept


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"drivers": ("haproxy", "memory")},
        {"wiring": Wiring.LINUX, "drivers": NAMESPACES},
        NONE | {"neutron_url": URL},
        KEYSTONE | {"neutron_cloud": "lab"},
    ],
)
def test_what_goes_together_is_accepted(accept, changes):
    accept(**changes)


@pytest.mark.parametrize("name", ["OS_CLOUD", "OS_AUTH_URL"])
def test_credentials_may_stand_in_the_environment(accept, monkeypatch, name):
    monkeypatch.setenv(name, "x")
    accept(**KEYSTONE)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"wiring": Wiring.LINUX},
            "drivers: haproxy serves on the host's own loopback addresses only; with wiring = "
            "linux use haproxy-namespace",
        ),
        (KEYSTONE | {"drivers": ("memory", "haproxy")}, "with wiring = neutron use haproxy-names"),
        ({"drivers": NAMESPACES}, "serves in tenants' networks, and wiring = loopback has none"),
        (KEYSTONE, "neutron_cloud is not set, and neither is OS_CLOUD or OS_AUTH_URL"),
        (KEYSTONE | {"neutron_url": URL}, "neutron_url is for neutron_auth = none"),
        (NONE, "neutron_url is not set"),
        (NONE | {"neutron_url": URL, "neutron_cloud": "lab"}, "neutron_cloud is for neutron_auth"),
        (NONE | {"neutron_url": "localhost:9696"}, "neutron_url is no URL that begins with http"),
        (NONE | {"neutron_url": "http://[::1"}, "neutron_url is no URL"),
        (NONE | {"neutron_url": "http://h:port"}, "neutron_url is no URL"),
        ({"neutron_url": URL}, "neutron_url is for wiring = neutron, and wiring is loopback"),
        ({"neutron_cloud": "lab"}, "neutron_cloud is for wiring = neutron"),
    ],
)
def test_what_does_not_is_named_in_one_line(accept, changes, words):
    with pytest.raises(StartupError) as refused:
        accept(**changes)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_agent_is_not_asked_how_devices_are_wired():
    check(Role.AGENT, Settings(amqp_url=("amqp://mq",), drivers=NAMESPACES))

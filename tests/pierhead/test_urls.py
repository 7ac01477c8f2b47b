"""URLs are shown without what is secret in them."""

import pytest

from pierhead.urls import has_password, redacted


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("amqp://me:hush@mq:5671/v", "amqp://me:***@mq:5671/v"),
        ("amqp://:hush@mq", "amqp://:***@mq"),
        ("postgresql://me:h:u@s:h@db/p", "postgresql://me:***@db/p"),
        ("postgresql://me@/p?password=hush&host=db", "postgresql://me@/p?password=***&host=db"),
        (
            "postgresql://me@/p?host=db&sslPassword=hush",
            "postgresql://me@/p?host=db&sslPassword=***",
        ),
        ("postgresql://me:hush@[db/p", "***"),
    ],
)
def test_secrets_are_hidden(url, shown):
    assert redacted(url) == shown
    assert has_password(url)


@pytest.mark.parametrize(
    "url",
    [
        "amqp://mq",
        "postgresql://me@/p?host=/run/pg&host=db",
        "sqlite:////var/lib/p.db",
        "",
        "nonsense",
    ],
)
def test_the_rest_is_shown_as_it_is(url):
    assert redacted(url) == url
    assert not has_password(url)

"""The contract of core.ports.secret_store.SecretStore."""

import pytest

from core.ports.secret_store import SecretStore, UnsealFailure

SECRETS = {"password": "s3cret-and-öther", "keys": {"private": ["a", 1, None, True]}}


def test_what_was_sealed_can_be_unsealed(secrets: SecretStore) -> None:
    first, second = secrets.seal(SECRETS), secrets.seal({})
    assert secrets.unseal(first) == SECRETS
    assert secrets.unseal(first) == SECRETS
    assert secrets.unseal(second) == {}


def test_the_sealed_text_shows_nothing(secrets: SecretStore) -> None:
    assert "s3cret" not in secrets.seal(SECRETS)


def test_printing_the_store_shows_nothing(secrets: SecretStore) -> None:
    sealed = secrets.seal(SECRETS)
    for text in (repr(secrets), str(secrets), f"{vars(secrets).keys()}"):
        assert "s3cret" not in text
        assert sealed not in text


def test_a_caller_cannot_change_what_was_sealed(secrets: SecretStore) -> None:
    mine = {"hosts": ["a"]}
    sealed = secrets.seal(mine)
    mine["hosts"].append("b")
    assert secrets.unseal(sealed) == {"hosts": ["a"]}


@pytest.mark.parametrize("text", ["", "nonsense", "gAAAAABm", "ünicode"])
def test_foreign_text_is_refused(secrets: SecretStore, text: str) -> None:
    with pytest.raises(UnsealFailure):
        secrets.unseal(text)

"""The key file of the encrypted store."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet

from adapters.secrets import BadKeyFile, FernetSecretStore
from core.ports.secret_store import UnsealFailure

SECRETS = {"password": "s3cret"}


@pytest.fixture
def key_file(tmp_path):
    return tmp_path / "state" / "keys"


def write(path, *lines):
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines))
    path.chmod(0o600)


def test_the_key_is_made_once_for_its_owner_only(key_file):
    before = os.umask(0)
    try:
        sealed = FernetSecretStore(key_file).seal(SECRETS)
    finally:
        os.umask(before)
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert FernetSecretStore(key_file).unseal(sealed) == SECRETS
    assert list(key_file.parent.iterdir()) == [key_file]


def test_all_that_start_together_agree_on_one_key(key_file):
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: FernetSecretStore(key_file), range(8)))
    sealed = stores[0].seal(SECRETS)
    assert [store.unseal(sealed) for store in stores] == [SECRETS] * 8


def test_rotation(key_file):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    write(key_file, old)
    sealed = FernetSecretStore(key_file).seal(SECRETS)
    write(key_file, "# newest first", new, "", old)
    rotated = FernetSecretStore(key_file)
    assert rotated.unseal(sealed) == SECRETS
    resealed = rotated.seal(SECRETS)
    write(key_file, new)
    only_new = FernetSecretStore(key_file)
    assert only_new.unseal(resealed) == SECRETS
    with pytest.raises(UnsealFailure):
        only_new.unseal(sealed)


@pytest.mark.parametrize("lines", [[], ["# nothing"], ["too-short-a-key"], ["ü"]])
def test_an_unusable_file_is_refused_without_showing_it(key_file, lines):
    write(key_file, *lines)
    with pytest.raises(BadKeyFile) as caught:
        FernetSecretStore(key_file)
    assert "too-short" not in str(caught.value)
    assert str(key_file) in str(caught.value)


def test_a_file_that_others_can_read_is_refused(key_file):
    write(key_file, Fernet.generate_key().decode())
    key_file.chmod(0o604)
    with pytest.raises(BadKeyFile, match="chmod"):
        FernetSecretStore(key_file)


def test_only_root_may_let_a_group_read_it(key_file):
    write(key_file, Fernet.generate_key().decode())
    key_file.chmod(0o440)
    if os.geteuid() == 0:
        assert FernetSecretStore(key_file).seal(SECRETS)
        os.chown(key_file, 65534, 65534)
    with pytest.raises(BadKeyFile, match="chmod"):
        FernetSecretStore(key_file)

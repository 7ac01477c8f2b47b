"""Secrets encrypted with keys from a file that stands outside the database."""

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from core.ports.secret_store import UnsealFailure


class BadKeyFile(Exception):
    """The key file cannot be used. The text is for the operator and shows no key."""


class FernetSecretStore:
    """A SecretStore whose key file holds one Fernet key a line, the newest first.

    The newest key seals, every key unseals: to rotate, put a new line on top. Lines that are
    empty or begin with ``#`` do not count. The file is made, for its owner only, when it
    is not there. Raises BadKeyFile and OSError.
    """

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file
        self._fernet = MultiFernet(_keys(key_file))

    def seal(self, secrets: Mapping[str, object]) -> str:
        return self._fernet.encrypt(msgspec.json.encode(secrets)).decode("ascii")

    def unseal(self, sealed: str) -> Mapping[str, object]:
        try:
            text = self._fernet.decrypt(sealed.encode())
        except InvalidToken:
            raise UnsealFailure(f"no key in {self._key_file} opens the sealed text") from None
        secrets: dict[str, object] = msgspec.json.decode(text)
        return secrets

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._key_file)!r})"


def _keys(key_file: Path) -> list[Fernet]:
    _create(key_file)
    found = key_file.stat()
    # What root lets a group read is meant so: systemd hands over credentials like this.
    if found.st_mode & 0o007 or (found.st_mode & 0o070 and found.st_uid != 0):
        raise BadKeyFile(f"{key_file} can be read by others than its owner: chmod 600 it")
    lines = (line.strip() for line in key_file.read_text("utf-8").splitlines())
    try:
        keys = [Fernet(line) for line in lines if line and not line.startswith("#")]
    except ValueError:
        raise BadKeyFile(f"{key_file} has a line that is not a Fernet key") from None
    if not keys:
        raise BadKeyFile(f"{key_file} holds no key")
    return keys


def _create(key_file: Path) -> None:
    """Make the file unless it exists; whoever else makes it too, all get the same whole file."""
    if key_file.exists():
        return
    key_file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(prefix=f"{key_file.name}.", dir=key_file.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            key_file.hardlink_to(draft)
    finally:
        Path(draft).unlink()
    _sync_directory(key_file.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

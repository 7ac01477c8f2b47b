"""Secrets that stand in files, so that no list of processes and no configuration shows them."""

import stat
from pathlib import Path

from pierhead.errors import StartupError


def read_secret(setting: str, path: Path) -> str:
    """The file's text without the line break at its end. Raises StartupError."""
    check_private(setting, path)
    try:
        secret = path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise StartupError(f"{setting}: {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise StartupError(f"{setting}: {path} is not in UTF-8") from None
    if not secret:
        raise StartupError(f"{setting}: {path} is empty")
    return secret


def check_private(setting: str, path: Path) -> None:
    """Raise StartupError for a file that is not there or that everybody can read."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise StartupError(f"{setting}: {path}: {error.strerror}") from error
    if not stat.S_ISREG(mode):
        raise StartupError(f"{setting}: {path} is no file")
    if mode & stat.S_IRWXO:
        raise StartupError(f"{setting}: {path} can be read by everyone: chmod o-rwx it")

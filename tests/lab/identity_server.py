"""A Keystone of the lab's own, which starts with an empty database."""

import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet

from tests.lab.config import Sections, write_sections
from tests.lab.environment import Layer
from tests.lab.identity import REGION, Keystone
from tests.lab.process import lab_process
from tests.servers.postgres import Postgres

_DATABASE = "keystone"
_THREADS = 4


@contextmanager
def keystone(layer: Layer, database: Postgres, port: int) -> Iterator[Keystone]:
    """A Keystone of the programs in `layer`, with a database on this server."""
    folder = Path(tempfile.mkdtemp(prefix="pierhead-keystone-", dir="/tmp"))
    try:
        url, password = f"http://127.0.0.1:{port}/v3", secrets.token_hex(16)
        config = folder / "keystone.conf"
        write_sections(config, _configuration(folder, database.create(_DATABASE)))
        _manage(layer, config, "db_sync")
        _manage(
            *(layer, config, "bootstrap", "--bootstrap-password", password),
            *("--bootstrap-public-url", url, "--bootstrap-internal-url", url),
            *("--bootstrap-region-id", REGION),
        )
        variables = {"OS_KEYSTONE_CONFIG_FILES": str(config)}
        process = lab_process("keystone", _command(layer, port), variables, folder / "run")
        running = Keystone(process, url, password)
        try:
            running.start()
            yield running
        finally:
            process.kill()
    finally:
        shutil.rmtree(folder)


def _configuration(folder: Path, database_url: str) -> Sections:
    keys = folder / "fernet-keys"
    keys.mkdir(0o700)
    for name in ("0", "1"):
        (keys / name).touch(0o600)
        (keys / name).write_bytes(Fernet.generate_key())
    return {
        "database": {"connection": database_url.replace("+psycopg:", "+psycopg2:")},
        "fernet_tokens": {"key_repository": keys},
        # Otherwise it looks for keys of the machine's own Keystone.
        "fernet_receipts": {"key_repository": keys},
        # Nobody guesses passwords here.
        "identity": {"password_hash_rounds": 4},
    }


def _manage(layer: Layer, config: Path, *command: str) -> None:
    program = [*_script(layer, "keystone-manage"), "--config-file", str(config)]
    done = subprocess.run(
        [*program, *command], cwd=config.parent, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"keystone-manage {command[0]}: {done.stdout}{done.stderr}")


def _command(layer: Layer, port: int) -> list[str]:
    return [
        *_script(layer, "pyuwsgi"),
        *("--module=keystone.wsgi.api:application", "--enable-threads", "--lazy-apps"),
        *(f"--http-socket=127.0.0.1:{port}", f"--threads={_THREADS}", "--need-app"),
        *("--add-header=Connection: close", "--die-on-term", "--disable-logging"),
    ]


def _script(layer: Layer, name: str) -> list[str]:
    return [str(layer.python), str(layer.folder / "bin" / name)]

"""Neutron's virtual environment, made once, and Pierhead's wheel on top of it.

Three layers, each of which sees those below by a ``.pth`` file and changes nothing in them:
Neutron with all that it brings, pinned; what Pierhead needs besides; Pierhead. The lower two
are kept in the user's cache.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_EXTRAS = ("postgresql", "mariadb", "neutron")
_PIP = ("--quiet", "--disable-pip-version-check", "--no-input")
_TABLES = "tables.sql"
_PRINT_TABLES = """
import sys
from sqlalchemy import create_mock_engine
from neutron.db.migration.models import head

def write(statement, *args, **kwargs):
    print(str(statement.compile(dialect=engine.dialect)).strip() + ";")

engine = create_mock_engine("postgresql+psycopg2://", write)
head.get_metadata().create_all(engine, checkfirst=False)
"""
"""What prints the SQL of Neutron's tables: its migrations run on MySQL only."""


@dataclass(frozen=True)
class Layer:
    """A virtual environment."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        """Where its packages are."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "lib" / version / "site-packages"

    @property
    def distributions(self) -> list[Distribution]:
        """What is installed in this layer itself."""
        return list(distributions(path=[str(self.packages)]))

    @property
    def frozen(self) -> dict[str, str]:
        """The version of each distribution of this layer."""
        return {_normal(each.name): each.version for each in self.distributions}


@dataclass(frozen=True)
class NeutronEnvironment:
    """The layers, from the ground up."""

    neutron: Layer
    needs: Layer
    plugin: Layer

    @property
    def python(self) -> Path:
        """The interpreter that sees all layers."""
        return self.plugin.python

    @property
    def path(self) -> str:
        """What finds the programs of all layers first."""
        folders = (self.plugin, self.needs, self.neutron)
        own = [str(layer.folder / "bin") for layer in folders]
        return os.pathsep.join((*own, os.environ.get("PATH", ""), "/usr/sbin:/sbin"))

    @property
    def tables(self) -> str:
        """The SQL that makes Neutron's tables in PostgreSQL."""
        return (self.neutron.folder / _TABLES).read_text()

    def script(self, name: str) -> list[str]:
        """The command of a program that Neutron brings, seeing all layers."""
        return [str(self.python), str(self.neutron.folder / "bin" / name)]


def install_neutron() -> None:
    """Make the layers that are kept, unless they are there."""
    needs_layer(neutron_layer())


def neutron_layer() -> Layer:
    """Neutron as it is published, with what it needs; made when it is not there."""
    lines = REQUIREMENTS.read_text().splitlines()
    return _cached("neutron", [line for line in lines if "#" not in line], _install_neutron)


def needs_layer(neutron: Layer) -> Layer:
    """What Pierhead needs and Neutron does not bring; made when it is not there."""
    wanted = _needs()
    pins = [f"{name}=={version}" for name, version in {**_locked(), **neutron.frozen}.items()]

    def install(layer: Layer) -> None:
        _see(layer, neutron)
        constraints = layer.folder / "constraints.txt"
        constraints.write_text("\n".join(pins))
        _pip(neutron, layer, "--constraint", str(constraints), *wanted)

    return _cached("needs", [neutron.folder.name, *wanted, *pins], install)


def with_plugin(folder: Path) -> NeutronEnvironment:
    """An environment in `folder` with Pierhead installed from a wheel of this checkout."""
    neutron = neutron_layer()
    needs = needs_layer(neutron)
    wheels = folder / "wheels"
    _run(
        *(sys.executable, "-m", "pip", "wheel", *_PIP, "--no-deps", "--no-build-isolation"),
        *("--wheel-dir", str(wheels), str(ROOT)),
    )
    plugin = Layer(folder / "plugin")
    _create(plugin)
    _see(plugin, needs, neutron)
    _pip(neutron, plugin, "--no-deps", "--no-index", *map(str, wheels.glob("*.whl")))
    return NeutronEnvironment(neutron, needs, plugin)


def collisions(layers: Iterable[Layer]) -> set[str]:
    """Distributions and files that more than one distribution of these layers brings."""
    seen: set[str] = set()
    twice: set[str] = set()
    for layer in layers:
        for each in layer.distributions:
            files = {str(file) for file in each.files or () if "__pycache__" not in file.parts}
            names = {f"distribution {_normal(each.name)}", *files}
            twice |= names & seen
            seen |= names
    return twice


def _install_neutron(layer: Layer) -> None:
    _run(str(layer.python), "-m", "ensurepip")
    _run(str(layer.python), "-m", "pip", "install", *_PIP, "--no-deps", "-r", str(REQUIREMENTS))
    _run(str(layer.python), "-m", "pip", *_PIP, "check")
    (layer.folder / _TABLES).write_text(_run(str(layer.python), "-c", _PRINT_TABLES))


def _needs() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *(each for extra in _EXTRAS for each in extras[extra])]


def _locked() -> dict[str, str]:
    """The versions that the tests of everything else use."""
    lines = (ROOT / "requirements" / "dev.txt").read_text().splitlines()
    pinned = [line.split(" ")[0] for line in lines if "==" in line and not line.startswith(" ")]
    return {_normal(name): version for name, _, version in (pin.partition("==") for pin in pinned)}


def _cached(name: str, key: list[str], install: Callable[[Layer], None]) -> Layer:
    """The layer of this name and key. It is made when it is not there, anew when somebody was
    interrupted at it."""
    digest = hashlib.sha256(json.dumps([sys.version, *key]).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "pierhead"
    layer = Layer(cache / f"lab-{name}-{digest}")
    done = layer.folder / ".complete"
    cache.mkdir(parents=True, exist_ok=True)
    with _locked_by_us(cache / f".{layer.folder.name}.lock"):
        if not done.exists():
            print(f"Setting up {layer.folder} (a minute, once)", file=sys.stderr)
            shutil.rmtree(layer.folder, ignore_errors=True)
            _create(layer)
            install(layer)
            done.touch()
    return layer


@contextmanager
def _locked_by_us(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _create(layer: Layer) -> None:
    venv.EnvBuilder(symlinks=True).create(layer.folder)


def _see(layer: Layer, *below: Layer) -> None:
    """Have `layer` see the packages of others, after its own."""
    lines = "".join(f"{each.packages}\n" for each in below)
    (layer.packages / "layers-below.pth").write_text(lines)


def _pip(installer: Layer, layer: Layer, *wanted: str) -> None:
    """Install into `layer`, which has no pip of its own."""
    pip = [str(installer.python), "-m", "pip", "--python", str(layer.python)]
    _run(*pip, "install", *_PIP, *wanted)


def _run(*command: str) -> str:
    """What a command says on its standard output."""
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")

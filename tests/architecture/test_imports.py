"""The rules about who may import whom, checked over every file."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def imports(folder: str) -> Iterator[tuple[Path, str]]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from ((path, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path} imports relatively"
                yield path, str(node.module)


def test_core_imports_nothing_but_itself_and_the_standard_library():
    strangers = [
        (str(path), name)
        for path, name in imports("core")
        if name.split(".")[0] not in sys.stdlib_module_names | {"core"}
    ]
    assert strangers == []


def test_core_has_no_clock_randomness_or_io_of_its_own():
    impure = {
        "asyncio",
        "os",
        "pathlib",
        "random",
        "secrets",
        "socket",
        "subprocess",
        "time",
        "uuid",
    }
    found = [(str(path), name) for path, name in imports("core") if name.split(".")[0] in impure]
    assert found == []


def adapter_of(module: str) -> str:
    """The adapter that a module belongs to: a folder of adapters, or one vendor's."""
    parts = module.split(".")
    return ".".join(parts[:3] if parts[1] == "devices" else parts[:2])


def is_beside_the_drivers(module: str) -> bool:
    """Whether a module is for all drivers, and no driver itself."""
    parts = module.split(".")
    return parts[:2] == ["adapters", "devices"] and (
        parts[2] == "hosting" or (ROOT / "adapters" / "devices" / f"{parts[2]}.py").is_file()
    )


def test_no_adapter_imports_another():
    crossings = [
        (path.relative_to(ROOT).as_posix(), name)
        for path, name in imports("adapters")
        if name.startswith("adapters.")
        and not is_beside_the_drivers(name)
        and adapter_of(name) != adapter_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
    ]
    assert crossings == []


def test_only_the_composition_roots_know_the_container_library():
    users = {
        path.relative_to(ROOT).as_posix()
        for folder in ("core", "adapters", "pierhead")
        for path, name in imports(folder)
        if name.startswith("dependency_injector")
    }
    assert users
    assert all(user.startswith("pierhead/containers/") for user in users)


def test_sqlalchemy_stays_in_persistence():
    users = {
        path.relative_to(ROOT).as_posix()
        for folder in ("core", "adapters", "pierhead")
        for path, name in imports(folder)
        if name.split(".")[0] in {"sqlalchemy", "alembic"}
    }
    assert all(user.startswith("adapters/persistence/") for user in users)


@pytest.mark.slow
def test_the_layers_hold():
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout

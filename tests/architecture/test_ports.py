"""Every port is a small protocol that says what it promises."""

import importlib
import inspect
import pkgutil
from typing import Protocol

import pytest

import core.ports

PORTS = [
    member
    for info in pkgutil.iter_modules(core.ports.__path__, "core.ports.")
    for _, member in inspect.getmembers(importlib.import_module(info.name), inspect.isclass)
    if member.__module__ == info.name and Protocol in member.__mro__
]


def methods(port: type) -> dict[str, object]:
    return {
        name: value
        for name, value in vars(port).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port.__name__)
def test_has_at_most_seven_methods(port):
    assert len(methods(port)) <= 7


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port.__name__)
def test_every_method_says_what_it_promises(port):
    silent = [name for name, method in methods(port).items() if not inspect.getdoc(method)]
    assert inspect.getdoc(port)
    assert silent == []


def test_there_are_ports_to_check():
    assert len(PORTS) > 10


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port.__name__)
def test_has_a_file_of_its_own(port):
    assert [other for other in PORTS if other.__module__ == port.__module__] == [port]

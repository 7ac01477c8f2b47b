"""Every deployment is complete: no port is left without an adapter."""

from dependency_injector import providers

from pierhead.containers.all_in_one import AllInOne
from pierhead.containers.memory import Memory
from pierhead.drivers import load_drivers
from pierhead.settings import Settings
from pierhead.state_dir import StateDir


def singletons(container) -> list[providers.Provider]:
    kinds = (providers.Singleton, providers.Dict, providers.Callable)
    return list(container.traverse(types=kinds))


def test_memory():
    container = Memory()
    container.check_dependencies()
    container.core.check_dependencies()
    assert all(each() is not None for each in singletons(container))


def test_all_in_one(tmp_path):
    with StateDir.open(tmp_path) as state:
        container = AllInOne(
            settings=Settings(state_dir=str(tmp_path)),
            state=state,
            plugins=load_drivers(["haproxy", "memory"]),
            own=[("127.0.0.1", 9797)],
        )
        container.check_dependencies()
        container.core.check_dependencies()
        assert all(each() is not None for each in singletons(container))
        container.core.agent().close(stop_devices=False)
        container.store().close()

"""A whole system in memory whose every step is taken by hand, and which can be killed at any."""

from collections.abc import Callable

from dependency_injector import providers

from adapters.devices.memory import MemoryDriver, MemoryProvisioner
from adapters.persistence.memory import MemoryStore
from adapters.system import ManualClock
from core.domain.device import VIPS
from core.domain.loadbalancer.model import Method, MonitorType, Protocol
from core.domain.query import Query
from core.usecases.caller import Caller
from core.usecases.fleet.device_pool_types import CreateDevicePool
from core.usecases.fleet.device_types import CreateDevice
from core.usecases.fleet.service_types import CreateServiceType
from core.usecases.loadbalancing.types import (
    CreateHealthMonitor,
    CreateMember,
    CreatePool,
    CreateVip,
)
from core.usecases.networks.types import CreateNetwork, CreateSubnet
from pierhead.containers.memory import Memory

ADMIN = Caller(project_id="demo", is_admin=True)


class Killed(BaseException):
    """The process died here. Not an Exception: no code may handle it."""


class FaultPoint:
    """Counts the calls that reach the outside and dies before or after the chosen one."""

    def __init__(self) -> None:
        self.calls = 0
        self.die_at: int | None = None

    def __call__(self, call: Callable, *args, **kwargs):
        before, self.calls = self.calls, self.calls + 2
        if self.die_at == before:
            raise Killed
        result = call(*args, **kwargs)
        if self.die_at == before + 1:
            raise Killed
        return result


class Mortal:
    """Passes everything on to the real object, through the fault point."""

    def __init__(self, real, fault: FaultPoint, names: set[str]) -> None:
        self._real, self._fault, self._names = real, fault, names

    def __getattr__(self, name):
        attribute = getattr(self._real, name)
        if name in self._names:
            return lambda *args, **kwargs: self._fault(attribute, *args, **kwargs)
        return attribute


class MortalWork(Mortal):
    """A unit of work whose commit may be the last thing that happens."""

    def __enter__(self):
        self._real.__enter__()
        return self

    def __exit__(self, *details):
        return self._real.__exit__(*details)


class MortalStore:
    """Hands out mortal units of work over a store that survives."""

    def __init__(self, store: MemoryStore, fault: FaultPoint) -> None:
        self._store, self._fault = store, fault

    def read(self):
        return self._store.read()

    def write(self):
        return MortalWork(self._store.write(), self._fault, {"commit"})


class Lab:
    """The store, the devices and the clock outlive the process; everything else is new after
    `restart`."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.devices = MemoryDriver()
        self.provisioner = MemoryProvisioner()
        self.clock = ManualClock()
        self.fault = FaultPoint()
        self.process = self._new_process()

    def _new_process(self) -> Memory:
        process = Memory()
        process.clock.override(providers.Object(self.clock))
        process.store.override(providers.Object(MortalStore(self.store, self.fault)))
        process.device_driver.override(
            providers.Object(Mortal(self.devices, self.fault, {"probe", "apply", "retire"}))
        )
        process.provisioner.override(
            providers.Object(Mortal(self.provisioner, self.fault, {"provision", "destroy"}))
        )
        if hasattr(self, "process"):
            process.secrets.override(self.process.secrets)
        return process

    def restart(self) -> None:
        """A new process over what survived."""
        self.process = self._new_process()
        self.process.core.conductor().start()

    def settle(self) -> None:
        """Take steps until there is none left to take now."""
        core, bus = self.process.core, self.process.bus()
        moved = True
        while moved:
            moved = core.conductor().advance() > 0
            while core.provisioning().serve_one(timeout=0.0):
                moved = True
            while core.agent().serve_one(timeout=0.0):
                moved = True
            reports = bus.reports(timeout=0.0)
            if reports:
                core.conductor().take_in(reports)
                moved = True

    def add_device(self, name: str = "lb1", **details) -> str:
        [device] = self.process.core.devices().create(
            ADMIN, [CreateDevice(name=name, driver="memory", **details)]
        )
        return device.id

    def add_device_pool(self, name: str = "burst", **details) -> str:
        [pool] = self.process.core.device_pools().create(
            ADMIN, [CreateDevicePool(name=name, driver="memory", **details)]
        )
        return pool.id

    def add_service_type(self, name: str = "gold", **details) -> str:
        details.setdefault("drivers", ("memory",))
        [kind] = self.process.core.service_types().create(
            ADMIN, [CreateServiceType(name=name, **details)]
        )
        return kind.id

    def add_subnet(self, cidr: str) -> str:
        [network] = self.process.core.networks().create(ADMIN, [CreateNetwork()])
        [subnet] = self.process.core.subnets().create(
            ADMIN, [CreateSubnet(network_id=network.id, cidr=cidr)]
        )
        return subnet.id

    def add_pool(self, subnet_id: str, *members: tuple[str, int]) -> str:
        core = self.process.core
        [pool] = core.pools().create(
            ADMIN,
            [CreatePool(subnet_id=subnet_id, protocol=Protocol.HTTP, lb_method=Method.ROUND_ROBIN)],
        )
        core.members().create(
            ADMIN,
            [
                CreateMember(pool_id=pool.id, address=address, protocol_port=port)
                for address, port in members
            ],
        )
        return pool.id

    def add_monitor(self, pool_id: str, kind: MonitorType = MonitorType.TCP) -> str:
        core = self.process.core
        [monitor] = core.health_monitors().create(
            ADMIN, [CreateHealthMonitor(type=kind, delay=1, timeout=1, max_retries=1)]
        )
        core.pools().associate_monitor(ADMIN, pool_id, monitor.id)
        return monitor.id

    def add_vip(self, subnet_id: str, pool_id: str, port: int = 8080, **details) -> str:
        [vip] = self.process.core.vips().create(
            ADMIN,
            [
                CreateVip(
                    subnet_id=subnet_id,
                    protocol=Protocol.HTTP,
                    protocol_port=port,
                    pool_id=pool_id,
                    **details,
                )
            ],
        )
        return vip.id

    def vip(self, identity: str):
        return self.process.core.vips().show(ADMIN, identity)

    def device(self, identity: str):
        return self.process.core.devices().show(ADMIN, identity)

    def check_nothing_leaked(self) -> None:
        """Counters equal the sum of the claims; what belongs to nothing is gone."""
        with self.store.read() as work:
            services = {service.id for service in work.services.find(Query())}
            bindings = work.bindings.find(Query())
            usage = work.ledger.usage()
            reservations = work.reservations.find(Query())
            balancers = {each.id for each in work.load_balancers.find(Query())}
            devices = work.devices.find(Query())
        assert balancers == services
        assert {binding.service_id for binding in bindings} <= services
        assert {reservation.owner for reservation in reservations} == services
        for device in devices:
            mine = [binding for binding in bindings if binding.device_id == device.id]
            used = usage[device.id].used if device.id in usage else {}
            assert used.get(VIPS, 0) == len(mine)
            users: dict[str, int] = {}
            for binding in mine:
                for need in binding.networks:
                    users[need.network_id] = users.get(need.network_id, 0) + 1
            seen = (
                {each.network_id: each.users for each in usage[device.id].networks} if used else {}
            )
            assert seen == users
            assert used.get("vlans:eth1", 0) == len(users)
            assert set(self.devices.running(device.id)) == {each.service_id for each in mine}

"""Looks after agents: answers their hellos, gives devices of those that are gone to others, and
keeps the devices of a group evenly spread."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from core.domain.agent import Agent
from core.domain.device import DeviceStatus
from core.domain.messages import AgentHello, AgentLease
from core.domain.query import Query
from core.ports.agent_notices import AgentNotices
from core.ports.clock import Clock
from core.ports.server_bus import Greeting, ServerBus
from core.ports.store import Store, StoreConflict, StoreFailure
from core.usecases.conductor.handing import Roster, give, reaches, take_away

LOOK_EVERY = 0.5
"""Seconds between two looks for agents that are gone."""

SPREAD_EVERY = 5.0
"""Seconds between two looks at how evenly devices are spread."""

CHUNK = 256
"""Devices that change hands in one transaction."""

HEAR_EVERY = 0.5
"""Seconds after which whoever takes in hellos says that he does, at the latest."""

_DEAF_AFTER = 1.0
"""Seconds without that after which hellos were not heard: they wait behind one that is being
recorded, or this process stood still."""

_FORGET_AFTER = 7 * 24 * 3600.0
"""Seconds after which an agent that is gone is no longer listed."""

_log = logging.getLogger(__name__)


class AgentCare:
    """The conductor's work on agents. `advance` is not for several threads at a time."""

    def __init__(
        self, *, store: Store, bus: ServerBus, notices: AgentNotices, clock: Clock
    ) -> None:
        self._store = store
        self._bus = bus
        self._notices = notices
        self._clock = clock
        self._next_look = self._next_spread = clock.monotonic()
        self._deaf_at = float("-inf")
        self._hears_at: float | None = None

    def hears(self) -> None:
        """Hellos are taken in. Once that was said it is to be said every HEAR_EVERY seconds:
        while nobody does, an agent's silence says nothing of the agent."""
        self._hears_at, before = self._clock.monotonic(), self._hears_at
        self._note_deafness(before)

    def answer(self, greetings: Sequence[Greeting]) -> None:
        """Record hellos and answer them: what is stored of an agent decides, not who heard it."""
        for greeting in greetings:
            with self._noting_outages():
                lease = self._record(greeting.hello)
            if self._hears_at is not None:
                self.hears()
            self._bus.answer(greeting, lease)

    def advance(self) -> int:
        """One look, when it is time; returns how many devices change hands."""
        now = self._clock.monotonic()
        since = self._bus.listening_since()
        if now < self._next_look or since is None:
            return 0
        self._next_look = now + LOOK_EVERY
        self._note_deafness(self._hears_at)
        with self._noting_outages():
            moved = self._take_from_the_gone(now - max(since, self._deaf_at))
        if not moved and now >= self._next_spread:
            self._next_spread = now + SPREAD_EVERY
            moved = self._spread()
        return moved

    def idle_for(self) -> float:
        """Seconds until the next look."""
        return max(self._next_look - self._clock.monotonic(), 0.0)

    @contextmanager
    def _noting_outages(self) -> Iterator[None]:
        """A hello that could not be recorded was not heard."""
        try:
            yield
        except StoreFailure as failure:
            if not isinstance(failure, StoreConflict):
                self._deaf_at = self._clock.monotonic()
            raise

    def _note_deafness(self, heard_at: float | None) -> None:
        """A database that waits for its standby answers who looks, and holds up who records. A
        host that stood still may look before it takes in what came meanwhile."""
        now = self._clock.monotonic()
        if heard_at is not None and now - heard_at > _DEAF_AFTER:
            self._deaf_at = now

    def _record(self, hello: AgentHello) -> AgentLease:
        with self._store.write(fleet=False) as work:
            known = work.agents.hold(hello.agent_id)
            if known is not None and known.incarnation == hello.incarnation:
                if not known.lost:
                    leaving = known.leaving or hello.leaving
                    heard = _heard(hello, known.floor, self._clock.now())
                    known = replace(heard, leaving=leaving)
                    work.agents.save(known)
                    work.commit()
                    self._notices.heard(known)
                return _lease(known)
        agent = self._welcome(hello)
        self._notices.heard(agent)
        return _lease(agent)

    def _welcome(self, hello: AgentHello) -> Agent:
        """Record an agent that begins, anew or for the first time. It knows nothing of the
        devices that it holds, so they are given to it again."""
        now = self._clock.now()
        with self._store.write() as work:
            agent = _heard(hello, work.feed.position().revision, now)
            known = work.agents.hold(agent.id)
            if known is None:
                work.agents.add(agent)
            elif known.incarnation == agent.incarnation:
                # Another conductor heard the same one.
                return known
            else:
                work.agents.save(agent)
            held = work.devices.find(_held_by(agent))
            give(work, [device for device in held if reaches(agent, device)], agent, now)
            take_away(work, [device for device in held if not reaches(agent, device)], now)
            waiting = work.devices.find(Query(filters={"agent_id": (None,)}))
            for device in waiting:
                if reaches(agent, device) and device.due_at is not None:
                    work.devices.save(replace(device, due_at=min(device.due_at, now)))
            work.commit()
        _log.info("agent %s of group %s begins", hello.agent_id, hello.group)
        return agent

    def _take_from_the_gone(self, listening_for: float) -> int:
        now = self._clock.now()
        with self._store.read() as work:
            agents = work.agents.find(Query())
            gone = [
                agent
                for agent in agents
                if not agent.is_alive(now, listening_for)
                and (not (agent.lost or agent.leaving) or work.devices.find(_held_by(agent, 1)))
            ]
            old = [agent for agent in agents if now - agent.seen_at > _FORGET_AFTER]
        moved = sum(self._take_all(agent, now, listening_for) for agent in gone)
        if old and not gone:
            with self._store.write(fleet=False) as work:
                work.agents.remove(*(agent.id for agent in old))
                work.commit()
        return moved

    def _take_all(self, agent: Agent, now: float, listening_for: float) -> int:
        moved = 0
        while True:
            with self._store.write() as work:
                current = work.agents.hold(agent.id)
                if (
                    current is None
                    or current.incarnation != agent.incarnation
                    or current.is_alive(now, listening_for)
                ):
                    return moved
                if not current.lost:
                    work.agents.save(replace(current, lost=True))
                devices = work.devices.find(_held_by(agent, CHUNK))
                take_away(work, devices, now)
                work.commit()
            moved += len(devices)
            if len(devices) < CHUNK:
                _log.warning("agent %s is gone; %d devices go to others", agent.id, moved)
                return moved

    def _spread(self) -> int:
        """Have the agent that holds the most let go of some devices that one which holds fewer
        can reach."""
        now = self._clock.now()
        with self._store.write() as work:
            for rich, poor, difference in Roster(work, now).uneven():
                devices = [
                    device
                    for device in work.devices.find(_held_by(rich, CHUNK))
                    if reaches(poor, device) and _may_move(device.status, device.removing)
                ][: difference // 2]
                if any(device.releasing for device in devices):
                    return 0
                if devices:
                    asked = [replace(each, releasing=True, due_at=now) for each in devices]
                    work.devices.save(*asked)
                    work.commit()
                    return len(asked)
        return 0


def _may_move(status: DeviceStatus, removing: bool) -> bool:  # noqa: FBT001 - the two facts
    return not removing and status is not DeviceStatus.SPAWNING


def _held_by(agent: Agent, limit: int | None = None) -> Query:
    return Query(filters={"agent_id": (agent.id,)}, limit=limit)


def _lease(agent: Agent) -> AgentLease:
    return AgentLease(
        agent_id=agent.id,
        incarnation=agent.incarnation,
        seconds=0.0 if agent.lost else agent.lease_seconds,
        floor=agent.floor,
    )


def _heard(hello: AgentHello, floor: int, now: float) -> Agent:
    return Agent(
        id=hello.agent_id,
        incarnation=hello.incarnation,
        group=hello.group,
        zones=hello.zones,
        host=hello.host,
        version=hello.version,
        drivers=hello.drivers,
        backlog=hello.backlog,
        started_at=hello.started_at,
        seen_at=now,
        heartbeat=hello.heartbeat,
        floor=floor,
        leaving=hello.leaving,
    )

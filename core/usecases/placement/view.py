"""A replica of the fleet that follows the database."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from core.domain.binding import Account
from core.domain.device import DriverInfo
from core.domain.placement.index.fleet import Fleet
from core.domain.query import Query
from core.ports.fleet_feed import FeedPosition
from core.ports.unit_of_work import UnitOfWork

_MANY = 2000
"""When more devices than this changed, reading all of them anew is faster."""

_CALM = 4
"""After so many units of work in a row that found the feed where the view left it, the next one
may be expected to do so, too."""


class FleetView:
    """The fleet as each unit of work sees it, without devices that are on their way out.

    What this process claims is counted at once and may still be undone with its unit of work;
    what others change is learned from the feed. So the view notes at which position of the
    feed it stands, and which devices it is not sure of: those are read again unless a later
    unit of work finds the feed just where the view left it. A unit of work that looks at an
    older state than the one before is shown that one.

    `guard` is a lock: several threads may use one view.
    """

    def __init__(
        self, drivers: Mapping[str, DriverInfo], guard: AbstractContextManager[object]
    ) -> None:
        self._fleet = Fleet(drivers)
        self._guard = guard
        self._position: FeedPosition | None = None
        self._unit: UnitOfWork | None = None
        self._unsure: set[str] = set()
        self._doubted: set[str] = set()
        self._misjudged: set[str] = set()
        self._ahead = False
        """The fleet counts what no unit of work was told yet."""
        self._presumes = False
        """What is decided goes by a position at which the feed was not seen yet."""
        self._before: set[str] = set()
        """Devices that were unsure when that began."""
        self._undisturbed = 0
        """Units of work in a row that found the feed where the view left it."""
        self._whole = 0
        """The revision at which all devices were read."""
        self._read_at: dict[str, int] = {}
        """The revision at which a device was read or claimed since then."""

    @contextmanager
    def at(self, work: UnitOfWork) -> Iterator[Fleet]:
        """The fleet as `work` sees it. Other threads wait until the block ends; claims that are
        made in it, in `work` and in the fleet alike, are told by `claimed`."""
        with self._guard:
            self._refresh(work)
            yield self._fleet

    @contextmanager
    def ahead(self, work: UnitOfWork) -> Iterator[Fleet]:
        """As `at`, but if others are unlikely to have changed anything, the fleet is as the unit
        of work before left it, while the store looks where the feed stands. What is decided on
        it holds once it is `confirmed`."""
        with self._guard:
            if self._may_presume(work):
                self._presumes = True
                self._before, self._unsure = self._unsure, set()
                work.feed.ask()
            else:
                self._refresh(work)
            yield self._fleet

    def confirmed(self, work: UnitOfWork) -> bool:
        """Whether the fleet in the block of `ahead` is as `work` sees it. If not, it is from now
        on, and what was counted in it is not."""
        if not self._presumes:
            return True
        if work.feed.position() == self._position:
            self._presumes = False
            self._before, self._doubted = set(), set()
            self._unit = work
            return True
        self._refresh(work)
        return False

    def copy(self, work: UnitOfWork) -> Fleet:
        """A copy of the fleet as `work` sees it, to keep and to change."""
        with self.at(work) as fleet:
            return fleet.fork()

    def position(self) -> int:
        """The revision that the view stands at."""
        return self._position.revision if self._position is not None else 0

    def doubts(self, device_id: str) -> bool:
        """Whether claims on this device should not go by what is known here. It was misjudged, or
        was read again because what was claimed on it may have been undone, perhaps for the
        reason that it was."""
        return device_id in self._doubted or device_id in self._misjudged

    def misjudged(self, device_id: str) -> None:
        """The store has less room on this device than its limits in the fleet say."""
        self._misjudged.add(device_id)

    def counting(self, device_id: str) -> None:
        """This device is about to be changed in the fleet, ahead of the unit of work."""
        self._unsure.add(device_id)
        self._ahead = True

    def claimed(self, work: UnitOfWork, device_ids: Iterable[str]) -> None:
        """These devices were changed in `work` and in the fleet in the same way."""
        self._note(device_ids, work.feed.position())

    def reread(self, work: UnitOfWork, device_ids: Iterable[str]) -> None:
        """Take over what `work` has of these devices."""
        wanted = tuple(sorted(device_ids))
        accounts = work.ledger.accounts(wanted)
        staying = Query(filters={"id": wanted, "removing": (False,)})
        devices = {device.id: device for device in work.devices.find(staying)}
        for device_id in wanted:
            device = devices.get(device_id)
            if device is None:
                self._fleet.remove(device_id)
            else:
                self._fleet.put(device, accounts.get(device_id, Account()))
        self.claimed(work, wanted)

    def _note(self, device_ids: Iterable[str], position: FeedPosition) -> None:
        changed = dict.fromkeys(device_ids, position.revision)
        self._unsure.update(changed)
        self._read_at.update(changed)
        self._position = position
        self._ahead = False

    def _may_presume(self, work: UnitOfWork) -> bool:
        if self._ahead or self._presumes or work is self._unit:
            return False
        return self._undisturbed >= _CALM

    def _refresh(self, work: UnitOfWork) -> None:
        self._presumes = False
        self._unsure |= self._before
        self._before = set()
        position, known = work.feed.position(), self._position
        if position != known:
            self._undisturbed = 0
        elif work is not self._unit:
            self._undisturbed += 1
        if known is None or position.revision < self._whole:
            self._read_all(work, position)
        elif position == known and not self._ahead:
            if work is not self._unit:
                # Another unit of work sees what the last one did: it was committed.
                self._unsure = set()
                self._doubted = set()
        else:
            self._follow(work, position, known)
        self._unit = work

    def _follow(self, work: UnitOfWork, position: FeedPosition, known: FeedPosition) -> None:
        # The unit that had the last revision may have been undone, and its number given to
        # another: read that revision's devices again as well.
        since = min(position.revision, known.revision) - 1
        changed = set(work.feed.changed_since(since))
        stale = changed | self._unsure
        if position.revision < known.revision:
            stale.update(one for one, revision in self._read_at.items() if revision > since)
        if len(stale) > _MANY:
            self._read_all(work, position)
            return
        if work is not self._unit:
            self._doubted = set(self._unsure)
        self.reread(work, stale)
        # Of what is seen now, only what this unit changed itself may still be undone.
        self._unsure = changed

    def _read_all(self, work: UnitOfWork, position: FeedPosition) -> None:
        unsure = set(work.feed.changed_since(position.revision - 1))
        staying = Query(filters={"removing": (False,)})
        self._fleet.fill(work.devices.find(staying), work.ledger.accounts())
        self._doubted, self._unsure = self._unsure, set()
        self._misjudged = set()
        self._read_at = {}
        self._whole = position.revision
        self._note(unsure, position)

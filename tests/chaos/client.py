"""A tenant who creates, changes and deletes, and remembers what was acknowledged."""

import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

Json = dict[str, Any]

MOST_VIPS = 8
TIMEOUT = 10.0
"""Seconds after which a client does not wait for an answer any more."""


class Doubt(Exception):
    """Nobody knows whether the request was carried out, or will be."""


class Unexpected(Exception):
    """An answer that nothing explains."""


@dataclass
class Vip:
    """What the client knows of one VIP and its pool.

    `limit` is what was acknowledged last; what is in doubt may come to be at any later time,
    as may members of `doubtful`. `deleted` None: it is in doubt whether it is.
    """

    id: str
    pool_id: str
    limit: int = -1
    limits_in_doubt: set[int] = field(default_factory=set)
    members: dict[str, str] = field(default_factory=dict)
    """Id by address."""
    doubtful: set[str] = field(default_factory=set)
    """Addresses."""
    deleted: bool | None = False


class Client:
    """Works in a thread of its own, against any of some APIs, until it is told to stop."""

    def __init__(self, number: int, urls: Sequence[str], seed: int) -> None:
        self.project = f"tenant-{number}"
        self.vips: list[Vip] = []
        self.doubtful_names: set[str] = set()
        """VIPs and pools that may come to be."""
        self.counts: Counter[str] = Counter()
        """Operations that were acknowledged, by kind."""
        self.answers: Counter[str] = Counter()
        self.failure: BaseException | None = None
        self._urls = urls
        self._random = random.Random(seed)
        self._serial = 0
        self._end = threading.Event()
        self._session = requests.Session()
        self._session.headers.update({"X-Roles": "admin", "X-Project-Id": self.project})
        self._subnets: list[str] = []
        self._thread = threading.Thread(target=self._run, name=self.project, daemon=True)

    def start(self, subnets: Sequence[str]) -> None:
        """Begin. VIPs are on the first subnet, pools on any."""
        self._subnets = list(subnets)
        self._thread.start()

    def stop(self) -> None:
        """Do no more. Raises what went wrong."""
        self._end.set()
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """A request that nothing is known of unless it is acknowledged. Raises Doubt, and
        Unexpected."""
        url = f"{self._random.choice(self._urls)}/v2.0/{path}"
        try:
            answer = self._session.request(method, url, json=body, timeout=TIMEOUT)
        except requests.Timeout as error:
            self.answers["no answer in time"] += 1
            raise Doubt from error
        except requests.RequestException as error:
            self.answers["no connection"] += 1
            raise Doubt from error
        self.answers[str(answer.status_code)] += 1
        if answer.status_code == 503:
            assert "Retry-After" in answer.headers, answer.text
            raise Doubt
        if not answer.ok:
            raise Unexpected(f"{method} {path} {body}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else {}

    def list(self, kind: str) -> list[Json]:
        """All that there is of the tenant's. Raises Doubt."""
        found: list[Json] = self.ask("GET", f"lb/{kind}?tenant_id={self.project}")[kind]
        return found

    def insistently(self, method: str, path: str, body: Json | None = None) -> Json:
        """A request that is repeated until it is acknowledged."""
        while True:
            try:
                return self.ask(method, path, body)
            except Doubt:
                self._end.wait(0.2)

    def _run(self) -> None:
        try:
            while not self._end.wait(self._random.uniform(0.0, 0.15)):
                try:
                    self._work()
                except Doubt:
                    # Whoever gets a 503 is told to come again later.
                    self._end.wait(0.3)
        except BaseException as failure:  # noqa: BLE001 - told by `stop`
            self.failure = failure

    def _work(self) -> None:
        vips = [vip for vip in self.vips if vip.deleted is False]
        if len(vips) < MOST_VIPS and self._random.random() < 0.3:
            self._reap()
            self._create()
        elif vips:
            work = (self._change, self._change, self._add, self._add, self._remove, self._delete)
            self._random.choice(work)(self._random.choice(vips))

    def _create(self) -> None:
        self._serial += 1
        name = f"vip-{self._serial}"
        self.doubtful_names.add(name)
        pool = {
            "name": name,
            "subnet_id": self._random.choice(self._subnets),
            "protocol": "HTTP",
            "lb_method": "ROUND_ROBIN",
        }
        pool_id = self._made("pools", pool)
        vip = Vip("", pool_id)
        self._add(vip)
        wanted = {
            "name": name,
            "subnet_id": self._subnets[0],
            "protocol": "HTTP",
            "protocol_port": 80,
            "pool_id": pool_id,
        }
        vip.id = self._made("vips", wanted)
        self.doubtful_names.remove(name)
        self.vips.append(vip)
        self.counts["VIP created"] += 1

    def _change(self, vip: Vip) -> None:
        self._serial += 1
        limit = self._serial
        vip.limits_in_doubt.add(limit)
        self.ask("PUT", f"lb/vips/{vip.id}", {"vip": {"connection_limit": limit}})
        vip.limits_in_doubt.remove(limit)
        vip.limit = limit
        self.counts["VIP changed"] += 1

    def _add(self, vip: Vip) -> None:
        self._serial += 1
        address = f"127.99.{self._serial // 250}.{self._serial % 250 + 1}"
        vip.doubtful.add(address)
        member = {"pool_id": vip.pool_id, "address": address, "protocol_port": 80}
        vip.members[address] = self._made("members", member)
        vip.doubtful.remove(address)
        self.counts["member added"] += 1

    def _remove(self, vip: Vip) -> None:
        if vip.members:
            address = self._random.choice(sorted(vip.members))
            identity = vip.members.pop(address)
            vip.doubtful.add(address)
            self.ask("DELETE", f"lb/members/{identity}")
            vip.doubtful.remove(address)
            self.counts["member removed"] += 1

    def _delete(self, vip: Vip) -> None:
        vip.deleted = None
        self.ask("DELETE", f"lb/vips/{vip.id}")
        vip.deleted = True
        self.counts["VIP deleted"] += 1

    def _reap(self) -> None:
        """Delete VIPs that came to be without an acknowledgement, or may not be deleted."""
        wanted = {vip.id for vip in self.vips if vip.deleted is False}
        for each in self.list("vips"):
            if each["id"] not in wanted and each["status"] != "PENDING_DELETE":
                try:
                    self.ask("DELETE", f"lb/vips/{each['id']}")
                except Unexpected as gone:
                    if " 404 " not in str(gone):
                        raise

    def _made(self, kind: str, attributes: Json) -> str:
        noun = kind.removesuffix("s")
        return str(self.ask("POST", f"lb/{kind}", {noun: attributes})[noun]["id"])

    def wrongs(self, specs: dict[str, Any]) -> Iterator[str]:
        """What was acknowledged and is not so, once all is settled: by the API and by `specs`,
        what devices run by service."""
        there = {each["id"]: each for each in self.insistently("GET", self._vips_path())["vips"]}
        for vip in self.vips:
            found = there.pop(vip.id, None)
            if vip.deleted is False and found is None:
                yield f"lost: {vip.id} is gone"
            elif vip.deleted is True and (found is not None or vip.id in specs):
                yield f"back: {vip.id} was deleted"
            elif found is not None and vip.deleted is False:
                yield from _differences(vip, found, specs.get(vip.id))
        for each in there.values():
            if each["name"] not in self.doubtful_names:
                yield f"back: nobody knows of {each}"

    def _vips_path(self) -> str:
        return f"lb/vips?tenant_id={self.project}"


def _differences(vip: Vip, found: Json, spec: Any) -> Iterator[str]:
    if found["status"] != "ACTIVE":
        yield f"stuck: {vip.id} is {found['status']}: {found['status_description']}"
    if spec is None:
        yield f"lost: {vip.id} is on no device"
        return
    listener = spec.listeners[0]
    for limit in (found["connection_limit"], listener.connection_limit or -1):
        if limit not in {vip.limit, *vip.limits_in_doubt}:
            yield f"lost: {vip.id} has limit {limit}, not {vip.limit}"
    seen = {each.address for each in listener.default_pool.members}
    if not set(vip.members) <= seen <= {*vip.members, *vip.doubtful}:
        yield f"lost: {vip.id} has members {sorted(seen)}, not {sorted(vip.members)}"

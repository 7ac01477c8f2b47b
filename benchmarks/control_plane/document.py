"""The figures as a page of the documentation."""

from collections.abc import Mapping, Sequence

from benchmarks.document import table
from benchmarks.figures import Figure

_HEAD = """\
# Speed of the control plane

`make bench-control-plane` measures one api, one conductor and one agent as processes of their
own, with RabbitMQ and a durable PostgreSQL, all on the same cores as the clients. The devices
are the stateful ones in memory, so that what is measured is Pierhead. It prints each figure
beside what is wanted on two cores and asserts nothing. This page is what one run wrote
(`python -m benchmarks.control_plane --markdown docs/control-plane-speed.md`).

For each number of stored VIPs: eight clients create VIPs without waiting (accepted: until the
last POST was answered; ACTIVE: until the last VIP is); then one client creates VIPs and awaits
each; then VIPs with a pool, two members and a health monitor, where each object is awaited
before the next is made; then reading. The database is vacuumed before the first two parts: it
fills within the minute after which it would do so by itself, in the middle of them. Where a
machine shares its cores with others, RabbitMQ's CPU for one VIP tells how quick it was just then:
with 1.5 times as much of it, all figures are about 1.5 times worse. Octavia 19
with devices that do nothing took 57 ms to accept, 0.70 s to ACTIVE, 2.9 s for the whole, and 7.7
accepted and 2.3 ACTIVE a second from eight clients on such a machine, in 739 MB. Memory is PSS,
as it was there: pages that processes share are counted once. RSS counts them in each process.
"""

_ACCOUNT = """\
## The account of one create

What one VIP costs when it comes alone, its pool and the wire to its network being there (counted
and timed in one process on PostgreSQL: CPU of the thread; a commit waits for the disk besides;
nobody waits for the end of a look at what is due, which is counted as a trip):

| step | round trips | statements | commits | CPU |
|---|---:|---:|---:|---:|
| api: POST, without HTTP and validation | 2 | 11 | 1 | 0.5 ms |
| doorbell: api to conductor | | | | 0.1 ms |
| conductor: what is due, what is wanted, place, claim, order | 8 | 28 | 1 | 1.4 ms |
| command over RabbitMQ, confirmed and durable | | | | 1 ms |
| agent: apply in memory | | | | 0.07 ms |
| report over RabbitMQ, confirmed and durable | | | | 1 ms |
| conductor: record the report | 2 | 5 | 1 | 0.3 ms |
| conductor: look for more | 2 | 3 | | 0.15 ms |

With 64 in a round, the conductor's part of one VIP is 0.25 ms for placing and ordering and 0.15 ms
for recording, and a message carries many: what is left is the API's. Under load the conductor rests
after each round for twice as long as it took (at most 50 ms), so that rounds grow and the API gets
its share. PostgreSQL's own CPU comes to about 0.8 ms, half of it for the API's statements.
"""


def as_markdown(figures: Sequence[Figure], machine: Mapping[str, str]) -> str:
    """The whole page."""
    return "\n".join([_HEAD, *table(figures, machine), _ACCOUNT])

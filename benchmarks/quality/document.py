"""The figures as a page of the documentation."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from benchmarks.quality.report import COLUMNS, TITLES, Row, goals

_HEAD = """\
# How full the fleet gets

`make bench-quality` measures how many VIPs a placement policy can place before it has to refuse
one, and how many it refuses while services come and go. It asserts nothing. This page is what one
run wrote (`python -m benchmarks.quality --markdown docs/quality.md --figure docs/quality.png`).
"""

_METHOD = """\
## The workload

200 devices with 100 VIP slots and 64 VLANs each, half of them of one driver, half of the other, and
half of each unable to keep overlapping addresses apart. 2,000 tenants (Zipf) have 8,858 networks;
a tenant uses its first network most. 40 % of the VIPs have members on a second network of their
tenant. A VIP's throughput is lognormal, rounded to service types of which two make a doubling, up
to 27 % of a device; all VIPs that there are slots for take 85 % of the fleet's throughput. 25 % of
the requests can go to one driver only (they come from networks that were drawn for it), and 25 %
are on networks whose addresses other tenants use as well. The regimes change one thing each:

- *slots bind*: nothing;
- *VLANs bind*: 32 VLANs a device;
- *many pinned*: 45 % of the requests can go to one driver only;
- *many overlapping*: 60 % are on networks whose addresses other tenants use as well.

Requests arrive one by one, and no policy knows the next. *First refusal* is the number of VIPs
placed before one fits on no device. *Churn* offers as many services as take 85 % of the slots, then
lets one go and another come, 8,000 times; a service that was refused counts as wanted until its
time has come, so every policy is asked for as much. Every result is counted once more, device by
device, by code that shares nothing with the policies.

## The policies

- *chance*: any device that fits (neutron-lbaas's ChanceScheduler, which has no such filter);
- *least pools*: the device with the fewest VIPs (neutron-lbaas's LeastPoolPerAgent);
- *Nova weigher*: the smallest sum of used shares of VIPs, VLANs and throughput;
- *best fit*: the fullest device that has room;
- *wired first*: the fewest networks to be opened, then the least loaded by an exponential
  potential;
- *Pierhead*: the product's own index, rules and default weights, in memory, but for one: its
  service types list both drivers, the one that nobody is pinned to first, and weigh `driver_order`
  at {order:g}, a slight preference. By default the order is strict, so the first driver's devices
  fill up before the second's are begun. That keeps the first refusal above 99 % in the other
  regimes, but brings it down to 81 % where VLANs bind, with 6 % refused under churn (seed 100).

## The bound and the best packing

The *bound* is a linear programme (HiGHS): VIPs are spread over the four sorts of devices in
fractions, and networks are opened in fractions. No packing holds more of the first arrivals. The
*best packing* is a search that knows all requests and may move each of them: it starts from what
the best policy placed, and makes room for what comes next by chains of moves. That it comes close
to the bound shows that little is left to win.

## Why the default policy is what it is

Placing everything on what is wired already seems right, as it saves VLANs. But then a popular
network fills its device with VIPs, whose other VLANs are lost, while devices with many small
networks run out of VLANs, and their VIP slots are lost. The `balance` score therefore levels VIPs
over the devices, and charges for VIPs on a device whose VLANs are not well ahead of its VIPs;
`wired` outweighs only some percent of a device's VIPs. Popular networks then open a further device
early, which costs few VLANs, and every device ends with both used up. The price: where VLANs are
plentiful, networks are opened half as often again as by *wired first*, and a tenant is on more
devices. A service type that minds this more than the last percent can group by network or tenant.

The form and its constants were searched for on seeds 100 to 107 of a faster model of the same
workload{nothing}. A first report of seeds 1 to 5 gave 99.43 % of the bound
where slots bind; the term for other limits than VIPs and VLANs came after it, chosen on seeds 100
to 104. A preference for the tenant's devices, other treatment of large tenants and networks, and a
price for isolating devices were tried and gave nothing. Fleets of much fewer devices were not
tuned for: with 20 devices and 32 VLANs the first refusal comes at about 80 % (`--quick`).

No policy that levels devices keeps one free for a VIP that wants most of it. A first run of the
reported seeds had no largest size, and one of its twenty cases (slots bind, seed 4) a VIP that
wanted 77 % of a device's throughput: Pierhead, the Nova weigher and least pools all refused it at
47 % of the bound. The largest size was set after that. Such VIPs belong on devices of their own, by
a service type with a device pool.
"""


def as_markdown(
    rows: Sequence[Row],
    facts: Mapping[str, str],
    *,
    seeds: Sequence[int],
    driver_order: float,
    figure: str | None,
) -> str:
    """The whole page."""
    picture = [f"![VIPs placed before the first refusal]({figure})", ""] if figure else []
    head = "| regime | policy |" + "".join(f" {title} |" for title, _ in COLUMNS)
    rule = "|---|---|" + "---:|" * len(COLUMNS)
    named = ", ".join(str(seed) for seed in seeds)
    nothing = "" if set(seeds) & set(range(100, 108)) else ", none of them reported here"
    return "\n".join(
        [
            _HEAD,
            *picture,
            f"Means of seeds {named}:",
            "",
            head,
            rule,
            *(_line(row) for row in rows),
            "",
            "What is wanted of Pierhead:",
            "",
            *(f"- {goal}" for goal in goals(rows)),
            "",
            _METHOD.format(order=driver_order, nothing=nothing),
            "## The run",
            "",
            "| machine | |",
            "|---|---|",
            *(f"| {name} | {value} |" for name, value in facts.items()),
            f"| day | {datetime.now(UTC).date().isoformat()} |",
            "",
        ]
    )


def _line(row: Row) -> str:
    cells = [TITLES[row.regime], row.policy, *(show(row) for _, show in COLUMNS)]
    if row.is_ours:
        cells = [f"**{cell}**" for cell in cells]
    return "| " + " | ".join(cells) + " |"

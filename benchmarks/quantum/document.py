"""The figures as a page of the documentation."""

from collections.abc import Mapping, Sequence

from benchmarks.document import table
from benchmarks.figures import Figure

_HEAD = """\
# Speed inside Neutron

`make bench-quantum` starts Neutron with PostgreSQL, RabbitMQ, Open vSwitch in userspace and its
own agent, all unmodified, in namespaces of its own (root, Debian), with Pierhead as its service
plugin, one agent and one `haproxy-namespace` device. It prints and asserts nothing. This page is
what one run wrote (`python -m benchmarks.quantum --markdown docs/quantum-speed.md`).

- **first VIP on a network**: the device is attached to the network before: Neutron makes and
  binds a port, the driver makes a namespace, and Neutron's agent wires it.
- **further VIP**: the device is on the network already, and nothing is asked of Neutron but the
  VIP's own port, while the POST is answered.
- **first byte**: a client in a namespace on the tenant's network asks the VIP from when the POST
  is answered, and a member on the same network has answered. The agent of Neutron looks for new
  interfaces once a second and then takes its time; what is beyond ACTIVE is that.
- **Neutron's own calls** are measured without Pierhead, on the same Neutron: in one of its
  processes, and over its REST API beside. A first VIP is two of them that make ports (the VIP's,
  and the device's), a further one is one.

Everything runs on the same cores, those of Neutron's processes included: look at the load before
the run.
"""


def as_markdown(figures: Sequence[Figure], machine: Mapping[str, str]) -> str:
    """The whole page."""
    return "\n".join([_HEAD, *table(figures, machine)])

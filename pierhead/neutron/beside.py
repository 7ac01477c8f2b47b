"""What a conductor of its own can use of Neutron when it is installed beside it."""

from importlib.util import find_spec

from adapters.system import NoAgentNotices
from core.ports.agent_notices import AgentNotices
from pierhead.settings import Settings, Wiring


def agent_notices(settings: Settings) -> AgentNotices:
    """What reports agents to Neutron, by its bus; where Neutron's files or its packages are not
    at hand, nothing does."""
    wanted = settings.wiring is Wiring.NEUTRON and settings.neutron_conf
    if not wanted or find_spec("neutron") is None:
        return NoAgentNotices()
    from neutron.common import config  # noqa: PLC0415 - it is not always there

    from adapters.quantum.agent_notices import NeutronAgentNotices  # noqa: PLC0415
    from adapters.quantum.agent_reports import AgentReports  # noqa: PLC0415

    config.register_common_config_options()
    config.init([], default_config_files=list(settings.neutron_conf))
    return NeutronAgentNotices(AgentReports().send)

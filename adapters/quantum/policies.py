"""The policies' defaults, which operators override in their policy file."""

from neutron_lib.policy import rules
from oslo_policy import policy

_RESOURCES = {
    "vip": "vips",
    "pool": "pools",
    "member": "members",
    "health_monitor": "health_monitors",
}
_LB = "/lb"
_FLEET = "/fleet/{path}"


def list_rules() -> list[policy.DocumentedRuleDefault]:
    """All of them, for oslo.policy."""
    return [
        *(rule for singular in _RESOURCES for rule in _of(singular)),
        _rule(
            "create_vip:service_type",
            rules.ADMIN_OR_PROJECT_MEMBER,
            "Choose a service type other than the default one",
            ("POST", f"{_LB}/vips"),
        ),
        *_of_pools(),
        *_of_agents(),
        *_of_the_fleet(),
    ]


def _of(singular: str) -> list[policy.DocumentedRuleDefault]:
    collection = f"{_LB}/{_RESOURCES[singular]}"
    item = f"{collection}/{{id}}"
    words = singular.replace("_", " ")
    member, reader = rules.ADMIN_OR_PROJECT_MEMBER, rules.ADMIN_OR_PROJECT_READER
    return [
        _rule(f"create_{singular}", member, f"Create a {words}", ("POST", collection)),
        _rule(f"get_{singular}", reader, f"Get a {words}", ("GET", collection), ("GET", item)),
        _rule(f"update_{singular}", member, f"Update a {words}", ("PUT", item)),
        _rule(f"delete_{singular}", member, f"Delete a {words}", ("DELETE", item)),
    ]


def _of_pools() -> list[policy.DocumentedRuleDefault]:
    monitors = f"{_LB}/pools/{{pool_id}}/health_monitors"
    monitor = f"{monitors}/{{id}}"
    return [
        _rule(
            "create_pool_health_monitor",
            rules.ADMIN_OR_PROJECT_MEMBER,
            "Have a pool use a health monitor",
            ("POST", monitors),
        ),
        _rule(
            "get_pool_health_monitor",
            rules.ADMIN_OR_PROJECT_READER,
            "Get a pool's use of a health monitor",
            ("GET", monitor),
        ),
        _rule(
            "delete_pool_health_monitor",
            rules.ADMIN_OR_PROJECT_MEMBER,
            "Have a pool no longer use a health monitor",
            ("DELETE", monitor),
        ),
        _rule(
            "get_pool_stats",
            rules.ADMIN_OR_PROJECT_READER,
            "Get the statistics of a pool",
            ("GET", f"{_LB}/pools/{{pool_id}}/stats"),
        ),
    ]


def _of_agents() -> list[policy.DocumentedRuleDefault]:
    return [
        _rule(
            "get_loadbalancer-agent",
            rules.ADMIN,
            "Get the agent that serves a pool",
            ("GET", f"{_LB}/pools/{{pool_id}}/loadbalancer-agent"),
        ),
        _rule(
            "get_loadbalancer-pools",
            rules.ADMIN,
            "List the pools that an agent serves",
            ("GET", "/agents/{agent_id}/loadbalancer-pools"),
        ),
    ]


def _of_the_fleet() -> list[policy.DocumentedRuleDefault]:
    return [
        _rule(
            "use_fleet",
            rules.ADMIN_OR_PROJECT_READER,
            "Use the fleet's API at all: tenants see their own devices, bindings and decisions, "
            "and may register devices of their own",
            *((method, _FLEET) for method in ("GET", "POST", "PUT", "DELETE")),
        ),
        _rule("get_fleet", rules.ADMIN, "See the whole fleet", ("GET", _FLEET)),
        _rule(
            "change_fleet",
            rules.ADMIN,
            "Change the whole fleet",
            *((method, _FLEET) for method in ("POST", "PUT", "DELETE")),
        ),
    ]


def _rule(
    name: str, check: str, description: str, *operations: tuple[str, str]
) -> policy.DocumentedRuleDefault:
    return policy.DocumentedRuleDefault(
        name=name,
        check_str=check,
        description=description,
        operations=[{"method": method, "path": path} for method, path in operations],
        scope_types=["project"],
    )

"""Our agents among Neutron's."""

from tests.lab.networks import wait_until


def test_an_agent_is_listed_and_tells_its_pools(house):
    operator, tenant = house.operator, house.tenant()

    def listed() -> list[dict[str, object]]:
        found: list[dict[str, object]] = operator.get("agents?binary=pierhead-agent")["agents"]
        return found

    wait_until(lambda: len(listed()) == 1, "the agent is listed")
    (agent,) = listed()
    assert agent["alive"]
    assert agent["agent_type"] == "Pierhead agent"
    assert agent["configurations"]["drivers"] == ["memory"]
    assert agent["configurations"]["group"] == "default"

    pool = tenant.pool(tenant.subnet())
    vip = tenant.vip(pool)
    tenant.wait_active(vip["id"])
    hosting = operator.get(f"lb/pools/{pool['id']}/loadbalancer-agent")["agent"]
    assert hosting["id"] == agent["id"]
    hosted = operator.get(f"agents/{agent['id']}/loadbalancer-pools")["pools"]
    assert pool["id"] in [each["id"] for each in hosted]
    assert tenant.refusal("GET", f"agents/{agent['id']}/loadbalancer-pools")[0] == 403
    tenant.delete(f"lb/vips/{vip['id']}")
    tenant.wait_gone(vip["id"])

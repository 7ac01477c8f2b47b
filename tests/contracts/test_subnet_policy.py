"""What every SubnetPolicy keeps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.network.linux import LinuxSubnetPolicy
from adapters.network.loopback import LoopbackSubnetPolicy
from adapters.network.memory import AnySubnet

POLICIES = [AnySubnet(), LoopbackSubnetPolicy(), LinuxSubnetPolicy()]
RANGES = st.builds(
    lambda first, second, third: f"{first}.{second}.{third}.0/24",
    st.sampled_from([10, 127, 192]),
    st.integers(1, 9),
    st.integers(0, 9),
)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: type(policy).__name__)
@given(cidr=RANGES, others=st.lists(RANGES, max_size=4))
def test_answers_the_same_each_time_with_a_reason_or_none(policy, cidr, others):
    refusal = policy.refuse(cidr, others)
    assert refusal is None or cidr in refusal
    assert policy.refuse(cidr, others) == refusal


@given(cidr=RANGES, others=st.lists(RANGES, max_size=4))
def test_loopback_admits_exactly_its_own_ranges_that_are_free(cidr, others):
    free = cidr.startswith("127.") and cidr not in others
    assert (LoopbackSubnetPolicy().refuse(cidr, others) is None) is free

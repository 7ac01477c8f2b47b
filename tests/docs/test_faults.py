"""Whatever `pierhead check` can find is explained to operators."""

import pytest

from core.domain.consistency import Fault
from tests.docs.markdown import page, rows


@pytest.mark.parametrize("fault", list(Fault))
def test_a_fault_has_a_row(fault: Fault) -> None:
    found = rows(page("operator-guide.md").section("Checking and repairing"))
    [row] = [row for row in found if row[0] == f"`{fault}`"]
    assert row[1]
    assert row[2].startswith(("yes", "no"))

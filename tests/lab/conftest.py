"""The lab that tests share."""

from collections.abc import Generator, Iterator

import pytest

from tests.lab.labs import Labs
from tests.lab.site import NeutronLab

_LINES = 60


@pytest.fixture(scope="session")
def labs() -> Iterator[Labs]:
    running = Labs()
    try:
        yield running
    finally:
        running.close()


@pytest.fixture
def lab(labs: Labs) -> NeutronLab:
    """Neutron without Pierhead; a folder whose tests need another lab has its own fixture."""
    return labs.get()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what Neutron said last beside what a test found wrong."""
    report = yield
    lab = getattr(item, "funcargs", {}).get("lab")
    if report.failed and isinstance(lab, NeutronLab):
        for process in lab.processes:
            if process.log_file.exists():
                last = "\n".join(process.log.splitlines()[-_LINES:])
                report.sections.append((f"log of {process.name}", last))
    return report

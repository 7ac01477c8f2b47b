"""Every link within the documentation leads somewhere."""

import re

import pytest

from tests.docs.markdown import ROOT, Page, pages

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.path.relative_to(ROOT)))
def test_relative_links_resolve(page: Page) -> None:
    broken = [link for link in _LINK.findall(page.prose) if not _resolves(page, link)]
    assert not broken


def _resolves(page: Page, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return True
    name, _, anchor = link.partition("#")
    target = (page.path.parent / name) if name else page.path
    if not target.exists():
        return False
    return not anchor or target.suffix != ".md" or anchor in Page(target).anchors()

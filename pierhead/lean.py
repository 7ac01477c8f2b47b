"""Leaves out of memory what libraries import only because it happens to be installed."""

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

_UNUSED = frozenset(
    {
        # dependency_injector's settings, web frameworks and files of configuration.
        *("pydantic", "pydantic_settings", "werkzeug", "starlette", "fastapi", "yaml"),
        # structlog's coloured tracebacks.
        "rich",
    }
)
_CURIOUS = ("dependency_injector.containers", "dependency_injector.wiring", "structlog")


def import_without_extras() -> None:
    """Import the libraries that look for companions which no role uses: where these are
    installed, as beside other services, they would take 13 MB of each process. Whoever imports
    them later gets them."""
    absent = _Absent()
    sys.meta_path.insert(0, absent)
    try:
        for name in _CURIOUS:
            importlib.import_module(name)
    finally:
        sys.meta_path.remove(absent)


class _Absent:
    """A finder for which modules are not installed."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the protocol
        target: ModuleType | None = None,  # noqa: ARG002 - the protocol
    ) -> ModuleSpec | None:
        """Nothing, or an error for what is unused."""
        if fullname.partition(".")[0] in _UNUSED:
            raise ModuleNotFoundError(f"no module named {fullname!r} is needed", name=fullname)
        return None

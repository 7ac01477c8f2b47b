"""Keeps one thing that cannot be dealt with from holding up all the others."""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from core.ports.store import StoreFailure

T = TypeVar("T")

_log = logging.getLogger(__name__)


def deal_with(
    items: Sequence[T],
    together: Callable[[Sequence[T]], object],
    defective: Callable[[T, Exception], None],
) -> None:
    """Deal with all items together; when that fails, with each alone.

    `together` must leave nothing half done that it cannot do again. `defective` is told of
    each item that fails even alone. A store that is out of order is nobody's defect: its
    StoreFailure is passed on.
    """
    try:
        together(items)
    except StoreFailure:
        raise
    except Exception:  # noqa: BLE001 - found out below whose it is
        _log.exception("%d things failed together; each is tried alone", len(items))
        deal_with_each(items, together, defective)


def deal_with_each(
    items: Sequence[T],
    together: Callable[[Sequence[T]], object],
    defective: Callable[[T, Exception], None],
) -> None:
    """Deal with each item alone. See deal_with."""
    for item in items:
        try:
            together([item])
        except StoreFailure:
            raise
        except Exception as defect:  # noqa: BLE001 - told to `defective`
            _log.exception("this one fails alone: %r", item)
            defective(item, defect)


def internal_error(defect: Exception) -> str:
    """What a tenant is told of a defect: its type, and nothing of what it says."""
    return f"internal error ({type(defect).__name__}); the operator's log has the rest"

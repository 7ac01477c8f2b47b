"""When Python's garbage collector works: it stops all threads of a process meanwhile."""

import gc

_AT_ONCE, _OFTEN, _SELDOM = 50_000, 500, 20
_MANY = 2_000


def spare_the_collector() -> None:
    """Have the collector leave alone what there is now, which stays to the end, and come less
    often by itself."""
    gc.collect()
    gc.freeze()
    let_it_wait()


def let_it_wait() -> None:
    """Have the collector come less often by itself: a page of a thousand objects is no garbage
    while it is made."""
    gc.set_threshold(_AT_ONCE, _OFTEN, _SELDOM)


def collect_between_rounds() -> None:
    """Have the collector look at what is new, if that is much. Nothing temporary is there then,
    so it takes a millisecond; waiting until it comes by itself, it would take fifty."""
    if gc.get_count()[0] >= _MANY:
        gc.collect(0)

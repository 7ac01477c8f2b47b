"""Programming errors in the use of a store. Nobody handles them; tests meet them."""


class Misuse(AssertionError):
    """Base of the programming errors that stores detect."""


class NestedWrite(Misuse):
    """A thread that is inside a write unit began another; it would wait for itself."""


class ReadOnly(Misuse):
    """A change inside a unit of work that only looks."""


class FleetChange(Misuse):
    """A change of the fleet inside a unit of work that runs beside others."""


class NotOpen(Misuse):
    """A unit of work was used before it began, or after its commit or end."""


class BrokenReference(Misuse):
    """A change would leave an object that refers to one that is not stored."""


class UnknownKey(Misuse, KeyError):
    """A query names a key that the collection cannot be searched or sorted by."""

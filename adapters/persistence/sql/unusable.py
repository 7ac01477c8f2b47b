"""Why a database cannot be used. Each is one line for the operator."""


class StoreUnusable(Exception):
    """The database cannot be used: see the subclasses, or it is none of Pierhead's."""


class StoreUnreachable(StoreUnusable):
    """It is not there, does not answer, or does not let us in; later it may."""


class StoreBehind(StoreUnusable):
    """Its tables are not there yet or of an older version; an upgrade makes them current."""


class StoreAhead(StoreUnusable):
    """Its tables are of a newer version than this program knows."""

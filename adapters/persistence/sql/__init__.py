"""A store in an SQL database: SQLite, PostgreSQL or MariaDB."""

from adapters.persistence.sql.migrations import Migration, SchemaStatus
from adapters.persistence.sql.opening import connect_sql_store, open_sql_store, status, upgrade
from adapters.persistence.sql.store import SqlStore
from adapters.persistence.sql.unusable import (
    StoreAhead,
    StoreBehind,
    StoreUnreachable,
    StoreUnusable,
)

__all__ = [
    "Migration",
    "SchemaStatus",
    "SqlStore",
    "StoreAhead",
    "StoreBehind",
    "StoreUnreachable",
    "StoreUnusable",
    "connect_sql_store",
    "open_sql_store",
    "status",
    "upgrade",
]

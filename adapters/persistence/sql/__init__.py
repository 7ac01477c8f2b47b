"""A store in an SQL database: SQLite, PostgreSQL or MariaDB."""

from adapters.persistence.sql.existing import open_existing_store
from adapters.persistence.sql.store import SqlStore, StoreUnusable, open_sql_store

__all__ = ["SqlStore", "StoreUnusable", "open_existing_store", "open_sql_store"]

"""A store in an SQL database: SQLite, PostgreSQL or MariaDB."""

from adapters.persistence.sql.store import SqlStore, StoreUnusable, open_sql_store

__all__ = ["SqlStore", "StoreUnusable", "open_sql_store"]

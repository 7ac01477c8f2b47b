"""The column types that every database can have, with the same order and equality.

Text compares by code point everywhere, as Python does.
"""

from sqlalchemy import Double, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

_BINARY = "utf8mb4_nopad_bin"


def text(length: int) -> TypeEngine[str]:
    """Text of limited length, which may be indexed."""
    return (
        String(length)
        .with_variant(String(length, collation="C"), "postgresql")
        .with_variant(mysql.VARCHAR(length, collation=_BINARY), "mysql", "mariadb")
    )


def identity() -> TypeEngine[str]:
    """A UUID in text form."""
    return text(36)


def name() -> TypeEngine[str]:
    """A name, a project's id or an enumerator."""
    return text(255)


def document() -> TypeEngine[str]:
    """Text of any length, JSON above all."""
    return (
        Text()
        .with_variant(Text(collation="C"), "postgresql")
        .with_variant(mysql.LONGTEXT(collation=_BINARY), "mysql", "mariadb")
    )


def moment() -> TypeEngine[float]:
    """Seconds since the epoch."""
    return Double()

"""A column that has one of many values."""

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, any_, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal


class Among(ColumnElement[bool]):
    """The condition that `column` has one of the values in the parameter `name`.

    PostgreSQL takes them as one array: a text with a thousand marks takes longer to write than
    its rows to be read.
    """

    _traverse_internals = [  # noqa: RUF012  # SQLAlchemy's, for its cache of compiled statements
        ("marks", InternalTraversal.dp_clauseelement),
        ("array", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: "ColumnElement[Any]", name: str) -> None:
        self.marks = column.in_(bindparam(name, type_=column.type, expanding=True))
        self.array = column == any_(bindparam(name, type_=ARRAY(column.type)))


@compiles(Among)
def _as_marks(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.marks, **options)


@compiles(Among, "postgresql")
def _as_array(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.array, **options)

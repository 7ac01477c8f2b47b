"""Another program's tables in the same database, named as ours would be without the prefix."""

from sqlalchemy import Engine, inspect

from adapters.persistence.sql.tables import METADATA, PREFIX

NAMES = sorted(name.removeprefix(PREFIX) for name in METADATA.tables)


def add_neighbours(engine: Engine) -> None:
    """Make the tables, each with a row, and an index that is named as usual."""
    with engine.begin() as connection:
        for name in NAMES:
            connection.exec_driver_sql(
                f"CREATE TABLE {name} (id VARCHAR(36) NOT NULL PRIMARY KEY, project_id VARCHAR(64))"
            )
            connection.exec_driver_sql(f"CREATE INDEX ix_{name}_project_id ON {name} (project_id)")
            connection.exec_driver_sql(f"INSERT INTO {name} VALUES ('theirs', 'red')")


def check_neighbours(engine: Engine) -> None:
    """Nobody touched them."""
    with engine.connect() as connection:
        for name in NAMES:
            rows = connection.exec_driver_sql(f"SELECT * FROM {name}").all()
            assert [tuple(row) for row in rows] == [("theirs", "red")]
            (index,) = inspect(connection).get_indexes(name)
            assert index["name"] == f"ix_{name}_project_id"

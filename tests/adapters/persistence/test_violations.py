"""What a database says of a violated constraint, in the words of each."""

import pytest
from sqlalchemy.exc import IntegrityError

from adapters.persistence.sql.violations import translated
from core.ports.repository import Duplicate


@pytest.mark.parametrize(
    ("statement", "said", "fields"),
    [
        (
            "INSERT INTO pierhead_pools (id) VALUES (%s)",
            "Duplicate entry 'x' for key 'PRIMARY'",
            ("id",),
        ),
        (
            "INSERT INTO pierhead_listeners (id) VALUES (%s)",
            "Duplicate entry 'x' for key 'PRIMARY'",
            ("listener.id",),
        ),
        (
            "INSERT INTO pierhead_devices (id, name) VALUES (%s, %s)",
            "Duplicate entry 'x for key 'PRIMARY'' for key 'uq_devices_project_id_name'",
            ("name", "project_id"),
        ),
    ],
)
def test_mariadb_names_the_key_last_whatever_the_value_is(statement, said, fields):
    error = IntegrityError(statement, {}, Exception(1062, said))
    duplicate = translated(error, "mysql")
    assert isinstance(duplicate, Duplicate)
    assert duplicate.fields == fields

"""Alembic's entry: runs migrations on the connection that `upgrade` opened."""

from alembic import context

from adapters.persistence.sql.migrations.making import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()

"""The `pierhead` command."""

from adapters.cli.app import app, run
from adapters.cli.commands import fleet
from pierhead.agent import agent
from pierhead.api import api
from pierhead.check import check
from pierhead.conductor import conductor
from pierhead.config import config
from pierhead.db import db
from pierhead.serve import serve

app.command("serve")(serve)
app.command("api")(api)
app.command("conductor")(conductor)
fleet.agents.callback(invoke_without_command=True)(agent)
app.command("check")(check)
app.command("config")(config)
app.add_typer(db)


def main() -> None:
    """Run the command line and exit with its code."""
    run()

"""The `pierhead` command."""

from adapters.cli.app import app, run
from pierhead.check import check
from pierhead.serve import serve

app.command("serve")(serve)
app.command("check")(check)


def main() -> None:
    """Run the command line and exit with its code."""
    run()

"""What roles keep out of their memory."""

import subprocess
import sys

_CHECK = """
import sys
from pierhead.lean import import_without_extras
finders = list(sys.meta_path)
import_without_extras()
from dependency_injector import containers, providers
import structlog
assert sys.meta_path == finders
assert not {"pydantic", "werkzeug", "rich", "yaml"} & sys.modules.keys()
import rich
"""


def test_companions_of_libraries_are_left_out_and_can_be_had_later():
    done = subprocess.run([sys.executable, "-c", _CHECK], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")

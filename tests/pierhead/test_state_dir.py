"""The state directory is private and has one user at a time."""

import pytest

from pierhead.errors import StartupError
from pierhead.state_dir import StateDir


def test_is_made_for_its_owner_only(tmp_path):
    with StateDir.open(tmp_path / "a" / "b") as state:
        assert state.path.stat().st_mode & 0o077 == 0
        assert state.driver_dir("haproxy").stat().st_mode & 0o077 == 0


def test_a_second_daemon_is_refused_until_the_first_has_gone(tmp_path):
    with StateDir.open(tmp_path), pytest.raises(StartupError, match="in use by another pierhead"):
        StateDir.open(tmp_path)
    StateDir.open(tmp_path).close()


def test_a_path_that_cannot_be_a_directory_is_refused_with_the_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StartupError, match="Not a directory; choose another with --state-dir"):
        StateDir.open(tmp_path / "file" / "state")


def test_one_that_others_could_enter_is_closed_to_them(tmp_path):
    path = tmp_path / "state"
    path.mkdir(mode=0o777)
    path.chmod(0o755)
    with StateDir.open(path):
        assert path.stat().st_mode & 0o777 == 0o700

"""What a run says last of what failed, from what behave and pytest really print."""

import re
import subprocess
import sys
from pathlib import Path

from tests.lab.failures import failures

_FEATURE = """
Feature: things
  Scenario: one that passes
    Given a thing
  Scenario: one that fails
    Given a thing
    When it breaks
    Then nothing more is done
  Scenario: one that raises
    When it raises
"""
_STEPS = """
from behave import given, then, when

@given("a thing")
@then("nothing more is done")
def step_thing(context): pass

@when("it breaks")
def step_breaks(context): assert 1 == 2, "one is not two"

@when("it raises")
def step_raises(context): raise OSError("no such thing")
"""
_TESTS = """
import pytest

@pytest.fixture
def broken(): raise OSError("never starts")

def test_passes(): assert True

def test_fails(): assert {"a": 1} == {"a": 2}

def test_errs(broken): pass
"""


def test_behaves_failures(tmp_path: Path):
    (tmp_path / "steps").mkdir()
    (tmp_path / "steps/steps.py").write_text(_STEPS)
    (tmp_path / "things.feature").write_text(_FEATURE)
    said = failures(_printed("behave", "--format", "plain", "--no-skipped", str(tmp_path)))
    told = "\n".join(said)
    assert said[0].strip() == "Scenario: one that fails"
    assert "When it breaks ... failed" in said[1]
    assert "ASSERT FAILED: one is not two" in told
    assert "Scenario: one that raises" in told
    assert "OSError: no such thing" in told
    assert "one that passes" not in told
    assert "Given a thing" not in told


def test_pytests_failures(tmp_path: Path):
    (tmp_path / "test_things.py").write_text(_TESTS)
    said = failures(_printed("pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)))
    told = "\n".join(said)
    assert "AssertionError: assert {'a': 1} == {'a': 2}" in told
    assert "OSError: never starts" in told
    assert re.match(r"FAILED .*test_fails", said[-2])
    assert re.match(r"ERROR .*test_errs", said[-1])
    assert "test_passes" not in told


def test_nothing_of_what_passes(tmp_path: Path):
    (tmp_path / "test_things.py").write_text("def test_passes(): assert True")
    assert failures(_printed("pytest", "-q", "-p", "no:cacheprovider", str(tmp_path))) == []


def _printed(module: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=arguments[-1], capture_output=True, text=True, check=False)
    return done.stdout.splitlines()

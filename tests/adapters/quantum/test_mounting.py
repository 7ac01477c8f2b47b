"""Requests below Neutron's mount point."""

import pytest

from adapters.quantum.mounting import own_environ


@pytest.mark.parametrize(
    ("script", "path", "own_script"),
    [
        ("/v2.0", "/fleet/devices", ""),
        ("/networking/v2.0", "/fleet/devices", "/networking"),
        ("", "/v2.0/fleet/devices", ""),
    ],
)
def test_the_application_sees_its_own_paths(script, path, own_script):
    own = own_environ({"SCRIPT_NAME": script, "PATH_INFO": path})
    assert (own["SCRIPT_NAME"], own["PATH_INFO"]) == (own_script, "/v2.0/fleet/devices")


def test_neutron_has_checked_the_origin_and_its_own_environment_stays():
    environ = {"SCRIPT_NAME": "/v2.0", "PATH_INFO": "/fleet", "HTTP_ORIGIN": "https://horizon"}
    assert "HTTP_ORIGIN" not in own_environ(environ)
    assert environ["PATH_INFO"] == "/fleet"
    assert environ["HTTP_ORIGIN"] == "https://horizon"

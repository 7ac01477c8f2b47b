"""Runs inside openstack-placement's environment: times claims, and prints them as JSON."""

import importlib
import json
import os
import subprocess
import sys
import time
import uuid
from io import BytesIO
from pathlib import Path
from typing import Any

VIPS, THROUGHPUT = 118, 12_000
_WANTED = "/allocation_candidates?resources=CUSTOM_VIP:1,CUSTOM_THROUGHPUT:60&limit=1"


class Application:
    """The WSGI application of a configuration folder, called as a server would."""

    def __init__(self, folder: Path) -> None:
        manage = Path(sys.executable).with_name("placement-manage")
        configuration = folder / "placement.conf"
        command = [str(manage), "--config-file", str(configuration), "db", "sync"]
        subprocess.run(command, check=True, stdout=sys.stderr)
        os.environ["OS_PLACEMENT_CONFIG_DIR"] = str(folder)
        self._call = importlib.import_module("placement.wsgi").init_application()

    def send(self, method: str, path: str, body: object = None) -> Any:
        """The decoded answer; ends the process when it is not a good one."""
        told: list[str] = []
        answer = b"".join(
            self._call(_environ(method, path, body), lambda status, *_: told.append(status))
        )
        if not told[0].startswith("2"):
            raise SystemExit(f"{method} {path}: {told[0]} {answer[:500]!r}")
        return json.loads(answer) if answer else None


def _environ(method: str, path: str, body: object) -> dict[str, Any]:
    path, _, query = path.partition("?")
    content = b"" if body is None else json.dumps(body).encode()
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(content),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(content)),
        "CONTENT_TYPE": "application/json",
        "HTTP_ACCEPT": "application/json",
        "HTTP_X_AUTH_TOKEN": "admin",
        "HTTP_X_ROLES": "admin,service",
        "HTTP_OPENSTACK_API_VERSION": "placement 1.38",
    }


def fill(application: Application, providers: int) -> None:
    """Providers with an inventory each."""
    for name in ("CUSTOM_VIP", "CUSTOM_THROUGHPUT"):
        application.send("PUT", f"/resource_classes/{name}")
    for number in range(providers):
        identity = str(uuid.uuid4())
        application.send("POST", "/resource_providers", {"name": f"lb-{number}", "uuid": identity})
        application.send(
            "PUT",
            f"/resource_providers/{identity}/inventories",
            {
                "resource_provider_generation": 0,
                "inventories": {
                    "CUSTOM_VIP": {"total": VIPS},
                    "CUSTOM_THROUGHPUT": {"total": THROUGHPUT},
                },
            },
        )


def claim(application: Application) -> tuple[float, float]:
    """Seconds of the question and of the claim."""
    begun = time.perf_counter()
    (found,) = application.send("GET", _WANTED)["allocation_requests"]
    asked = time.perf_counter()
    application.send(
        "PUT",
        f"/allocations/{uuid.uuid4()}",
        {
            **found,
            "project_id": "demo",
            "user_id": "demo",
            "consumer_generation": None,
            "consumer_type": "LOADBALANCER",
        },
    )
    return asked - begun, time.perf_counter() - asked


def main() -> None:
    """Arguments: the configuration's folder, the number of providers, the number of claims."""
    folder, providers, rounds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    application = Application(folder)
    fill(application, providers)
    claim(application)
    times = [claim(application) for _ in range(rounds)]
    print(json.dumps({"get": [get for get, _ in times], "put": [put for _, put in times]}))


if __name__ == "__main__":
    main()

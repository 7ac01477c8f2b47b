"""The in-process calls, made in a process of Neutron's and handed over here."""

import json
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.network.neutron.calls import CallFailure, Document, Kind
from tests.lab.site import NeutronLab

_SCRIPT = Path(__file__).with_name("within.py")


class HandedOver:
    """NeutronCalls that a process inside Neutron makes."""

    def __init__(self, process: "subprocess.Popen[str]", project_id: str) -> None:
        self._process = process
        self._turn = threading.Lock()
        self.project_id = project_id

    def find(self, kind: Kind, **filters: Sequence[str]) -> Sequence[Document]:
        return self._ask("find", kind, **filters)

    def create_port(self, body: Document) -> Document:
        return self._ask("create_port", body)

    def update_port(self, port_id: str, body: Document) -> Document:
        return self._ask("update_port", port_id, body)

    def delete_port(self, port_id: str) -> None:
        self._ask("delete_port", port_id)

    def add_subport(self, trunk_id: str, port_id: str, vlan: int) -> None:
        self._ask("add_subport", trunk_id, port_id, vlan)

    def remove_subport(self, trunk_id: str, port_id: str) -> None:
        self._ask("remove_subport", trunk_id, port_id)

    def extensions(self) -> frozenset[str]:
        return frozenset(self._ask("extensions"))

    def port_quota(self, project_id: str) -> int:
        return self._ask("port_quota", project_id)

    def _ask(self, name: str, /, *arguments: object, **filters: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._turn:
            self._process.stdin.write(json.dumps([name, arguments, filters]) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        assert line, "the process inside Neutron ended: see its log"
        said = json.loads(line)
        if "type" in said:
            raise CallFailure(said["type"], said["status"], said["detail"])
        return said["answer"]


@contextmanager
def calls_within(lab: NeutronLab, project_id: str) -> Iterator[HandedOver]:
    """A process of the lab's Neutron that makes calls."""
    files = [word for file in lab.config_files for word in ("--config-file", str(file))]
    log = (lab.folder / "within.log").open("w")
    process = subprocess.Popen(
        [str(lab.python), str(_SCRIPT), project_id, *files],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env=lab.variables,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline(), Path(log.name).read_text()
        yield HandedOver(process, project_id)
    finally:
        with process:
            process.kill()
        log.close()

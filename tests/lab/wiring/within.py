"""Run by Neutron's own interpreter: makes the calls that it is told to, in process.

One line of JSON asks on standard input, one answers on standard output.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

from neutron import manager
from neutron.api import extensions
from neutron.common import config
from neutron.plugins.ml2 import plugin as _  # noqa: F401  # registers what the configuration names
from neutron.quota import resource_registry
from neutron_lib.api import attributes

from adapters.network.neutron.calls import CallFailure, Kind
from adapters.network.neutron.in_process import InProcessCalls


def begin(arguments: Sequence[str]) -> None:
    """Do what Neutron's servers do before they serve."""
    config.register_common_config_options()
    config.init(list(arguments))
    manager.init()
    extensions.PluginAwareExtensionManager.get_instance().extend_resources(
        "2.0", attributes.RESOURCES
    )
    resource_registry.register_resource_by_name("port")


def answer(calls: InProcessCalls, name: str, arguments: list[Any], filters: dict[str, Any]) -> Any:
    """The answer to one line."""
    if name == "find":
        arguments = [Kind(arguments[0])]
    try:
        said = getattr(calls, name)(*arguments, **filters)
    except CallFailure as failure:
        return {"type": failure.type, "status": failure.status, "detail": failure.detail}
    return {"answer": sorted(said) if isinstance(said, frozenset) else said}


def main() -> None:
    project, *arguments = sys.argv[1:]
    # What Neutron prints must not get between the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    begin(arguments)
    calls = InProcessCalls(project)
    print("{}", file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(calls, *json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()

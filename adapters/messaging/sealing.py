"""Commands whose devices' parameters can be read only with a key.

Which of them are secret is not known here, and an address that somebody else could change would
lead a password astray: all are sealed together.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from adapters.messaging.codec import COMMANDS, VERSION, BadMessage, Codec
from core.domain.messages import Command, ReleaseDevice
from core.ports.secret_store import SecretStore, UnsealFailure

if TYPE_CHECKING:
    _Bare = Any
else:
    _Bare = COMMANDS.union

_NO_KEY = "commands come sealed, and this agent has no key to open them (bus_key_file)"
_WRONG_KEY = "no key in the bus_key_file of this agent opens the commands that come"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedCommand:
    """The message of a command whose device has no parameters, and these sealed."""

    command: _Bare
    sealed: str


SEALABLE = Codec(*COMMANDS.wire_types, SealedCommand)


@dataclass(frozen=True, slots=True)
class CommandSeal:
    """The way of commands into text and back. Without `keys` nothing is sealed or opened.

    Devices without parameters have nothing to hide. Who is to let go of a device needs none, and
    must be able to without a key.
    """

    keys: SecretStore | None = None

    def encode(self, command: Command) -> bytes:
        """JSON text of a command. Raises BadMessage."""
        parameters = command.device.parameters
        if self.keys is None or not parameters or isinstance(command, ReleaseDevice):
            return COMMANDS.encode(command)
        bare = COMMANDS.wire_types[type(command)](version=VERSION, content=_with(command, {}))
        try:
            sealed = self.keys.seal(parameters)
        except (TypeError, ValueError, RecursionError) as error:
            raise BadMessage(f"the parameters of {command.device.id} are not JSON") from error
        return SEALABLE.encode(SealedCommand(command=bare, sealed=sealed))

    def decode(self, text: bytes) -> tuple[Command, str | None]:
        """The command that was encoded, and why its device's parameters, which are left out
        then, cannot be read, if so. Raises BadMessage."""
        found = SEALABLE.decode(text)
        if not isinstance(found, SealedCommand):
            return found, None
        command: Command = found.command.content
        if self.keys is None:
            return command, _NO_KEY
        try:
            return _with(command, self.keys.unseal(found.sealed)), None
        except UnsealFailure:
            return command, _WRONG_KEY


UNSEALED = CommandSeal()


def _with(command: Command, parameters: Any) -> Command:
    return replace(command, device=replace(command.device, parameters=parameters))

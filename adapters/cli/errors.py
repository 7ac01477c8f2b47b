"""What ends a command early: one line for people and an exit code for programs."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    REFUSED = 1
    """The server refused, or what was waited for went wrong or took too long."""
    USAGE = 2
    UNREACHABLE = 3
    SERVER_FAILED = 4


class CommandFailed(Exception):
    """The command cannot go on; the text is one line without a final full stop."""

    def __init__(self, message: str, code: ExitCode = ExitCode.REFUSED) -> None:
        super().__init__(message)
        self.code = code


class Refused(CommandFailed):
    """The server answered with a 4xx; `kind` is the ``NeutronError.type``."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


def usage(message: str) -> CommandFailed:
    """The command line asks for something that cannot be understood."""
    return CommandFailed(message, ExitCode.USAGE)

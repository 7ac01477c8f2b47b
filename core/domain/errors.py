"""What can go wrong, as values that carry their evidence.

    PierheadError
    ├── InvalidInput            400  a field and why it was refused
    │   ├── ProtocolMismatch
    │   └── DelayOrTimeoutInvalid
    ├── Forbidden               403
    ├── NotFound                404  also for what belongs to another tenant
    └── Conflict                409
        ├── InUse                    something still refers to it
        ├── AlreadyExists            a unique combination is taken
        ├── AddressInUse
        ├── NoFreeAddress
        ├── OverQuota                a project has as many as it may
        └── StateInvalid             the object is being deleted

`code` is the name that API clients see as ``NeutronError.type``. The names are those of
LBaaS v1 and Neutron where these have one.
"""

from collections.abc import Sequence


class PierheadError(Exception):
    """Base of every error that a person who asked for something may see."""

    @property
    def code(self) -> str:
        return type(self).__name__


class InvalidInput(PierheadError):
    """A value that was sent cannot be accepted."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"Invalid input for {field}: {reason}")
        self.field = field
        self.reason = reason


class ProtocolMismatch(InvalidInput):
    """A VIP and its pool speak different protocols."""


class DelayOrTimeoutInvalid(InvalidInput):
    """A health monitor that would start a check before the last one can have timed out."""


class Forbidden(PierheadError):
    """The caller is known, and may not do this."""


class NotFound(PierheadError):
    """No such object, or none that this tenant may know of."""

    def __init__(self, kind: str, identity: str) -> None:
        super().__init__(f"{kind} {identity} could not be found")
        self.kind = kind
        self.identity = identity

    @property
    def code(self) -> str:
        return f"{self.kind}NotFound"


class Conflict(PierheadError):
    """The request is well-formed and contradicts what is stored."""


class InUse(Conflict):
    """An object cannot go because others refer to it."""

    def __init__(self, kind: str, identity: str, users: Sequence[str]) -> None:
        super().__init__(f"{kind} {identity} is in use by {', '.join(users)}")
        self.kind = kind
        self.identity = identity
        self.users = tuple(users)

    @property
    def code(self) -> str:
        return f"{self.kind}InUse"


class AlreadyExists(Conflict):
    """A combination that must be unique is taken."""

    def __init__(self, kind: str, what: str) -> None:
        super().__init__(f"{kind} already exists: {what}")
        self.kind = kind
        self.what = what

    @property
    def code(self) -> str:
        return f"{self.kind}Exists"


class AddressInUse(Conflict):
    """The address that was asked for is taken."""

    def __init__(self, address: str, subnet_id: str) -> None:
        super().__init__(f"IP address {address} on subnet {subnet_id} is in use")
        self.address = address
        self.subnet_id = subnet_id

    @property
    def code(self) -> str:
        return "IpAddressInUse"


class NoFreeAddress(Conflict):
    """The subnet's allocation pools are exhausted."""

    def __init__(self, subnet_id: str) -> None:
        super().__init__(f"No more IP addresses available on subnet {subnet_id}")
        self.subnet_id = subnet_id

    @property
    def code(self) -> str:
        return "IpAddressGenerationFailure"


class OverQuota(Conflict):
    """A project has as many of a kind as it may have."""

    def __init__(self, kind: str, project_id: str, limit: int) -> None:
        super().__init__(f"Quota exceeded: project {project_id} may have {limit} of kind {kind}")
        self.kind = kind
        self.project_id = project_id
        self.limit = limit


class StateInvalid(Conflict):
    """The object's state does not allow the change."""

    def __init__(self, kind: str, identity: str, state: str) -> None:
        super().__init__(f"{kind} {identity} is in state {state} and cannot be changed")
        self.kind = kind
        self.identity = identity
        self.state = state

"""Who asks."""

from dataclasses import dataclass

from core.domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Caller:
    """The project and role in whose name something is asked.

    `traceparent` is that of the request (W3C Trace Context).
    """

    project_id: str
    is_admin: bool
    traceparent: str | None = None

    def may_see(self, project_id: str | None, *, shared: bool = False) -> bool:
        """Whether an object of `project_id` exists for this caller."""
        return self.is_admin or shared or project_id == self.project_id

    def project_for(self, wanted: str | None) -> str:
        """The project a new object belongs to: the one named, if the caller may name it."""
        if wanted in (None, self.project_id):
            return self.project_id
        if not self.is_admin:
            raise InvalidInput("tenant_id", "only an admin may name another project")
        return str(wanted)

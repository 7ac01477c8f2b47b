"""What the lab's Keystone knows: projects, users and their tokens."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.lab.process import LabProcess

REGION = "RegionOne"
DOMAIN = "Default"
_READY_SECONDS = 60.0
_SECONDS = 30.0


@dataclass(frozen=True)
class User:
    """Somebody who can log in, with roles on one project."""

    user_id: str
    name: str
    password: str = field(repr=False)
    project_id: str
    project_name: str

    @property
    def auth(self) -> dict[str, str]:
        """What clients call ``auth``, without the URL."""
        return {
            "username": self.name,
            "password": self.password,
            "project_name": self.project_name,
            "user_domain_name": DOMAIN,
            "project_domain_name": DOMAIN,
        }


class Keystone:
    """A running Keystone. What it hands out stays valid when it is restarted."""

    def __init__(self, process: LabProcess, url: str, password: str) -> None:
        self.process = process
        self.url = url
        """What clients call ``auth_url``."""
        self._password = password
        self._projects: dict[str, str] = {}
        self._users: dict[tuple[str, str], User] = {}
        self._tokens: dict[User, str] = {}
        self._admins_token = ""
        self._roles: dict[str, str] = {}

    def start(self) -> None:
        """Begin, or begin anew; returns when it answers."""
        self.process.start()
        self.process.wait_until(self._answers, "answers", _READY_SECONDS)

    def project(self, name: str) -> str:
        """The id of the project with this name; it is made when it is not there."""
        if name not in self._projects:
            made = self._ask("POST", "projects", project={"name": name})["project"]
            self._projects[name] = made["id"]
        return self._projects[name]

    def user(self, project: str, roles: str) -> User:
        """The user with these roles (commas between them) on a project; made likewise."""
        if (project, roles) not in self._users:
            self._users[project, roles] = self._make_user(project, roles)
        return self._users[project, roles]

    def token(self, user: User) -> str:
        """A new token."""
        return self.log_in(user.name, user.password, {"project": {"id": user.project_id}})

    def headers(self, project: str, roles: str) -> dict[str, str]:
        """Those by which the user with these roles on a project is known, whose token is kept."""
        user = self.user(project, roles)
        if user not in self._tokens:
            self._tokens[user] = self.token(user)
        return {"X-Auth-Token": self._tokens[user]}

    def log_in(self, name: str, password: str, scope: Mapping[str, object] | str) -> str:
        """A new token with a scope as Keystone's API writes it."""
        by = {"user": {"name": name, "domain": {"name": DOMAIN}, "password": password}}
        identity = {"methods": ["password"], "password": by}
        wanted = {"auth": {"identity": identity, "scope": scope}}
        answer = requests.post(f"{self.url}/auth/tokens", json=wanted, timeout=_SECONDS)
        assert answer.ok, f"{answer.status_code} {answer.text}"
        return answer.headers["X-Subject-Token"]

    def revoke(self, token: str) -> None:
        """Let a token be good for nothing."""
        self._ask("DELETE", "auth/tokens", headers={"X-Subject-Token": token})

    def log_out(self, user: User) -> None:
        """Revoke all tokens of a user, who can log in again."""
        for enabled in (False, True):
            self._ask("PATCH", f"users/{user.user_id}", user={"enabled": enabled})

    def publish(self, kind: str, url: str) -> None:
        """Put a service into the catalogue."""
        service = self._ask("POST", "services", service={"name": kind, "type": kind})["service"]
        endpoint = {"interface": "public", "region_id": REGION, "service_id": service["id"]}
        self._ask("POST", "endpoints", endpoint={**endpoint, "url": url})

    def admin_token(self, scope: Mapping[str, object] | str) -> str:
        """A new token of the first admin's."""
        return self.log_in("admin", self._password, scope)

    def write_cloud(self, path: Path, name: str, user: User) -> None:
        """Write a clouds.yaml that has this user's credentials under a name."""
        cloud = {"auth": {"auth_url": self.url, **user.auth}, "region_name": REGION}
        path.touch(0o600)
        path.write_text(json.dumps({"clouds": {name: cloud}}))

    def _make_user(self, project: str, roles: str) -> User:
        project_id, password = self.project(project), secrets.token_hex(16)
        name = f"{roles.replace(',', '-')}-of-{project}"
        wanted = {"name": name, "password": password}
        user_id = self._ask("POST", "users", user=wanted)["user"]["id"]
        for role in roles.split(","):
            granted = f"projects/{project_id}/users/{user_id}/roles/{self._role(role)}"
            self._ask("PUT", granted)
        return User(user_id, name, password, project_id, project)

    def _role(self, name: str) -> str:
        if not self._roles:
            found = self._ask("GET", "roles")["roles"]
            self._roles = {each["name"]: each["id"] for each in found}
        if name not in self._roles:
            self._roles[name] = self._ask("POST", "roles", role={"name": name})["role"]["id"]
        return self._roles[name]

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **body: object
    ) -> Any:
        if not self._admins_token:
            scope = {"project": {"name": "admin", "domain": {"name": DOMAIN}}}
            self._admins_token = self.admin_token(scope)
        answer = requests.request(
            method,
            f"{self.url}/{path}",
            headers={"X-Auth-Token": self._admins_token, **(headers or {})},
            json=body or None,
            timeout=_SECONDS,
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def _answers(self) -> bool:
        try:
            return requests.get(self.url, timeout=_SECONDS).ok
        except requests.ConnectionError:
            return False

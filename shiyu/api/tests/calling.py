"""Calling `/api/v1` in tests as another system would: with keys, JSON and nothing else."""

import json
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client as Browser
from django.utils import timezone

from shiyu.api import actions
from shiyu.api.models import Client, Key
from shiyu.cases.tests.world import World
from shiyu.people.actors import Actor

ADMIN = Actor.program("test")
QUOTA = 1_000_000


@dataclass
class System:
    """Another system with its key."""

    key: str = ""
    client: Client | None = None
    browser: Browser = field(default_factory=lambda: Browser(raise_request_exception=False))

    def get(self, path: str, **headers: str) -> Any:
        return self.browser.get(_whole(path), headers=self._headers() | headers)

    def post(self, path: str, said: Any = None, *, once: str = "", **headers: str) -> Any:
        named = {"Idempotency-Key": once or uuid.uuid4().hex}
        return self.browser.post(
            _whole(path),
            said if isinstance(said, bytes | str) else json.dumps(said or {}),
            content_type=headers.pop("content_type", "application/json"),
            headers=self._headers() | named | headers,
        )

    def move(self, number: str, name: str, said: Any = None, **headers: str) -> Any:
        return self.post(f"/cases/{number}/moves/{name}", said, **headers)

    def upload(self, photo: Any) -> Any:
        named = {"Idempotency-Key": uuid.uuid4().hex}
        return self.browser.post(
            "/api/v1/photos", {"photo": photo}, headers=self._headers() | named
        )

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}


def let_in(
    world: World, *scopes: str, unit: str = "", purpose: str = "api", name: str = ""
) -> System:
    """A system that may do this."""
    client = actions.admit(
        name or f"系统 {uuid.uuid4().hex[:8]}",
        purpose=purpose,
        scopes=scopes,
        unit=world.units[unit] if unit else None,
        per_minute=QUOTA,
        actor=ADMIN,
    )
    return System(actions.issue(client, actor=ADMIN)[1], client)


def expire(system: System) -> System:
    Key.objects.filter(client=system.client).update(expires_at=timezone.now() - timedelta(1))
    return system


def revoke(system: System) -> System:
    actions.revoke(Key.objects.get(client=system.client), why="测试", actor=ADMIN)
    return system


def told(answer: Any) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


def _whole(path: str) -> str:
    return path if path.startswith("/api/") else f"/api/v1{path}"

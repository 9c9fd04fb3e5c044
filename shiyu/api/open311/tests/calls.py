"""Calling Open311 in tests as its clients do: forms, both formats, a key as a parameter."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from typing import Any

from django.test import Client as Browser

from shiyu.api import actions
from shiyu.people.actors import Actor

ADMIN = Actor.program("test")
BASE = "/open311/v2/"


@dataclass
class Citizen:
    """A client of the standard: a key perhaps, a jurisdiction perhaps."""

    key: str = ""
    ref: str = ""
    jurisdiction: str = "410200"
    browser: Browser = field(default_factory=lambda: Browser(raise_request_exception=False))

    def get(self, path: str, *, own: bool = False, base: str = BASE, **asked: Any) -> Any:
        asked = {"jurisdiction_id": self.jurisdiction} | asked
        asked = {name: value for name, value in asked.items() if value is not None}
        headers = {"Authorization": f"Bearer {self.key}"} if own else {}
        return self.browser.get(base + path, asked, headers=headers)

    def post(self, path: str = "requests.json", *, base: str = BASE, **said: Any) -> Any:
        said = {"jurisdiction_id": self.jurisdiction, "api_key": self.key} | said
        said = {name: value for name, value in said.items() if value is not None}
        return self.browser.post(base + path, said)

    def report(self, **said: Any) -> Any:
        usual = {"service_code": "10101", "lat": 34.80, "long": 114.31, "description": "井盖破了"}
        return self.post(**usual | said)


def citizen(name: str = "市民应用", *scopes: str, **how: Any) -> Citizen:
    """A client let in for Open311."""
    asked = {"purpose": "open311", "scopes": scopes, "per_minute": 1_000_000, "actor": ADMIN} | how
    client = actions.admit(name, **asked)
    return Citizen(actions.issue(client, actor=ADMIN)[1], f"key:{client.pk}")


def tree(answer: Any) -> ET.Element:
    """The document of an XML answer."""
    assert answer["Content-Type"] == "text/xml; charset=utf-8"
    assert answer.content.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    return ET.fromstring(answer.content)


def fault(answer: Any) -> tuple[int, int]:
    """Status of a refusal, and the code it says: the standard has them the same."""
    (error,) = answer.json()
    assert set(error) == {"code", "description"}
    assert error["description"]
    return answer.status_code, error["code"]

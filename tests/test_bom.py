"""The bill names every locked package, each under a licence that is on the list."""

import importlib.util
import json
import re
from types import ModuleType
from typing import Any

import pytest

from shiyu.common.home import PROJECT


@pytest.fixture(scope="module")
def bom() -> ModuleType:
    place = PROJECT / "tools" / "bom.py"
    spec: Any = importlib.util.spec_from_file_location("bom", place)
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["bom"] = module  # dataclasses look for it
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bill(bom: ModuleType) -> dict[str, Any]:
    return bom.bill()


def test_every_locked_package_is_in_the_bill(bill: dict[str, Any]) -> None:
    lock = (PROJECT / "requirements" / "base.lock").read_text()
    python = {f"pkg:pypi/{n.lower()}@{v}" for n, v in re.findall(r"^([\w.-]+)==(\S+)", lock, re.M)}
    packages = json.loads((PROJECT / "web" / "package-lock.json").read_text())["packages"]
    npm = {
        f"pkg:npm/{path.rpartition('node_modules/')[2].replace('@', '%40')}@{told['version']}"
        for path, told in packages.items()
        if path and not told.get("dev")
    }

    assert len(python) > 40
    assert {part["purl"] for part in bill["components"]} == python | npm


def test_it_is_cyclonedx(bill: dict[str, Any]) -> None:
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", bill["serialNumber"])
    refs = [part["bom-ref"] for part in bill["components"]]
    assert len(refs) == len(set(refs))
    assert bill["dependencies"] == [{"ref": "shiyu", "dependsOn": refs}]
    assert all(part["licenses"][0]["expression"] for part in bill["components"])


def test_every_licence_is_on_the_list(bom: ModuleType) -> None:
    assert bom.faults() == [], "say in tools/bom.py what it is, or do without the package"


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("MIT OR GPL-3.0-only", True),
        ("Apache-2.0 AND MIT", True),
        ("(MIT AND Zlib)", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("GPL-3.0-only", False),
        ("AGPL-3.0-or-later", False),
        ("MIT AND GPL-3.0-only", False),
        ("", False),
        ("SEE LICENSE IN x", False),
    ],
)
def test_what_is_not_on_the_list_is_seen(bom: ModuleType, licence: str, allowed: bool) -> None:
    assert bom.is_allowed(licence) is allowed


def test_the_notices_are_those_of_the_lock_files(bom: ModuleType) -> None:
    written = (PROJECT / "THIRD-PARTY.md").read_text()

    assert written == bom.notices(), "run python tools/bom.py notices"


def test_the_fonts_are_named(bom: ModuleType) -> None:
    fonts = bom.notices().partition("## Fonts")[2]

    assert "OFL-1.1" in fonts or "font" not in (PROJECT / "web/package.json").read_text()

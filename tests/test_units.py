"""The units, the image and the proxy examples keep least privilege; a weaker one is caught."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from shiyu.common.home import PROJECT

UNITS = PROJECT / "ops" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
GO_OUT = {"shiyu-outside.service", "shiyu-broker.service"}
EACH = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "RestrictSUIDSGID": "yes",
    "RestrictNamespaces": "yes",
    "MemoryDenyWriteExecute": "yes",
    "LockPersonality": "yes",
    "LimitCORE": "0",
}
NEEDED = ("User", "MemoryMax", "TasksMax", "RestrictAddressFamilies", "IPAddressDeny")
EXPOSED_MOST = 2.0


class Unit(configparser.RawConfigParser):
    """One unit file; words said more than once are kept as one text."""

    def __init__(self, text: str) -> None:
        super().__init__(strict=False, delimiters=("=",))
        self.optionxform = str  # type: ignore[assignment,method-assign]
        self.read_string(text)

    @property
    def service(self) -> dict[str, str]:
        return dict(self["Service"])


def faults_of(name: str, text: str) -> list[str]:
    """What a unit lacks of least privilege."""
    said = Unit(text).service
    faults = [f"{key} is not {value!r}" for key, value in EACH.items() if said.get(key) != value]
    faults += [f"{key} is missing" for key in NEEDED if key not in said]
    if said.get("User") in {None, "root"}:
        faults.append("runs as root")
    if name not in GO_OUT and said.get("IPAddressDeny") != "any":
        faults.append("may reach other machines")
    if "@system-service" not in text or "SystemCallFilter=~@privileged" not in text:
        faults.append("no filter of system calls")
    return faults


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_has_least_privilege(unit: Path) -> None:
    assert faults_of(unit.name, unit.read_text()) == []


@pytest.mark.parametrize(
    "weaker",
    [
        ("User=shiyu-web", "User=root"),
        ("IPAddressDeny=any", "IPAddressDeny="),
        ("ProtectSystem=strict", "ProtectSystem=yes"),
        ("NoNewPrivileges=yes\n", ""),
        ("MemoryMax=3G\n", ""),
        ("SystemCallFilter=~@privileged", "SystemCallFilter=~@clock"),
    ],
)
def test_a_weaker_unit_is_caught(weaker: tuple[str, str]) -> None:
    text = (UNITS / "shiyu-web.service").read_text()
    assert weaker[0] in text

    assert faults_of("shiyu-web.service", text.replace(*weaker)) != []


def test_four_users_share_the_work() -> None:
    users = {Unit(unit.read_text()).service["User"] for unit in SERVICES}

    assert users == {"shiyu-web", "shiyu-worker", "shiyu-image", "shiyu-outside"}
    made = (UNITS / "shiyu.sysusers").read_text()
    assert all(f"u {user} " in made for user in users)
    assert "m shiyu-image" not in made


def test_only_the_outer_ones_reach_other_machines() -> None:
    free = {u.name for u in SERVICES if Unit(u.read_text()).service["IPAddressDeny"] != "any"}

    assert free == GO_OUT


def test_what_the_units_start_is_there() -> None:
    from shiyu.site.cli import COMMANDS

    for unit in SERVICES:
        start = Unit(unit.read_text()).service["ExecStart"].split()
        if "-m" in start and start[start.index("-m") + 1] != "granian":
            room = start[start.index("-m") + 1].replace(".", "/")
            assert (PROJECT / f"{room}.py").exists(), unit.name
        elif start[0].endswith("/shiyu"):
            assert start[1] in COMMANDS, unit.name
        elif start[-1].endswith(".py"):
            assert (PROJECT / start[-1].removeprefix("/opt/shiyu/")).exists(), unit.name


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_systemd_itself_finds_no_fault_and_little_exposure() -> None:
    for unit in SERVICES:
        words = ["systemd-analyze", "--man=no", "--recursive-errors=no", "verify", str(unit)]
        said = subprocess.run(words, capture_output=True, text=True).stderr
        ours = [line for line in said.splitlines() if unit.stem.rstrip("@") in line]
        assert [line for line in ours if "not executable" not in line] == []
        words = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)]
        told = subprocess.run(words, capture_output=True, text=True).stdout
        found = re.search(r"exposure level for .*: ([0-9.]+)", told)
        assert found, told
        assert float(found[1]) <= EXPOSED_MOST, unit.name


COMPOSE = yaml.safe_load((PROJECT / "ops/container/compose.yml").read_text())


def ours() -> dict[str, dict]:
    return {n: s for n, s in COMPOSE["services"].items() if s.get("image") == "shiyu"}


def test_every_container_of_ours_is_read_only_and_unprivileged() -> None:
    for name, service in ours().items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["user"] == "10001:10000", name
        assert "mem_limit" in service, name
        assert "privileged" not in service


def test_only_two_containers_have_a_way_out() -> None:
    inner = {
        name for name, network in COMPOSE["networks"].items() if (network or {}).get("internal")
    }
    out = {name for name, service in ours().items() if set(service["networks"]) - inner}

    assert out == {"outside", "broker"}


def test_no_secret_stands_in_the_examples() -> None:
    for path in (PROJECT / "ops").rglob("*"):
        if path.is_file():
            assert not re.search(r"(?i)password\s*[:=]\s*['\"]?\w{6,}", path.read_text()), path


def test_the_image_is_built_by_hash_and_runs_as_nobody_in_particular() -> None:
    text = (PROJECT / "ops/container/Containerfile").read_text()

    assert "--require-hashes -r requirements/base.lock" in text
    assert text.rindex("USER 10001:10000") > text.rindex("FROM ")
    assert not re.search(r"curl |wget |ADD http|--privileged|--trusted-host", text)
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for source in copied.split():
            assert (PROJECT / source).exists(), source


@pytest.mark.parametrize("example", ["nginx.conf", "Caddyfile"])
def test_the_proxy_tells_the_callers_address_and_hides_what_is_ours(example: str) -> None:
    text = (PROJECT / "ops/proxy" / example).read_text()

    for needed in ("Strict-Transport-Security", "X-Forwarded-For", "/feed", "/metrics", "/readyz"):
        assert needed in text
    assert "$proxy_add_x_forwarded_for" not in text  # it would keep what the caller claims
    assert "$request_uri'" not in text
    assert not re.search(r"log_format[^;]*\$(request|uri|args|http_referer)\b", text)

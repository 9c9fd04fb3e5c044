"""A process that was not made to go outside cannot, whichever library asks; the broker may."""

import ast
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shiyu.common.egress import Forbidden, NothingLeft, ask_broker, check_with_broker
from shiyu.common.home import PROJECT
from shiyu.people import identity
from shiyu.people.tests.identity_service import Service, running
from shiyu.site.broker import Broker, answer

WAYS = {
    "socket": "import socket; socket.create_connection(('{host}', {port}), 2)",
    "literal v6": "import socket; s = socket.socket(socket.AF_INET6); s.connect(('::1', {port}))",
    "datagram": "import socket; s = socket.socket(type=socket.SOCK_DGRAM); "
    "s.sendto(b'x', ('{host}', {port}))",
    "connect_ex": "import socket; s = socket.socket(); s.connect_ex(('{host}', {port}))",
    "name": "import socket; socket.getaddrinfo('example.org', 443)",
    "old name": "import socket; socket.gethostbyname('example.org')",
    "urllib": "import urllib.request; urllib.request.urlopen('http://{host}:{port}/', timeout=2)",
    "http.client": "import http.client; "
    "http.client.HTTPConnection('{host}', {port}, timeout=2).request('GET', '/')",
    "requests": "import requests; requests.get('http://{host}:{port}/', timeout=2)",
    "smtplib": "import smtplib; smtplib.SMTP('{host}', {port}, timeout=2)",
    "asyncio": "import asyncio; asyncio.run(asyncio.open_connection('{host}', {port}))",
    "thread": "import threading, socket\n"
    "e = []\n"
    "def go():\n"
    "    try: socket.create_connection(('{host}', {port}), 2)\n"
    "    except OSError as error: e.append(error)\n"
    "t = threading.Thread(target=go); t.start(); t.join()\n"
    "raise e[0]",
    "door": "from shiyu.common.egress import door; door('mail').reach('8.8.8.8', 443, plain=False)",
}
TRY = """
import json, sys
from shiyu.common.egress.leaving import bar, Barred
bar(names={"db.example"})
told = {}
for name, code in json.load(sys.stdin).items():
    try:
        exec(code, {})
        told[name] = "went out"
    except BaseException as error:
        told[name] = type(error).__name__ + " " + str(getattr(error, "why", error))
print(json.dumps(told))
"""
HANDS_ON = {
    "shiyu/common/egress/leaving.py": "refuses what goes outside",
    "shiyu/common/egress/asking.py": "the one door",
    "shiyu/common/egress/reaching.py": "the one door",
    "shiyu/common/egress/brokered.py": "asks the broker, over a file",
    "shiyu/common/embedded.py": "looks for a free port of this machine",
    "shiyu/files/apart.py": "hands a photo to the decoder, over a file",
    "shiyu/people/linking.py": "allauth's own way of asking, by the broker where pages are served",
    "shiyu/notices/channels/mail.py": "speaks over a connection the door has made",
    "shiyu/site/broker.py": "the broker",
    "shiyu/site/checkup/machine.py": "asks our own pages on this machine, by hand",
    "shiyu/site/commands/serve_.py": "looks whether a port of this machine is free",
    "shiyu/site/watch/serving.py": "answers on this machine",
}
NETWORK = {
    *("socket", "socketserver", "ssl", "http.client", "http.server", "urllib.request", "requests"),
    *("smtplib", "ftplib", "imaplib", "poplib", "telnetlib", "xmlrpc", "httpx", "aiohttp"),
    *("urllib3", "websockets", "paramiko"),
}


@pytest.fixture
def listening() -> Iterator[tuple[str, int, list[int]]]:
    """A port that counts whoever comes."""
    came: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    visitor, _ = server.accept()
                except OSError:
                    return
                came.append(1)
                visitor.close()

        threading.Thread(target=listen, daemon=True).start()
        yield "127.0.0.1", server.getsockname()[1], came
        server.shutdown(socket.SHUT_RDWR)


def test_no_library_gets_out_of_a_barred_process(listening):
    host, port, came = listening
    code = {name: way.format(host=host, port=port) for name, way in WAYS.items()}
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "shiyu.site.settings"}

    done = subprocess.run(
        [sys.executable, "-c", TRY],
        input=json.dumps(code),
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )

    told = json.loads(done.stdout)
    assert "went out" not in told.values(), told
    assert set(told) == set(WAYS)
    assert came == []


def test_a_database_named_by_name_can_be_looked_up_and_files_can_be_asked(tmp_path):
    path = str(tmp_path / "s")
    code = f"""
from shiyu.common.egress.leaving import bar
bar(names={{"localhost"}})
import socket
assert socket.getaddrinfo("localhost", 5432)
server = socket.socket(socket.AF_UNIX); server.bind({path!r}); server.listen()
asking = socket.socket(socket.AF_UNIX); asking.connect({path!r})
one, other = socket.socketpair(); one.send(b"x")
"""
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)


@pytest.mark.parametrize(
    "module", ["shiyu.site.wsgi", "shiyu.live.asgi"], ids=["pages", "live feed"]
)
def test_what_serves_people_is_barred_as_soon_as_it_stands(module):
    code = f"""
import importlib, socket
importlib.import_module({module!r})
from shiyu.common.egress import is_barred
assert is_barred()
try:
    socket.create_connection(("127.0.0.1", 9), 1)
except PermissionError as error:
    assert type(error).__name__ == "Barred"
else:
    raise SystemExit("went out")
"""
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)


def test_workers_but_the_outer_one_and_the_sealer_bar_themselves():
    for room in ("work", "sealer"):
        assert "bar(names=database_names())" in (PROJECT / f"shiyu/site/{room}.py").read_text()


def imports_of(source: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_only_these_files_touch_the_network():
    using = set()
    for source in (PROJECT / "shiyu").rglob("*.py"):
        text = source.read_text()
        if "tests" in source.parts or not any(name.partition(".")[0] in text for name in NETWORK):
            continue
        if imports_of(source) & NETWORK:
            using.add(str(source.relative_to(PROJECT)))
    assert using <= set(HANDS_ON), "go through shiyu.common.egress, or say in HANDS_ON why not"


def test_a_file_that_goes_outside_by_itself_would_be_caught(tmp_path):
    planted = tmp_path / "planted.py"
    planted.write_text("from http import client\nimport socket as s\n")

    assert imports_of(planted) & NETWORK == {"http.client", "socket"}


@pytest.fixture
def broker(tmp_path, monkeypatch) -> Iterator[None]:
    path = str(tmp_path / "b.sock")
    monkeypatch.setenv("SHIYU_BROKER", path)
    monkeypatch.delenv("SHIYU_EGRESS", raising=False)
    with Broker(path) as made:
        threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True).start()
        yield
        made.shutdown()


@pytest.fixture
def service(monkeypatch, tmp_path) -> Iterator[Service]:
    monkeypatch.setattr(identity, "home", lambda: tmp_path)
    with running() as made:
        origin = made.issuer
        identity.write(identity.Identity(origin, "shiyu", "s", "n", f"{origin}/authorize"))
        yield made


ISSUER = "/.well-known/openid-configuration"


def asked(url: str) -> bytes:
    return ask_broker(url, b"", purpose="identity", method="GET", headers={}).body


def test_the_broker_asks_whom_its_list_names_and_only_where_it_was_opened(
    broker, service, monkeypatch
):
    with pytest.raises(Forbidden):
        asked(service.issuer + ISSUER)  # inside, and nobody opened it

    monkeypatch.setenv("SHIYU_EGRESS", "identity=127.0.0.0/8,identity=::1/128")
    assert json.loads(asked(service.issuer + ISSUER))["issuer"] == service.issuer

    other = service.issuer.replace("localhost", "127.0.0.1")
    for url in (other + ISSUER, "https://example.org/", "http://169.254.169.254/", "file:///etc"):
        with pytest.raises(Forbidden):
            asked(url)


def test_the_broker_looks_at_an_address_for_those_who_may_look_up_nothing(broker):
    with pytest.raises(Forbidden):
        check_with_broker("https://localhost/hook", purpose="webhook")
    with pytest.raises(Forbidden):
        check_with_broker("https://example.org/hook", purpose="mail")


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"do": "exec", "url": "x"},
        {"do": "ask"},
        {"do": "ask", "url": 5, "purpose": [], "method": None, "headers": 3, "body": {}},
        {"do": "ask", "url": "https://x.example/", "purpose": "mail", "method": "GET"},
        {"do": ["ask"]},
    ],
)
def test_what_is_no_question_is_refused(said):
    assert set(answer(said)) == {"forbidden"}


def test_without_a_broker_nothing_left(monkeypatch, tmp_path):
    monkeypatch.setenv("SHIYU_BROKER", str(tmp_path / "nobody"))

    with pytest.raises(NothingLeft):
        asked("https://example.org/")

"""nginx and Caddy, really started with our files, before servers that say what reached them."""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPResponse, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from shiyu.common.home import PROJECT

NAME = "shiyu.example.gov.cn"
FILES = PROJECT / "ops" / "proxy"
LIES = {
    "X-Forwarded-For": "10.9.8.7",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "evil.example",
    "X-Real-IP": "10.9.8.7",
    "Forwarded": "for=10.9.8.7",
}
MEGABYTE = 1 << 20
pytestmark = pytest.mark.long


class Saying(BaseHTTPRequestHandler):
    """Pages: answers with what it was told; the feed: one event now, one after a while."""

    protocol_version = "HTTP/1.1"
    first_at = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/feed":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self._chunk(b"data: 1\n\n")
            self.first_at.wait(10)
            self._chunk(b"data: 2\n\n")
            self._chunk(b"")
            return
        self._say(0)

    def do_POST(self) -> None:
        left = int(self.headers.get("Content-Length", 0))
        size = 0
        while left and (part := self.rfile.read(min(left, MEGABYTE))):
            size, left = size + len(part), left - len(part)
        self._say(size)

    def _say(self, size: int) -> None:
        said = {
            "path": self.path,
            "size": size,
            "headers": {k.lower(): v for k, v in self.headers.items()},
        }
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Strict-Transport-Security", "max-age=31536000")
        self.end_headers()
        self.wfile.write(body)

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def log_message(self, *_said: object) -> None:
        """Nothing: it is the proxy that is tried."""


class Proxy:
    """A proxy that runs, and how one asks it."""

    def __init__(self, port: int, plain: int) -> None:
        self.port, self.plain = port, plain

    def connection(self) -> HTTPSConnection:
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        made = HTTPSConnection(NAME, self.port, timeout=30, context=trusting)
        made.sock = trusting.wrap_socket(
            socket.create_connection(("127.0.0.1", self.port), 30), server_hostname=NAME
        )
        return made

    def ask(self, path: str, *, method: str = "GET", body: bytes = b"", **headers: str) -> tuple:
        with closing(self.connection()) as asking:
            asking.request(method, path, body=body or None, headers={"Host": NAME} | headers)
            answer = asking.getresponse()
            return answer.status, answer.read(), answer


@pytest.fixture(scope="module")
def behind() -> Iterator[tuple[int, int]]:
    """Two servers: of pages and of the feed."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Saying) for _ in range(2)]
    for server in servers:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield servers[0].server_port, servers[1].server_port
    for server in servers:
        server.shutdown()


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def proxy(
    request: pytest.FixtureRequest,
    behind: tuple[int, int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Proxy]:
    program = shutil.which(request.param) or shutil.which(f"/usr/sbin/{request.param}")
    if program is None:
        pytest.skip(f"there is no {request.param} on this machine (apt install {request.param})")
    folder = tmp_path_factory.mktemp(request.param)
    ports = Proxy(_free(), _free())
    write = {"nginx": _nginx, "caddy": _caddy}[request.param]
    words, more = write(program, folder, ports, behind)
    with subprocess.Popen(words, env=more, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as p:
        try:
            _wait(ports.port, p)
            yield ports
        finally:
            p.terminate()
            p.wait(20)


def _nginx(program: str, folder: Path, ports: Proxy, behind: tuple[int, int]):
    """Our file inside the smallest nginx.conf, with other ports and a certificate of its own."""
    key, certificate = folder / "privkey.pem", folder / "fullchain.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    words += ["-subj", f"/CN={NAME}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(words, check=True, capture_output=True)
    text = (FILES / "nginx.conf").read_text()
    for was, now in {
        r"listen 443": f"listen 127.0.0.1:{ports.port}",
        r"listen 80;": f"listen 127.0.0.1:{ports.plain};",
        r"listen \[::\]:\d+[^;]*;": "",
        r"127\.0\.0\.1:8000": f"127.0.0.1:{behind[0]}",
        r"127\.0\.0\.1:8001": f"127.0.0.1:{behind[1]}",
        r"/etc/nginx/shiyu/": f"{folder}/",
        r"/var/log/nginx/": f"{folder}/",
    }.items():
        text, found = re.subn(was, now, text)
        assert found, was
    (folder / "shiyu.conf").write_text(text)
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = (
        f"{'user root;' if os.geteuid() == 0 else ''} pid {folder}/pid;\n"
        f"error_log {folder}/error.log; events {{}}\n"
        f"http {{ {paths} include {folder}/shiyu.conf; }}\n"
    )
    (folder / "nginx.conf").write_text(whole)
    checked = subprocess.run(
        [program, "-t", "-c", str(folder / "nginx.conf")], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr
    return [program, "-c", str(folder / "nginx.conf"), "-g", "daemon off;"], None


def _caddy(program: str, folder: Path, ports: Proxy, behind: tuple[int, int]):
    """Our file with other ports, and a certificate it makes itself."""
    text = (FILES / "Caddyfile").read_text()
    own = f"\thttp_port {ports.plain}\n\thttps_port {ports.port}\n\tskip_install_trust\n"
    text = text.replace("\tadmin off\n", f"\tadmin off\n{own}", 1)
    text = text.replace(f"{NAME} {{", f"{NAME} {{\n\ttls internal", 1)
    (folder / "Caddyfile").write_text(text)
    more = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "SHIYU_PAGES": f"127.0.0.1:{behind[0]}",
        "SHIYU_FEED": f"127.0.0.1:{behind[1]}",
    }
    place = ["--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    checked = subprocess.run(
        [program, "validate", *place], env=more, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr
    return [program, "run", *place], more


def test_what_a_caller_says_of_itself_is_replaced_by_what_is_known(proxy: Proxy) -> None:
    status, body, _answer = proxy.ask("/help/", **LIES)

    told = json.loads(body)["headers"]
    assert status == 200
    assert told["x-forwarded-for"] == "127.0.0.1"
    assert told["x-forwarded-proto"] == "https"
    assert told["host"] == NAME
    assert "10.9.8.7" not in body.decode()
    assert told.get("forwarded", "") == ""


def test_an_upload_arrives_whole_and_one_too_large_is_refused(proxy: Proxy) -> None:
    status, body, _answer = proxy.ask("/report/", method="POST", body=b"x" * (20 * MEGABYTE))

    assert (status, json.loads(body)["size"]) == (200, 20 * MEGABYTE)
    with closing(proxy.connection()) as asking:
        asking.putrequest("POST", "/report/", skip_host=True)
        asking.putheader("Host", NAME)
        asking.putheader("Content-Length", str(70 * MEGABYTE))
        asking.endheaders()
        with suppress(OSError):  # it closes on who goes on sending
            for _ in range(70):
                asking.send(b"x" * MEGABYTE)
        with suppress(OSError):
            assert asking.getresponse().status in (413, 502)


def test_an_event_of_the_feed_arrives_at_once(proxy: Proxy) -> None:
    Saying.first_at.clear()
    with closing(proxy.connection()) as asking:
        began = time.monotonic()
        asking.request("GET", "/feed", headers={"Host": NAME, "Accept": "text/event-stream"})
        answer: HTTPResponse = asking.getresponse()

        first = answer.readline()
        took = time.monotonic() - began
        Saying.first_at.set()
        rest = answer.read()

    assert first == b"data: 1\n"
    assert took < 5, "it was held back until the next"
    assert b"data: 2" in rest


@pytest.mark.parametrize("path", ["/readyz", "/readyz/pages", "/metrics"])
def test_what_is_for_the_machine_alone_is_not_shown(proxy: Proxy, path: str) -> None:
    assert proxy.ask(path)[0] == 404


def test_answers_tell_browsers_once_to_come_by_tls_only(proxy: Proxy) -> None:
    _status, _body, answer = proxy.ask("/help/")

    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=31536000"]
    with closing(socket.create_connection(("127.0.0.1", proxy.plain), 10)) as plain:
        plain.sendall(f"GET /x HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
        said = plain.recv(4096).decode()
    assert re.match(r"HTTP/1.1 30[18] ", said)
    assert re.search(rf"(?i)location: https://{NAME}(:\d+)?/x", said)


def _free() -> int:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError(process.stderr.read().decode() if process.stderr else "ended")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("it does not listen")

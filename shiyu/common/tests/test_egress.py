"""Nothing inside the house is reached, however its address is written; names are asked once."""

# ruff: noqa: SIM905 - lists are read more easily as words

import socket
import threading
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from shiyu.common.egress import Door, Forbidden, NothingLeft, ask, forbid_inside, target_of
from shiyu.common.egress.addresses import is_outside, openings

CANARY = "127.0.0.1"


@pytest.fixture(autouse=True)
def _nothing_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHIYU_EGRESS", raising=False)


class Canary:
    """Listens on this machine and counts whoever comes."""

    def __init__(self) -> None:
        self.listening = socket.create_server((CANARY, 0))
        self.port = self.listening.getsockname()[1]
        self.came = 0
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        while True:
            try:
                visitor = self.listening.accept()[0]
            except OSError:
                return
            self.came += 1  # before the visitor can know
            visitor.close()


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    made = Canary()
    yield made
    made.listening.shutdown(socket.SHUT_RDWR)
    made.listening.close()


LOCAL = """
127.0.0.1 127.0.0.2 127.1 127.0.1 0 0.0.0.0 0x7f000001 0x7f.0x0.0x0.0x1 0x7f.1 2130706433
017700000001 0177.0.0.1 0177.1 00000177.0.0.1 127.0.0.01 127.0x0.0.1 127.000.000.001
localhost LOCALHOST localhost. localhost.localdomain ip6-localhost
[::1] [::] [0:0:0:0:0:0:0:1] [0000::1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1]
[::ffff:0:127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [2002:7f00:1::]
[2001:0:0:0:0:0:80ff:fffe] [fe80::1] [fe80::1%25lo] [fec0::1] [::1%25lo] [0:0:0:0:0:ffff:7f00:1]
①②⑦.⓪.⓪.① １２７.0.0.1 127。0。0。1 127．0．0．1 ⓛocalhost loc\u00adalhost
""".split()
INSIDE = """
10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.254 192.168.0.1 192.168.255.255 169.254.169.254
169.254.170.2 100.64.0.1 100.100.100.200 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 198.18.0.1
198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
0.1.2.3 [fc00::1] [fd00:ec2::254] [fdff::1] [fe80::a9fe:a9fe] [ff02::1] [ff0e::1] [2001:db8::1]
[2001::1] [2001:10::1] [2002:a00:1::] [2002:c0a8:101::] [2002:a9fe:a9fe::] [64:ff9b::10.0.0.1]
[64:ff9b::169.254.169.254] [64:ff9b::c0a8:1] [::ffff:10.0.0.1] [::ffff:169.254.169.254]
[::ffff:192.168.1.1] [::ffff:a00:1] [::10.0.0.1] [100::1] [3fff::1] [5f00::1]
[::ffff:0:10.0.0.1] 2852039166 0xa9fea9fe 0251.0376.0251.0376 0xA9.0xFE.0xA9.0xFE 10.1 192.168.257
""".split()
NAMES = """
inside.example metadata.google.internal intranet mail.corp a.local rebind.example
mixed.example nat64.example mapped.example sixtofour.example metadata.example zero.example
""".split()
ANSWERS = {
    "metadata.google.internal": ["169.254.169.254"],
    "metadata.example": ["fd00:ec2::254"],
    "mixed.example": ["93.184.216.34", "127.0.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "sixtofour.example": ["2002:7f00:1::"],
    "zero.example": ["0.0.0.0"],
}
WHOLE = """
file:///etc/passwd gopher://127.0.0.1:{port}/_x dict://127.0.0.1:{port}/ ftp://127.0.0.1:{port}/
ldap://127.0.0.1:{port}/ ws://127.0.0.1:{port}/ jar:http://127.0.0.1:{port}/ data:text/plain,x
javascript:alert(1) //127.0.0.1:{port}/ http:127.0.0.1:{port} https:/127.0.0.1:{port}/ 127.0.0.1
https://example.com@127.0.0.1:{port}/ https://user:pass@127.0.0.1:{port}/
https://127.0.0.1:{port}@example.com/ https://example.com:{port}@127.0.0.1/
https://127.0.0.1:{port}#@example.com/ https://example.com#@127.0.0.1:{port}/
https://example.com\\@127.0.0.1:{port}/ https://127.0.0.1:{port}\\@example.com/
https://127.0.0.1%2f@example.com/ https://127.0.0.1%00.example.com/ https://%31%32%37.0.0.1/
https://[::1 https://[::1]]/ https://[127.0.0.1]:{port}/ https://127.0.0.1:{port}:80/
https://127.0.0.1:99999/ https://127.0.0.1:-1/ https://127.0.0.1:0x50/ https://127.0.0.1:22/
https:// https:/// https://. https://.. https://-.example.com/ https://example..com/
https://127.0.0.1.:{port}/ HTTPS://127.0.0.1:{port}/ hTtP://127.0.0.1:{port}/ https://_/
https://example.com:25/ https://example.com:110/ https://a.{long}.com/ https://例子.测试/
https://127.0.0.1:{port}?@example.com/ https://127.0.0.1:{port}/..;/ https://1.1.1.1.1/
https://256.1.1.1/ https://1.2.3/ https://[v1.x]/ https://[fe80::1%25eth0]:{port}/
""".split()
LINES = ["https://127.0.0.1\r\nHost: x/", "https://127.0.0.1\t/", " https://127.0.0.1/", "\0", ""]


def corpus(port: int) -> list[str]:
    hosts = LOCAL + INSIDE + NAMES
    urls = [f"https://{host}:{port}/hook" for host in hosts]
    urls += [f"http://{host}:{port}/" for host in LOCAL]
    return urls + [text.format(port=port, long="a" * 64) for text in WHOLE] + LINES


def answer(host: str, port: int) -> list[str]:
    """A name server that answers with this machine, or worse."""
    return ANSWERS.get(host, [CANARY])


def refuse_to_connect(address: str, port: int, timeout: float) -> socket.socket:
    if address != CANARY:
        raise AssertionError(f"would have gone to {address}")
    return socket.create_connection((address, port), timeout)


def test_none_of_the_corpus_reaches_the_canary(canary: Canary) -> None:
    out = Door("webhook", resolve=answer, connect=refuse_to_connect)
    urls = corpus(canary.port)
    let_in = []

    for url in urls:
        try:
            ask(url, b"{}", headers={}, through=out, gate=lambda: None)
        except (Forbidden, NothingLeft) as stopped:
            if isinstance(stopped, NothingLeft):
                let_in.append((url, stopped.why))
        else:
            let_in.append((url, "answered"))

    assert len(set(urls)) >= 150
    assert let_in == []
    assert canary.came == 0


def test_none_of_the_corpus_may_even_be_written_down(canary: Canary) -> None:
    out = Door("webhook", resolve=answer, connect=refuse_to_connect)

    for url in corpus(canary.port):
        with pytest.raises(Forbidden):
            forbid_inside(url, through=out)

    assert canary.came == 0


def test_the_canary_would_have_sung(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof that the corpus test can fail: what is opened is reached."""
    monkeypatch.setenv("SHIYU_EGRESS", f"webhook=127.0.0.1/32@{canary.port}")
    before = canary.came

    with Door("webhook").reach(CANARY, canary.port, plain=True) as reached:
        reached.recv(1)

    assert canary.came == before + 1


def test_a_name_is_asked_once_and_its_answer_is_where_one_goes() -> None:
    """A rebinding name server: public when looked at, inside when asked again."""
    asked: list[str] = []
    went: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.216.34"] if len(asked) == 1 else [CANARY]

    def note(address: str, port: int, timeout: float) -> socket.socket:
        went.append(address)
        raise ConnectionRefusedError

    out = Door("webhook", resolve=rebinding, connect=note)
    send = {"headers": {}, "through": out, "gate": lambda: None}

    with pytest.raises(NothingLeft):
        ask("https://rebind.example/", b"", **send)
    assert (asked, went) == (["rebind.example"], ["93.184.216.34"])
    with pytest.raises(Forbidden):
        ask("https://rebind.example/", b"", **send)
    assert went == ["93.184.216.34"]


def test_an_opening_holds_for_its_purpose_and_port_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIYU_EGRESS", "mail=10.1.2.3/32@25, sms=10.2.0.0/16")

    assert Door("mail").is_open(ip_address("10.1.2.3"), 25)
    assert Door("mail").is_open(ip_address("::ffff:10.1.2.3"), 25)
    assert not Door("mail").is_open(ip_address("10.1.2.3"), 26)
    assert not Door("webhook").is_open(ip_address("10.1.2.3"), 25)
    assert Door("sms").is_open(ip_address("10.2.9.9"), 8080)


@pytest.mark.parametrize("text", ["mail", "mail=x", "mail=10.0.0.1/8", "mail=10.0.0.1@0"])
def test_a_wrong_opening_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="SHIYU_EGRESS"):
        openings(text)


@pytest.mark.parametrize("text", ["93.184.216.34", "2606:4700:4700::1111", "8.8.8.8"])
def test_public_addresses_are_outside(text: str) -> None:
    assert is_outside(ip_address(text))


def test_what_is_spoken_in_the_clear_stays_where_it_was_opened() -> None:
    out = Door("webhook", resolve=lambda h, p: ["93.184.216.34"], connect=refuse_to_connect)

    with pytest.raises(Forbidden):
        ask("http://public.example/", b"", headers={}, through=out, gate=lambda: None)


def test_no_proxy_of_the_environment_is_asked(
    canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    before = canary.came

    def refused(address: str, port: int, timeout: float) -> socket.socket:
        raise ConnectionRefusedError

    out = Door("webhook", resolve=lambda h, p: ["93.184.216.34"], connect=refused)
    with pytest.raises(NothingLeft):
        ask("https://public.example/", b"", headers={}, through=out, gate=lambda: None)

    assert canary.came == before


def test_a_target_is_read_the_one_usual_way() -> None:
    target = target_of("HTTPS://Example.COM./a?b=c")

    assert (target.host, target.port, target.path) == ("example.com", 443, "/a?b=c")
    assert target.host_header == "example.com"
    assert target_of("https://[2606:4700::1]:8443/").host_header == "[2606:4700::1]:8443"

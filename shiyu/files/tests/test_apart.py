"""A photo decoded behind a socket is the same photo; a decoder that dies or drips is refused."""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from shiyu.common.errors import Refused
from shiyu.files import apart
from shiyu.files.pictures import read_picture
from shiyu.files.tests.pictures import picture, upload

Serve = Callable[[Callable[[socket.socket], None]], None]


@pytest.fixture
def behind(tmp_path, monkeypatch) -> Iterator[Serve]:
    """Somebody who answers one visitor at the decoder's socket."""
    place = str(tmp_path / "decode.sock")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(place)
        server.listen()
        monkeypatch.setenv(apart.SOCKET, place)

        def serve(how: Callable[[socket.socket], None]) -> None:
            def once() -> None:
                visitor, _ = server.accept()
                with visitor:
                    how(visitor)

            threading.Thread(target=once, daemon=True).start()

        yield serve


def decode(visitor: socket.socket) -> None:
    """As systemd does: the socket is the decoder's input and output."""
    command = [sys.executable, "-I", str(apart.DECODER)]
    subprocess.run(command, stdin=visitor, stdout=visitor, check=False, env={}, cwd="/")


def test_it_is_the_same_photo_as_in_a_process_of_ones_own(behind, monkeypatch):
    data = picture()
    behind(decode)
    apart_from_us = read_picture(upload(data))
    monkeypatch.delenv(apart.SOCKET)

    assert apart_from_us == read_picture(upload(data))


def test_what_is_refused_there_is_refused_here(behind):
    behind(decode)
    with pytest.raises(Refused):
        read_picture(upload(picture()[:200]))


@pytest.mark.parametrize(
    "said", [b"", b"{}", b"{", b'{"full": 5, "small": 5}\nabc', b'{"refused": "new"}\n', b"x" * 99]
)
def test_an_answer_that_is_not_whole_is_a_damaged_photo(said, behind):
    def half(visitor: socket.socket) -> None:
        while visitor.recv(1 << 16):
            pass
        visitor.sendall(said)

    behind(half)
    with pytest.raises(Refused):
        read_picture(upload(picture()))


def test_a_decoder_that_never_ends_is_left(behind, monkeypatch):
    monkeypatch.setattr(apart, "SECONDS", 0.3)
    gone = threading.Event()
    behind(lambda _visitor: gone.wait(5) or None)

    with pytest.raises(Refused):
        read_picture(upload(picture()))
    gone.set()


def test_nobody_behind_the_socket_is_no_photo(tmp_path, monkeypatch):
    monkeypatch.setenv(apart.SOCKET, str(tmp_path / "nobody"))

    with pytest.raises(Refused):
        read_picture(upload(picture()))

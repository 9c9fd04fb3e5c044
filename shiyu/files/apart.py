"""Where a picture is decoded: apart, by a process of ours or of one that owns nothing (隔离解码).

With `SHIYU_DECODER` naming a socket, whoever listens there decodes: under systemd a process of the
user shiyu-image for each picture (ops/systemd/shiyu-decode@.service). Otherwise a process of this
user, under the same limits, which `decode.py` sets itself before the first byte is read.
"""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

SECONDS = 20
ANSWER_MOST = 64 * 1024 * 1024
DECODER = Path(__file__).with_name("decode.py")
SOCKET = "SHIYU_DECODER"


class Broken(Exception):
    """The decoder gave no whole answer: it was killed, or took too long."""


def decoded(data: bytes) -> bytes:
    """What decode.py says of a picture: a line of JSON, then the pictures. Raises Broken."""
    place = os.environ.get(SOCKET)
    return _by_socket(place, data) if place else _by_process(data)


def _by_process(data: bytes) -> bytes:
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(DECODER)],
            input=data,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={"MALLOC_ARENA_MAX": "1"},
            cwd="/",
        )
    except subprocess.TimeoutExpired as slow:
        raise Broken from slow
    return done.stdout


def _by_socket(place: str, data: bytes) -> bytes:
    """Whole within `SECONDS`, however slowly the other side drips."""
    answer = bytearray()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        timer = threading.Timer(SECONDS, _cut, [asking])
        timer.start()
        try:
            asking.settimeout(SECONDS)
            asking.connect(place)
            asking.sendall(data)
            asking.shutdown(socket.SHUT_WR)
            while chunk := asking.recv(1 << 16):
                answer += chunk
                if len(answer) > ANSWER_MOST:
                    raise Broken
        except OSError as error:
            raise Broken from error
        finally:
            timer.cancel()
    return bytes(answer)


def _cut(asking: socket.socket) -> None:
    with contextlib.suppress(OSError):
        asking.shutdown(socket.SHUT_RDWR)

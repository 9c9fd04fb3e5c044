"""Resolving once, looking at every answer, and connecting to exactly what was looked at (连接)."""

import contextlib
import ipaddress
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from shiyu.common.egress.addresses import IP, is_outside, openings
from shiyu.common.errors import Refused

CONNECT_S = 5.0
OPENINGS = "SHIYU_EGRESS"

Resolve = Callable[[str, int], Sequence[str]]
Connect = Callable[[str, int, float], socket.socket]


class Forbidden(Refused):
    """The address lies inside, or is written in a way that hides where it leads (禁止访问)."""

    code = "forbidden_address"
    status = 422


class NothingLeft(Exception):
    """The peer could not be reached: nothing was sent, it may be tried again. `why` is a code."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class PerhapsLeft(Exception):
    """It broke off after sending began: nobody knows whether it arrived. `why` is a code."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def _resolve(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def _connect(address: str, port: int, timeout: float) -> socket.socket:
    """To a literal address: no name is looked up here again, no proxy is asked."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    reached = socket.socket(family, socket.SOCK_STREAM)
    reached.settimeout(timeout)
    try:
        reached.connect((address, port))
    except BaseException:
        reached.close()
        raise
    return reached


@dataclass(frozen=True, slots=True)
class Door:
    """The way out for one purpose (mail, sms, webhook).

    resolve, connect  the two things that touch the network; tests put their own in.
    """

    purpose: str
    resolve: Resolve = _resolve
    connect: Connect = _connect
    contexts: Callable[[], ssl.SSLContext] = field(default=ssl.create_default_context)

    def addresses(self, host: str, port: int) -> list[IP]:
        """Every address of a host, resolved once; one that is inside forbids the whole host.

        Raises  Forbidden; NothingLeft("no_such_host").
        """
        try:
            found = [ipaddress.ip_address(host)]
        except ValueError:
            found = self._looked_up(host, port)
        for address in found:
            if not is_outside(address) and not self.is_open(address, port):
                raise Forbidden(_("这个地址在内网或保留网段，不能访问"), field="url")
        return found

    def reach(self, host: str, port: int, *, plain: bool) -> socket.socket:
        """A connection to a host, to an address that was looked at.

        plain  whether it will be spoken to in the clear: then only to an opened inside network.

        Raises  Forbidden, NothingLeft.
        """
        found = self.addresses(host, port)
        if plain and not all(self.is_open(address, port) for address in found):
            raise Forbidden(_("网址以 https:// 开头"), field="url")
        why = "unreachable"
        for address in found[:3]:
            try:
                return self.connect(str(address), port, CONNECT_S)
            except TimeoutError:
                why = "connect_timeout"
            except ConnectionRefusedError:
                why = "refused"
            except OSError:
                why = "unreachable"
        raise NothingLeft(why)

    def secure(self, reached: socket.socket, host: str) -> ssl.SSLSocket:
        """The same connection under TLS, the certificate checked against the host's name."""
        try:
            return self.contexts().wrap_socket(reached, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            reached.close()
            raise NothingLeft("bad_certificate") from error
        except OSError as error:
            reached.close()
            raise NothingLeft("no_tls") from error

    def is_open(self, address: IP, port: int) -> bool:
        """Whether whoever runs the server has opened this inside address to this purpose."""
        allowed = openings(os.environ.get(OPENINGS, ""))
        return any(opening.lets(self.purpose, address, port) for opening in allowed)

    def _looked_up(self, host: str, port: int) -> list[IP]:
        try:
            answers = self.resolve(host, port)
            found = [ipaddress.ip_address(text.partition("%")[0]) for text in answers]
        except (OSError, ValueError, UnicodeError) as error:
            raise NothingLeft("no_such_host") from error
        if not found:
            raise NothingLeft("no_such_host")
        return found


def door(purpose: str) -> Door:
    """The ordinary door of one purpose."""
    return Door(purpose)


@contextlib.contextmanager
def within(reached: socket.socket, seconds: float) -> Iterator[None]:
    """Cut a connection off after so long in all, however slowly the peer drips.

    Works on a copy of the descriptor, which stays valid when the socket goes under TLS.
    """
    copy = socket.socket(fileno=os.dup(reached.fileno()))
    timer = threading.Timer(seconds, _cut, [copy])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        copy.close()


def _cut(copy: socket.socket) -> None:
    with contextlib.suppress(OSError):
        copy.shutdown(socket.SHUT_RDWR)

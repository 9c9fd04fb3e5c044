"""By mail: SMTP to the city's own server, under TLS, step by step (邮件).

Step by step, because each step says something else of what has left: before DATA nothing has,
and it may be tried again; once the text is on its way only the server's answer tells.
"""

import smtplib
import socket
import ssl
from collections.abc import Callable
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime

from django.utils import timezone

from shiyu.common.egress import Door, NothingLeft, PerhapsLeft, door, within
from shiyu.common.egress.urls import host_of
from shiyu.notices import reaching
from shiyu.notices.actions.connectors import secret_of
from shiyu.notices.actions.delivering import Result
from shiyu.notices.channels import texts
from shiyu.notices.lifecycle import Channel
from shiyu.notices.models import Connector, Delivery

WHOLE_S = 30.0
TLS, STARTTLS, PLAIN = "tls", "starttls", "plain"
SECURITY = (STARTTLS, TLS, PLAIN)


class _Spoken(smtplib.SMTP):
    """SMTP over a connection that the egress made; it opens none itself."""

    def __init__(self, reached: socket.socket, host: str, *, name: str) -> None:
        super().__init__(local_hostname=name, timeout=WHOLE_S)
        self.sock, self._host = reached, host
        self.file = None

    def take_up(self) -> None:
        """Read the greeting."""
        code, words = self.getreply()
        if code != 220:
            raise smtplib.SMTPConnectError(code, words)

    def secure(self, through: Door) -> None:
        """Go under TLS. What was said before counts no more."""
        code, _words = self.docmd("STARTTLS")
        if code != 220:
            raise NothingLeft("not_secure")
        self.sock = through.secure(self.sock, self._host)  # type: ignore[arg-type]
        self.file = None
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features, self.does_esmtp = {}, False


def send(
    delivery: Delivery,
    connector: Connector,
    *,
    gate: Callable[[], None],
    through: Door | None = None,
) -> Result:
    """Hand one mail over. Raises NothingLeft, PerhapsLeft, Forbidden, and what `gate` raises."""
    out = through or door(Channel.MAIL)
    if delivery.address is None and delivery.follower is None:
        return Result("failed", "not_wanted")
    to = reaching.opened(delivery.address or delivery.follower)  # type: ignore[arg-type]
    settings = connector.settings
    host, port = host_of(str(settings["host"])), int(settings["port"])
    security = str(settings.get("security", STARTTLS))
    message = compose(delivery, to=to, settings=settings)
    reached = out.reach(host, port, plain=security == PLAIN)
    with reached, within(reached, WHOLE_S):
        reached.settimeout(WHOLE_S)
        spoken = out.secure(reached, host) if security == TLS else reached
        talk = _Spoken(spoken, host, name=_domain(settings))
        try:
            return _talk(talk, out, connector, message, to=to, security=security, gate=gate)
        finally:
            talk.close()


def compose(delivery: Delivery, *, to: str, settings: dict[str, object]) -> bytes:
    """The mail as it goes over the wire. Its Message-ID is the delivery's own, however often."""
    sender = str(settings["sender"])
    message = EmailMessage(policy=WIRE)
    with texts.in_language(delivery):
        name = str(settings.get("sender_name") or texts.city_name())
        message["From"] = Mailbox(display_name=" ".join(name.split()), addr_spec=sender)
        message["To"] = Mailbox(addr_spec=to)
        message["Subject"] = texts.line_of(delivery)
        message["Date"] = format_datetime(timezone.localtime(delivery.owed_at))
        message["Message-ID"] = f"<{delivery.ref}@{_domain(settings)}>"
        message["Auto-Submitted"] = "auto-generated"
        message["Content-Language"] = texts.language_of(delivery)
        message.set_content(texts.body_of(delivery), cte="base64")
    return message.as_bytes()


def _talk(
    talk: _Spoken,
    out: Door,
    connector: Connector,
    message: bytes,
    *,
    to: str,
    security: str,
    gate: Callable[[], None],
) -> Result:
    left = False
    try:
        talk.take_up()
        talk.ehlo_or_helo_if_needed()
        if security == STARTTLS:
            talk.secure(out)
            talk.ehlo_or_helo_if_needed()
        if user := str(connector.settings.get("user", "")):
            talk.login(user, secret_of(connector))
        for said in (talk.mail(str(connector.settings["sender"])), talk.rcpt(to)):
            if not 200 <= said[0] < 300:
                return _declined(said[0], "no_such_address")
        code, _words = talk.docmd("DATA")
        if code != 354:
            return _declined(code, "rejected")
        gate()
        left = True
        return _text(talk, message)
    except smtplib.SMTPAuthenticationError as error:
        return Result("later", "sign_in_refused" if error.smtp_code >= 500 else "not_now")
    except smtplib.SMTPResponseException as error:
        if left:  # the library's own word for an answer it cannot read
            raise PerhapsLeft("garbled") from error
        return _declined(error.smtp_code, "rejected")
    except (smtplib.SMTPException, OSError, ssl.SSLError, ValueError) as error:
        if left:
            raise PerhapsLeft("timeout" if _is_slow(error) else "broken_off") from error
        raise NothingLeft("connect_timeout" if _is_slow(error) else "unreachable") from error


def _text(talk: _Spoken, message: bytes) -> Result:
    """The text and the full stop after it; only the answer to that says it was taken."""
    dotted = b"\r\n".join(
        b"." + line if line.startswith(b".") else line for line in message.split(b"\r\n")
    )
    talk.send(dotted.removesuffix(b"\r\n") + b"\r\n.\r\n")
    code, words = talk.getreply()
    if 200 <= code < 300:
        return Result("sent", answer=_printable(words))
    if not 400 <= code < 600:
        raise PerhapsLeft("garbled")  # neither yes nor no: it may have been taken
    return _declined(code, "rejected")


def _declined(code: int, why: str) -> Result:
    """What the server says it did not take: 4xx for now, 5xx for good."""
    if 400 <= code < 500:
        return Result("later", "not_now")
    return Result("failed", why) if 500 <= code < 600 else Result("later", "garbled")


def _printable(words: bytes) -> str:
    return "".join(c for c in words.decode("ascii", "replace") if c.isprintable())[:120]


def _domain(settings: dict[str, object]) -> str:
    return str(settings["sender"]).rpartition("@")[2] or "localhost"


def _is_slow(error: BaseException) -> bool:
    return isinstance(error, TimeoutError)

"""`shiyu demo`: the made-up city, and who may be signed in as (演示城市)."""

import sys
import time
from datetime import datetime, timedelta

import click

from shiyu.common.errors import Refused
from shiyu.site.start import django_ready, refuse


@click.group()
def command() -> None:
    """The demo city: everything but public names, codes and limits is made up."""


@command.command()
@click.option("--seed", default=2026, show_default=True, help="The same seed, the same city.")
@click.option("--cases", default=20_000, show_default=True, help="About so many cases.")
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    help="Let its life end there, in the city's time; now if left out.",
)
def make(seed: int, cases: int, today: datetime | None) -> None:
    """Make the demo city, or go on where the making stopped. What is there is left alone."""
    django_ready()
    from shiyu.history import demo

    began, said = time.monotonic(), _Progress()
    try:
        added = demo.make(seed=seed, cases=cases, now=_end_of(today), progress=said)
    except Refused as refusal:
        refuse(refusal.message)
    took = time.monotonic() - began
    said.end()
    click.echo(f"{added} cases added in {took:.0f} s." if added else "The demo city is there.")


@command.command("sign-ins")
def sign_ins() -> None:
    """List whom one may sign in as, and what to try first."""
    django_ready()
    from shiyu.history.kaifeng.stories import receipt_to_follow
    from shiyu.people.demo import DEMO_PASSWORD, sign_ins

    rows = [(hint.username, f"{hint.unit} {hint.post}", str(hint.first)) for hint in sign_ins()]
    width = max((_width(who) for _name, who, _first in rows), default=0)
    click.echo(f"Password of all: {DEMO_PASSWORD}")
    for username, who, first in rows:
        click.echo(f"  {username:<18}{who}{' ' * (width - _width(who) + 2)}{first}")
    click.echo("  (no account)      居民：打开首页上报，不用登录")
    if code := receipt_to_follow():
        click.echo(f"  (receipt)         居民：用回执码 {code} 查一件在办的案件")


@command.command()
def reset() -> None:
    """Say how to begin anew: what is written is never deleted from within."""
    click.echo("make demo-reset begins anew: what was in the embedded database is lost.")


class _Progress:
    """What was done; the count of cases is written over on a screen, seldom in a log."""

    def __init__(self) -> None:
        self._on_screen = sys.stdout.isatty()
        self._every_s = 0.5 if self._on_screen else 5.0
        self._open = False
        self._said_at = time.monotonic()

    def __call__(self, words: str) -> None:
        if not words.endswith(" cases"):
            self.end()
            click.echo(f"  {words}")
        elif time.monotonic() - self._said_at > self._every_s:
            self._said_at, self._open = time.monotonic(), self._on_screen
            click.echo(f"\r  {words}" if self._on_screen else f"  {words}", nl=not self._on_screen)

    def end(self) -> None:
        if self._open:
            click.echo()
        self._open = False


def _end_of(today: datetime | None) -> datetime | None:
    """The moment at which the made-up life ends: that day's afternoon, never in the future."""
    if today is None:
        return None
    from django.utils import timezone

    local = today if today.hour or today.minute else today + timedelta(hours=15)
    return min(timezone.make_aware(local), timezone.now())


def _width(text: str) -> int:
    """Columns a text takes in a terminal: Chinese signs take two."""
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in text)

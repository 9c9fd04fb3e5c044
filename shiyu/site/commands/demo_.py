"""`shiyu demo`: the made-up city, and who may be signed in as (演示城市)."""

import sys
import time
from datetime import datetime, timedelta

import click

from shiyu.common.errors import Refused
from shiyu.site.start import django_ready, refuse

CASES = {"demo": 20_000, "city-1": 1_000_000}


@click.group()
def command() -> None:
    """The demo city: everything but public names, codes and limits is made up."""


@command.command()
@click.option("--seed", default=2026, show_default=True, help="The same seed, the same city.")
@click.option(
    "--size",
    type=click.Choice(["demo", "city-1"]),
    default="demo",
    show_default=True,
    help="city-1: three years, 3,000 staff, 300,000 residents, ten lines a case; for measuring.",
)
@click.option("--cases", type=int, help="So many cases: about 20,000, or just 1,000,000 (city-1).")
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    help="Let its life end there, in the city's time; now if left out.",
)
def make(seed: int, size: str, cases: int | None, today: datetime | None) -> None:
    """Make the demo city, or go on where the making stopped. What is there is left alone."""
    django_ready()
    cases = cases or CASES[size]
    began, said = time.monotonic(), _Progress()
    try:
        make_one = _make_large if size == "city-1" else _make_demo
        added = make_one(seed, cases, _end_of(today), said)
    except Refused as refusal:
        refuse(refusal.message)
    took = time.monotonic() - began
    said.end()
    click.echo(f"{added} cases added in {took:.0f} s." if added else "The demo city is there.")


def _make_demo(seed: int, cases: int, now: datetime | None, said: "_Progress") -> int:
    from shiyu.history import demo

    return demo.make(seed=seed, cases=cases, now=now, progress=said)


def _make_large(seed: int, cases: int, now: datetime | None, said: "_Progress") -> int:
    from shiyu.history.large.making import make

    made = make(seed=seed, cases=cases, now=now, progress=said)
    if made.cases:
        said(f"{made.lines} lines; at most {made.peak_mb} MB in one process")
    return made.cases


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
        if not words.endswith((" cases", " lines sealed")):
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

"""`shiyu canary`: a made-up report becomes a notice, or who keeps watch is told (金丝雀)."""

import json

import click

from shiyu.site.start import django_ready, refuse


@click.group(invoke_without_command=True)
@click.option("--wait", default=120.0, show_default=True, help="Seconds until it counts as lost.")
@click.pass_context
def command(ctx: click.Context, wait: float) -> None:
    """Fly once, now: exit 0 when the notice arrived, 1 with the step it stopped at.

    Workers fly it every few minutes once `shiyu canary set` has said to whom.
    """
    if ctx.invoked_subcommand:
        return
    django_ready("worker")
    from shiyu.site import canary

    plan = canary.read_plan()
    if plan is None:
        refuse("Nobody keeps watch yet: shiyu canary set --to NAME.")
    flight = canary.fly(plan, wait_s=wait)
    if flight.well:
        click.echo(f"Arrived after {flight.seconds:g} s.")
        return
    click.echo(f"Lost: it stopped at {flight.stopped_at} ({flight.seconds:g} s).", err=True)
    ctx.exit(1)


@command.command("set")
@click.option("--to", "names", multiple=True, required=True, help="Who keeps watch; repeatable.")
@click.option("--every", default=10.0, show_default=True, help="Minutes between two flights.")
def set_(names: tuple[str, ...], every: float) -> None:
    """Say to whom it flies; each needs a verified mail address (提醒设置)."""
    django_ready("worker")
    from shiyu.notices.models import Address
    from shiyu.site import canary

    reached = Address.objects.filter(channel="mail").exclude(verified_at=None)
    known = set(reached.values_list("person__username", flat=True))
    if missing := sorted(set(names) - known):
        refuse(f"No verified mail address: {', '.join(missing)}.")
    canary.write_plan(canary.Plan(names, every))
    click.echo(f"It flies to {', '.join(names)} every {every:g} minutes.")


@command.command()
def show() -> None:
    """How the last flight went."""
    from shiyu.common.home import home

    for place in (home() / "metrics" / "canary.json", home() / "canary-plan.json"):
        click.echo(json.dumps(json.loads(place.read_text()), indent=1) if place.exists() else "-")


@command.command()
def drop() -> None:
    """Let no canary fly any more."""
    from shiyu.common.home import home

    (home() / "canary-plan.json").unlink(missing_ok=True)
    click.echo("No canary flies any more.")

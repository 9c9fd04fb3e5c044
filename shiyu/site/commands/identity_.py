"""`shiyu identity`: the city's own identity service, set here and by no page (统一身份)."""

import json
import sys
from pathlib import Path

import click

WAIT_S = 5
WELL_KNOWN = "/.well-known/openid-configuration"


@click.group()
def command() -> None:
    """Let people sign in with the city's own identity service (OpenID Connect)."""


@command.command("set")
@click.argument("issuer")
@click.option("--client-id", required=True, help="what the service calls this program")
@click.option("--name", default="统一身份认证", show_default=True, help="shown on the button")
@click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="file that holds the client secret; left out, it is asked for",
)
def set_(issuer: str, client_id: str, name: str, secret_file: Path | None) -> None:
    """Ask the service at ISSUER what it is, and use it from the next start on."""
    from shiyu.people import identity

    secret = secret_file.read_text().strip() if secret_file else _asked()
    found = identity.Identity(issuer.rstrip("/"), client_id, secret, name)
    if fault := found.fault():
        raise click.ClickException(fault)
    said = _discovered(found.issuer)
    if said.get("issuer") != found.issuer:
        text = f"the service calls itself {said.get('issuer')}: use exactly that as ISSUER"
        raise click.ClickException(text)
    authorize = str(said.get("authorization_endpoint", ""))
    whole = identity.Identity(found.issuer, client_id, secret, name, authorize)
    if fault := whole.fault():
        raise click.ClickException(fault)
    identity.write(whole)
    click.echo(f"Kept in {identity.path()}.")
    click.echo("Tell the service this address to come back to, under the city's own name:")
    click.echo(f"  https://CITY/account/login/identity/{whole.provider_id}/back/")
    click.echo("Start the servers again to use it.")


@command.command()
def show() -> None:
    """Say which service is set; the secret is not shown."""
    from shiyu.people import identity

    found = identity.read()
    if found is None:
        click.echo("No identity service is set.")
        sys.exit(1)
    click.echo(f"{found.name}: {found.issuer} (client {found.client_id})")
    click.echo(f"comes back to /account/login/identity/{found.provider_id}/back/")


@command.command()
def drop() -> None:
    """Forget the service; what people linked stays for when it is set again."""
    from shiyu.people import identity

    click.echo("Forgotten." if identity.drop() else "None was set.")


def _asked() -> str:
    return str(click.prompt("client secret", hide_input=True)).strip()


def _discovered(issuer: str) -> dict[str, object]:
    """Through the one door: a service inside the house needs `SHIYU_EGRESS=identity=…`."""
    from django.conf import settings

    from shiyu.common.egress import Forbidden, NothingLeft, PerhapsLeft, ask, door

    if not settings.configured:
        settings.configure(USE_I18N=False)
    url = issuer + WELL_KNOWN
    try:
        answer = ask(
            url,
            b"",
            headers={"Accept": "application/json"},
            through=door("identity"),
            gate=lambda: None,
            method="GET",
            whole_s=WAIT_S,
        )
        found: dict[str, object] = json.loads(answer.body)
    except Forbidden as wrong:
        advice = "if it is the city's own, open its network: SHIYU_EGRESS=identity=10.1.2.3/32@443"
        raise click.ClickException(f"{url}: {wrong.message} ({advice})") from wrong
    except (NothingLeft, PerhapsLeft) as wrong:
        raise click.ClickException(f"{url}: {wrong.why}") from wrong
    except ValueError as wrong:
        raise click.ClickException(f"{url}: {wrong}") from wrong
    return found

"""`shiyu watch`: figures for Prometheus, and whether all is ready, at an address of its own."""

import ipaddress
import os
import signal
import threading

import click

from shiyu.common.home import home
from shiyu.site.start import COUNTING, django_ready


@click.command()
@click.option("--port", default=9181, show_default=True, help="Port to listen at.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--once", is_flag=True, help="Print the figures and stop.")
def command(port: int, host: str, once: bool) -> None:
    """Serve /metrics, /healthz and /readyz until Ctrl-C or SIGTERM.

    On this machine's own address anybody on it may ask; on another the token in
    SHIYU_HOME/secrets/watch must be shown (Authorization: Bearer …).
    """
    os.environ.setdefault(COUNTING, str(home() / "metrics"))
    django_ready("worker")
    from shiyu.site.watch.serving import metrics, server

    if once:
        click.echo(metrics().decode())
        return
    serving = server(host, port, guarded=not ipaddress.ip_address(host).is_loopback)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=serving.shutdown).start())
    click.echo(f"Figures at http://{host}:{port}/metrics — Ctrl-C stops.")
    with serving:
        serving.serve_forever(0.3)
    click.echo("Stopped.")

"""`shiyu doctor`: what is installed, running, reachable, migrated, writable (自检)."""

import json
from dataclasses import asdict

import click

from shiyu.site.checkup import Finding, examine


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def command(as_json: bool) -> None:
    """Say what is installed, running, reachable, migrated and writable.

    Exits with 1 if anything found would stop the program.
    """
    findings = []
    for finding in examine():
        findings.append(finding)
        if not as_json:
            click.echo(_line(finding))
    stops = any(finding.stops for finding in findings)
    if as_json:
        rows = [asdict(finding) for finding in findings]
        click.echo(json.dumps({"well": not stops, "findings": rows}, ensure_ascii=False, indent=1))
    raise SystemExit(1 if stops else 0)


def _line(finding: Finding) -> str:
    mark = "✓" if finding.well else "✗"
    advice = "" if finding.well else f"\n    → {finding.advice}"
    return f"{mark} {finding.name}: {finding.seen}{advice}"

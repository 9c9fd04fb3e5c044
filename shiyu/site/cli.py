"""The command line `shiyu`: one room in `commands/` for each command, loaded when asked for."""

from importlib import import_module

import click

from shiyu.common import wall

COMMANDS = {
    "backup": "take a backup of everything, onto another disk",
    "bench": "measure intake, the loop and the lists over real HTTP",
    "canary": "a made-up report becomes a notice, or somebody is told",
    "city": "build a city from a reports export",
    "clock": "explain the clocks of a case",
    "createcity": "found a city and its first administrator",
    "demo": "make the demo city",
    "doctor": "say what is installed, running, reachable, migrated, writable",
    "export": "write everything the city owns, to move away",
    "facts": "count the daily facts anew, fold them",
    "identity": "let people sign in with the city's identity service",
    "import": "take in standards, places, people from files",
    "key": "let other systems in, give and take keys",
    "migrate": "bring the database to this version",
    "restore": "go back to a moment, beside the living city first; hold a drill",
    "privacy": "the data catalogue; purge what was kept long enough; erase again",
    "reap": "put back, once, what killed workers left",
    "serve": "serve pages and the live feed",
    "trace": "what came of one request: actions, jobs, deliveries",
    "verify": "replay the clocks, check invariants, seals and daily facts",
    "watch": "figures for Prometheus, and whether all is ready",
    "witness": "the signed heads of the journal, kept outside the database",
    "worker": "carry out jobs",
}


class Rooms(click.Group):
    """Finds a command's module only when it is called, so that `clock` needs no database."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = import_module(f"shiyu.site.commands.{name.replace('-', '_')}_")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=Rooms)
@click.version_option(package_name="shiyu")
def main() -> None:
    """Shiyu (市域): the operating software of a well-governed city."""
    wall.stand_beyond("command line")

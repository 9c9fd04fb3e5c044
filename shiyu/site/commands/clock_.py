"""`shiyu clock`: what the clocks of a case say and why (计时说明); no database is touched."""

import json
import sys
from collections.abc import Iterator
from typing import IO, Any

import click

from shiyu.cases.clock.explanation import explain as in_words
from shiyu.cases.clock.scenario import Scenario

BAD_INPUT = 2
_ENCODER = json.JSONEncoder(ensure_ascii=False)


@click.group()
def command() -> None:
    """Explain the clocks of a case (计时说明)."""


@command.command()
@click.argument("file", type=click.File("rb"))
@click.option("--json", "as_json", is_flag=True, help="One answer a line, as JSON.")
def explain(file: IO[bytes], *, as_json: bool) -> None:
    """Answer the scenarios in FILE, one JSON object a line; `-` reads standard input.

    A line that cannot be understood is answered by its error, the others go on; every such
    line is named at the end on standard error, and the exit code is 2.
    """
    name = getattr(file, "name", "-")
    faults = []
    for number, text in _lines(file):
        try:
            scenario = _read(text)
            answer = scenario.answer() if as_json else None
            sys.stdout.write(_json(answer) if as_json else _words(scenario))
        except ValueError as error:
            faults.append(f"{name}:{number}: 第 {number} 行：{error}")
            sys.stdout.write(_fault(number, text, str(error), as_json=as_json))
    sys.stdout.flush()
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        click.echo(f"{len(faults)} 行有误，其余各行已作答。", err=True)
        raise SystemExit(BAD_INPUT)


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Numbered lines, empty ones left out."""
    for number, text in enumerate(file, 1):
        line = text.removeprefix(b"\xef\xbb\xbf") if number == 1 else text
        if line.strip():
            yield number, line


def _read(text: bytes) -> Scenario:
    """Raises ValueError with a sentence."""
    try:
        given = json.loads(text)
    except UnicodeDecodeError as error:
        raise ValueError("不是 UTF-8 文字") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"不是完整的 JSON：第 {error.colno} 个字符处读不下去") from error
    except RecursionError as error:
        raise ValueError("JSON 嵌套太深") from error
    return Scenario(given)


def _json(answer: Any) -> str:
    return _ENCODER.encode(answer) + "\n"


def _words(scenario: Scenario) -> str:
    now = scenario.zone.datetime_of(scenario.now)
    head = f"【{scenario.id}】{scenario.zone.info.key}，现在 {now:%Y-%m-%d %H:%M}"
    return f"{head}\n{in_words(scenario.clocks())}\n\n"


def _fault(number: int, text: bytes, error: str, *, as_json: bool) -> str:
    if not as_json:
        return f"【第 {number} 行】{error}\n\n"
    return _json({"id": _id(text), "line": number, "error": error})


def _id(text: bytes) -> Any:
    """The scenario's id, if the line is well enough to be read."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return given.get("id") if isinstance(given, dict) else None

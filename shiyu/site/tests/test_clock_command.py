"""`shiyu clock explain`: one answer a line, and what a bad line does to the others."""

import copy
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from shiyu.cases.tests.clock_scenarios import Maker
from shiyu.site.commands.clock_ import command

MADE_UP = Path(__file__).parents[2] / "cases" / "tests" / "data"
CALENDAR = {"hours": [["08:00", "12:00"], ["14:00", "18:00"]], "weekdays": [1, 2, 3, 4, 5]}
GOOD = {
    "id": "good",
    "timezone": "Asia/Shanghai",
    "now": "2026-11-20T18:00+08:00",
    "calendar": CALENDAR,
    "workday": "eight_hours",
    "allowances": {"accept": "15分钟"},
    "lines": [{"at": "2026-11-20T17:30+08:00", "move": "report"}],
}


def explain(*lines, json_out=True):
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    arguments = ["explain", "-", *(["--json"] if json_out else [])]
    return CliRunner().invoke(command, arguments, input=text.encode())


def changed(**parts):
    return {key: part for key, part in {**GOOD, **parts}.items() if part is not None}


def lines(*moves):
    return changed(lines=[{"at": at, "move": move, **more} for at, move, more in moves])


def test_the_known_scenarios_come_back_word_for_word():
    result = CliRunner().invoke(
        command, ["explain", str(MADE_UP / "made_up_clock_scenarios.jsonl"), "--json"]
    )

    expected = (MADE_UP / "made_up_clock_answers.jsonl").read_text(encoding="utf-8")
    assert (result.exit_code, result.stdout) == (0, expected)


def test_without_json_the_arithmetic_is_told():
    result = explain(GOOD, json_out=False)

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "【good】Asia/Shanghai，现在 2026-11-20 18:00",
        "● 受理计时（第 1 轮）：计时中，红灯，已超时",
        "  时限：15分钟（昼夜连续计算）",
        "  2026-11-20 17:30 → 至今 计时（上报），历时 30 分钟，计 30 分钟",
        "  已用 30 分钟，共 15 分钟，用去 200%",
        "  截止 2026-11-20 17:45，此后仍在计时，已超时",
        "",
    ]


def test_a_bad_line_is_named_and_the_others_are_answered():
    result = explain(GOOD, '{"id": "torn", ', "", GOOD)

    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 2
    assert [answer.get("id") for answer in answers] == ["good", None, "good"]
    assert answers[1]["line"] == 2
    assert "-:2: 第 2 行：不是完整的 JSON" in result.stderr.replace("<stdin>", "-")
    assert result.stderr.splitlines()[-1] == "1 行有误，其余各行已作答。"


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ("[1, 2]", "每行应是一个 JSON 对象"),
        ('{"id": 1} tail', "不是完整的 JSON"),
        ("[" * 100_000, "嵌套太深"),
        (changed(timezone=None), "缺少 timezone"),
        (changed(timezone="Asia/Kaifeng"), "没有名为“Asia/Kaifeng”的时区"),
        (changed(now=None), "缺少 now"),
        (changed(now="2026-11-20T18:00"), "now 的时间“2026-11-20T18:00”没有时区"),
        (changed(calendar=None), "缺少 calendar"),
        (changed(calendar={"hours": [["08:00"]], "weekdays": [1]}), "办公时间应为"),
        (changed(calendar={**CALENDAR, "weekdays": [8]}), "星期应为 1"),
        (changed(calendar={**CALENDAR, "holidays": [20261001]}), "日期“20261001”"),
        (changed(calendar={"hours": CALENDAR["hours"]}), "日历缺少 weekdays"),
        (changed(calendars=[1]), "缺少 calendars，或它不是一个对象"),
        (changed(workday="nine"), "workday 应为"),
        (changed(allowances={"accept": "15小时"}), "时限“15小时”看不懂"),
        (changed(allowances={"accept": 15}), "accept 的时限看不懂"),
        (changed(allowances={"accept": "种植季节15工作日"}), "带季节"),
        (changed(allowances={"lunch": "1工作时"}), "没有名为“lunch”的计时"),
        (changed(allowances={"handling": {"fixed": "2026-11-20"}}), "没有时区"),
        (
            changed(allowances={"handling": {"limit": "1工作日", "season": ["03-01", "02-30"]}}),
            "季节的日期",
        ),
        (changed(allowances={"accept": "999999999自然日"}), "算出的时间超出了日历的范围"),
        (
            changed(calendar={**CALENDAR, "weekdays": []}, allowances={"accept": "1工作日"}),
            "没有足够的工作时间",
        ),
        (changed(lines=None), "缺少 lines"),
        (lines(("2026-11-20T17:30+08:00", "teleport", {})), "第 1 步：没有名为“teleport”的动作"),
        (lines(("2026-11-20T17:30+08:00", ["report"], {})), "没有名为"),
        (lines(("2026-11-20T17:30", "report", {})), "没有时区"),
        (lines((None, "report", {})), "看不懂"),
        (lines(("2026-11-20T17:30+08:00", "sign", {})), "sign 没有说是哪个单位"),
        (lines(("2026-11-20T17:30+08:00", "dispatch", {})), "没有说派给哪些单位"),
        (
            lines(("2026-11-20T17:30+08:00", "dispatch", {"units": "unit-a"})),
            "units 应是文字的列表",
        ),
        (lines(("2026-11-20T17:30+08:00", "dispatch", {"units": 5})), "units 应是文字的列表"),
        (
            lines(("2026-11-20T17:30+08:00", "report", {}), ("2026-11-20T17:29+08:00", "file", {})),
            "第 2 步（file）早于前一步",
        ),
    ],
)
def test_each_fault_is_told_in_a_sentence(bad, sentence):
    result = explain(bad, GOOD)

    assert result.exit_code == 2
    assert sentence in result.stderr
    assert sentence in json.loads(result.stdout.splitlines()[0])["error"]
    assert json.loads(result.stdout.splitlines()[1])["id"] == "good"


JUNK = [
    None,
    True,
    -1,
    10**30,
    1.5,
    "",
    "x",
    "２",
    [],
    [[]],
    {},
    {"a": []},
    float("nan"),
    "0001-01-01",
]


@pytest.mark.parametrize("seed", range(100))
def test_no_junk_anywhere_in_a_scenario_makes_it_fall_over(seed):
    chance = random.Random(seed)
    scenario = copy.deepcopy(Maker(seed, odd=True).scenario("junk"))
    for _ in range(chance.randrange(1, 4)):
        spoil(scenario, chance)

    result = explain(scenario, GOOD)

    assert result.exit_code in (0, 2)
    assert len(result.stdout.splitlines()) == 2


def spoil(node, chance):
    """Replace one value somewhere inside by junk."""
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = chance.choice(keys)
        if not isinstance(node[key], dict | list) or chance.random() < 0.3:
            node[key] = chance.choice(JUNK)
            return
        node = node[key]


def test_bytes_that_are_no_text_are_told():
    result = CliRunner().invoke(command, ["explain", "-", "--json"], input=b'{"id": "\xff"}\n')

    assert (result.exit_code, json.loads(result.stdout)["error"]) == (2, "不是 UTF-8 文字")


def test_a_file_that_is_not_there_is_told():
    result = CliRunner().invoke(command, ["explain", "no-such-file.jsonl"])

    assert result.exit_code == 2
    assert "no-such-file.jsonl" in result.stderr


def test_neither_django_nor_the_database_is_loaded():
    code = (
        "import sys; from shiyu.site.cli import main;"
        f"main(['clock', 'explain', {str(MADE_UP / 'made_up_clock_scenarios.jsonl')!r}],"
        "standalone_mode=False);"
        "sys.exit(any(m.split('.')[0] in ('django', 'psycopg') for m in sys.modules))"
    )

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, b"")

"""T-L3: a file of a hotline: its time; killed, begun again; repeated; malformed rows (热线导入)."""

import csv
import json
import os
import random
import secrets
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.load.place import Facts, demo_city
from bench.served import SHIYU, carry_out
from shiyu.common.connection import conninfo
from shiyu.common.home import PROJECT

HEAD = (
    "工单编号",
    "来电时间",
    "来电人",
    "来电号码",
    "诉求标题",
    "诉求内容",
    "地址",
    "经度",
    "纬度",
)
SAID = ("井盖破损需要修理", "路灯不亮已经三天", "垃圾堆放没有清运", "夜间施工噪声很大", "路面积水")
PLACES = "SELECT name, lon, lat FROM places_place WHERE level = 'community' AND lon IS NOT NULL"
OURS = """
SELECT count(*), count(DISTINCT r.source_ref) FROM cases_report r
 WHERE r.source_ref LIKE %s AND r.source !~ '^(desk|portal|key)'
"""
WITHOUT_A_LINE = """
SELECT count(*) FROM cases_report r WHERE r.source_ref LIKE %s
   AND NOT EXISTS (SELECT FROM journal_line l WHERE l.subject = 'case:' || r.case_id)
"""
MOST_S = 600
MALFORMED = 100


def run(
    home: Path | None = None, *, rows: float = 100_000, kills: float = 10, cases: float = 200
) -> Facts:
    """Two files of so many rows, one in a hundred malformed: taken in once; and under kills."""
    run_ = secrets.token_hex(3).upper()
    with demo_city(home, cases=int(cases)) as (place, log):
        with psycopg.connect(**conninfo("owner")) as connection:
            places = connection.execute(PLACES).fetchall()
        first, second = (place / f"{name}{run_}.csv" for name in "AB")
        bad = [write(file, int(rows), places, file.stem) for file in (first, second)]
        found: Facts = {"rows": int(rows), "malformed": bad}
        found["whole"] = _taken(first, int(rows) - bad[0], bad[0])
        found["again"] = _taken(first, int(rows) - bad[0], bad[0])
        found["killed"] = _killed(second, int(kills), int(rows) - bad[1])
        found["after_kills"] = _taken(second, int(rows) - bad[1], bad[1])
        found["verify"] = carry_out([*SHIYU, "verify", "invariants"], log=log)
    well = all(found[name]["exact"] for name in ("whole", "again", "after_kills"))
    well = well and found["whole"]["seconds"] <= MOST_S and found["again"]["figures"]["new"] == 0
    return found | {"well": well}


def write(file: Path, count: int, places: list[Any], mark: str) -> int:
    """The file, and how many of its rows are malformed: no number, no time, an impossible one."""
    chance = random.Random(mark)
    now = datetime.now(UTC).astimezone() - timedelta(hours=1)
    bad = 0
    with file.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(HEAD)
        for n in range(count):
            name, lon, lat = chance.choice(places)
            at = (now - timedelta(seconds=chance.randrange(90 * 86_400))).isoformat(" ", "seconds")
            said = chance.choice(SAID)
            row = [f"{mark}{n:08d}", at, f"来电人{n % 977}", f"138{n % 10**8:08d}", said]
            row += [f"{name}{said}，请尽快处理，编号{n}", f"{name}附近", lon, lat]
            if n % MALFORMED == 7:
                bad += 1
                column = chance.choice([0, 1, 1, 5])
                row[column] = "明天下午" if column == 1 else ""
                if column == 5:
                    row[4] = ""
            table.writerow(row)
    return bad


def _taken(file: Path, good: int, bad: int) -> Facts:
    """To its end; what is there of it afterwards, and what was put aside with a reason."""
    begun, before = time.perf_counter(), os.getloadavg()[0]
    ended = subprocess.run(_words(file), cwd=PROJECT, capture_output=True, text=True, check=False)
    seconds = round(time.perf_counter() - begun, 1)
    said = ended.stdout.strip().splitlines()
    figures = json.loads(said[-1]) if ended.returncode == 0 and said else {"new": -1}
    there = kept(file.stem)
    aside = rejected(file)
    exact = there["rows"] == there["distinct"] == good and not there["without_a_line"]
    exact = exact and aside["rows"] == bad == aside["with_reason"]
    return {
        "seconds": seconds,
        "rows_per_second": round(good / seconds),
        "load": before,
        "code": ended.returncode,
        "said": ended.stderr.strip()[-400:] if ended.returncode else "",
        "figures": figures,
        "there": there,
        "rejected": aside,
        "exact": exact,
    }


def kept(mark: str) -> dict[str, int]:
    with psycopg.connect(**conninfo("owner")) as connection:
        rows, distinct = connection.execute(OURS, (f"{mark}%",)).fetchone() or (0, 0)
        (without,) = connection.execute(WITHOUT_A_LINE, (f"{mark}%",)).fetchone() or (0,)
    return {"rows": rows, "distinct": distinct, "without_a_line": without}


def rejected(file: Path) -> dict[str, int]:
    """The rows of the file of rejects, and those of them that say why."""
    found = sorted(file.parent.glob(f"{file.stem}*reject*"))
    if not found:
        return {"rows": 0, "with_reason": 0}
    with found[-1].open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    reason = [name for name in (rows[0] if rows else {}) if name not in HEAD]
    return {
        "rows": len(rows),
        "with_reason": sum(any((row[name] or "").strip() for name in reason) for row in rows),
    }


def _killed(file: Path, kills: int, good: int) -> Facts:
    """Begun so often, and killed outright when it has got a random step further, or begins to."""
    chance, counts, ended = random.Random(9), [], 0
    for nth in range(kills):
        running = subprocess.Popen(
            _words(file),
            cwd=PROJECT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        wanted = good * (nth + chance.random()) / (kills + 1)
        while running.poll() is None and kept(file.stem)["rows"] < wanted:
            time.sleep(0.1)
        ended += running.poll() is not None
        running.kill()
        running.wait()
        counts.append(kept(file.stem)["rows"])
    return {"kills": kills - ended, "ended_by_itself": ended, "rows_after_each": counts}


def _words(file: Path) -> list[str]:
    return [*SHIYU, "import", "reports", str(file), "--preset", "12345", "--json"]

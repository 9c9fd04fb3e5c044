"""`make` from a bare Python: what it says when something is missing, and what it does only once."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = ROOT / "tools"


def python(script, *words):
    return subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, cwd=TOOLS
    )


def copy_tools(project):
    (project / "tools").mkdir()
    for file in TOOLS.glob("*.py"):
        (project / "tools" / file.name).write_bytes(file.read_bytes())


def in_copy(tmp_path, script, *words):
    """Run a script against a copy of the tools, standing in an empty project."""
    copy_tools(tmp_path)
    return subprocess.run(
        [sys.executable, "-c", f"import ground\n{script}", *words],
        capture_output=True,
        text=True,
        cwd=tmp_path / "tools",
    )


@pytest.mark.parametrize("version", [(3, 6, 9), (3, 10, 14)])
def test_an_older_python_is_told_in_one_sentence(version):
    ended = python(
        f"import sys; sys.version_info = {version}; sys.version = '{version[0]}.{version[1]} old'; "
        "exec(compile(open('bootstrap.py').read(), 'bootstrap.py', 'exec'))"
    )

    assert ended.returncode == 1
    (said,) = ended.stderr.strip().splitlines()
    assert "Python 3.11 or later" in said
    assert f"{version[0]}.{version[1]}" in said


def test_it_needs_nothing_but_the_standard_library():
    begin = "import runpy, sys; sys.path.insert(0, '.'); sys.argv[1:] = ['--help']; "
    script = f"{begin}runpy.run_path('bootstrap.py', None, '__main__')"
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        capture_output=True,
        text=True,
        cwd=TOOLS,
    )

    assert ended.returncode == 0, ended.stderr


def test_help_names_every_target():
    ended = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True)

    for target in ("demo", "demo-reset", "test", "test-long", "check", "clean"):
        assert f"make {target} " in ended.stdout


def test_a_failing_step_ends_with_one_sentence_and_where_to_read_on(tmp_path):
    ended = in_copy(
        tmp_path,
        "try:\n"
        "    ground.run(['sh', '-c', 'echo fetching; echo ERROR: no network >&2; exit 3'],"
        " 'packages', 'packages are missing')\n"
        "except ground.Trouble as trouble:\n"
        "    print(trouble)",
    )

    assert ended.stdout.strip() == (
        "packages are missing: no network (all of it in .venv/bootstrap/packages.log)"
    )


def test_packages_are_installed_once_for_each_lock(tmp_path):
    (tmp_path / "requirements").mkdir()
    for name in ("base", "dev"):
        (tmp_path / "requirements" / f"{name}.lock").write_text(f"# {name}\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    script = (
        "done = []\n"
        "ground.run = lambda words, log, trouble, **more: done.append(log)\n"
        "ground.packages('dev'); first = list(done)\n"
        "ground.packages('dev'); ground.packages('base'); second = done[len(first):]\n"
        "(ground.ROOT / 'requirements/base.lock').write_text('# newer')\n"
        "ground.packages('base'); third = done[len(first) + len(second):]\n"
        "print(first, second, third)"
    )

    ended = in_copy(tmp_path, script)

    assert "['packages', 'project'] [] ['packages']" in ended.stdout


def test_the_front_end_is_built_again_only_when_its_sources_have_changed(tmp_path):
    source = tmp_path / "web/src/main.ts"
    source.parent.mkdir(parents=True)
    source.write_text("1")
    (tmp_path / "web/node_modules/kit").mkdir(parents=True)
    (tmp_path / "web/package.json").write_text("{}")
    (tmp_path / "web/package-lock.json").write_text("{}")
    script = (
        "done = []\n"
        "ground.run = lambda words, log, trouble, **more: done.append(log)\n"
        "ground.BUILT.mkdir(parents=True); (ground.BUILT / 'main.js').write_text('1')\n"
        "ground.front_end(); ground.front_end()\n"
        "(ground.WEB / 'node_modules/kit/index.js').write_text('not ours'); ground.front_end()\n"
        "(ground.WEB / 'src/main.ts').write_text('2'); ground.front_end()\n"
        "(ground.BUILT / 'main.js').unlink(); ground.front_end()\n"
        "print(done)"
    )

    ended = in_copy(tmp_path, script)

    assert "['npm-ci', 'npm-build', 'npm-build', 'npm-build']" in ended.stdout


def test_two_at_once_wait_for_each_other(tmp_path):
    first = "with ground.alone():\n    print('in', flush=True)\n    import time; time.sleep(1.5)"
    copy_tools(tmp_path)
    words = [sys.executable, "-c", f"import ground\n{first}"]
    holder = subprocess.Popen(words, cwd=tmp_path / "tools", stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "in\n"
    began = time.monotonic()

    second = subprocess.run(words, cwd=tmp_path / "tools", capture_output=True, text=True)

    holder.wait()
    assert "waiting" in second.stdout
    assert time.monotonic() - began > 1.5


def test_a_named_chromium_is_taken_as_it_is():
    ended = subprocess.run(
        [sys.executable, "-c", "import testbed; print(testbed._find())"],
        cwd=TOOLS,
        env={**os.environ, "SHIYU_CHROMIUM": "/opt/mine/chromium"},
        capture_output=True,
        text=True,
    )

    assert ended.stdout.strip() == "/opt/mine/chromium"

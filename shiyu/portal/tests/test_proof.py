"""The proof of a report: taken home by its holder, checked by anybody, refused when forged."""

import copy
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from shiyu.common.home import PROJECT
from shiyu.journal import sealing
from shiyu.journal.keys import own_key
from shiyu.journal.models import Remark
from shiyu.journal.sealing import seal_all
from shiyu.journal.tests.ledger import ALONE, reading
from shiyu.journal.witness import attest, witness_file

TOOL = PROJECT / "tools" / "verify_receipt.py"
CHECK = "/proof/"


@pytest.fixture
def told(transactional_db, world, database, monkeypatch, tmp_path):
    """Two reports of one case and others around them, sealed and witnessed."""
    monkeypatch.setenv("SHIYU_HOME", str(tmp_path))
    monkeypatch.setattr(sealing, "REACHED", ALONE)
    first, code = world.report(text="井盖破了一个大洞")
    other, merged_code = world.report(text="还是那个井盖")
    for _ in range(6):
        world.report()
    from shiyu.cases import actions

    actions.merge(other.case, into=first.case, actor=world.actor("intake"))
    with database.connect("worker", database.name) as worker:
        seal_all(worker)
        attest(worker)
        yield code, merged_code, worker


def take(code):
    return Client().get(f"/r/{code}/proof.json")


def paste(text):
    return Client().post(CHECK, {"text": text})


def tool(*arguments):
    ended = subprocess.run(
        [sys.executable, "-I", TOOL, *arguments], capture_output=True, text=True, cwd="/"
    )
    return ended.returncode, ended.stdout + ended.stderr


def loaded():
    """The stand-alone verifier as a module, to call it a thousand times."""
    spec = importlib.util.spec_from_file_location("verify_receipt", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_receipt_is_proven_downloaded_and_checked_here_and_without_the_program(told, tmp_path):
    code, merged_code, worker = told
    for own in (code, merged_code):
        page = Client().get(f"/r/{own}/proof/").content.decode()
        assert "记进了全市的办理日志" in page
        assert "13800001234" not in page
        text = take(own).content.decode()
        answer = paste(text).content.decode()
        assert "凭证有效" in answer
        assert answer.count("✓") == 5

        file = tmp_path / "receipt.json"
        file.write_text(text)
        said = tool(file, "--key", own_key().public)
        assert said[0] == 0, said
        assert said[1].count("✓") == 4
        assert tool(file, "--witness", witness_file())[0] == 0
        assert tool(file, "--key", "00" * 32)[0] == 1
    upload = SimpleUploadedFile("p.json", take(code).content, "application/json")
    assert "凭证有效" in Client().post(CHECK, {"file": upload}).content.decode()

    lines = tmp_path / "lines.jsonl"
    _dump(worker, lines)
    assert tool("--witness", witness_file(), "--lines", lines)[0] == 0
    changed = lines.read_bytes().replace(b'"merge"', b'"close"')
    assert changed != lines.read_bytes()
    lines.write_bytes(changed)
    assert tool("--witness", witness_file(), "--lines", lines)[0] == 1
    marks = b"".join(Client().get("/proof/witness.jsonl").streaming_content)
    assert marks == witness_file().read_bytes()

    forged_everywhere(take(code).content.decode(), 40)


def _dump(worker, path):
    from shiyu.journal.dump import dump

    with reading(worker), path.open("wb") as file:
        dump(worker, file)


def forged_everywhere(text, times):
    """Random forgeries of one proof are refused by the page's check and by the lone verifier."""
    whole, chance, lone = json.loads(text), Random(11), loaded()
    key = own_key().public
    marks, keys = lone.read_witness(witness_file(), key)
    for _ in range(times):
        forged, what = forge(whole, chance)
        said = json.dumps(forged, ensure_ascii=False)
        answer = paste(said).content.decode()
        assert "凭证有效" not in answer, what
        with pytest.raises((lone.Fault, ValueError, TypeError, KeyError, AttributeError)):
            lone.check_receipt(said, key, marks, keys)


def forge(whole, chance):
    """A proof in which one thing is not as it was."""
    forged = copy.deepcopy(whole)
    name = chance.choice(["line", "index", "path", "batch", "batch_path", "mark", "words"])
    if name == "index":
        forged["index"] += chance.choice([-1, 1, 2, 1 << 40])
    elif name in {"path", "batch_path"}:
        path = forged[name]
        if path and chance.random() < 0.6:
            n = chance.randrange(len(path))
            path[n] = _other_digit(path[n], chance)
        else:
            path.append("00" * 32)
    elif name == "words":
        part = chance.choice(["text", "salt"])
        forged["words"][part] += chance.choice(["a", "。", " "])
    else:
        forged[name] = _other_digit(forged[name], chance)
    return forged, (name, forged[name])


def _other_digit(text, chance):
    """The text with one of its digits or letters exchanged."""
    places = [n for n, c in enumerate(text) if c.isascii() and c.isalnum()]
    n = chance.choice(places)
    other = chance.choice([c for c in "0123456789abcdef" if c != text[n]])
    return text[:n] + other + text[n + 1 :]


@pytest.mark.long
def test_two_hundred_forged_proofs_are_refused(told):
    forged_everywhere(take(told[0]).content.decode(), 200)


def test_erased_words_are_not_in_the_proof_and_it_still_holds(told):
    code = told[0]
    Remark.objects.filter(text="井盖破了一个大洞").update(
        text="", salt="", erased_at=timezone.now()
    )

    text = take(code).content.decode()

    assert "words" not in json.loads(text)
    assert "凭证有效" in paste(text).content.decode()


@pytest.mark.django_db
def test_before_it_is_witnessed_a_page_says_when_to_come_again(world):
    _report, code = world.report()

    assert "请过一两分钟再来" in Client().get(f"/r/{code}/proof/").content.decode()
    assert take(code).status_code == 302
    assert "还没有见证" in Client().get(CHECK).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", "{}", '{"form":"shiyu-proof-1"}', "[" * 5000, "9" * 70_000, '{"a":' * 3000],
)
def test_what_is_no_proof_is_told_so(text):
    answer = paste(text)

    assert answer.status_code == 422
    assert "凭证有效" not in answer.content.decode()


@pytest.mark.django_db
def test_a_file_that_is_no_text_or_too_long_is_told_so():
    for content in (b"\xff\xfe\x00", b" " * 70_000):
        answer = Client().post(CHECK, {"file": SimpleUploadedFile("p.json", content)})
        assert answer.status_code == 422


def test_the_lone_verifier_imports_nothing_but_the_standard_library():
    source = Path(TOOL).read_text()
    code = f"import sys; sys.argv = ['x', '--help']; exec({source!r}, {{'__name__': 'tool'}}); "
    code += "print([m for m in sys.modules if m.split('.')[0] not in sys.stdlib_module_names])"
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, cwd="/"
    )

    assert ended.stdout.strip() == "['__main__']", ended
    assert "shiyu." not in source


@pytest.mark.django_db
def test_proofs_are_checked_only_so_often_for_one_address(client, monkeypatch):
    from dataclasses import replace

    from shiyu.portal.views import proof

    monkeypatch.setattr(proof, "PROVING", replace(proof.PROVING, attempts=2))

    statuses = [client.post("/proof/", {"text": "x"}).status_code for _ in range(3)]

    assert statuses == [422, 422, 429]
    assert client.get("/proof/witness.jsonl").status_code == 429
    assert client.get("/proof/").status_code == 200

"""After a leak: grants end, those whose data were read are listed, nothing says who they are."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.utils import timezone, translation

from shiyu.cases import actions as cases
from shiyu.cases.models import Look, LookEnd, Report
from shiyu.cases.tests.world import World
from shiyu.common.errors import NotAllowed
from shiyu.journal.models import Line
from shiyu.privacy.actions import breaching
from shiyu.site.commands import privacy_

pytestmark = pytest.mark.django_db


def seen(world: World, times: int, who: str = "intake") -> tuple[Report, Look]:
    report, _code = world.report(text="井盖", name="王芳", phone="13912345678")
    report = Report.objects.select_related("case", "reporter").get(pk=report.pk)
    look = cases.unmask(report, purpose="verify", reason="核实", actor=world.actor(who))
    for _ in range(times):
        cases.show(report, look, actor=world.actor(who))
    return report, look


def extent(**more: int) -> breaching.Extent:
    now = timezone.now()
    return breaching.Extent(now - timedelta(hours=1), now + timedelta(hours=1), **more)


def test_who_was_read_is_found_by_reader_case_and_time(world: World) -> None:
    first, _look = seen(world, 2)
    second, _other = seen(world, 1, "clerk")
    cases.search_by_phone("13912345678", actor=world.actor("clerk"))
    mine = world.people["intake"].pk

    assert [one.reads for one in breaching.affected(extent())] == [3, 2]
    (by_me,) = breaching.affected(extent(person=mine))
    assert (by_me.report, by_me.reads, by_me.fields) == (first.pk, 2, {"name", "phone"})
    (of_case,) = breaching.affected(extent(case=second.case_id))
    assert (of_case.report, of_case.reads) == (second.pk, 2)
    past = breaching.Extent(timezone.now() - timedelta(days=2), timezone.now() - timedelta(days=1))
    assert breaching.affected(past) == []


def test_freezing_masks_at_once_and_is_on_record(world: World) -> None:
    report, look = seen(world, 1)
    _other, spared = seen(world, 1, "clerk")

    assert breaching.freeze(extent(person=world.people["intake"].pk)) == 1

    with pytest.raises(NotAllowed):
        cases.show(report, look, actor=world.actor("intake"))
    assert (look.end.why, look.end.by) == (LookEnd.Why.BREACH, None)
    assert not LookEnd.objects.filter(look=spared).exists()
    assert Line.objects.get(subject="breach:all").facts["frozen"] == 1
    assert breaching.freeze(extent()) == 1
    assert breaching.freeze(extent()) == 0


def test_the_command_reckons_first_and_writes_no_name(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report, look = seen(world, 2)
    monkeypatch.setattr(privacy_, "django_ready", lambda: None)
    to, run = tmp_path / "leak", CliRunner()
    since = f"{timezone.localtime() - timedelta(days=1):%Y-%m-%d}"

    with translation.override("zh-hans"):
        tried = run.invoke(privacy_.command, ["breach", "--since", since])
        assert "2 reads of 1 reports, 1 grants open" in tried.output
        assert "Nothing was changed" in tried.output
        assert not LookEnd.objects.exists()
        assert run.invoke(privacy_.command, ["breach", "--since", since, "--now"]).exit_code == 2
        wrong = run.invoke(privacy_.command, ["breach", "--since", since, "--by", "nobody-here"])
        assert wrong.exit_code == 2
        done = run.invoke(privacy_.command, ["breach", "--since", since, "--now", "--to", str(to)])

    assert done.exit_code == 0, done.output
    assert LookEnd.objects.get().look_id == look.pk
    files = {path.name: path.read_text() for path in to.iterdir()}
    assert set(files) == {"affected.csv", "notice-to-people.txt", "report-to-authority.txt"}
    assert report.case.number in files["affected.csv"]
    assert "称呼、手机号码" in files["notice-to-people.txt"]
    assert "1 件" in files["report-to-authority.txt"]
    assert not any("王芳" in text or "13912345678" in text for text in files.values())
    assert all(path.stat().st_mode & 0o077 == 0 for path in to.iterdir())

"""Random lives of a case, held against an independent model of the procedure."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shiyu.cases.lifecycle import FINAL
from shiyu.cases.replay import Standing, Step, apply
from shiyu.cases.tests.lifecycle_model import Model, No
from shiyu.common.errors import Refused

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
UNITS = (1, 2, 3)
ONWARD = [
    "accept", "file", "dispatch", "sign", "sign", "handle", "handle", "verify", "close",
    "object", "rework", "reopen", "recall",
]  # fmt: skip
ASIDE = [
    "escalate", "ask_extension", "extend", "refuse_extension", "ask_suspension",
    "endorse_suspension", "suspend", "refuse_suspension", "resume", "check_open", "check_done",
    "ask_void", "hand_over",
]  # fmt: skip
ENDS = ["dismiss", "settle", "merge", "withdraw", "void", "import_close"]

moves = st.one_of(
    st.sampled_from(ONWARD), st.sampled_from(ONWARD), st.sampled_from(ONWARD),
    st.sampled_from(ASIDE), st.sampled_from(ENDS),
)  # fmt: skip
people = st.sampled_from(["person:1", "person:2", "person:3"])
some_units = st.lists(st.sampled_from(UNITS), max_size=3, unique=True)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.tuples(moves, people, st.sampled_from(UNITS), some_units, st.booleans()),
        min_size=5,
        max_size=60,
    )
)
def test_the_replay_and_the_model_agree_on_every_step(life):
    standing, model, at = Standing(), Model(), START
    for verb, who, unit, units, answered in life:
        at += timedelta(minutes=7)
        lead = units[0] if verb == "dispatch" and units else None
        step = Step(
            verb, at, who, unit, tuple(units), lead, "fixed" if verb == "close" else "", answered
        )
        twin = deepcopy(model)
        try:
            model.move(verb, who, unit, tuple(units), lead, answered)
            allowed = True
        except No:
            model, allowed = twin, False
        tried = deepcopy(standing)
        try:
            apply(tried, step, extensions_most=2)
        except Refused:
            assert not allowed, f"{verb} refused at {standing.stage}, the model allows it"
            continue

        assert allowed, f"{verb} passed at {standing.stage}, the model refuses it"
        standing = tried
        assert (standing.stage, standing.round) == (model.stage, model.round)
        assert set(standing.active) == model.active()
        _holds_together(standing)


def _holds_together(standing: Standing) -> None:
    """What must never be false, whatever happened."""
    leads = [u for u, p in standing.parts.items() if p.lead and p.active]
    assert len(leads) <= 1
    if standing.stage in {"dispatched", "handling", "suspended", "handled", "verified"}:
        assert standing.active
    if standing.stage == "handled":
        assert all(standing.parts[u].state == "handled" for u in standing.active)
    if standing.stage in FINAL:
        assert not standing.extension_asked
        assert not standing.void_asked_by
    assert (standing.stage == "closed") == bool(standing.outcome)

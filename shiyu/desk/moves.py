"""From the procedure's moves to their forms and actions: one table (可办的事)."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shiyu.cases import actions
from shiyu.cases.models import Case
from shiyu.desk.forms import checking, dispatching, handling, intake
from shiyu.desk.forms.base import BareForm, MoveForm, NoteForm, ReasonForm, RemarkForm
from shiyu.people.actors import Actor


@dataclass(frozen=True, slots=True)
class Way:
    """How one move is made on a page.

    form     what it asks for.
    act      the action that makes it.
    checked  it cannot be undone: a page first says what will be told to whom.
    words    pinyin by which the command box finds it.
    """

    form: type[MoveForm]
    act: Callable[..., object]
    words: str
    checked: bool = False

    def go(self, case: Case, form: MoveForm, *, actor: Actor) -> None:
        """Make the move with what the form holds."""
        given: dict[str, Any] = form.arguments()
        if "version" in inspect.signature(self.act).parameters:
            given["version"] = form.cleaned_data.get("version")
        self.act(case, actor=actor, **given)


MOVE_FORMS: dict[str, Way] = {
    "accept": Way(NoteForm, actions.accept, "sl shouli"),
    "dismiss": Way(intake.DismissForm, actions.dismiss, "byla buyulian", checked=True),
    "merge": Way(intake.MergeForm, actions.merge, "ba bingan", checked=True),
    "settle": Way(intake.SettleForm, actions.settle, "zbzj zibanzijie"),
    "file": Way(intake.FileForm, actions.file, "la lian"),
    "escalate": Way(ReasonForm, actions.escalate, "sbsj shangbao"),
    "dispatch": Way(dispatching.DispatchForm, actions.dispatch, "pq paiqian"),
    "recall": Way(BareForm, actions.recall, "ch chehui"),
    "object": Way(handling.ObjectForm, actions.object_, "pdyy yiyi"),
    "sign": Way(handling.SignForm, actions.sign, "qs qianshou"),
    "split": Way(handling.SplitForm, actions.split, "fj fenjie"),
    "ask_extension": Way(handling.AskForm, actions.ask_extension, "sqyq shenqingyanqi"),
    "extend": Way(dispatching.ExtendForm, actions.extend, "tyyq tongyiyanqi", checked=True),
    "refuse_extension": Way(
        dispatching.RefuseExtensionForm, actions.refuse_extension, "btyyq butongyi"
    ),
    "ask_suspension": Way(handling.AskForm, actions.ask_suspension, "sqgz shenqingguazhang"),
    "endorse_suspension": Way(NoteForm, actions.endorse_suspension, "csgz chushen"),
    "suspend": Way(dispatching.SuspendForm, actions.suspend, "pzgz pizhun", checked=True),
    "refuse_suspension": Way(ReasonForm, actions.refuse_suspension, "btygz butongyi"),
    "resume": Way(NoteForm, actions.resume, "hfbl huifu"),
    "handle": Way(handling.HandleForm, actions.handle, "czfk chuzhifankui"),
    "rework": Way(checking.ReworkForm, actions.rework, "fg fangong"),
    "verify": Way(checking.VerifyForm, actions.verify, "hctg hechatongguo"),
    "close": Way(checking.CloseForm, actions.close, "ja jiean", checked=True),
    "reopen": Way(ReasonForm, actions.reopen, "cb chongban"),
    "withdraw": Way(ReasonForm, actions.withdraw, "cs chesu", checked=True),
    "ask_void": Way(ReasonForm, actions.ask_void, "tqzf tiqingzuofei"),
    "void": Way(NoteForm, actions.void, "pzzf pizhunzuofei", checked=True),
    "remark": Way(RemarkForm, actions.remark, "pz pizhu"),
    "urge": Way(NoteForm, actions.urge, "cb cuiban"),
    "correct": Way(intake.CorrectForm, actions.correct, "gz gengzheng"),
    "check_open": Way(NoteForm, actions.check_open, "pfhc hecha"),
    "check_done": Way(checking.CheckedForm, actions.check_done, "hcfk hechafankui"),
    "appeal": Way(handling.AppealForm, actions.appeal, "sscq shensu"),
    "exempt": Way(dispatching.ExemptForm, actions.exempt, "tytc tongyitichu", checked=True),
    "refuse_appeal": Way(dispatching.RefuseAppealForm, actions.refuse_appeal, "bhss bohui"),
}
"""Every move that somebody makes on a page; the rest are the program's own."""

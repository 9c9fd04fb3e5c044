"""The procedure a second time, in another way: plain words and sets, nothing shared.

Written from the table of the design alone; `test_replay.py` holds the program against it.
"""

OPEN = {"reported", "accepted", "filed", "dispatched", "handling", "suspended", "handled",
        "verified"}  # fmt: skip
SIMPLE = {
    "accept": ({"reported"}, "accepted"),
    "dismiss": ({"reported", "accepted"}, "dismissed"),
    "settle": ({"reported", "accepted"}, "closed"),
    "escalate": ({"accepted", "filed"}, "accepted"),
    "import_close": ({"reported", "filed", "dispatched"}, "closed"),
    "merge": (OPEN, "merged"),
    "withdraw": (OPEN, "withdrawn"),
    "close": ({"verified"}, "closed"),
}


class No(Exception):
    """The model refuses."""


def need(truth: object) -> None:
    if not truth:
        raise No


class Model:
    """One case as a person with a pencil would keep it."""

    def __init__(self) -> None:
        self.stage = "reported"
        self.waiting: set[int] = set()  # sent, not signed
        self.working: set[int] = set()  # signed
        self.done: set[int] = set()  # answered
        self.refusing: set[int] = set()  # objection open
        self.ever_objected: set[int] = set()
        self.undo: tuple[set[int], set[int]] | None = None
        self.hands: set[str] = set()
        self.asked: set[int] = set()
        self.granted: dict[int, int] = {}
        self.pause = "never"
        self.first_level = ""
        self.void_by = ""
        self.looking = False
        self.round = 1

    def active(self) -> set[int]:
        return self.waiting | self.working | self.done

    def move(self, verb, who, unit=None, units=(), lead=None, answered=False):
        if verb in SIMPLE:
            where, to = SIMPLE[verb]
            need(self.stage in where)
            if verb == "settle":
                self.hands.add(who)
            self.stage = to
        else:
            getattr(self, verb)(who=who, unit=unit, units=units, lead=lead, answered=answered)
        if self.stage not in OPEN:
            self.asked.clear()
            self.void_by, self.looking = "", False
            if self.pause != "used":
                self.pause = "never"

    def file(self, **_):
        need(self.stage == "accepted" and not self.looking)
        self.stage = "filed"

    def dispatch(self, units, lead, answered, **_):
        need(self.stage in {"filed", "dispatched", "handling"})
        need(units and (not self.active() or self.refusing))
        need(not set(units) & self.active())
        need(answered or not set(units) & self.ever_objected)
        need(lead is not None)
        self.undo = (set(self.waiting), set(self.refusing))
        self.waiting |= set(units)
        self.refusing = set()
        self.stage = "handling" if self.working | self.done else "dispatched"

    def recall(self, **_):
        need(self.stage == "dispatched" and self.undo is not None)
        self.waiting, self.refusing = self.undo
        self.undo = None
        self.stage = "dispatched" if self.waiting else "filed"

    def object(self, unit, **_):
        need(self.stage in {"dispatched", "handling"} and unit in self.waiting)
        self.waiting.discard(unit)
        self.refusing.add(unit)
        self.ever_objected.add(unit)
        self.undo = None
        if not self.active():
            self.stage = "filed"
        elif not (self.working | self.done):
            self.stage = "dispatched"
        else:
            self.stage = "handling"

    def sign(self, unit, **_):
        need(self.stage in {"dispatched", "handling"} and unit in self.waiting)
        self.waiting.discard(unit)
        self.working.add(unit)
        self.undo = None
        self.stage = "handling"

    def ask_extension(self, unit, **_):
        need(self.stage == "handling" and unit in self.working and unit not in self.asked)
        need(self.granted.get(unit, 0) < 2)
        self.asked.add(unit)

    def extend(self, unit, **_):
        need(self.stage == "handling" and unit in self.asked)
        self.asked.discard(unit)
        self.granted[unit] = self.granted.get(unit, 0) + 1

    def refuse_extension(self, unit, **_):
        need(self.stage == "handling" and unit in self.asked)
        self.asked.discard(unit)

    def ask_suspension(self, unit, **_):
        need(self.stage == "handling" and unit in self.working and self.pause == "never")
        self.pause = "asked"

    def endorse_suspension(self, who, **_):
        need(self.stage == "handling" and self.pause == "asked")
        self.pause, self.first_level = "endorsed", who

    def suspend(self, who, **_):
        need(self.stage == "handling" and self.pause == "endorsed" and who != self.first_level)
        self.pause, self.stage = "used", "suspended"

    def refuse_suspension(self, **_):
        need(self.stage == "handling" and self.pause in {"asked", "endorsed"})
        self.pause = "never"

    def resume(self, **_):
        need(self.stage == "suspended")
        self.stage = "handling"

    def handle(self, who, unit, **_):
        need(self.stage == "handling" and unit in self.working)
        self.working.discard(unit)
        self.done.add(unit)
        self.hands.add(who)
        self.asked.discard(unit)
        if not (self.waiting | self.working | self.refusing):
            self.stage = "handled"
            if self.pause != "used":
                self.pause = "never"

    def rework(self, who, units, **_):
        need(self.stage == "handled" and who not in self.hands)
        named = set(units) or self.active()
        need(named <= self.active())
        self.done -= named
        self.working |= named
        self.stage = "handling"

    def verify(self, who, **_):
        need(self.stage == "handled" and who not in self.hands)
        self.stage = "verified"

    def reopen(self, units, **_):
        need(self.stage == "closed")
        again = set(units) & (self.active() | self.refusing)
        self.round += 1
        self.waiting, self.done, self.refusing, self.undo = set(), set(), set(), None
        self.working = again
        self.stage = "handling" if again else "filed"

    def hand_over(self, unit, units, **_):
        need(self.stage in OPEN)
        new = units[0] if units else unit
        if new == unit or unit not in self.active() | self.refusing:
            return
        need(self.stage != "suspended" or not {unit, new} & self.refusing)
        if new not in self.active():
            self.refusing.discard(new)
            for state in (self.waiting, self.working, self.done, self.refusing):
                if unit in state:
                    state.remove(unit)
                    state.add(new)
            if unit in self.ever_objected:
                self.ever_objected.add(new)
            if unit in self.granted:
                self.granted[new] = max(self.granted.pop(unit), self.granted.get(new, 0))
        elif unit in self.refusing:
            self.refusing.remove(unit)
            self.ever_objected.discard(unit)
        else:
            both = [next(s for s in ["waiting", "working", "done"] if u in getattr(self, s))
                    for u in (unit, new)]  # fmt: skip
            for state in (self.waiting, self.working, self.done):
                state -= {unit, new}
            getattr(self, both[0] if both[0] == both[1] else "working").add(new)
        if unit in self.asked:
            self.asked.remove(unit)
            self.asked |= {new} & self.working
        self.undo = None
        answered = self.active() and self.active() == self.done and not self.refusing
        if self.stage == "handling" and answered:
            self.stage = "handled"
            if self.pause != "used":
                self.pause = "never"

    def ask_void(self, who, **_):
        need(self.stage in OPEN and not self.void_by)
        self.void_by = who

    def void(self, who, **_):
        need(self.stage in OPEN and self.void_by and self.void_by != who)
        self.stage = "voided"

    def check_open(self, **_):
        need(self.stage in {"reported", "accepted"} and not self.looking)
        self.looking = True

    def check_done(self, **_):
        need(self.stage in {"reported", "accepted"} and self.looking)
        self.looking = False

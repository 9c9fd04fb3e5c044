"""Refusals: what the program says when a rule of the house forbids a move.

Actions raise them, faces (pages, command line) translate them. Nothing else catches them.
"""


class Refused(Exception):
    """A rule forbids this; `message` may be shown to the person as it stands."""

    code = "refused"
    status = 400

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = str(message)
        self.field = field


class NotAllowed(Refused):
    """The person lacks the duty this move needs (无权限)."""

    code = "not_allowed"
    status = 403


class NotFound(Refused):
    """There is no such record, or not for this person (查无此件)."""

    code = "not_found"
    status = 404


class OutOfOrder(Refused):
    """The record is not at a stage from which this move starts (流程不符)."""

    code = "out_of_order"
    status = 409


class InProgress(Refused):
    """The same request is being carried out right now (正在办理)."""

    code = "in_progress"
    status = 409


class KeyReused(Refused):
    """The idempotency key was used for another request (幂等键重用)."""

    code = "key_reused"
    status = 422

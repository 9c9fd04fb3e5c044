"""Cases: something in the city that someone must put right (案件)."""

from shiyu.cases.models.case import STAGE_TITLES, Case, CaseQuerySet, Found, Watch
from shiyu.cases.models.looking import Look, LookEnd
from shiyu.cases.models.reported import Rating, Report, Reporter
from shiyu.cases.models.work import Assignment, Check

__all__ = [
    "STAGE_TITLES",
    "Assignment",
    "Case",
    "CaseQuerySet",
    "Check",
    "Found",
    "Look",
    "LookEnd",
    "Rating",
    "Report",
    "Reporter",
    "Watch",
]

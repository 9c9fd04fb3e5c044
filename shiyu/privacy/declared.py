"""Every column that can say something of a person, declared once: what for, how long (数据目录).

    PERSONAL     table → column → how it is handled.
    IMPERSONAL   table → columns of text, and why they name nobody.

A column stands in one of them, or its type alone cannot name anybody (`catalogue.by_type`); one
that stands nowhere fails `tests/test_data_catalogue.py`, which says what to add here. In force
from the next commit: nobody need remember.
"""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise


class Kind(models.TextChoices):
    """How much harm it does in wrong hands (信息类别)."""

    ORDINARY = "ordinary", _("一般个人信息")
    SENSITIVE = "sensitive", _("敏感个人信息")
    MINOR = "minor", _("不满十四周岁未成年人信息")
    SECRET_SOURCE = "secret_source", _("举报人身份")


@dataclass(frozen=True, slots=True)
class Handling:
    """How one kind of personal value is handled.

    retention  a rule of `keeping.RULES`.
    masked     what is shown without a reason given; "" where it is never shown.
    """

    kind: str
    purposes: tuple[StrPromise, ...]
    basis: StrPromise
    retention: str
    seen_by: StrPromise
    masked: StrPromise

    def get_kind(self) -> str:
        """The class in words."""
        return str(Kind(self.kind).label)


STATUTORY = _("个人信息保护法第十三条第一款第三项：履行法定职责所必需；第三十四条")
GUARDIAN = _("个人信息保护法第三十一条：监护人同意；未成年人网络保护条例第三十六条")
CONSENT = _("个人信息保护法第十三条第一款第一项、第十四条：本人同意，可以撤回")
STAFF = _("个人信息保护法第十三条第一款第二项：依规章制度实施人力资源管理所必需")
RECORD = _("网络安全法第二十一条、个人信息保护法第五十一条：留存日志、确定操作权限")

DEAL, ANSWER, PROVE = _("受理和办理"), _("联系和答复本人"), _("核验办理记录")
SIGN_IN, DUTY, GUARD = _("登录和授权"), _("落实岗位职责"), _("发现和追查越权")
SUPERVISE = _("监督谁看过个人信息")

WHOLE = _("不遮盖")
NEVER = _("从不显示")

CALLER = Handling(
    Kind.SENSITIVE,
    (DEAL, ANSWER),
    STATUTORY,
    "reporter",
    _("受理岗位，说明目的后 8 小时内，可以提前收回；本人凭回执"),
    _("王* 138****1234"),
)
MINOR = Handling(
    Kind.MINOR,
    (DEAL, ANSWER),
    GUARDIAN,
    "minor",
    _("没有人可以直接看：经安全管理员批准，由提出的人取走，每次都有记录"),
    _("姓名和电话全部隐去"),
)
CALLER_KEY = Handling(
    Kind.SENSITIVE, (DEAL,), STATUTORY, "reporter", _("没有人：只有程序使用"), NEVER
)
WORDS = Handling(
    Kind.ORDINARY,
    (DEAL, PROVE),
    STATUTORY,
    "words",
    _("能看到案件的岗位；本人凭回执"),
    _("不遮盖；可以按依据删除"),
)
SPOT = Handling(Kind.ORDINARY, (DEAL,), STATUTORY, "case", _("能看到案件的岗位；本人凭回执"), WHOLE)
PICTURE = Handling(
    Kind.ORDINARY, (DEAL, PROVE), STATUTORY, "photo", _("能看到案件的岗位；本人凭回执"), WHOLE
)
OPINION = Handling(
    Kind.ORDINARY, (DEAL,), STATUTORY, "case", _("能看到案件的岗位；本人凭回执"), WHOLE
)
REACHED = Handling(
    Kind.SENSITIVE,
    (ANSWER,),
    CONSENT,
    "follower",
    _("没有人：只有程序发送时使用"),
    _("只显示末四位"),
)
DRAFT = Handling(Kind.ORDINARY, (DEAL,), CONSENT, "draft", _("只有写它的那个浏览器"), WHOLE)
SEALED_DRAFT = Handling(Kind.SENSITIVE, (DEAL,), CONSENT, "draft", _("只有写它的那个浏览器"), NEVER)
OFFICER = Handling(
    Kind.ORDINARY, (DUTY, PROVE), STAFF, "staff", _("登录的工作人员；姓名写入办理记录"), WHOLE
)
OFFICER_CONTACT = Handling(
    Kind.ORDINARY, (DUTY, ANSWER), STAFF, "staff", _("本人和系统管理员"), _("只显示末四位")
)
CREDENTIAL = Handling(
    Kind.SENSITIVE, (SIGN_IN,), STAFF, "staff", _("没有人：只存散列或密文"), NEVER
)
TRAIL = Handling(
    Kind.ORDINARY, (PROVE, GUARD), RECORD, "journal", _("能看到案件的岗位；审计管理员"), WHOLE
)
SESSION = Handling(Kind.ORDINARY, (SIGN_IN, GUARD), RECORD, "session", _("本人和安全管理员"), WHOLE)
LOOKED = Handling(
    Kind.ORDINARY, (SUPERVISE,), RECORD, "look", _("上报人本人（只见目的）、审计管理员"), WHOLE
)
WORK = Handling(Kind.ORDINARY, (DUTY,), STAFF, "work", _("本人和相关岗位"), WHOLE)
REPEAT = Handling(
    Kind.ORDINARY, (PROVE,), RECORD, "answered", _("没有人：重复提交时原样返回"), NEVER
)


def _all(handling: Handling, columns: str) -> dict[str, Handling]:
    return dict.fromkeys(columns.split(), handling)


PERSONAL: dict[str, dict[str, Handling]] = {
    "cases_reporter": _all(MINOR, "guardian")
    | _all(CALLER, "sealed name phone")
    | _all(CALLER_KEY, "key found_by"),
    "cases_report": _all(TRAIL, "receipt by_person_id source_ref"),
    "cases_case": _all(SPOT, "address lon lat"),
    "cases_found": _all(WORDS, "words"),
    "cases_look": _all(LOOKED, "person_id"),
    "cases_lookend": _all(LOOKED, "by_id"),
    "cases_check": _all(OFFICER, "done_by_id"),
    "cases_rating": _all(OPINION, "solved satisfaction"),
    "journal_line": _all(TRAIL, "actor facts"),
    "journal_remark": _all(WORDS, "text salt author"),
    "files_photo": _all(PICTURE, "sha256 lon lat taken_at added_by"),
    "notices_follower": _all(REACHED, "sealed hint key"),
    "notices_address": _all(OFFICER_CONTACT, "sealed hint key person_id code_hash"),
    "notices_notice": _all(WORK, "to_id"),
    "notices_wishes": _all(WORK, "person_id"),
    "notices_delivery": _all(REACHED, "sealed"),
    "portal_draft": _all(DRAFT, "text address lon lat key") | _all(SEALED_DRAFT, "sealed"),
    "privacy_demand": _all(TRAIL, "asked_by reports decided_by_id"),
    "privacy_hold": _all(OFFICER, "by_id lifted_by_id"),
    "privacy_assessment": _all(OFFICER, "begun_by_id decided_by_id"),
    "privacy_selfaudit": _all(OFFICER, "made_by_id"),
    "people_person": (
        _all(OFFICER, "username name pinyin last_login")
        | _all(OFFICER_CONTACT, "phone")
        | _all(CREDENTIAL, "password")
    ),
    "people_appointment": _all(OFFICER, "person_id acting_for_id"),
    "people_proposal": (
        _all(OFFICER, "person_id asked_by_id decided_by_id facts") | _all(CREDENTIAL, "secret")
    ),
    "people_unitchange": _all(OFFICER, "ordered_by_id"),
    "places_rosterentry": _all(OFFICER, "person_id"),
    "places_survey": _all(OFFICER, "drawn_by_id"),
    "places_address": _all(SPOT, "name aliases lon lat plain words road door"),
    "calendars_revision": _all(OFFICER, "drawn_by_id"),
    "catalogue_sheetupload": _all(OFFICER, "by"),
    "catalogue_objection": _all(OFFICER, "raised_by_id ended_by_id") | _all(WORK, "said answer"),
    "desk_saved": _all(WORK, "person_id name filters"),
    "desk_layout": _all(WORK, "person_id"),
    "desk_batch": _all(WORK, "person_id said back"),
    "desk_export": _all(WORK, "person_id reason filters filtered decision held")
    | _all(OFFICER, "approver_id seconder_id"),
    "desk_exportlimits": _all(OFFICER, "set_by_id"),
    "api_client": _all(OFFICER, "created_by"),
    "api_key": _all(OFFICER, "created_by revoked_by revoked_why"),
    "common_answered": _all(REPEAT, "client answer body_hash"),
    "common_attempt": _all(SESSION, "key"),
    "django_session": _all(SESSION, "session_key session_data"),
    "usersessions_usersession": _all(SESSION, "user_id ip session_key user_agent data"),
    "account_emailaddress": _all(OFFICER_CONTACT, "user_id email"),
    "account_emailconfirmation": _all(CREDENTIAL, "key"),
    "mfa_authenticator": _all(CREDENTIAL, "user_id data"),
    "socialaccount_socialaccount": _all(OFFICER, "user_id uid extra_data"),
    "socialaccount_socialtoken": _all(CREDENTIAL, "token token_secret"),
}

CODE, RULE, PUBLIC = _("代码或编号"), _("规则、设置和统计口径"), _("公开的机构、地区和标准")
NAMES_RECORD = _("记录的名称，如 case:17，不说是谁")
PROGRAM = _("程序自己的任务和接口")

IMPERSONAL: dict[str, dict[str, StrPromise]] = {
    table: {name: why for why, names in said for name in names.split()}
    for table, *said in (
        ("auth_permission", (PROGRAM, "name codename")),
        ("auth_group", (PROGRAM, "name")),
        ("django_content_type", (PROGRAM, "app_label model")),
        (
            "socialaccount_socialapp",
            (PROGRAM, "provider provider_id name client_id secret key settings"),
        ),
        ("socialaccount_socialaccount", (CODE, "provider")),
        ("procrastinate_jobs", (PROGRAM, "queue_name task_name lock args queueing_lock")),
        ("procrastinate_periodic_defers", (PROGRAM, "task_name periodic_id")),
        ("common_answered", (CODE, "route key")),
        ("common_attempt", (CODE, "kind")),
        ("journal_line", (NAMES_RECORD, "subject"), (CODE, "verb commitment")),
        ("journal_remark", (NAMES_RECORD, "subject")),
        ("journal_mark", (CODE, "kind said")),
        ("journal_change", (CODE, "topic")),
        ("people_unit", (PUBLIC, "code name short_name pinyin place_code")),
        ("people_unitchange", (PUBLIC, "name_before name_after short_after"), (CODE, "hindered")),
        ("people_heir", (CODE, "places kinds posts")),
        ("people_post", (PUBLIC, "title")),
        ("people_postduty", (CODE, "place_code")),
        (
            "places_city",
            (
                PUBLIC,
                "name short_name code timezone number_prefix code_patterns west south east north",
            ),
        ),
        ("places_place", (PUBLIC, "code name pinyin boundary boundary_source lon lat")),
        ("places_rosterentry", (PUBLIC, "title")),
        ("places_former", (PUBLIC, "name line")),
        ("places_survey", (PUBLIC, "source crs faults")),
        ("places_surveyed", (PUBLIC, "boundary former former_source")),
        ("places_address", (PUBLIC, "source")),
        ("calendars_calendar", (RULE, "code name timezone hours weekdays holidays workdays")),
        ("calendars_revision", (RULE, "code versions former")),
        ("calendars_retiming", (RULE, "says")),
        ("calendars_retimed", (CODE, "number")),
        ("files_photo", (CODE, "public_id"), (NAMES_RECORD, "subject")),
        ("notices_notice", (NAMES_RECORD, "subject"), (CODE, "kind facts")),
        ("notices_house", (PUBLIC, "address")),
        ("notices_connector", (PROGRAM, "name sealed last_why settings")),
        ("notices_subscription", (PROGRAM, "name sealed last_why owner url types before")),
        ("notices_address", (CODE, "language")),
        ("notices_follower", (NAMES_RECORD, "subject about"), (CODE, "language")),
        ("notices_wishes", (CODE, "mail sms")),
        ("notices_delivery", (CODE, "key kind facts why answer"), (NAMES_RECORD, "subject")),
        ("notices_attempt", (CODE, "outcome why")),
        ("catalogue_procedure", (RULE, "limits workday objection_limit intake_tiers source")),
        ("catalogue_kind", (PUBLIC, "code name pinyin major_code major_name not_in_grid_because")),
        (
            "catalogue_standard",
            (
                PUBLIC,
                "filing_condition closing_condition handling season_first season_last limits "
                "evidence legal_basis collecting source",
            ),
        ),
        ("catalogue_reason", (RULE, "text")),
        ("catalogue_sheetupload", (PUBLIC, "name content category")),
        ("cases_case", (CODE, "number channel clock awaits")),
        ("cases_report", (CODE, "source notice")),
        ("cases_look", (CODE, "fields")),
        ("cases_found", (CODE, "marks")),
        ("cases_watch", (CODE, "name")),
        ("facts_fact", (CODE, "measure channel outcome")),
        ("desk_saved", (CODE, "queue columns sort")),
        ("desk_layout", (CODE, "columns")),
        ("desk_batch", (CODE, "key move")),
        ("desk_batchitem", (CODE, "why")),
        ("desk_export", (CODE, "key queue columns sha256 failure")),
        ("portal_draft", (CODE, "ref")),
        ("privacy_demand", (CODE, "counts")),
        ("privacy_erasure", (CODE, "why counts")),
        ("privacy_selfaudit", (RULE, "points"), (CODE, "sha256")),
        (
            "privacy_assessment",
            (RULE, "processing purpose lawfulness necessity effects measures"),
        ),
        ("api_client", (PUBLIC, "name")),
        ("api_key", (CODE, "visible hash")),
    )
}
"""Columns of text that name nobody, and why."""

NO_MODEL: dict[str, StrPromise] = {
    "api_bucket": CODE,
    "cases_reach": CODE,
    "common_standing": CODE,
    "django_migrations": PROGRAM,
    "facts_daily": RULE,
    "facts_delta": RULE,
    "journal_seal": CODE,
    "journal_span": CODE,
}
"""Tables that no model describes, and what is in them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere outside the tables where personal values may lie (数据库以外)."""

    name: StrPromise
    where: str
    handling: Handling
    how: StrPromise


PLACES = (
    Place(_("照片文件"), "files/", PICTURE, _("去掉拍摄信息后重新编码；随照片记录删除")),
    Place(_("导出文件"), "exports/", WORK, _("到期删除；其中有人被删除时提前删除")),
    Place(_("备份"), "backups/", TRAIL, _("最长 35 天；恢复后按删除清单重新删除")),
    Place(_("删除清单"), "erasures.jsonl", TRAIL, _("只有编号和加盐承诺，没有内容")),
    Place(_("见证文件"), "witness.jsonl", TRAIL, _("只有散列和签名")),
    Place(
        _("运行日志"), "log", SESSION, _("不写姓名、电话、正文和网址里的回执码；留存不少于六个月")
    ),
    Place(_("密钥"), "secrets/", CREDENTIAL, _("在数据库以外；丢失后上报人身份无法再解密")),
)

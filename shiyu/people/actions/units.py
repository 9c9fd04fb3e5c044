"""Founding units and the posts in them (机构、岗位)."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from shiyu.common.errors import Refused
from shiyu.common.pinyin import pinyin_key
from shiyu.journal.actions import record
from shiyu.people import rules
from shiyu.people.actors import Actor
from shiyu.people.duties import Duty
from shiyu.people.models import Post, Tier, Unit


@transaction.atomic
def create_unit(
    code: str,
    name: str,
    *,
    kind: str,
    tier: str,
    place_code: str,
    actor: Actor,
    short_name: str = "",
    parent: Unit | None = None,
    made_up: bool = False,
) -> Unit:
    """Enter a unit of the city, with its code of record (设立机构)."""
    actor = rules.require(actor, Duty.SYSTEM_ADMIN)
    if kind not in Unit.Kind.values or tier not in Tier.values:
        raise Refused(_("机构类别或层级不在目录里"), field="kind")
    unit = Unit(
        code=code.strip(),
        name=name.strip(),
        short_name=short_name.strip() or name.strip()[:40],
        pinyin=pinyin_key(short_name or name)[:200],
        kind=kind,
        tier=tier,
        parent=parent,
        place_code=place_code,
        made_up=made_up,
    )
    if not unit.code or not unit.name:
        raise Refused(_("填写机构代码和名称"), field="name")
    try:
        with transaction.atomic():
            unit.save(force_insert=True)
    except IntegrityError as clash:
        raise Refused(_("机构代码 %(code)s 已在用") % {"code": unit.code}, field="code") from clash
    record(f"unit:{unit.pk}", "create", actor=actor, facts={"code": unit.code, "tier": tier})
    return unit


@transaction.atomic
def create_post(unit: Unit, title: str, *, actor: Actor) -> Post:
    """Set up a post in a unit; what it may do is given to it afterwards (设岗)."""
    actor = rules.require(actor, Duty.SYSTEM_ADMIN)
    title = title.strip()
    if not title:
        raise Refused(_("填写岗位名称，如“受理员”"), field="title")
    if unit.ended_on is not None:
        raise Refused(_("%(unit)s 已停用") % {"unit": unit}, field="title")
    post = Post.objects.create(unit=unit, title=title)
    record(f"post:{post.pk}", "create", actor=actor, facts={"unit": unit.pk})
    return post


@transaction.atomic
def rename_post(post: Post, title: str, *, actor: Actor) -> Post:
    """Call a post otherwise; what it may do stays (岗位改名)."""
    actor = rules.require(actor, Duty.SYSTEM_ADMIN)
    title = title.strip()
    if not title:
        raise Refused(_("填写岗位名称，如“受理员”"), field="title")
    post.title = title[:40]
    post.save(update_fields=["title"])
    record(f"post:{post.pk}", "rename_post", actor=actor)
    return post

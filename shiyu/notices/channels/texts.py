"""What is said outside: one sentence in the reader's language, and where to look (消息文字)."""

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from shiyu.common import vault
from shiyu.notices.kinds import page_of, sentence
from shiyu.notices.models import Delivery
from shiyu.notices.quiet import the_house
from shiyu.places.models import City


def line_of(delivery: Delivery) -> str:
    """The sentence itself, on one line."""
    return " ".join(sentence(delivery.kind, facts_of(delivery)).split())


def facts_of(delivery: Delivery) -> dict[str, object]:
    """What the sentence is filled with; a code that must not lie open is opened here alone."""
    facts = dict(delivery.facts)
    if delivery.sealed:
        facts["code"] = vault.unseal(delivery.sealed, belongs_to=f"delivery:{delivery.ref}")
    return facts


def language_of(delivery: Delivery) -> str:
    """The reader's language."""
    whom = delivery.address or delivery.follower
    return whom.language if whom else "zh-hans"


def link_of(delivery: Delivery) -> str:
    """Where to look, from outside; empty while the city has no outside address."""
    address = the_house().address
    if not address:
        return ""
    if delivery.follower is not None:
        return f"{address}{reverse('portal:find')}"
    if delivery.kind in ("verify", "trial"):
        return f"{address}{reverse('notices:settings')}"
    return f"{address}{page_of(delivery.subject) or reverse('notices:list')}"


def city_name() -> str:
    """Who writes."""
    return City.objects.values_list("short_name", flat=True).first() or _("本市")


def body_of(delivery: Delivery) -> str:
    """The whole of a mail, in the language that is active."""
    parts = [line_of(delivery)]
    lines = delivery.facts.get("lines") if delivery.kind == "digest" else None
    if isinstance(lines, list):
        parts.append("\n".join(f"- {sentence(kind, facts)}" for kind, facts in lines))
    if link := link_of(delivery):
        parts.append(_("查看：%(link)s") % {"link": link})
    parts.append("--\n" + _why(delivery))
    return "\n\n".join(parts) + "\n"


def in_language(delivery: Delivery) -> translation.override:
    """Speak the reader's language for a while."""
    return translation.override(language_of(delivery))


def _why(delivery: Delivery) -> str:
    if delivery.kind in ("verify", "trial"):
        return _("%(city)s自动发出，请勿回复。") % {"city": city_name()}
    said = _("%(city)s自动发出，请勿回复。想少收，登录后在“提醒设置”里改。")
    return said % {"city": city_name()}

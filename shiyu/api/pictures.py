"""Addresses of pictures that open for a minute, and only while the key they were made for holds
(照片短址)."""

from datetime import timedelta

from django.core import signing
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.api.models import Key
from shiyu.api.rules import held_by
from shiyu.common.errors import NotFound
from shiyu.common.wall import within
from shiyu.files import rules
from shiyu.files.models import Photo
from shiyu.people.actors import Actor
from shiyu.people.seeing import sight_of

SHOWN_FOR = timedelta(seconds=60)


def token_for(photo: Photo, *, key_id: int, salt: str) -> str:
    """What the address of a picture ends in: which picture, for which key, since when."""
    return signing.TimestampSigner(salt=salt).sign(f"{photo.public_id}-{key_id}")


def photo_behind(token: str, *, salt: str) -> Photo:
    """The picture of an address, asked for anew: a key taken back or narrowed opens nothing more.

    Raises  NotFound, in the same words whatever the reason.
    """
    try:
        said = signing.TimestampSigner(salt=salt).unsign(token, max_age=SHOWN_FOR)
    except signing.BadSignature as error:
        raise _gone() from error
    public_id, _sep, key_id = said.partition("-")
    actor = _holder(int(key_id)) if key_id.isdecimal() else None
    if actor is None:
        raise _gone()
    with within(sight_of(actor)):
        photo = Photo.objects.filter(public_id=public_id).first()
        if photo is None or not rules.visible(actor, photo):
            raise _gone()
    return photo


def _holder(key_id: int) -> Actor | None:
    """The system whose key this is, as long as the key is good."""
    good = Key.objects.filter(pk=key_id, revoked_at=None, expires_at__gt=timezone.now())
    key = good.select_related("client").first()
    if key is None:
        return None
    return Actor("key", key.client_id, key.client.name, held_by(key.client))


def _gone() -> NotFound:
    return NotFound(_("照片地址无效或已过期，请重新读取案件照片"))

"""Shapes that several routes share (接口数据形状)."""

from datetime import datetime
from typing import Annotated, ClassVar

from django.utils import timezone
from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from shiyu.catalogue.models import Kind
from shiyu.people.models import Unit
from shiyu.places.models import Place


def _in_city_time(at: datetime) -> str:
    return timezone.localtime(at).isoformat()


When = Annotated[
    datetime,
    PlainSerializer(_in_city_time, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""A time as it goes out: with the city's own offset, however it came to us."""


class In(BaseModel):
    """What comes in: a field that nobody knows is refused, never ignored."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


class Out(BaseModel):
    """What goes out: these fields and no others."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


class UnitOut(Out):
    """A unit (机构)."""

    code: str
    name: str


class KindOut(Out):
    """A kind of case (案件类别)."""

    code: str
    name: str


class PlaceOut(Out):
    """A place (区域)."""

    code: str
    name: str
    level: str


def unit_out(unit: Unit) -> UnitOut:
    return UnitOut(code=unit.code, name=unit.name)


def kind_out(kind: Kind) -> KindOut:
    return KindOut(code=kind.code, name=kind.name)


def place_out(place: Place) -> PlaceOut:
    return PlaceOut(code=place.code, name=place.name, level=place.level)

"""Kinds of words and numbers that come in, with their limits (字段类型)."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from ninja import Path
from pydantic import AfterValidator, AwareDatetime, Field
from pydantic_core import PydanticCustomError

NUL = "\x00"


def _without_nul(text: str) -> str:
    if NUL in text:
        raise PydanticCustomError("string_pattern_mismatch", "no NUL")
    return text


def _in_utc(at: datetime) -> datetime:
    """The same moment: an offset of eighteen hours is one to ISO 8601, not to the database."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("datetime_parsing", "no such year") from None


Text = Annotated[str, Field(max_length=2000), AfterValidator(_without_nul)]
Words = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_without_nul)]
Short = Annotated[str, Field(max_length=200), AfterValidator(_without_nul)]
Name = Annotated[str, Field(max_length=40), AfterValidator(_without_nul)]
Code = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z._-]+$")]
CodeInPath = Annotated[Code, Path()]
CaseNumber = Annotated[str, Field(max_length=24, pattern=r"^[A-Z]{0,6}[0-9]{8,20}$")]
Ref = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_without_nul)]
Phone = Annotated[str, Field(max_length=20, pattern=r"^\+?[0-9 -]{0,20}$")]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, description="WGS-84 经度")]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, description="WGS-84 纬度")]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc), Field(description="ISO 8601，带时区")]
PhotoIds = Annotated[list[UUID], Field(max_length=3, description="先上传的照片编号")]

__all__ = [
    "CaseNumber",
    "Code",
    "CodeInPath",
    "Lat",
    "Lon",
    "Moment",
    "Name",
    "Phone",
    "PhotoIds",
    "Ref",
    "Short",
    "Text",
    "Words",
]

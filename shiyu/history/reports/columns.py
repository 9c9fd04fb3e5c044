"""Which column of a file means what (列的含义)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shiyu.common.errors import Refused

ROLES = (
    *("id", "created", "closed", "due", "kind", "unit"),
    *("lat", "lon", "text", "address", "place"),
)
NEEDED = ("id", "created")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a kind of export is laid out: names of columns, time zone, words for "nothing".

    names  for each role the column's name, or several of which the file has one.
    """

    names: Mapping[str, tuple[str, ...]]
    timezone: str = "UTC"
    missing: frozenset[str] = frozenset()
    source: str = ""


PRESETS: Mapping[str, Layout] = {
    "nyc311": Layout(
        {
            "id": ("unique_key", "Unique Key"),
            "created": ("created_date", "Created Date"),
            "closed": ("closed_date", "Closed Date"),
            "due": ("due_date", "Due Date"),
            "kind": ("complaint_type", "Complaint Type"),
            "unit": ("agency_name", "Agency Name", "agency", "Agency"),
            "lat": ("latitude", "Latitude"),
            "lon": ("longitude", "Longitude"),
            "text": ("descriptor", "Descriptor"),
            "address": ("incident_address", "Incident Address"),
            "place": ("community_board", "Community Board"),
        },
        timezone="America/New_York",
        missing=frozenset({"N/A", "Unspecified", "NA"}),
        source="nyc311",
    ),
    "baltimore311": Layout(
        {
            "id": ("SRRecordID", "ServiceRequestNum"),
            "created": ("CreatedDate",),
            "closed": ("CloseDate",),
            "due": ("DueDate",),
            "kind": ("SRType",),
            "unit": ("Agency",),
            "lat": ("Latitude",),
            "lon": ("Longitude",),
            "text": ("Outcome",),
            "address": ("Address",),
            "place": ("Neighborhood",),
        },
        timezone="America/New_York",
        missing=frozenset({"NA", "N/A"}),
        source="baltimore311",
    ),
}


def layout(preset: str, columns: str, timezone: str, missing: str, source: str) -> Layout:
    """The layout a person asked for: a preset, with what they say themselves on top.

    columns  "id=…,created=…"; a name with a comma in it is written twice over: "a,,b".

    Raises   Refused for a role or a preset that does not exist.
    """
    if preset and preset not in PRESETS:
        known = ", ".join(PRESETS)
        raise Refused(f"没有预设 {preset}；有：{known}")
    base = PRESETS.get(preset, Layout({}))
    names = dict(base.names)
    for pair in columns.replace(",,", "\0").split(","):
        if not pair.strip():
            continue
        role, sign, name = pair.partition("=")
        if not sign or role.strip() not in ROLES:
            roles = ", ".join(ROLES)
            raise Refused(f"--columns 的“{pair.strip()}”看不懂；写成 角色=列名，角色有：{roles}")
        names[role.strip()] = (name.replace("\0", ",").strip(),)
    words = {word.strip() for word in missing.split(",") if word.strip()}
    return Layout(names, timezone or base.timezone, base.missing | words, source or base.source)


def match(asked: Layout, header: Sequence[str]) -> dict[str, str]:
    """For each role the column of this file; optional roles of a preset may be absent.

    Raises  Refused naming the columns that exist, when one that was asked for does not.
    """
    clean = {name.strip().strip("\ufeff").strip('"'): name for name in header}
    found: dict[str, str] = {}
    for role, names in asked.names.items():
        known = [clean[name] for name in names if name in clean]
        if known:
            found[role] = known[0]
        elif len(names) == 1 or role in NEEDED:
            have = ", ".join(clean)
            raise Refused(f"文件里没有“{names[0]}”这一列（{role}）。有这些列：{have}")
    lacking = [role for role in NEEDED if role not in found]
    if lacking:
        raise Refused(
            f"须用 --columns 指明这些列：{', '.join(lacking)}。文件有：{', '.join(clean)}"
        )
    return found

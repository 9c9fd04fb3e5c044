"""Which column of a file means what (列的含义)."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shiyu.common.errors import Refused

ROLES = (
    *("id", "created", "closed", "due", "kind", "unit"),
    *("lat", "lon", "text", "address", "place"),
)
NEEDED = ("id", "created")
TRIMMINGS = re.compile(r"[\s*\ufeff\"'：:]+|[(（【\[][^(（【\[)）】\]]*[)）】\]]")
"""What people put around the name of a column: blanks, stars, a remark in brackets."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a kind of export is laid out: names of columns, time zone, words for "nothing".

    names     for each role the column's name, or several of which the file has one.
    insisted  roles that the file must have beside those always needed; None: those of one name.
    """

    names: Mapping[str, tuple[str, ...]]
    timezone: str = "UTC"
    missing: frozenset[str] = frozenset()
    source: str = ""
    insisted: frozenset[str] | None = None

    def insists_on(self, role: str) -> bool:
        """Whether a file without this column is refused."""
        if self.insisted is None:
            return role in NEEDED or len(self.names[role]) == 1
        return role in NEEDED or role in self.insisted


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


def layout(
    preset: str,
    columns: str,
    timezone: str,
    missing: str,
    source: str,
    *,
    presets: Mapping[str, Layout] = PRESETS,
    roles: Sequence[str] = ROLES,
) -> Layout:
    """The layout a person asked for: a preset, with what they say themselves on top.

    columns  "id=…,created=…"; a name with a comma in it is written twice over: "a,,b"; a role
             with no name after it is left out.

    Raises   Refused for a role or a preset that does not exist.
    """
    if preset and preset not in presets:
        known = ", ".join(presets)
        raise Refused(f"没有预设 {preset}；有：{known}")
    base = presets.get(preset, Layout({}))
    names = dict(base.names)
    own: set[str] = set()
    for pair in columns.replace(",,", "\0").split(","):
        if not pair.strip():
            continue
        role, sign, name = pair.partition("=")
        if not sign or role.strip() not in roles:
            known = ", ".join(roles)
            raise Refused(f"--columns 的“{pair.strip()}”看不懂；写成 角色=列名，角色有：{known}")
        named = name.replace("\0", ",").strip()
        names[role.strip()] = (named,) if named else ()
        own.add(role.strip())
    names = {role: found for role, found in names.items() if found}
    words = {word.strip() for word in missing.split(",") if word.strip()}
    insisted = None if base.insisted is None else base.insisted | (own & names.keys())
    zone = timezone or base.timezone
    return Layout(names, zone, base.missing | words, source or base.source, insisted)


def match(asked: Layout, header: Sequence[str]) -> dict[str, str]:
    """For each role the column of this file; optional roles of a preset may be absent.

    Raises  Refused naming the columns that exist, when one that was asked for does not.
    """
    clean = {name.strip().strip("\ufeff").strip('"'): name for name in reversed(header)}
    bare = {bared(name): name for name in reversed(header)}
    found: dict[str, str] = {}
    for role, names in asked.names.items():
        known = [clean[name] for name in names if name in clean]
        known = known or [bare[bared(name)] for name in names if bared(name) in bare]
        if known:
            found[role] = known[0]
        elif asked.insists_on(role):
            have = ", ".join(reversed(clean))
            raise Refused(f"文件里没有“{names[0]}”这一列（{role}）。有这些列：{have}")
    lacking = [role for role in NEEDED if role not in found]
    if lacking:
        raise Refused(
            f"须用 --columns 指明这些列：{', '.join(lacking)}。文件有：{', '.join(reversed(clean))}"
        )
    return found


def bared(name: str) -> str:
    """The name of a column without what stands around it."""
    return TRIMMINGS.sub("", unicodedata.normalize("NFKC", name)).lower()

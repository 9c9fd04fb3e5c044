"""What the checkup asks of the canary: does it fly, and did it come through (金丝雀)."""

import json
from datetime import UTC, datetime

from shiyu.common.home import home
from shiyu.site.checkup.finding import Finding


def canary() -> Finding:
    """The last flight; none is no fault of the program, but somebody should be told of losses."""
    if not (home() / "canary-plan.json").exists():
        advice = "`shiyu canary set --to NAME` lets a made-up report fly to who keeps watch."
        return Finding("canary", False, "nobody keeps watch", advice, fatal=False)
    try:
        last = json.loads((home() / "metrics" / "canary.json").read_text())
    except FileNotFoundError:
        return Finding(
            "canary", False, "it has not flown yet", "Keep `shiyu worker` running.", False
        )
    age_s = (datetime.now(UTC) - datetime.fromisoformat(last["begun_at"])).total_seconds()
    seen = (
        f"arrived after {last['seconds']:g} s" if last["well"] else f"lost at {last['stopped_at']}"
    )
    advice = "Fly it once by hand: `shiyu canary`."
    return Finding("canary", bool(last["well"]), f"{seen}, {age_s / 60:.0f} min ago", advice, False)

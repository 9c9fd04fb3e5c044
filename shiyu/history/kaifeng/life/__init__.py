"""How a made-up case goes from its report to its end in the demo city (案件流转).

The shares are made up, near what such cities publish; each unit has its own slowness.
"""

from contextlib import suppress

from shiyu.history.kaifeng.life.desk import send_out
from shiyu.history.kaifeng.life.ending import finish, look_back
from shiyu.history.kaifeng.life.intake import take_up
from shiyu.history.kaifeng.life.work import handle
from shiyu.history.kaifeng.story import Enough, Story


def live(story: Story) -> None:
    """Tell a story as far as the present, or as far as it was wanted."""
    with suppress(Enough):
        if take_up(story):
            return
        send_out(story)
        handle(story)
        finish(story)
        look_back(story)

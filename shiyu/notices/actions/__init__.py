"""Everything that writes notices, deliveries, addresses and the ways out (通知办理)."""

from shiyu.notices.actions.connectors import (
    keep_house,
    new_connector,
    put_in_use,
    set_connector,
    take_out_of_use,
    try_out,
)
from shiyu.notices.actions.delivering import (
    Result,
    Stale,
    claim,
    give_up,
    hear_back,
    mark_arrived,
    pass_gate,
    resend,
    settle,
)
from shiyu.notices.actions.following import follow, owe_followers, stop_following
from shiyu.notices.actions.owing import owe, publish
from shiyu.notices.actions.reading import mark_all_read, mark_read
from shiyu.notices.actions.subscribing import (
    change_subscription,
    hold,
    keep_within,
    let_go,
    pause,
    resume,
    reveal,
    rotate,
    subscribe,
    unsubscribe,
)
from shiyu.notices.actions.tending import expire, forget, hold_back, release
from shiyu.notices.actions.wishing import ask_code, confirm, drop_address, set_wishes

__all__ = [
    "Result",
    "Stale",
    "ask_code",
    "change_subscription",
    "claim",
    "confirm",
    "drop_address",
    "expire",
    "follow",
    "forget",
    "give_up",
    "hear_back",
    "hold",
    "hold_back",
    "keep_house",
    "keep_within",
    "let_go",
    "mark_all_read",
    "mark_arrived",
    "mark_read",
    "new_connector",
    "owe",
    "owe_followers",
    "pass_gate",
    "pause",
    "publish",
    "put_in_use",
    "release",
    "resend",
    "resume",
    "reveal",
    "rotate",
    "set_connector",
    "set_wishes",
    "settle",
    "stop_following",
    "subscribe",
    "take_out_of_use",
    "try_out",
    "unsubscribe",
]

"""Whose sessions these are, asked for many pages at once (会话核对).

Each page's session is looked at when it comes and again each few seconds. With two thousand pages
that would be five hundred questions a second; put together they are a few.
"""

import asyncio

from asgiref.sync import sync_to_async

from shiyu.live.who import actors_of_sessions
from shiyu.people.actors import Actor

GATHER_S = 0.2
AT_ONCE = 500


class Knowing:
    """Gathers what is asked within a moment, and asks the database once for all of it."""

    def __init__(self) -> None:
        self.asked: dict[str, asyncio.Future[Actor | None]] = {}
        self.answering: asyncio.Task[None] | None = None

    async def actor(self, session: str) -> Actor | None:
        """Whose session it is now; asked after this call began."""
        answer = self.asked.get(session)
        if answer is None:
            answer = self.asked[session] = asyncio.get_running_loop().create_future()
        if self.answering is None or self.answering.done():
            self.answering = asyncio.create_task(self._answer())
        return await asyncio.shield(answer)  # one page going away leaves the others their answer

    async def _answer(self) -> None:
        while self.asked:
            await asyncio.sleep(GATHER_S)
            keys = list(self.asked)[:AT_ONCE]
            asked = {key: self.asked.pop(key) for key in keys}
            found: dict[str, Actor | None] = {}
            try:
                found = await sync_to_async(actors_of_sessions)(keys)
            finally:  # whatever happened, nobody waits for ever: not known is not let in
                for key, answer in asked.items():
                    answer.set_result(found.get(key))

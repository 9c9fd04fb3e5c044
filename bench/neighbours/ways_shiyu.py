"""What residents, staff and other systems do with Shiyu: each way as it stands in `bench`."""

from bench import intake, intake_api, loop, loop_api
from bench.browser import Unexpected
from bench.client import Client
from bench.neighbours.calls import opened

STEPS = {"loop_api": 8, "loop_batch": 8, "loop_pages": 8, "loop_panes": 8}
SIGN_IN = {"loop_pages", "loop_panes", "lists"}
LISTS = {
    "newest open": "/desk/all/?state=open",
    "waiting": "/desk/to_accept/",
    "mine": "/desk/handling/",
    "one place": "/desk/all/?place=410202",
    "a week": "/desk/all/?days=7",
    "words": "/desk/search/?q=%E4%BA%95%E7%9B%96",
    "closed": "/desk/all/?state=ended",
}

prepare = loop.prepare


async def lists(client: Client) -> None:
    """Each list once, as a person opens it: one page of fifty rows."""
    for name, path in LISTS.items():
        person = client.people["handle" if name == "mine" else "intake"]
        spent = client.line.spent
        page = await person.get(path, name=name)
        if page.status != 200:
            raise Unexpected(f"{path} answered {page.status}")
        opened(client, name, spent)


WAYS = {
    "intake_form": intake.whole,
    "intake_steps": intake.unit,
    "intake_api": intake_api.unit,
    "intake_batch": intake_api.unit,
    "loop_api": loop_api.unit,
    "loop_batch": loop_api.unit,
    "loop_pages": loop.unit,
    "loop_panes": loop.panes,
    "lists": lists,
}

"""Whose streams there are, and of which cases each is told: asked of `visible_to`.

python -m bench.load.audience COUNT      as JSON, in the city of SHIYU_HOME
"""

import json
import sys

from bench.load.people import sessions
from shiyu.site.start import django_ready

CASES = 200


def main() -> int:
    count = int(sys.argv[1])
    django_ready()
    from shiyu.cases.models import Case
    from shiyu.cases.rules import visible_to
    from shiyu.people.actors import Actor
    from shiyu.people.models import Person

    cases = list(Case.objects.order_by("-id").values_list("pk", flat=True)[:CASES])
    seen: dict[int, list[int]] = {}
    streams = []
    while len(streams) < count:
        for one in sessions(count - len(streams)):
            if one["id"] not in seen:
                actor = Actor.for_person(Person.objects.get(pk=one["id"]))
                visible = visible_to(actor).filter(pk__in=cases)
                seen[one["id"]] = list(visible.values_list("pk", flat=True))
            streams.append({"cookie": one["cookie"], "cases": seen[one["id"]]})
    print(json.dumps({"cases": cases, "streams": streams[:count]}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

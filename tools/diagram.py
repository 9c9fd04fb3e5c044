"""Draw the life of a case into docs/modules/cases.md, from the table that rules it.

.venv/bin/python tools/diagram.py
"""

import re
from pathlib import Path

from django.conf import settings

PAGE = Path(__file__).resolve().parents[1] / "docs/modules/cases.md"


def main() -> None:
    settings.configure(USE_I18N=False)
    from shiyu.cases.diagram import beside, mermaid

    page = PAGE.read_text()
    page = re.sub(r"```mermaid\n.*?```", lambda _: f"```mermaid\n{mermaid()}```", page, flags=re.S)
    page = re.sub(r"(?m)^Beside the stage: .*$", lambda _: f"Beside the stage: {beside()}.", page)
    PAGE.write_text(page)


if __name__ == "__main__":
    main()

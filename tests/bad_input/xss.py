"""Over five hundred strings that become markup wherever somebody forgot to escape.

Each puts an element with the attribute `data-x5` on the page, or runs `alert(5)`, or writes a
link that runs: so that what came of it can be counted, whatever the string was.
"""

from collections.abc import Iterator

BREAKS = (
    "",
    '">',
    "'>",
    "`>",
    "</textarea>",
    "</title>",
    "</script>",
    "</style>",
    "-->",
    "]]>",
    "</option></select>",
    "</a>",
    "</svg>",
    "</template>",
    "%22%3E",
    "&quot;&gt;",
    "\\x22>",
    "\u2028",
    "<!--",
    "{{",
    "{%",
    "\u202e",
)
BODIES = (
    "<script data-x5>alert(5)</script>",
    "<img data-x5 src=x onerror=alert(5)>",
    "<svg data-x5 onload=alert(5)>",
    "<svg><animate data-x5 onbegin=alert(5) attributeName=x>",
    "<iframe data-x5 srcdoc='<script>alert(5)</script>'>",
    "<body data-x5 onload=alert(5)>",
    "<input data-x5 autofocus onfocus=alert(5)>",
    "<details data-x5 open ontoggle=alert(5)>",
    "<a data-x5 href=javascript:alert(5)>x</a>",
    "<math><mtext><a data-x5 xlink:href='javascript:alert(5)'>x",
    "<object data-x5 data='data:text/html,<script>alert(5)</script>'>",
    "<embed data-x5 src='javascript:alert(5)'>",
    "<base data-x5 href='//evil.example/'>",
    "<meta data-x5 http-equiv=refresh content='0;url=javascript:alert(5)'>",
    "<link data-x5 rel=stylesheet href='//evil.example/x.css'>",
    "<form data-x5 action=javascript:alert(5)><button>x",
    "<div data-x5 hx-get='/account/logout/' hx-trigger=load>",
    "<div data-x5 hx-on:load='alert(5)'>",
    "<style data-x5>*{background:url(//evil.example)}</style>",
    "<marquee data-x5 onstart=alert(5)>",
    "<video data-x5><source onerror=alert(5)>",
    '" data-x5 onmouseover=alert(5) x="',
    "' data-x5 onfocus=alert(5) autofocus x='",
    " data-x5 onclick=alert(5) ",
    "javascript:alert(5)",
)
ODD = (
    "<ScRiPt data-x5>alert(5)</sCrIpT>",
    "<scr<script>ipt data-x5>alert(5)</script>",
    "<\u0069mg data-x5 src=x onerror=alert(5)>",
    "＜script data-x5＞alert(5)＜/script＞",
    "<img\tdata-x5\nsrc=x\x0conerror=alert(5)>",
    "<img/data-x5/src=x/onerror=alert(5)>",
    "jaVa\tscript:alert(5)",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCg1KTwvc2NyaXB0Pg==",
    "{{ constructor.constructor('alert(5)')() }}",
    "{% debug %}{{ settings.SECRET_KEY }}",
    "${alert(5)}",
    "#{7*7}",
    "<%= 7*7 %>",
    '=HYPERLINK("javascript:alert(5)")',
    "+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "[x](javascript:alert(5))",
    '![x](x"onerror="alert(5))',
    'http://evil.example/"onmouseover="alert(5)',
    "<http://evil.example/>",
)
CORPUS = (*(edge + body for edge in BREAKS for body in BODIES), *ODD)
MADE = (
    "[data-x5], [onerror], [onload], [onfocus], [onclick], [onmouseover], "
    "a[href^='javascript' i], a[href*='evil.example'], iframe, object, embed, base"
)
"""What is on a page only where one of them came through."""


def packed(most: int, between: str = " ") -> Iterator[str]:
    """All of them, as many in one text as it takes."""
    text = ""
    for one in CORPUS:
        if text and len(text) + len(between) + len(one) > most:
            yield text
            text = ""
        text = f"{text}{between}{one}" if text else one
    yield text

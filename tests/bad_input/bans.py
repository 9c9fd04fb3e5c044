"""What the program may not do anywhere, read from its source: each ban with its own violation.

A ban that must be broken somewhere names the file and says why; an excuse nobody needs any more
fails too. To ban something new: one more `Ban` below, with what breaks it.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

Find = Callable[[ast.Module], Iterator[ast.AST]]


@dataclass(frozen=True)
class Ban:
    """What is not done, how it is found, a piece of code that does it, and who is excused."""

    name: str
    find: Find
    planted: str
    excused: dict[str, str] = field(default_factory=dict)


@cache
def nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree))


@cache
def _called(tree: ast.Module) -> tuple[tuple[str, ast.Call], ...]:
    found = (node for node in nodes(tree) if isinstance(node, ast.Call))
    return tuple((ast.unparse(node.func), node) for node in found)


def calls(tree: ast.Module, pattern: str) -> Iterator[ast.Call]:
    """Calls whose name, as written, is this one whole."""
    named = re.compile(pattern)
    return (node for name, node in _called(tree) if named.fullmatch(name))


def imported(tree: ast.Module, *names: str) -> Iterator[ast.AST]:
    for node in nodes(tree):
        found: list[str] = []
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            found = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        if any(one == name or one.startswith(f"{name}.") for one in found for name in names):
            yield node


def _importing(*names: str) -> Find:
    return lambda tree: imported(tree, *names)


def _calling(pattern: str) -> Find:
    return lambda tree: calls(tree, pattern)


def _built_sql(tree: ast.Module) -> Iterator[ast.AST]:
    """Statements put together from pieces, other than by psycopg's own sql.SQL."""
    for call in calls(tree, r"(.+\.)?(execute|executemany|raw|RawSQL|extra|copy)"):
        for said in call.args[:1]:
            if re.search(r"\bsql\.(SQL|Identifier|Literal)\b|\bSQL\(", ast.unparse(said)):
                continue
            pieces = isinstance(said, ast.JoinedStr) and any(
                isinstance(part, ast.FormattedValue) and not _is_ours(part.value)
                for part in said.values
            )
            summed = isinstance(said, ast.BinOp) and not _is_ours(said)
            if pieces or summed or re.search(r"\.format\(", ast.unparse(said)):
                yield call


def _is_ours(part: ast.AST) -> bool:
    """A constant of the module (in capitals), a model's own table, or sums of those."""
    if isinstance(part, ast.BinOp):
        return _is_ours(part.left) and _is_ours(part.right)
    text = ast.unparse(part)
    return isinstance(part, ast.Constant) or bool(
        re.fullmatch(r"_?[A-Z][A-Z0-9_]*|[\w.]+\._meta\.db_table", text)
    )


def _shell(tree: ast.Module) -> Iterator[ast.AST]:
    yield from calls(tree, r"os\.(system|popen|spawn\w+|exec[lv]\w*)|(.+\.)?getoutput")
    for call in calls(tree, r"subprocess\.\w+|Popen|run"):
        if any(k.arg == "shell" and ast.unparse(k.value) != "False" for k in call.keywords):
            yield call
        if call.args and isinstance(call.args[0], ast.JoinedStr):
            yield call


def _patterns(tree: ast.Module) -> Iterator[ast.AST]:
    """Patterns made of anything but text written down here."""
    for call in calls(
        tree, r"re\.(compile|match|fullmatch|search|sub|subn|split|findall|finditer)"
    ):
        if not call.args or not _is_pattern(call.args[0]):
            yield call
    for node in nodes(tree):
        if isinstance(node, ast.keyword) and re.search(r"__i?regex$", node.arg or ""):
            yield node.value


def _is_pattern(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        values = [v.value for v in node.values if isinstance(v, ast.FormattedValue)]
        return all(_is_ours(v) or ast.unparse(v).startswith("re.escape(") for v in values)
    if isinstance(node, ast.BinOp):
        return _is_pattern(node.left) and _is_pattern(node.right)
    return _is_ours(node) or ast.unparse(node).startswith("re.escape(")


ASKED = re.compile(r"request\.(GET|POST|META|headers|body|COOKIES|FILES|get_full_path)\b")


def _led_away(tree: ast.Module) -> Iterator[ast.AST]:
    """Redirects to what the request itself says."""
    for call in calls(tree, r"(redirect|HttpResponseRedirect|HttpResponsePermanentRedirect)"):
        if any(ASKED.search(ast.unparse(part)) for part in call.args):
            yield call


def _templates(tree: ast.Module) -> Iterator[ast.AST]:
    yield from calls(tree, r"(.+\.)?(from_string|Template|Environment|format_map)")
    for call in calls(tree, r"render(_to_string)?|get_template|select_template"):
        place = 1 if ast.unparse(call.func) == "render" else 0
        if len(call.args) > place and ASKED.search(ast.unparse(call.args[place])):
            yield call


def _is_all(node: ast.Assign) -> bool:
    named = [t.id for t in node.targets if isinstance(t, ast.Name)]
    return named == ["fields"] and ast.unparse(node.value) == "'__all__'"


OPEN = {"extra='allow'", "extra='ignore'"}


def _mass(tree: ast.Module) -> Iterator[ast.AST]:
    """A record or a form filled with whatever was sent."""
    for node in nodes(tree):
        if isinstance(node, ast.Call):
            spread = [k.value for k in node.keywords if k.arg is None]
            if spread and any(ASKED.search(ast.unparse(value)) for value in spread):
                yield node
        if isinstance(node, ast.Assign) and _is_all(node):
            yield node
        if isinstance(node, ast.keyword) and node.arg == "extra" and ast.unparse(node) in OPEN:
            yield node.value


def _named_by_others(tree: ast.Module) -> Iterator[ast.AST]:
    """A function, module or attribute picked by what was sent."""
    for call in calls(tree, r"getattr|setattr|import_module|import_string|globals|locals|vars"):
        if any(ASKED.search(ast.unparse(part)) for part in call.args):
            yield call


LAX = {"verify", "check_hostname"}


def _says_false(node: ast.keyword) -> bool:
    return isinstance(node.value, ast.Constant) and node.value.value is False


def _unverified(tree: ast.Module) -> Iterator[ast.AST]:
    for node in nodes(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"CERT_NONE", "CERT_OPTIONAL"}:
            yield node
        if isinstance(node, ast.keyword) and node.arg in LAX and _says_false(node):
            yield node.value
    yield from calls(tree, r"(.+\.)?_create_unverified_context")


def _unescaped(tree: ast.Module) -> Iterator[ast.AST]:
    yield from calls(tree, r"(.+\.)?(mark_safe|SafeString|SafeText)")
    yield from imported(tree, "django.utils.safestring.mark_safe")
    for node in nodes(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "__html__":
            yield node
    for name, written in ((r"format_html", 1), (r"format_html_join", 2)):
        for call in calls(tree, name):
            if not all(isinstance(part, ast.Constant) for part in call.args[:written]):
                yield call


def _weak(tree: ast.Module) -> Iterator[ast.AST]:
    yield from calls(
        tree, r"(hashlib\.)?(md5|sha1|md4)|.*\.ECB|.*mktemp|uuid\.uuid1|(.+\.)?assert_"
    )


STORIES = (
    *("demo", "kaifeng/orders", "kaifeng/organisation", "kaifeng/people", "kaifeng/stories"),
    *("kaifeng/story", "kaifeng/town", "kaifeng/words", "large/hand"),
)
BANS = (
    Ban(
        "text taken for markup",
        _unescaped,
        "from django.utils.safestring import mark_safe\nmark_safe(words)",
        {
            "site/templatetags/shiyu.py": "our own drawings, constants of the module",
            "site/drawn.py": "escapes by itself, sign by sign: test_drawn.py",
        },
    ),
    Ban(
        "SQL put together from pieces",
        _built_sql,
        'cursor.execute(f"SELECT {name}")',
        {
            "cases/search.py": "a statement of Django's own inside ours; values go as parameters",
            "cases/audit.py": "the invariants, constants of the module",
            "cases/bulk/copying.py": "names of tables and columns, of models and constants",
            "desk/queues.py": "Django's own statements side by side; values go as parameters",
            "facts/actions.py": "names of columns, constants of the module",
            "facts/figures.py": "pieces that are constants; values go as parameters",
            "journal/seals.py": "names of columns, constants of the module",
            "site/backup/settling.py": "names of tables, constants of the module",
            "privacy/own.py": "names of our own models' columns; the person is a value",
            "privacy/actions/retention.py": "constants of the module; values are parameters",
            "common/schema.py": "the name of a migration's own index, quoted",
            "history/large/aside.py": "names that the database's own catalogue told",
            "history/large/making.py": "names of our own tables",
        },
    ),
    Ban("a shell", _shell, "subprocess.run(words, shell=True)"),
    Ban(
        "code from text",
        _calling(r"eval|exec|compile|__import__"),
        "eval(words)",
    ),
    Ban(
        "objects from bytes",
        _importing("pickle", "marshal", "shelve", "dill", "yaml", "jsonpickle"),
        "import pickle",
    ),
    Ban(
        "the network, past the one door",
        _importing(
            *("requests", "urllib.request", "http.client", "httpx", "aiohttp", "urllib3"),
            *("smtplib", "ftplib", "telnetlib", "socket", "poplib", "imaplib"),
        ),
        "import requests",
        {
            "common/egress/asking.py": "the door itself",
            "common/egress/brokered.py": "the door itself",
            "common/egress/leaving.py": "the door itself",
            "common/egress/reaching.py": "the door itself",
            "common/embedded.py": "finds a free port of this machine",
            "notices/channels/mail.py": "speaks SMTP over a connection the door has made",
            "files/apart.py": "speaks with the process that decodes pictures, on this machine",
            "people/linking.py": "the form in which allauth asks; sent by the door's broker",
            "site/checkup/machine.py": "asks our own server on this machine",
            "site/commands/serve_.py": "the socket on which we listen",
        },
    ),
    Ban(
        "a pattern from elsewhere",
        _patterns,
        "re.search(request.GET['q'], text)",
        {
            "cases/models/case.py": "what may not stand in words, a constant of common.masking",
            "journal/models.py": "what may not stand in words, a constant of common.masking",
            "portal/models.py": "what may not stand in words, a constant of common.masking",
            "catalogue/sheet.py": "headings, constants of the module",
            "catalogue/standards.py": "words of laws, constants of the module",
            "history/moving/tables.py": "names of tables, constants of the module",
            "people/unit_table.py": "headings, constants of the module",
            "site/upgrading.py": "statements that lock, constants of the module",
            "places/actions/places.py": "the shape of each level's code, constants",
            "places/table.py": "headings, constants of the module",
        },
    ),
    Ban("a template from text", _templates, "Template(words).render()"),
    Ban(
        "a redirect to what was asked",
        _led_away,
        'redirect(request.GET["next"])',
        {"portal/views/sending.py": "one of the names in GO, looked up before"},
    ),
    Ban("a record filled with what was sent", _mass, "Case(**request.POST)"),
    Ban("dispatch named by the caller", _named_by_others, "getattr(view, request.GET['do'])()"),
    Ban("a certificate not looked at", _unverified, "context.verify_mode = ssl.CERT_NONE"),
    Ban("weak hashes and ciphers", _weak, "hashlib.md5(words)"),
    Ban(
        "XML read with all its features",
        _importing("xml", "lxml"),
        "import xml.etree.ElementTree",
        {
            "api/open311/forms.py": "writes XML: the function that escapes",
            "history/reports/markup.py": "refuses whatever declares entities before reading",
        },
    ),
    Ban(
        "chance for secrets",
        _importing("random"),
        "import random",
        {"common/embedded.py": "tries ports of this machine in any order"}
        | {f"history/{name}.py": "made-up stories, the same for the same seed" for name in STORIES},
    ),
    Ban(
        "archives unpacked",
        _importing("zipfile", "tarfile", "shutil.unpack_archive", "gzip", "bz2", "lzma"),
        "import tarfile",
        {
            "common/sheets.py": "looks at the declared sizes before anything is unpacked",
            "files/pictures.py": "asks whether a picture is an archive as well",
            "privacy/access.py": "writes what is told of a person",
            "privacy/audit_file.py": "writes a self-audit with its manifest",
            "history/moving/checking.py": "reads the parts of its own export by name",
            "history/moving/target.py": "writes the export",
            "site/backup/archive.py": "the backup's own files, by names we gave",
        },
    ),
    Ban(
        "forms without protection against forging",
        _calling(r"(.+\.)?csrf_exempt"),
        "view = csrf_exempt(view)",
    ),
)

"""Texts in other languages: collect what the code says in Chinese, compile, check (译文).

    python tools/messages.py collect [FILE.po …]   bring the catalogues up to date, taking
                                                   translations from these files as well
    python tools/messages.py compile               write the .mo files that Django reads
    python tools/messages.py check                 exit 1 and name what has no translation

The sources are Chinese (zh-Hans); no GNU gettext is needed. Traditional Chinese is made from
the simplified by opencc and then kept, so that a city may correct it.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "shiyu" / "site" / "locale"
LANGUAGES = {"en": "en", "zh_Hant": "zh-Hant"}
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}


def catalogue(language: str) -> Path:
    """The .po file of a language."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def used() -> dict[tuple[str, str], list[str]]:
    """Every text the code and templates ask for: (text, context) → where."""
    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted((ROOT / "shiyu").rglob("*")):
        if "tests" in path.parts or "migrations" in path.parts:
            continue
        if path.suffix in {".py", ".html", ".txt"}:
            for text, context in _texts(path):
                found.setdefault((text, context), []).append(str(path.relative_to(ROOT)))
    return found


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    from babel.messages.extract import extract
    from django.utils.translation.template import templatize

    source = path.read_text()
    if path.suffix != ".py":
        source = templatize(source)
    stream = io.BytesIO(source.encode())
    for _line, text, _comments, context in extract("python", stream, KEYWORDS):
        text = text[0] if isinstance(text, tuple) else text
        if text and any("\u3400" <= c <= "\u9fff" or c in "「」，。：" for c in text):
            yield text, context or ""


def collect(given: list[str]) -> None:
    """Rewrite each catalogue: what is used, in order, with the translations known so far."""
    texts = used()
    extra = {
        (e.msgid, e.msgctxt or ""): e.msgstr
        for path in given
        for e in polib.pofile(path)
        if e.msgstr
    }
    for language in LANGUAGES:
        path = catalogue(language)
        old = polib.pofile(str(path)) if path.exists() else polib.POFile()
        known = {(e.msgid, e.msgctxt or ""): e.msgstr for e in old if e.msgstr}
        if language == "en":
            known |= extra
        new = polib.POFile(wrapwidth=0)
        new.metadata = {
            "Content-Type": "text/plain; charset=UTF-8",
            "Content-Transfer-Encoding": "8bit",
            "Language": language,
            "Plural-Forms": "nplurals=1; plural=0;"
            if language != "en"
            else "nplurals=2; plural=(n != 1);",
        }
        for (text, context), where in sorted(texts.items(), key=lambda item: item[1]):
            said = known.get((text, context), "")
            if not said and language == "zh_Hant":
                said = _traditional(text)
            new.append(
                polib.POEntry(
                    msgid=text,
                    msgstr=said,
                    msgctxt=context or None,
                    occurrences=[(place, "") for place in dict.fromkeys(where)],
                    flags=["python-format"] if "%(" in text else [],
                )
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        new.save(str(path))
        print(f"{language}: {len(new)} texts, {len(new.untranslated_entries())} untranslated")


def _traditional(text: str) -> str:
    from opencc import OpenCC

    return OpenCC("s2tw").convert(text)


def compile_all() -> None:
    """Write the .mo file beside each .po."""
    for language in LANGUAGES:
        path = catalogue(language)
        if path.exists():
            polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))


def check() -> int:
    """Name every text in use that a language lacks, and placeholders that differ."""
    import re

    faults = 0
    texts = used()
    for language in LANGUAGES:
        path = catalogue(language)
        known = {(e.msgid, e.msgctxt or ""): e.msgstr for e in polib.pofile(str(path))}
        for key, where in texts.items():
            said = known.get(key, "")
            names = re.compile(r"%\((\w+)\)")
            if not said:
                faults += 1
                print(f"{language}: no translation: {key[0]!r} ({where[0]})")
            elif set(names.findall(key[0])) != set(names.findall(said)):
                faults += 1
                print(f"{language}: other placeholders: {key[0]!r} ({where[0]})")
    return 1 if faults else 0


def main(words: list[str]) -> int:
    """Carry out one of the three commands."""
    match words:
        case ["collect", *given]:
            collect(given)
        case ["compile"]:
            compile_all()
        case ["check"]:
            return check()
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

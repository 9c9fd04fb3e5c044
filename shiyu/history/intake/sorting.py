"""Kinds for a whole column of reports: by the source's own kind, or by a list of words (定类).

Only what the city has laid down counts: a kind of the source that is one of ours by name or
code, or a row of the city's table. What the words of a report may mean beside that is for the
desk to see, where it is suggested with its reason.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from shiyu.catalogue.models import Kind
from shiyu.catalogue.rules import kinds_in_use
from shiyu.common.errors import Refused
from shiyu.common.sheets import read_sheets
from shiyu.history.reports.columns import bared

SOURCE_KIND = ("来源类别", "来源小类", "source_kind", "service_code")
WORD = ("词", "词语", "关键词", "word")
OUR_KIND = ("小类", "本市小类", "小类代码", "小类名称", "kind")
BY_NAME, BY_TABLE, BY_WORD = "source", "table", "word"
"""How a kind was found, as the journal's line says it."""


@dataclass(slots=True)
class Rules:
    """What a report's own kind, or its words, mean here."""

    kinds: Mapping[int, str]
    names: dict[str, int] = field(default_factory=dict)
    table: dict[str, int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of_city(cls, table: Path | None = None) -> "Rules":
        """Those of this city's catalogue, and of a table of its own.

        table  xlsx or csv with a column 小类 (name or code) and one of 来源类别 or 词.

        Raises  Refused naming the rows that name no kind.
        """
        rules = cls({})
        found = list(kinds_in_use().order_by("-code"))
        rules.kinds = {kind.pk: kind.name for kind in found}
        for kind in found:
            rules.names |= _names_of(kind)
        if table is not None:
            rules._read(table)
        return rules

    def sort(self, said: Sequence[pl.Series], texts: pl.Series) -> pl.DataFrame:
        """For each report kind_id, kind_name and kind_by, or nulls.

        said  columns of the source's own kinds; an earlier one counts before a later.
        """
        by_kind = [self._by_kinds(kinds, n) for n, kinds in enumerate(said)]
        rows = pl.DataFrame([*(s for pair in by_kind for s in pair), self._by_words(texts)])
        by_word = pl.when(pl.col("word_id").is_not_null()).then(pl.lit(BY_WORD))
        found = rows.select(
            pl.coalesce(*(f"id{n}" for n in range(len(said))), "word_id").alias("kind_id"),
            pl.coalesce(*(f"how{n}" for n in range(len(said))), by_word).alias("kind_by"),
        )
        name = pl.col("kind_id").replace_strict(
            dict(self.kinds), default=None, return_dtype=pl.String
        )
        return found.with_columns(name.alias("kind_name"))

    def _by_kinds(self, kinds: pl.Series, n: int) -> tuple[pl.Series, pl.Series]:
        """The kind that each of the source's names, and how it was found."""
        named = {kind: self._by_kind(kind) for kind in kinds.drop_nulls().unique()}
        ids = {kind: found[0] for kind, found in named.items() if found}
        hows = {kind: found[1] for kind, found in named.items() if found}
        return (
            kinds.replace_strict(ids, default=None, return_dtype=pl.Int64).alias(f"id{n}"),
            kinds.replace_strict(hows, default=None, return_dtype=pl.String).alias(f"how{n}"),
        )

    def _by_kind(self, kind: str) -> tuple[int, str] | None:
        """By the table, by name or code, or by the end of a path such as 道路/井盖破损."""
        for said in (bared(kind), bared(re.split(r"[/>-]", kind)[-1])):
            if said in self.table:
                return self.table[said], BY_TABLE
            if said in self.names:
                return self.names[said], BY_NAME
        return None

    def _by_words(self, texts: pl.Series) -> pl.Series:
        """The kind that the words of the table give, if all that are said give the same one."""
        nothing = pl.Series("word_id", [None] * len(texts), dtype=pl.Int64)
        if not self.words:
            return nothing
        patterns = sorted(self.words, key=lambda word: (-len(word), word))
        found = texts.str.normalize("NFKC").str.to_lowercase()
        said = found.str.extract_many(patterns, leftmost=True)
        meant = said.list.eval(
            pl.element().replace_strict(self.words, default=None, return_dtype=pl.Int64)
        ).list.unique()
        one = pl.DataFrame({"meant": meant}).select(
            pl.when(pl.col("meant").list.len() == 1).then(pl.col("meant").list.first())
        )
        return one["meant"].alias("word_id")

    def _read(self, path: Path) -> None:
        wrong: list[str] = []
        rows = [row for sheet in read_sheets(path) for row in sheet.rows if not row.is_blank]
        header = [bared(cell) for cell in rows[0].cells] if rows else []
        at = {
            name: next((header.index(bared(n)) for n in names if bared(n) in header), None)
            for name, names in (("source", SOURCE_KIND), ("word", WORD), ("kind", OUR_KIND))
        }
        if at["kind"] is None or (at["source"] is None and at["word"] is None):
            raise Refused("类别对照表须有“小类”一列，和“来源类别”或“词”一列")
        for row in rows[1:]:
            kind = self.names.get(bared(row.cell(at["kind"])))
            if kind is None:
                wrong.append(f"第{row.number}行 {row.cell(at['kind'])}")
                continue
            if said := bared(row.cell(at["source"])):
                self.table[said] = kind
            if said := bared(row.cell(at["word"])):
                self.words[said] = kind
        if wrong:
            raise Refused(f"类别对照表里这些小类本市没有：{'；'.join(wrong[:10])}")


def _names_of(kind: Kind) -> dict[str, int]:
    return {bared(kind.name): kind.pk, bared(kind.code): kind.pk}

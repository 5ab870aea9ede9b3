"""What a search of products or variants finds, and how well it fits, by a few statements however large the catalogue is.

A text is cut into words, each of which must stand in the row or, for products, in the name of the brand, of the category or
one above it, or in the label of a choice among the attributes. While few enough rows match, each has a rank:

0 SKU, barcode or handle; 1 the whole title; 2 its beginning; 3 whole words of the title, or a noun in its other number; 3.5 a
fragment of it; 4 and 4.5 the same in the rest of the row; 5 the words apart from each other; 6 in names. Where next to nothing
was found: 7 Chinese characters apart from each other; 8 and up what is only similar.
"""

# ruff: noqa: S608 - what was typed stands in the values
from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from catalog.models.words import cut, escaped, formed, is_eastern, patterns, spellings, suggestion, whole

RANKED = 2000  # so many rows are ranked; where more match, the best of them come first and the newest next
FEW = 3  # with fewer rows than this, similar ones are looked for
SIMILAR = 100
SHORTEST_ERROR, SHORTEST_ALONE = 4, 2  # letters, below which everything is similar to everything
EXACT, APART, IN_NAMES, FAR_APART, ALIKE, INACTIVE = 1, 5, 6, 7, 8, 0.5
SEPARATORS = dict.fromkeys(map(ord, "-_./ "))

# Rows of (number of the word, what it names, keys, values in the attributes, 0, 0).
NAMES = """
SELECT w.n::float8, 'brand_id', array_agg(b.id), NULL::jsonb, 0, 0 FROM unnest(%(numbers)s::int[], %(patterns)s::text[]) w(n, pattern)
JOIN catalog_brand b ON catalog_search_form(b.name || ' ' || b.name_zh || ' ') LIKE upper(w.pattern) GROUP BY w.n
UNION ALL
SELECT w.n, 'category_id', array_agg(DISTINCT below.id), NULL, 0, 0 FROM unnest(%(numbers)s::int[], %(patterns)s::text[]) w(n, pattern)
JOIN catalog_category c ON catalog_search_form(c.name || ' ' || c.name_zh || ' ') LIKE upper(w.pattern)
JOIN catalog_category below ON below.id = c.id OR starts_with(below.path, c.path || ' > ') GROUP BY w.n
UNION ALL
SELECT w.n, 'attributes', NULL, jsonb_agg(jsonb_build_object(d.code,
    CASE d.kind WHEN 'choice' THEN o.choice -> 'code' ELSE jsonb_build_array(o.choice -> 'code') END)), 0, 0
FROM unnest(%(numbers)s::int[], %(patterns)s::text[]) w(n, pattern)
CROSS JOIN catalog_attributedefinition d CROSS JOIN jsonb_array_elements(d.choices) o(choice)
WHERE catalog_search_form(concat(o.choice ->> 'label', ' ', o.choice ->> 'label_zh', ' ')) LIKE upper(w.pattern) GROUP BY w.n
UNION ALL
"""

# What tells most rows apart comes first, and what is dear last: thousands of rows are ranked. The title is the beginning of
# the searched text; where that has Chinese characters, blanks stand around each, and the title itself is looked at.
RANK_OF_PRODUCT = """CASE
WHEN {{lacks}} THEN CASE WHEN {title} = ANY(%(titles)s) THEN 1 ELSE {{apart}} END
WHEN ltrim(p.search_text) LIKE ANY(%(beginnings)s) THEN
    CASE WHEN {title} = ANY(%(titles)s) THEN 1 WHEN ltrim(p.search_text) LIKE %(starts)s THEN 2 ELSE 3.25 END
WHEN strpos(p.search_text, %(stem)s) > length(p.title) + 1 THEN CASE WHEN p.search_text ~ %(whole)s THEN 4 ELSE 4.5 END
WHEN p.search_text LIKE %(alone)s THEN 3 WHEN p.search_text ~ %(whole)s THEN 3.25 ELSE 3.5 END""".format(
    title="replace(upper(p.title), ' ', '')"
)
RANK_OF_EASTERN = """CASE
WHEN {{lacks}} THEN {{apart}}
WHEN %(joined)s IN ({title}, {title_zh}) THEN 1
WHEN {title} LIKE %(starts)s OR {title_zh} LIKE %(starts)s THEN 2
WHEN strpos({title} || ' ' || {title_zh}, %(joined)s) > 0 THEN 3 ELSE 4 END""".format(
    title="replace(upper(p.title), ' ', '')", title_zh="replace(upper(p.title_zh), ' ', '')"
)
RANK_OF_VARIANT = """CASE
WHEN ltrim(v.search_text) LIKE %(starts)s OR v.barcode LIKE %(starts)s THEN 2
WHEN {lacks} THEN {apart}
WHEN v.search_text LIKE %(alone)s THEN {whole} WHEN v.search_text ~ %(whole)s THEN {whole} + 0.25 ELSE {whole} + 0.5 END"""

# Where there are digits, the text may be a code without its hyphens.
RANK_OF_CODE = f"""CASE
WHEN catalog_bare_code(v.sku) = %(bare)s THEN 0 WHEN catalog_bare_code(v.sku) LIKE %(bare_starts)s THEN 2
{RANK_OF_VARIANT.removeprefix("CASE")}"""

EXACT_VARIANTS = """SELECT 2, {key}, 0 FROM catalog_variant WHERE upper(sku) = upper(%(typed)s)
UNION ALL SELECT 2, {key}, 0 FROM catalog_variant WHERE barcode = %(typed)s AND barcode <> ''"""

EXACT_PRODUCTS = f"""SELECT 2, id, 0 FROM catalog_product WHERE upper(handle) = upper(%(typed)s)
UNION ALL SELECT 2, id, 1 FROM catalog_product WHERE title = ANY(%(cases)s)
UNION ALL {EXACT_VARIANTS.format(key="product_id")}"""

# Rows of (rank, 'rank', keys, -, how many were read from out of the table itself (0), from the other one (1)); as typed exactly is 2.
BY_RANK = """SELECT rank::float8, 'rank', array_agg(id), NULL::jsonb, sum(own)::int, sum(other)::int FROM (
SELECT id, min(rank) AS rank, count(*) FILTER (WHERE source = 0) AS own, count(*) FILTER (WHERE source = 1) AS other
FROM ({candidates}) hit (source, id, rank) GROUP BY id) best GROUP BY rank"""


@dataclass
class Found:
    """`ranks` of rows by primary key, small ones best. Unless `complete`, more rows match, and `keys` is SQL for all of them.

    `at_least` so many match. `only_similar`: nothing holds the text itself; `suggestion` is then what may have been meant, or "".
    """

    text: str
    ranks: dict[int, float] = field(default_factory=dict)
    complete: bool = True
    keys: str = ""
    values: tuple[Any, ...] = ()
    at_least: int = 0
    only_similar: bool = False
    suggestion: str = ""

    def narrow(self, rows: QuerySet) -> Any:
        if self.complete:
            return rows.filter(pk__in=list(self.ranks))
        return rows.filter(pk__in=RawSQL(self.keys, self.values))  # noqa: S611 - the text stands in the values


class _Search:
    """One text: its words, what they name, and conditions in SQL."""

    def __init__(self, text: str) -> None:
        self.text, self.pieces = cut(text)
        self.named: dict[int, dict[str, Any]] = {}  # by number of the word: what the database knows under its name
        self.form = formed(self.text)
        bare = self.form.translate(SEPARATORS)
        self.bare = bare if re.search(r"\d", bare) and len(bare) > 2 else ""
        self.is_eastern = is_eastern(self.form)
        self.forms = [one.upper() for one in spellings(self.form)]
        likes = [(number, like) for number, piece in enumerate(self.pieces) for like in patterns(piece)]
        joined = self.form.replace(" ", "")
        self.given = {
            "numbers": [number for number, _like in likes],
            "patterns": [like for _number, like in likes],
            "typed": self.text,
            "cases": [self.text, self.text.lower(), self.text.capitalize(), self.text.title(), self.form],
            "joined": joined,
            "titles": [joined, *(one.replace(" ", "") + end for one in self.forms for end in ("", "S", "ES"))],
            "starts": f"{escaped(joined if self.is_eastern else self.form)}%",
            "beginnings": [f"{escaped(one)}%" for one in self.forms],
            "stem": self.forms[0],
            "holds": [f"%{escaped(one)}%" for one in self.forms],
            "alone": f"% {escaped(self.form)} %",
            "whole": whole(self.forms),
            "bare": self.bare,
            "bare_starts": f"{escaped(self.bare)}%",
        }

    def of_products(self, *, names: bool) -> tuple[str, list[Any]]:
        """Condition on `p`, a product, with its values."""
        parts, values = [], []
        for number, piece in enumerate(self.pieces):
            condition, likes = fits("p", piece)
            ways = [condition]
            values += likes
            for kind, found in self.named.get(number, {}).items() if names else ():
                if kind == "attributes":
                    ways += ["p.attributes @> %s::jsonb"] * len(found)
                    values += [json.dumps(one) for one in found]
                else:
                    ways.append(f"p.{kind} = ANY(%s)")
                    values.append(found)
            parts.append(f"({' OR '.join(ways)})")
        return " AND ".join(parts), values

    def of_variants(self) -> tuple[str, list[Any]]:
        """Condition on `v`, a variant, with its values. A code is found without its hyphens too."""
        condition, values = all_fit("v", self.pieces)
        if self.bare and self.bare != self.form:
            condition = f"({condition}) OR v.search_text LIKE upper(%s)"
            values.append(f"%{escaped(self.bare)}%")
        return condition, values

    def rank_of_product(self, *, names: bool) -> tuple[str, list[Any]]:
        """Expression for the rank of `p`, which fits, with its values."""
        condition, values = all_fit("p", self.pieces) if names and self.named else ("true", [])
        apart = f"CASE WHEN {condition} THEN {APART} ELSE {IN_NAMES} END"
        rank = RANK_OF_EASTERN if self.is_eastern else RANK_OF_PRODUCT
        return rank.format(lacks=self._lacks("p"), apart=apart), values

    def rank_of_variant(self, whole: int) -> str:
        """Expression for the rank of `v`, which fits; `whole` is that of whole words."""
        rank = RANK_OF_CODE if self.bare else RANK_OF_VARIANT
        return rank.format(lacks=self._lacks("v"), apart=APART, whole=whole)

    def _lacks(self, table: str) -> str:
        return f"NOT {table}.search_text LIKE ANY(%(holds)s)"

    @property
    def characters(self) -> list[str]:
        """The words, the Chinese ones cut into characters; [] where that makes no difference."""
        pieces = [one for piece in self.pieces for one in (piece if is_eastern(piece) else [piece])]
        return list(dict.fromkeys(pieces)) if len(pieces) > len(self.pieces) else []

    def is_long_enough_for_errors(self, *, alone: bool) -> bool:
        """Whether anything like it says something: less will do in Chinese, where nothing else was found."""
        letters = re.sub(r"\W", "", self.form)
        return len(letters) >= SHORTEST_ERROR or (alone and len(letters) >= SHORTEST_ALONE and self.is_eastern)


def fits(table: str, piece: str) -> tuple[str, list[Any]]:
    """Condition for a word to stand in a row of `table`, with its values."""
    likes = patterns(piece)
    return " OR ".join([f"{table}.search_text LIKE upper(%s)"] * len(likes)), likes


def all_fit(table: str, pieces: list[str]) -> tuple[str, list[Any]]:
    conditions = [fits(table, piece) for piece in pieces]
    return " AND ".join(f"({one})" for one, _likes in conditions), [
        like for _one, likes in conditions for like in likes
    ]


def rows_of(sql: str, given: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall()


@dataclass
class _Read:
    """Ranks of rows that were read, and how many rows of this table and of the other that took: more than RANKED are not all."""

    ranks: dict[int, float] = field(default_factory=dict)
    own: int = 0
    other: int = 0

    def add(self, rank: float, keys: list[int], own: int, other: int) -> None:
        self.ranks.update(dict.fromkeys(keys, rank))
        self.own += own
        self.other += other

    @property
    def is_all(self) -> bool:
        return max(self.own, self.other, len(self.ranks)) <= RANKED

    @property
    def best(self) -> dict[int, float]:
        """The ranks to begin with where too many rows match: of rows that were not all read, those that nothing is better than."""
        worst = IN_NAMES if self.own <= RANKED else EXACT
        kept = sorted((rank, -key) for key, rank in self.ranks.items() if rank <= worst)[:RANKED]
        return {-key: rank for rank, key in kept}


class _Finder:
    """How the rows of one table are found. `candidates` gives SQL of (source, key, rank), `keys` of all keys."""

    apart = ""
    similar = ""

    def __init__(self, text: str) -> None:
        self.search = _Search(text)

    def candidates(self, *, names: bool) -> tuple[str, list[Any]]:
        raise NotImplementedError

    def keys(self) -> tuple[str, list[Any]]:
        raise NotImplementedError

    def read(self, *, names: bool) -> _Read:
        """Rows that match, up to a number, with their ranks. Without names these are looked up along, for another time."""
        candidates, values = self.candidates(names=names)
        along, more = ("", []) if names else self.placed(NAMES, [])
        read = _Read()
        for number, kind, keys, facts, own, other in rows_of(
            along + BY_RANK.format(candidates=candidates), [*more, *values]
        ):
            if kind == "rank":
                read.add(number, keys, own, other)
            else:
                self.search.named.setdefault(int(number), {})[kind] = keys or json.loads(facts)
        return read

    def find(self) -> Found:
        search = self.search
        if not search.pieces:
            return Found(search.text)
        plainly = self.read(names=False)
        read = self.read(names=True) if search.named else plainly
        if read.is_all:
            found = Found(search.text, read.ranks)
            if len(read.ranks) < FEW and 0 not in read.ranks.values():
                self.look_further(found)
            return found
        sql, values = self.keys()
        best = (read if read.own <= RANKED else plainly).best
        return Found(search.text, best, complete=False, keys=sql, values=tuple(values), at_least=len(read.ranks))

    def look_further(self, found: Found) -> None:
        """Add rows in which the characters stand apart from each other or, where there are none, what is similar."""
        known = len(found.ranks)
        if self.search.characters:
            condition, values = all_fit("r", self.search.characters)
            for (key,) in rows_of(self.apart.format(condition=condition), [*values, SIMILAR]):
                found.ranks.setdefault(key, FAR_APART)
        if len(found.ranks) == known and self.search.is_long_enough_for_errors(alone=not known):
            self.add_similar(found)
        found.only_similar = not known and bool(found.ranks)

    def add_similar(self, found: Found) -> None:
        known = len(found.ranks)
        alike = rows_of(self.similar, {"form": self.search.form, "most": SIMILAR})
        for key, likeness, *_titles in alike:
            found.ranks.setdefault(key, ALIKE + 1 - round(likeness, 3))
        if not known:
            found.suggestion = suggestion(found.text, [title for row in alike[:5] for title in row[2:]])

    def placed(self, sql: str, values: list[Any]) -> tuple[str, list[Any]]:
        """`sql`, where values of the search go by name and others by place, with all of them by place."""
        given: list[Any] = []
        others = iter(values)

        def put(match: re.Match[str]) -> str:
            given.append(self.search.given[match[1]] if match[1] else next(others))
            return "%s"

        return re.sub(r"%\((\w+)\)s|%s", put, sql), given


class _Products(_Finder):
    apart = "SELECT r.id FROM catalog_product r WHERE {condition} ORDER BY r.id DESC LIMIT %s"
    similar = """SELECT s.id, max(s.alike), p.title, p.title_zh FROM (
        SELECT id, alike FROM catalog_similar_products(%(form)s, %(most)s)
        UNION ALL SELECT product_id, alike FROM catalog_similar_variants(%(form)s, %(most)s) WHERE %(form)s ~ '\\d'
    ) s JOIN catalog_product p ON p.id = s.id GROUP BY s.id, p.title, p.title_zh ORDER BY 2 DESC, 1 DESC LIMIT %(most)s"""

    def candidates(self, *, names: bool) -> tuple[str, list[Any]]:
        rank, rank_values = self.search.rank_of_product(names=names)
        own, own_values = self.search.of_products(names=names)
        variants, variant_values = self.search.of_variants()
        most = RANKED + 1
        sql = (
            f"(SELECT 0, p.id, {rank} FROM catalog_product p WHERE {own} LIMIT {most})"
            f" UNION ALL (SELECT 1, v.product_id, {self.search.rank_of_variant(4)} FROM catalog_variant v"
            f" WHERE {variants} LIMIT {most}) UNION ALL {EXACT_PRODUCTS}"
        )
        return self.placed(sql, [*rank_values, *own_values, *variant_values])

    def keys(self) -> tuple[str, list[Any]]:
        own, own_values = self.search.of_products(names=True)
        variants, variant_values = self.search.of_variants()
        return (
            (
                f"SELECT p.id FROM catalog_product p WHERE {own}"
                f" UNION ALL SELECT v.product_id FROM catalog_variant v WHERE {variants}"
            ),
            [*own_values, *variant_values],
        )


class _Variants(_Finder):
    apart = "SELECT r.id FROM catalog_variant r WHERE {condition} ORDER BY r.id DESC LIMIT %s"
    similar = """SELECT id, max(alike), title FROM (
        SELECT s.id, s.alike, v.title FROM catalog_similar_variants(%(form)s, %(most)s) s JOIN catalog_variant v ON v.id = s.id
        UNION ALL
        SELECT v.id, s.alike - 0.001, v.title FROM catalog_similar_products(%(form)s, 20) s JOIN catalog_variant v ON v.product_id = s.id
    ) f GROUP BY id, title ORDER BY 2 DESC, 1 DESC LIMIT %(most)s"""

    def candidates(self, *, names: bool) -> tuple[str, list[Any]]:
        own, own_values = self.search.of_variants()
        products, product_values = self.search.of_products(names=names)
        off = f"CASE WHEN v.is_active THEN 0 ELSE {INACTIVE} END"
        most = RANKED + 1
        sql = (
            f"(SELECT 0, v.id, {self.search.rank_of_variant(3)} + {off} FROM catalog_variant v WHERE {own} LIMIT {most})"
            f" UNION ALL (SELECT 1, v.id, {IN_NAMES} + {off} FROM"
            f" (SELECT p.id FROM catalog_product p WHERE {products} LIMIT {most}) p"
            f" JOIN catalog_variant v ON v.product_id = p.id LIMIT {most})"
            f" UNION ALL {EXACT_VARIANTS.format(key='id')}"
        )
        return self.placed(sql, [*own_values, *product_values])

    def keys(self) -> tuple[str, list[Any]]:
        own, own_values = self.search.of_variants()
        products, product_values = self.search.of_products(names=True)
        return (
            (
                f"SELECT v.id FROM catalog_variant v WHERE {own} UNION ALL SELECT v.id FROM catalog_variant v"
                f" WHERE v.product_id IN (SELECT p.id FROM catalog_product p WHERE {products})"
            ),
            [*own_values, *product_values],
        )


def find_products(text: str) -> Found:
    return _Products(text).find()


def find_variants(text: str) -> Found:
    return _Variants(text).find()

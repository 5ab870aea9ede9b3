"""What a search of products or variants finds, and how well it fits, by a few statements however large the catalogue is.

A text is cut into words, each of which must stand in the row or, for products, in the name of the brand, of the category or
one above it, or in the label of a choice among the attributes. While few enough rows match, each has a rank:

0 SKU, barcode or handle; 1 the whole title; 2 its beginning; 3 whole words; 4 a fragment; 5 the words apart from each other,
or in names; 8 and up what is only similar, looked for where next to nothing else was found.
"""

# ruff: noqa: S608 - what was typed stands in the values
from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

RANKED = 2000  # so many rows are ranked; where more match, the best of them come first and the newest next
FEW = 3  # with fewer rows than this, similar ones are looked for
SIMILAR = 100
LONGEST = 200  # characters; what is pasted beyond is left out
MOST_WORDS = 8
SHORTEST_ERROR = 4  # letters, below which everything is similar to everything
EXACT, IN_NAMES, ALIKE, INACTIVE = 1, 5, 8, 0.5
SEPARATORS = dict.fromkeys(map(ord, "-_./ "))
REGULAR, IRREGULAR = ("", "s", "es"), ("y", "ies")

EAST = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
PIECE = re.compile(f"[{EAST}]+|[^{EAST}]+")

NAMES = """
WITH word AS (SELECT n, upper(pattern) AS pattern FROM unnest(%(numbers)s::int[], %(patterns)s::text[]) w(n, pattern))
SELECT w.n, 'brand_id', array_agg(b.id), NULL::jsonb FROM word w
JOIN catalog_brand b ON catalog_search_form(b.name || ' ' || b.name_zh || ' ') LIKE w.pattern GROUP BY w.n
UNION ALL
SELECT w.n, 'category_id', array_agg(DISTINCT below.id), NULL FROM word w
JOIN catalog_category c ON catalog_search_form(c.name || ' ' || c.name_zh || ' ') LIKE w.pattern
JOIN catalog_category below ON below.id = c.id OR starts_with(below.path, c.path || ' > ') GROUP BY w.n
UNION ALL
SELECT w.n, 'attributes', NULL, jsonb_agg(jsonb_build_object(d.code,
    CASE d.kind WHEN 'choice' THEN o.choice -> 'code' ELSE jsonb_build_array(o.choice -> 'code') END))
FROM word w CROSS JOIN catalog_attributedefinition d CROSS JOIN jsonb_array_elements(d.choices) o(choice)
WHERE catalog_search_form(concat(o.choice ->> 'label', ' ', o.choice ->> 'label_zh', ' ')) LIKE w.pattern GROUP BY w.n
UNION ALL
SELECT -1, btrim(catalog_search_form(%(phrase)s)), NULL, NULL
"""

# What tells most rows apart comes first, and what is dear last: thousands of rows are ranked.
RANK_OF_PRODUCT = """CASE
WHEN replace(upper(p.title), ' ', '') = %(joined)s OR replace(upper(p.title_zh), ' ', '') = %(joined)s THEN 1
WHEN p.search_text NOT LIKE %(holds)s THEN 5
WHEN ltrim(p.search_text) LIKE %(starts)s OR replace(upper(p.title_zh), ' ', '') LIKE %(joined_starts)s THEN 2
WHEN p.search_text LIKE %(alone)s THEN 3 WHEN p.search_text ~ %(whole)s THEN 3.5 ELSE 4 END"""

RANK_OF_VARIANT = """CASE
WHEN ltrim(v.search_text) LIKE %(starts)s OR v.barcode LIKE %(starts)s THEN 2
WHEN v.search_text NOT LIKE %(holds)s THEN 5
WHEN v.search_text LIKE %(alone)s THEN 3 WHEN v.search_text ~ %(whole)s THEN 3.5 ELSE 4 END"""

# Where there are digits, the text may be a code without its hyphens.
RANK_OF_CODE = f"""CASE
WHEN catalog_bare_code(v.sku) = %(bare)s THEN 0 WHEN catalog_bare_code(v.sku) LIKE %(bare_starts)s THEN 2
{RANK_OF_VARIANT.removeprefix("CASE")}"""

EXACT_VARIANTS = """SELECT 2, {key}, 0 FROM catalog_variant WHERE upper(sku) = %(form)s
UNION ALL SELECT 2, {key}, 0 FROM catalog_variant WHERE barcode = %(form)s AND barcode <> ''"""

EXACT_PRODUCTS = f"""SELECT 2, id, 0 FROM catalog_product WHERE upper(handle) = %(form)s
UNION ALL SELECT 2, id, 1 FROM catalog_product WHERE title = ANY(%(cases)s)
UNION ALL {EXACT_VARIANTS.format(key="product_id")}"""

# What was found, from out of the table itself (0), the other one (1) or as typed exactly (2), by its best rank.
BY_RANK = """SELECT rank, array_agg(id), sum(own)::int, sum(other)::int FROM (
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


def cut(text: str) -> tuple[str, list[str]]:
    """The text in one form of its characters and blanks, and its words; Chinese and other letters are words of their own."""
    plain = unicodedata.normalize("NFKC", text.replace("\x00", "")[:LONGEST])
    words = plain.split()
    pieces = (piece for word in words for piece in PIECE.findall(word))
    return " ".join(words), list(dict.fromkeys(pieces))[:MOST_WORDS]


def patterns(piece: str) -> list[str]:
    """Patterns of LIKE of which one must fit; an English noun is looked for in both numbers.

    One or two letters are looked for at the beginning of words: the index knows no other.
    """
    if re.match(f"[{EAST}]", piece):
        return [f"% {' '.join(piece)} %"]
    if len(piece) > 2 or not piece.isalnum():
        stem, ends = inflected(piece)
        return [f"%{escaped(stem + end)}%" for end in ends if not end or ends is IRREGULAR]
    safe = escaped(piece)
    return [f"{safe}%", f"% {safe}%", f"%-{safe}%"]


def inflected(text: str) -> tuple[str, tuple[str, ...]]:
    """What an English noun at the end of `text` has in common in singular and plural, and the ends of both.

    Of "berries" as of "berry" this is "berr", with "y" and "ies"; any other text may end in nothing, "s" and "es".
    """
    if not re.search(r"[a-z]{4}$", text, re.IGNORECASE):
        return text, ("",)
    if irregular := re.fullmatch(r"(.*[^\Waeiou])(?:y|ies)", text, re.IGNORECASE):
        return irregular[1], IRREGULAR
    return re.sub(r"(?<=[^siu])s$|(?<=ch|sh|ss)es$|(?<=[xz])es$", "", text, flags=re.IGNORECASE), REGULAR


def escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


class _Search:
    """One text: its words, what they name, and conditions in SQL."""

    def __init__(self, text: str) -> None:
        self.text, self.pieces = cut(text)
        self.named: dict[int, dict[str, Any]] = {}
        self.form = ""
        if self.pieces:
            self._read_names()
        bare = self.form.translate(SEPARATORS)
        self.bare = bare if re.search(r"\d", bare) and len(bare) > 2 else ""
        joined, (stem, ends) = self.form.replace(" ", ""), inflected(self.form)
        self.ranking = {
            "form": self.form,
            "cases": [self.text, self.text.lower(), self.text.capitalize(), self.text.title(), self.form],
            "joined": joined,
            "joined_starts": f"{escaped(joined)}%",
            "starts": f"{escaped(self.form)}%",
            "holds": f"%{escaped(stem)}%",
            "alone": f"% {escaped(self.form)} %",
            "whole": whole(stem, ends),
            "bare": self.bare,
            "bare_starts": f"{escaped(self.bare)}%",
        }

    def _read_names(self) -> None:
        likes = [(number, like) for number, piece in enumerate(self.pieces) for like in patterns(piece)]
        numbers, given = zip(*likes, strict=True)
        for number, kind, keys, values in rows_of(
            NAMES, {"numbers": list(numbers), "patterns": list(given), "phrase": self.text}
        ):
            if number >= 0:
                self.named.setdefault(number, {})[kind] = keys or json.loads(values)
            else:
                self.form = kind

    def of_products(self, *, names: bool) -> tuple[str, list[Any]]:
        """Condition on `p`, a product, with its values."""
        parts, values = [], []
        for number, piece in enumerate(self.pieces):
            likes = patterns(piece)
            ways = ["p.search_text LIKE upper(%s)"] * len(likes)
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
        parts, values = [], []
        for piece in self.pieces:
            likes = patterns(piece)
            parts.append(f"({' OR '.join(['v.search_text LIKE upper(%s)'] * len(likes))})")
            values += likes
        condition = " AND ".join(parts)
        if self.bare and self.bare != self.form:
            condition = f"({condition}) OR v.search_text LIKE upper(%s)"
            values.append(f"%{escaped(self.bare)}%")
        return condition, values

    @property
    def is_long_enough_for_errors(self) -> bool:
        return len(re.sub(r"\W", "", self.form)) >= SHORTEST_ERROR


def whole(stem: str, ends: Iterable[str]) -> str:
    """Regular expression of a word, or several, with any of these ends."""
    literal = re.sub(r"([^\w\s])", r"\\\1", stem)
    return rf"\m{literal}(?:{'|'.join(ends).upper()})\M"


def rows_of(sql: str, given: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall()


class _Finder:
    """How the rows of one table are found. `candidates` gives SQL of (source, key, rank), `keys` of all keys."""

    similar = ""

    def __init__(self, text: str) -> None:
        self.search = _Search(text)

    @property
    def rank_of_variant(self) -> str:
        return RANK_OF_CODE if self.search.bare else RANK_OF_VARIANT

    def candidates(self, *, names: bool) -> tuple[str, list[Any]]:
        raise NotImplementedError

    def keys(self) -> tuple[str, list[Any]]:
        raise NotImplementedError

    def ranked(self, *, names: bool) -> tuple[dict[int, float], int, int]:
        """Ranks of rows that match, and how many were read of this table and of the other: more than RANKED are not all."""
        candidates, values = self.candidates(names=names)
        ranks: dict[int, float] = {}
        numbers = [0, 0]
        for rank, keys, *read in rows_of(BY_RANK.format(candidates=candidates), values):
            ranks.update(dict.fromkeys(keys, float(rank)))
            numbers = [old + more for old, more in zip(numbers, read, strict=True)]
        return ranks, *numbers

    def find(self) -> Found:
        search = self.search
        if not search.pieces:
            return Found(search.text)
        ranks, own, other = self.ranked(names=True)
        if max(own, other, len(ranks)) <= RANKED:
            found = Found(search.text, ranks)
            if len(ranks) < FEW and search.is_long_enough_for_errors and 0 not in ranks.values():
                self.add_similar(found)
            return found
        number = len(ranks)
        if own > RANKED and search.named:
            ranks, own, _other = self.ranked(names=False)
        sql, values = self.keys()
        best = self.best(ranks, all_read=own <= RANKED)
        return Found(search.text, best, complete=False, keys=sql, values=tuple(values), at_least=number)

    @staticmethod
    def best(ranks: dict[int, float], *, all_read: bool) -> dict[int, float]:
        """The ranks to begin with where too many rows match: of rows that were not all read, those that nothing is better than."""
        worst = IN_NAMES if all_read else EXACT
        kept = sorted((rank, -key) for key, rank in ranks.items() if rank <= worst)[:RANKED]
        return {-key: rank for rank, key in kept}

    def add_similar(self, found: Found) -> None:
        alike = rows_of(self.similar, {"form": self.search.form, "most": SIMILAR})
        found.only_similar = not found.ranks and bool(alike)
        for key, likeness, *_titles in alike:
            found.ranks.setdefault(key, ALIKE + 1 - round(likeness, 3))
        if found.only_similar:
            found.suggestion = suggestion(found.text, [title for row in alike[:5] for title in row[2:]])

    def placed(self, sql: str, values: list[Any]) -> tuple[str, list[Any]]:
        """`sql`, where values of the ranking go by name and others by place, with all of them by place."""
        given: list[Any] = []
        others = iter(values)

        def put(match: re.Match[str]) -> str:
            given.append(self.search.ranking[match[1]] if match[1] else next(others))
            return "%s"

        return re.sub(r"%\((\w+)\)s|%s", put, sql), given


class _Products(_Finder):
    similar = """SELECT s.id, max(s.alike), p.title, p.title_zh FROM (
        SELECT id, alike FROM catalog_similar_products(%(form)s, %(most)s)
        UNION ALL SELECT product_id, alike FROM catalog_similar_variants(%(form)s, %(most)s) WHERE %(form)s ~ '\\d'
    ) s JOIN catalog_product p ON p.id = s.id GROUP BY s.id, p.title, p.title_zh ORDER BY 2 DESC, 1 DESC LIMIT %(most)s"""

    def candidates(self, *, names: bool) -> tuple[str, list[Any]]:
        own, own_values = self.search.of_products(names=names)
        variants, variant_values = self.search.of_variants()
        most = RANKED + 1
        sql = (
            f"(SELECT 0, p.id, {RANK_OF_PRODUCT} FROM catalog_product p WHERE {own} LIMIT {most})"
            f" UNION ALL (SELECT 1, v.product_id, {self.rank_of_variant} FROM catalog_variant v WHERE {variants} LIMIT {most})"
            f" UNION ALL {EXACT_PRODUCTS}"
        )
        return self.placed(sql, [*own_values, *variant_values])

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
            f"(SELECT 0, v.id, {self.rank_of_variant} + {off} FROM catalog_variant v WHERE {own} LIMIT {most})"
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


def suggestion(text: str, titles: Iterable[str]) -> str:
    """The typed words, each as the titles write the word that is most like it; "" where that changes nothing."""
    words = {word.casefold(): word for title in titles for word in re.findall(r"\w+", title)}
    meant = [
        words[close[0]] if (close := get_close_matches(typed.casefold(), words, 1, 0.6)) else typed
        for typed in text.split()
    ]
    put_right = " ".join(meant)
    return "" if put_right.casefold() == text.casefold() else put_right

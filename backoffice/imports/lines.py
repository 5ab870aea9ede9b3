"""Records become staged rows column by column, a thousand at a time; those that need a second look, one by one.

Most cells of a large file are plain: they are recognised for a whole column at once, and what repeats is read once. A
record with any other cell goes the ordinary way, which alone knows what to say about it.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from backoffice.imports.cells import LOOKED_AT, CellReader
from backoffice.imports.copying import NULL, Block, encode

CHUNK = 1000
REMEMBERED = 20_000  # values of a column that are kept for when they come again

Record = tuple[int, list[str]]


class LineReader:
    """Reads records whose staged columns are columns of the file, each by itself.

    names: the staged columns; constants: those among them that are the same in every row, as COPY writes them.
    needed: columns whose blank cells need a second look; odd: texts that do, by column.
    made: staged columns that are made of cells: the columns, and the function of their texts, as COPY writes them; None
    where it wants a second look.
    slowly: makes staged rows of records one by one.
    """

    def __init__(
        self,
        cells: CellReader,
        names: Sequence[str],
        slowly: Callable[[Iterator[Record]], Iterable[tuple[Any, ...]]],
        *,
        constants: Mapping[str, str] | None = None,
        needed: Sequence[str] = (),
        odd: Mapping[str, str] | None = None,
        made: Mapping[str, tuple[Sequence[str], Callable[..., str | None]]] | None = None,
    ) -> None:
        self.cells = cells
        self.names = names
        self.slowly = slowly
        self.constants = dict(constants or {})
        self.odd = [(name, "") for name in needed] + list((odd or {}).items())
        self.made = {name: (sources, _remembering(make)) for name, (sources, make) in (made or {}).items()}
        self.memory: dict[str, dict[str, str | None]] = {
            name: {text: encode(value) for text, value in known.items()} for name, _i, _c, known in cells.single
        }

    def read(self, rows: Iterator[Record]) -> Iterator[Block | tuple[Any, ...]]:
        while chunk := list(itertools.islice(rows, CHUNK)):
            straight = [record for record in chunk if len(record[1]) == self.cells.width]
            suspects = [record for record in chunk if len(record[1]) != self.cells.width]
            if straight:
                block, others = self._block(straight)
                suspects += others
                if block.count:
                    yield block
            if suspects:
                yield from self.slowly(iter(suspects))

    def _block(self, records: list[Record]) -> tuple[Block, list[Record]]:
        """The plain records as one block, and the others."""
        columns = list(zip(*[cells for _number, cells in records], strict=True))
        encoded = {
            name: self._column(name, column, columns[index]) for name, index, column, _known in self.cells.single
        }
        encoded |= {
            name: [make(*texts) for texts in zip(*[encoded[source] for source in sources], strict=True)]
            for name, (sources, make) in self.made.items()
        }
        suspects = self._suspects(encoded) | self._oddly_begun(columns[:LOOKED_AT])
        parts: list[Iterable[Any]] = [[str(number) for number, _cells in records], itertools.repeat(NULL)]
        parts += [
            itertools.repeat(self.constants[name]) if name in self.constants else encoded[name] for name in self.names
        ]
        lines: Iterable[Any] = zip(*parts, strict=False)
        if suspects:
            lines = [line for place, line in enumerate(lines) if place not in suspects]
        text = "\n".join(["\t".join(line) for line in lines])
        count = len(records) - len(suspects)
        return Block(count, f"{text}\n"), [records[place] for place in sorted(suspects)]

    def _suspects(self, encoded: Mapping[str, Sequence[str | None]]) -> set[int]:
        found: set[int] = set()
        for values in encoded.values():
            if None in values:
                found.update(place for place, value in enumerate(values) if value is None)
        for name, text in self.odd:
            values = encoded.get(name, ())
            if text in values:
                found.update(place for place, value in enumerate(values) if value == text)
        return found

    def _oddly_begun(self, columns: Sequence[Sequence[str]]) -> set[int]:
        """Places of rows that may be no record: totals, and headers that come again."""
        odd = self.cells.odd_starts
        return {
            place for texts in columns if not odd.isdisjoint(texts) for place, text in enumerate(texts) if text in odd
        }

    def _column(self, name: str, column: Any, texts: Sequence[str]) -> Sequence[str | None]:
        """The cells as COPY writes them; None for those that are not plain."""
        if not getattr(column, "blanks", ()) and (certain := column.certain(texts)) is not None:
            return certain  # type: ignore[no-any-return]
        memory = self.memory[name]
        try:
            return [memory[text] for text in texts]
        except KeyError:
            if len(memory) > REMEMBERED:
                memory.clear()
        for text in texts:
            if text not in memory:
                memory[text] = self._read(name, column, text)
        return [memory[text] for text in texts]

    def _read(self, name: str, column: Any, text: str) -> str | None:
        problems: list[list[str]] = []
        value = self.cells.clean(name, column, text, problems)
        return None if problems else encode(value)


def _remembering(make: Callable[..., str | None]) -> Callable[..., str | None]:
    """`make` of texts that are plain; None where one of them is not."""

    @functools.lru_cache(REMEMBERED)
    def made(*texts: str | None) -> str | None:
        return None if any(text is None or "\\" in text for text in texts) else make(*texts)

    return made

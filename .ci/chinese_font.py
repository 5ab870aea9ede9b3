"""Makes orders/fonts/NotoSansSC.ttf, the Chinese letters that PDF documents embed, from the whole font.

Needs fonttools (4.68 gave the file as it stands), the static NotoSansSC-Regular.ttf and Unihan_OtherMappings.txt of the
Unicode Character Database, which names the letters of the Table of General Standard Chinese Characters:

    python .ci/chinese_font.py NotoSansSC-Regular.ttf Unihan_OtherMappings.txt orders/fonts/NotoSansSC.ttf
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont


def two_bytes(encoding: str, first: int, last: int) -> set[int]:
    """The characters that an encoding writes in two bytes, the first of them from `first` to `last`."""
    pairs = (bytes((lead, trail)) for lead in range(first, last + 1) for trail in range(0x40, 0xFF))
    return {ord(text) for pair in pairs if len(text := pair.decode(encoding, errors="ignore")) == 1}


def general_standard(unihan: Path) -> set[int]:
    rows = (line.split("\t") for line in unihan.read_text("utf-8").splitlines() if "\tkTGH\t" in line)
    return {int(row[0].removeprefix("U+"), 16) for row in rows}


def main(whole: str, unihan: str, made: str) -> None:
    kept = two_bytes("gb2312", 0xA1, 0xF7) | two_bytes("big5", 0xA1, 0xC6) | two_bytes("shift_jis", 0x81, 0x97)
    kept |= two_bytes("cp932", 0xFA, 0xFC)  # letters of Japanese names
    kept |= general_standard(Path(unihan))
    # ASCII, punctuation and kana, bopomofo, in circles and squares, upright, full and half width.
    blocks = (0x20, 0x7E), (0x3000, 0x30FF), (0x3100, 0x312F), (0x3200, 0x33FF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF)
    for first, last in blocks:
        kept.update(range(first, last + 1))
    options = Options(
        layout_features=[], hinting=False, glyph_names=False, notdef_outline=True, recalc_timestamp=False, name_IDs=["*"],
        drop_tables=["BASE", "GDEF", "GPOS", "GSUB", "STAT", "gasp", "vhea", "vmtx"],
    )  # fmt: skip
    font = TTFont(whole, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=kept)
    subsetter.subset(font)
    # Names of the weights of the variable font, which nothing in this one refers to.
    font["name"].names = [name for name in font["name"].names if name.nameID < 256]
    font.save(made)
    print(f"{made}: {len(font.getBestCmap())} characters, {Path(made).stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(*sys.argv[1:])

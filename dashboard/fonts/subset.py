"""Cut the Noto Sans SC of its npm package down to what the screens need.

`python -m dashboard.fonts.subset <unpacked @fontsource/noto-sans-sc> [output folder]`

The package splits the font into many small files. The screens need all of GB 2312 (a department's
categories and place names arrive as data, so no list of today's texts would do) and a few signs
that lie in other files of the package. Needs fonttools and brotli (requirements-dev.txt).
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

WEIGHTS = (400, 700)
SIGNS = "≤≥▲▼△▽→←↗↘√≈≠∩∪●○◎■□◆★☆℃‰①②③④⑤⑥⑦⑧⑨⑩⚠▶◀∞≡"
FEATURES = ["ccmp", "locl", "kern"]


def gb2312() -> str:
    """Return every character of GB 2312 and printable Latin-1."""
    pairs = (bytes([row, cell]) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF))
    chinese = "".join(pair.decode("gb2312", errors="ignore") for pair in pairs)
    latin = "".join(chr(point) for point in (*range(0x20, 0x7F), *range(0xA0, 0x100)))
    return chinese + latin + "–—−…‘’“”"


def cut(font: TTFont, characters: str) -> TTFont:
    """Return `font` reduced to `characters`, without hinting."""
    options = Options(layout_features=FEATURES, hinting=False, notdef_outline=True)
    subsetter = Subsetter(options)
    subsetter.populate(text=characters)
    subsetter.subset(font)
    return font


def pieces(package: Path, weight: int) -> Iterator[TTFont]:
    """Yield the package's main file cut to GB 2312, then the files that hold missing signs."""
    main = TTFont(package / "files" / f"noto-sans-sc-chinese-simplified-{weight}-normal.woff2")
    yield cut(main, gb2312())
    missing = {sign for sign in SIGNS if ord(sign) not in main.getBestCmap()}
    for path in sorted((package / "files").glob(f"noto-sans-sc-[0-9]*-{weight}-normal.woff2")):
        font = TTFont(path)
        here = {sign for sign in missing if ord(sign) in font.getBestCmap()}
        if here:
            missing -= here
            yield cut(font, "".join(sorted(here)))


def build(package: Path, weight: int, target: Path) -> int:
    """Write one weight as a single woff2 and return its size in bytes."""
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        for number, font in enumerate(pieces(package, weight)):
            font.flavor = None
            part = Path(folder) / f"{number}.ttf"
            font.save(part)
            parts.append(str(part))
        merged = Merger().merge(parts)
        merged.flavor = "woff2"
        merged.save(target)
    return target.stat().st_size


def main(arguments: list[str]) -> None:
    """Build both weights and put the licence beside them."""
    package = Path(arguments[0])
    target = Path(arguments[1]) if len(arguments) > 1 else Path("assets/fonts")
    target.mkdir(parents=True, exist_ok=True)
    for weight in WEIGHTS:
        size = build(package, weight, target / f"noto-sans-sc-{weight}.woff2")
        sys.stdout.write(f"{weight}: {size / 1e6:.2f} MB\n")
    (target / "OFL.txt").write_text((package / "LICENSE").read_text("utf-8"), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

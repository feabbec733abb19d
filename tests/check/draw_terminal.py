#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""draw_terminal.py TEXT FILE: draws what a terminal showed (tmux capture-pane -p) as an SVG picture,
for documentation."""
import html
import pathlib
import sys
import unicodedata

COLUMN, ROW, SIZE, PAD = 8.4, 18, 14, 12
BACK, TEXT = "#111217", "#d8d9da"


def main(source, target):
    lines = pathlib.Path(source).read_text(encoding="utf-8").rstrip("\n").split("\n")
    width = max(map(columns, lines)) * COLUMN + 2 * PAD
    height = len(lines) * ROW + 2 * PAD
    # A wide letter takes two columns whatever the font, so each line has the length it had.
    rows = "".join(
        f'<text x="{PAD}" y="{PAD + ROW * (number + 0.75):.1f}" textLength="{columns(line) * COLUMN:.1f}"'
        f' lengthAdjust="spacingAndGlyphs" xml:space="preserve">{html.escape(line)}</text>\n'
        for number, line in enumerate(lines) if line)
    pathlib.Path(target).write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
        f'font-family="DejaVu Sans Mono, monospace" font-size="{SIZE}" fill="{TEXT}">\n'
        f'<rect width="100%" height="100%" rx="6" fill="{BACK}"/>\n{rows}</svg>\n', encoding="utf-8")
    return 0


def columns(line):
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))

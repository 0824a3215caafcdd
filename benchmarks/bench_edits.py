"""Blocks, edit series and locations, beside a slow reference written from CursorCore's description.

Pairs of files of 300 lines as programmers change them: some lines get another word, some are deleted,
some inserted. The reference does what the description says with difflib's `Differ` and one Levenshtein
table of whole texts. Then ours alone on longer files: time per line should stay about the same.

    python benchmarks/bench_edits.py [--pairs 10000] [--reference-pairs 200]
"""

from __future__ import annotations

import argparse
import difflib
import random
import time

from rapidfuzz.distance import Levenshtein

from codetune.edits.area import changed_ranges
from codetune.edits.blocks import diff_blocks
from codetune.edits.series import intermediate_states

WORDS = [
    "value",
    "count",
    "index",
    "result",
    "total",
    "buffer",
    "handler",
    "item",
    "node",
    "left",
    "right",
    "parse",
    "render",
]


def pair(number: int, length: int) -> tuple[str, str]:
    """A file and its next version; a change every 30 lines or so."""
    draw = random.Random(number)
    lines = []
    for _ in range(length):
        indent = "    " * draw.randint(0, 3)
        lines.append(
            f"{indent}{draw.choice(WORDS)} = {draw.choice(WORDS)}({draw.choice(WORDS)}, {draw.randint(0, 99)})"
        )
    after = list(lines)
    for _ in range(max(2, length // 30)):
        place = draw.randrange(len(after))
        kind = draw.random()
        if kind < 0.6:
            changed = draw.randint(1, 4)
            after[place : place + changed] = [
                line.replace(draw.choice(WORDS), draw.choice(WORDS)) + "  # " + draw.choice(WORDS)
                for line in after[place : place + changed]
            ]
        elif kind < 0.8:
            del after[place : place + draw.randint(1, 3)]
        else:
            after[place:place] = [f"    {draw.choice(WORDS)}()" for _ in range(draw.randint(1, 4))]
    return "\n".join(lines), "\n".join(after)


def reference(old: str, new: str, number: int) -> None:
    """Blocks by `Differ`, a series by applying ever more of them, locations by one table of characters."""
    blocks: list[tuple[list[str], int]] = []
    block: list[str] = []
    line_number = deleted = 0
    for line in difflib.Differ().compare(old.split("\n"), new.split("\n")):
        if line.startswith("  "):
            if block:
                blocks.append((block, line_number - deleted))
                block, deleted = [], 0
            line_number += 1
        else:
            block.append(line)
            if line.startswith("- "):
                line_number, deleted = line_number + 1, deleted + 1
    if block:
        blocks.append((block, line_number - deleted))
    order = list(range(len(blocks)))
    random.Random(number).shuffle(order)
    for count in range(len(order) + 1):
        lines, offset = old.split("\n"), 0
        for chosen in sorted(order[:count]):
            changes, start = blocks[chosen]
            place = start + offset
            for line in changes:
                if line.startswith("- "):
                    del lines[place]
                    offset -= 1
                elif line.startswith("+ "):
                    lines.insert(place, line[2:])
                    place, offset = place + 1, offset + 1
        "\n".join(lines)
    [step for step in Levenshtein.opcodes(old, new) if step.tag != "equal"]


def ours(old: str, new: str, number: int) -> None:
    intermediate_states(old, new, 0, str(number))
    changed_ranges(old, new)


def seconds(function: object, pairs: list[tuple[str, str]]) -> float:
    begin = time.process_time()
    for number, (old, new) in enumerate(pairs):
        function(old, new, number)  # type: ignore[operator]
    return (time.process_time() - begin) / len(pairs)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--reference-pairs", type=int, default=200, help="the reference is slow: fewer pairs")
    options = parser.parse_args()
    pairs = [pair(number, 300) for number in range(options.pairs)]
    fast = seconds(ours, pairs)
    slow = seconds(reference, pairs[: options.reference_pairs])
    print(f"300 lines: {fast * 1e3:.3f} ms a pair, reference {slow * 1e3:.1f} ms: {slow / fast:.0f}x")
    print(f"{options.pairs:,} pairs: {fast * options.pairs:.1f} s, reference {slow * options.pairs:.0f} s")
    for length in (300, 1000, 2000, 5000):
        some = [pair(number, length) for number in range(20)]
        blocks = seconds(lambda old, new, _: diff_blocks(old, new), some)
        ranges = seconds(lambda old, new, _: changed_ranges(old, new), some)
        print(
            f"{length:>5} lines: blocks {blocks / length * 1e6:.2f} us a line, locations {ranges / length * 1e6:.2f} us a line"
        )


if __name__ == "__main__":
    main()

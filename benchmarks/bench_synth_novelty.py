"""How many of codealpaca's tasks would not be new, by threshold: what self-instruct's `max_similarity` rests on.

    python benchmarks/bench_synth_novelty.py --data ../shared/data --show 4

Each task, its instruction with its input, is compared with all before it, as self-instruct does. Printed: the share whose
nearest earlier task has a ROUGE-L above each threshold, and pairs of each band, drawn by seed, to be read.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from codetune.synth.checks.novelty import NoveltyIndex

THRESHOLDS = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


def tasks(data: Path) -> list[str]:
    """Instructions with their inputs, each once, in the files' order."""
    found: dict[str, None] = {}
    for name in ("code_alpaca_2k.json", "new_codealpaca.json"):
        for row in json.loads((data / "codealpaca" / name).read_text("utf-8")):
            found[f"{row['instruction'].strip()}\n{row['input'].strip()}".strip()] = None
    return list(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--show", type=int, default=0, help="pairs of each band to print")
    parser.add_argument("--without-inputs", action="store_true", help="compare instructions alone")
    arguments = parser.parse_args()
    texts = tasks(arguments.data)
    if arguments.without_inputs:
        texts = list(dict.fromkeys(text.split("\n")[0] for text in texts))
    index = NoveltyIndex()
    pairs = []
    for text in texts:
        score, which = index.nearest(text)
        pairs.append((score, text, which))
        index.add(text)
    print(f"{len(texts)} different tasks")
    for threshold in THRESHOLDS:
        above = sum(score > threshold for score, _, _ in pairs)
        print(f"  above {threshold:.2f}: {above:5} {above / len(pairs):6.1%}")
    for low, high in zip(THRESHOLDS, (*THRESHOLDS[1:], 1.01), strict=True):
        band = [pair for pair in pairs if low < pair[0] <= high]
        for score, text, which in random.Random(7).sample(band, min(arguments.show, len(band))):
            print(f"\n{score:.2f}  {' '.join(text.split())[:200]}\n      {which[:200]}")


if __name__ == "__main__":
    main()

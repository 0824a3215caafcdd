"""What is learned about code blocks, cross-validated; and how fast a dump is mined, in how much memory.

    python benchmarks/bench_mining.py --data ../shared/data [--rows 1000000] [--only-mine]

F1 on CodePro's labelled blocks, five folds by question, so that no question is on both sides. The
dump is made of the real sample's rows with new ids, one thread after another.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from bench_collect import measured
from sklearn.metrics import precision_recall_fscore_support
from sklearn.model_selection import GroupKFold

from codetune.sources.stackexchange import answer_classifier, how_to
from codetune.sources.stackexchange.answer_classifier import BlockLabeller
from codetune.sources.stackexchange.how_to import cross_validated
from codetune.sources.stackexchange.labels import labelled_blocks


def cross_validate(data: Path) -> None:
    print("| language | blocks | labelled 1 | way | precision | recall | F1 |")
    print("| --- | ---: | ---: | --- | ---: | ---: | ---: |")
    for language in ("python", "sql"):
        found = labelled_blocks(str(_labels(data, language)))
        labels = np.array([block.label for block in found])
        learned = np.zeros(len(found))
        for train, test in GroupKFold(5).split(found, labels, [block.group for block in found]):
            learned[test] = BlockLabeller([found[i] for i in train]).scores([found[i] for i in test])
        ruled = np.array([answer_classifier.rule(block) for block in found])
        for way, told in (
            ("learned", learned > 0.5),
            ("rule", ruled > 0.5),
            ("every block", np.ones(len(found), bool)),
        ):
            precision, recall, f1, _ = precision_recall_fscore_support(labels, told, average="binary")
            print(f"| {language} | {len(found):,} | {labels.mean():.3f} | {way} | {precision:.3f} | {recall:.3f} | {f1:.3f} |", flush=True)  # fmt: skip


def cross_validate_titles(data: Path) -> None:
    """The how-to judgement on what CodePro's labels say of titles: whether a block answers the question.

    That is not the label itself: all of CodePro's questions were taken for how-to by its makers.
    """
    print(
        "\n| language | questions | a block answers | way | precision | recall | F1 | of all, called how-to |"
    )
    print("| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |")
    for language in ("python", "sql"):
        answered: dict[str, bool] = {}
        for block in labelled_blocks(str(_labels(data, language))):
            answered[block.question] = answered.get(block.question, False) or block.label
        told = cross_validated(list(answered.items()))
        share = sum(map(how_to.rule, answered)) / len(answered)
        for way in ("learned", "rule", "all"):
            f = told[way]
            called = {"rule": f"{share:.3f}"}.get(way, "-")
            print(f"| {language} | {told['labelled']:,} | {told['how_to'] / told['labelled']:.3f} | {way} | {f['precision']:.3f} | {f['recall']:.3f} | {f['f1']:.3f} | {called} |", flush=True)  # fmt: skip


def _labels(data: Path, language: str) -> Path:
    return data / "codepro" / "data_hnn" / f"{language}_hnn_qid2index_blocks_labeled.txt"


def write_dump(sample: Path, target: Path, rows: int) -> None:
    """Rows of the sample again and again, ids moved so that threads stay together and apart.

    Each copy says its number in titles and in code, so that no two questions or blocks are equal.
    """
    lines = [
        line
        for line in gzip.decompress(sample.read_bytes()).splitlines()
        if line.lstrip().startswith(b"<row")
    ]
    largest = max(int(m[1]) for line in lines if (m := re.search(rb'\sId="(\d+)"', line)))
    # Cut once at what changes: the rest is joined, ten million times.
    moving = re.compile(rb'(\s(?:Id|ParentId|AcceptedAnswerId)="\d+"|\sTitle="|&lt;pre&gt;&lt;code&gt;)')
    cut = [moving.split(line + b"\n") for line in lines]
    written = turn = 0
    with target.open("wb") as out:
        out.write(b'<?xml version="1.0" encoding="utf-8"?>\n<posts>\n')
        while written < rows:
            said = {b' Title="': b' Title="%d: ' % turn, _CODE: _CODE + b"turn = %d&#xA;" % turn}
            for parts in cut[: rows - written]:
                changed = [said.get(part) or _moved(part, turn * largest) for part in parts[1::2]]
                out.write(b"".join(itertools.chain(*zip(parts[::2], changed, strict=False), parts[-1:])))
            written += len(cut)
            turn += 1
        out.write(b"</posts>\n")


_CODE = b"&lt;pre&gt;&lt;code&gt;"


def _moved(attribute: bytes, by: int) -> bytes:
    name, _, number = attribute.removesuffix(b'"').partition(b'="')
    return b'%s="%d"' % (name, int(number) + by)


def mine(data: Path, rows: int) -> None:
    print(
        "\n| rows of the dump | MiB | workers | seconds | processor seconds | rows/s | peak MiB | kept | refused |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    work = Path(tempfile.mkdtemp(prefix="bench-mining-"))
    try:
        dump = work / "Posts.xml"
        write_dump(data / "stackexchange/quantumcomputing/Posts.xml.gz", dump, rows)
        for workers in (1, 2) if rows <= 1_000_000 else (2,):
            out = work / f"out{workers}"
            command = [sys.executable, "-m", "codetune.cli.main", "collect", "stackexchange", str(dump), "-o", str(out), "--workers", str(workers)]  # fmt: skip
            environment = {**os.environ, "TMPDIR": str(work)}
            seconds, used, peak = measured(command, environment)
            counts = json.loads((out / "run.json").read_text())["counts"]
            print(f"| {rows:,} | {dump.stat().st_size / 2**20:,.0f} | {workers} | {seconds:.1f} | {used:.1f} | {rows / seconds:,.0f} | {peak:,.0f} | {counts['kept']:,} | {counts['rejected']:,} |", flush=True)  # fmt: skip
    finally:
        shutil.rmtree(work, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("CODETUNE_DATA", "../shared/data")))
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only-mine", action="store_true", help="leave the cross-validations out")
    arguments = parser.parse_args()
    start = time.perf_counter()
    if not arguments.only_mine:
        cross_validate(arguments.data)
        cross_validate_titles(arguments.data)
    mine(arguments.data, arguments.rows)
    print(f"\n{time.perf_counter() - start:.0f} s in all")


if __name__ == "__main__":
    main()

"""Rows of every task to Chinese and back, by a scripted translator: how many come through, and what is then the same.

    python benchmarks/bench_translate.py --data ~/shared/data

The translator is an OpenAI-compatible server on loopback. It leaves marks, names, paths, numbers and quoted strings as
they are and spells every other word in Chinese characters, letter by letter; back it reads them again. So nothing is lost in
its answers, and what is lost was lost by codetune. Rows: `--rows` of each of the eight tasks, made of the standard
library's functions and of the upstream files in DATA, and the same number of Code Alpaca, in the source's own words.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from servers.teacher import Teacher

from codetune.records import Instruction
from codetune.store.dataset import Dataset

UPSTREAM = {
    "codexglue-translation": "codetrans",
    "codexglue-refinement": "bug2fix",
    "codexglue-defect": "devign",
    "codexglue-clone": "bigclonebench",
}
SNIPPET_TASKS = ("code_summarization", "code_generation", "code_completion", "code_search")
_WORD = re.compile(r"(?<![\w./\\@#$%&*+=<>-])[A-Za-z]+(?:['’][a-z]+)?(?![\w/\\@#$%&*+=<>({\[-]|\.\w)")
_QUOTED = re.compile(r"\"[^\"\n]*\"|(?<!\w)'[^'\n]*'(?!\w)|⟦\d+⟧|https?://\S+|\b[A-Za-z_]\w*\([^()\s]*\)")
_ALPHABET = 0x4E00
_SPELLED = re.compile(r"[\u4e41-\u4e7a\u4e27]+")


def spelled(text: str) -> str:
    """The words of a text in Chinese characters."""

    def word(found: re.Match[str]) -> str:
        plain = found[0].replace("’", "'")
        is_name = (plain.isupper() and len(plain) > 1) or re.search(r"[a-z][A-Z]", plain)
        return found[0] if is_name else "".join(chr(_ALPHABET + ord(letter)) for letter in plain)

    parts, at = [], 0
    for kept in _QUOTED.finditer(text):
        parts += [_WORD.sub(word, text[at : kept.start()]), kept[0]]
        at = kept.end()
    return "".join((*parts, _WORD.sub(word, text[at:])))


def read_again(text: str) -> str:
    """The same text as before it was spelled."""
    return _SPELLED.sub(lambda found: "".join(chr(ord(sign) - _ALPHABET) for sign in found[0]), text)


class Translator(Teacher):
    """Spells and reads, and counts its questions."""

    def answer(self, body: dict) -> str:
        first, _, text = self._question(body).partition("\n\n")
        self.asked["zh" if "to Chinese" in first or "成 Chinese" in first else "en"] += 1
        return spelled(text) if "to Chinese" in first or "成 Chinese" in first else read_again(text)


def codetune(*words: str) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("codetune")), *words, "--quiet"], capture_output=True, text=True
    )
    if done.returncode not in (0, 1):  # 1: no row was kept, which the table tells
        raise SystemExit(f"codetune {' '.join(words)}\n{done.stderr[-1000:]}")


def rows_of(data: Path, work: Path, count: int) -> list[Path]:
    """The datasets, each of at most `count` rows a task."""
    limit = ("--limit", str(count))
    codetune("collect", "code", "-o", f"{work}/functions", *limit)
    named = [word for task in SNIPPET_TASKS for word in ("-t", task)]
    codetune("tasks", f"{work}/functions", "-o", f"{work}/tasks", *named)
    for source, folder in {**UPSTREAM, "codealpaca": "codealpaca"}.items():
        codetune("collect", source, f"{data}/{folder}", "-o", f"{work}/{source}", *limit)
    return [work / name for name in ("tasks", *UPSTREAM, "codealpaca")]


def kind(row: Mapping[str, Any]) -> str:
    return "codealpaca, in its own words" if row["source"] == "codealpaca" else str(row["task"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with codealpaca, devign and the others"
    )
    parser.add_argument("--rows", type=int, default=60, help="rows of each source")
    parser.add_argument("--show", type=int, default=0, help="rejected or changed rows to print")
    arguments = parser.parse_args()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    shown: list[str] = []
    with tempfile.TemporaryDirectory() as folder, Translator([]) as url:
        work = Path(folder)
        given = rows_of(arguments.data, work, arguments.rows)
        there, back = work / "zh", work / "en"
        more = ("--model", url, "--cache", f"{work}/cache")
        codetune("synth", "translate", *map(str, given), "-o", str(there), "--set", "to=zh", *more)
        codetune("synth", "translate", str(there), "-o", str(back), "--set", "to=en", *more)
        before = {row.id: row for path in given for row in Dataset(path, Instruction)}
        chinese = {row.id: row for row in Dataset(there, Instruction)}
        for row in before.values():
            counts[kind(vars_of(row))]["in"] += 1
        for row in chinese.values():
            counts[kind(vars_of(row))]["zh"] += 1
        for row in Dataset(back, Instruction):
            first = before[chinese[row.lineage.parents[-1]].lineage.parents[-1]]
            own = counts[kind(vars_of(row))]
            own["en"] += 1
            own["asked"] += row.instruction == first.instruction
            if (row.input, row.output) == (first.input, first.output):
                own["same"] += 1
            else:
                shown.append(f"{first.input!r}\n{first.output!r}\n{row.input!r}\n{row.output!r}")
        for reject in (*Dataset(there).rejects(), *Dataset(back).rejects()):
            reasons[kind(reject)][reject["reason"]] += 1
            shown.append(
                f"{reject['reason']}: {reject['detail']}\n{reject['instruction']}\n{reject['output']}"
            )
    print("| rows | in | to Chinese | and back | input and answer as before | asked as before | rejected |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | --- |")
    for name, own in counts.items():
        told = ", ".join(f"{count} {reason}" for reason, count in reasons[name].most_common())
        print(
            f"| {name} | {' | '.join(str(own[key]) for key in ('in', 'zh', 'en', 'same', 'asked'))} | {told} |"
        )
    for text in shown[: arguments.show]:
        print(f"\n-----\n{text[:1500]}")


def vars_of(row: Instruction) -> dict[str, Any]:
    return {"source": row.source, "task": row.task}


if __name__ == "__main__":
    main()

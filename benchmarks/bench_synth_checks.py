"""How often each generator rejects good answers of a strong teacher, and how often it catches bad ones.

    python benchmarks/bench_synth_checks.py --data ../shared/data --count 300
    python benchmarks/bench_synth_checks.py --data ../shared/data --count 300 --set held-out --judge right errs none

For each generator a set of good and a set of bad answers is made from public data by stated rules
(`benchmarks/synth_sets`), a fifth of both in Chinese. The checks were made with the first set at hand; the
held-out set has other rows and other rules, and the fresh one was made when both had been seen, again with others. A scripted server gives the answers behind real HTTP, and the real
stage runs. Printed for each generator: the share of good rows that were rejected, the share of bad rows that
were caught, each with its reasons, and the rules that got past. A judge that is right makes an upper bound of
what rests on a score; `errs` turns one score in ten round, and `none` scores everything 5.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal, get_args

sys.path.insert(0, str(Path(__file__).parent))

from servers.datasets import write_dataset
from servers.teacher import Teacher
from synth_sets import (
    code_cases,
    fresh_code,
    fresh_reviews,
    fresh_text,
    held_out_code,
    held_out_text,
    material,
    text_cases,
)
from synth_sets.material import Case

from codetune.engine.local import LocalEngine
from codetune.engine.progress import SilentProgress
from codetune.records import Instruction
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.synth.config import SynthConfig
from codetune.synth.registry import GENERATORS
from codetune.synth.stage import run

Judge = Literal["right", "errs", "none"]
Make = Callable[[bool, str, int], list[Case]]
FIRST: dict[str, Make] = {
    "instruct-from-code": code_cases.instruct_from_code,
    "solve-and-test": code_cases.solve_and_test,
    "evolve": text_cases.evolve,
    "oss-instruct": text_cases.oss_instruct,
    "self-instruct": text_cases.self_instruct,
    "explain-defect": partial(text_cases.fill_in, "explain-defect"),
    "summarize": partial(text_cases.fill_in, "summarize"),
    "review": partial(text_cases.fill_in, "review"),
    "translate": text_cases.translate,
    "judge": text_cases.judge,
}
HELD_OUT: dict[str, Make] = {
    "instruct-from-code": held_out_code.instruct_from_code,
    "solve-and-test": held_out_code.solve_and_test,
    "evolve": held_out_text.evolve,
    "oss-instruct": held_out_text.oss_instruct,
    "self-instruct": held_out_text.self_instruct,
    "explain-defect": partial(held_out_text.fill_in, "explain-defect"),
    "summarize": partial(held_out_text.fill_in, "summarize"),
    "review": partial(held_out_text.fill_in, "review"),
    "translate": held_out_text.translate,
    "judge": held_out_text.judge,
}
FRESH: dict[str, Make] = {
    "instruct-from-code": fresh_code.instruct_from_code,
    "solve-and-test": fresh_code.solve_and_test,
    "evolve": fresh_text.evolve,
    "oss-instruct": fresh_text.oss_instruct,
    "self-instruct": fresh_text.self_instruct,
    "explain-defect": partial(fresh_reviews.fill_in, "explain-defect"),
    "summarize": partial(fresh_reviews.fill_in, "summarize"),
    "review": partial(fresh_reviews.fill_in, "review"),
    "translate": fresh_text.translate,
    "judge": fresh_text.judge,
}
SETS = {"first": FIRST, "held-out": HELD_OUT, "fresh": FRESH}
ENGLISH_ONLY = {"translate"}
UNJUDGED = {"solve-and-test", "self-instruct", "translate"}
"""Generators that ask for no score: the judge makes no difference."""
OPTIONS: dict[str, dict[str, object]] = {
    "self-instruct": {"tasks_per_request": 1, "examples": 1},
    "instruct-from-code": {"cpu_seconds": 3},
    "solve-and-test": {"cpu_seconds": 3},
}


def outcome(
    generator: str, cases: list[Case], language: str, judge: Judge, cache: Path
) -> tuple[dict[str, str], Teacher]:
    """For each row that was not kept its id and reason; `cache` keeps verdicts of programs alone."""
    teacher = Teacher([script for case in cases for script in case.scripts], judge)
    (cache / "requests.sqlite").unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder, teacher as url:
        kind = GENERATORS[generator].consumes
        source = write_dataset(Path(folder) / "in", kind, [case.row for case in cases])
        output = Path(folder) / "out"
        context = StageContext(seed=0, cache=cache, engine=LocalEngine(1), progress=SilentProgress())
        options = OPTIONS.get(generator, {})
        settings = SynthConfig(generator=generator, model=url, language=language, options=options)
        run(settings, [source], output, context)
        kept = {parent for row in Dataset(output, Instruction) for parent in _origin(row)}
        rejected = {}
        for path in sorted((output / "rejects").glob("*.parquet")):
            for parent, reason, detail in _rejects(path):
                rejected.setdefault(parent, f"{reason}: {detail}")
    return {c.row.id: rejected.get(c.row.id, "no result") for c in cases if c.row.id not in kept}, teacher


def _origin(row: Instruction) -> tuple[str, ...]:
    return (row.id, *row.lineage.parents[:1])


def _rejects(path: Path) -> list[tuple[str, str, str]]:
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["id", "lineage", "reason", "detail"]).to_pylist()
    return [
        (p, r["reason"], r["detail"])
        for r in table
        for p in (r["id"], *((r["lineage"] or {}).get("parents") or [])[:1])
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=300, help="good and bad answers for each generator")
    parser.add_argument("--set", choices=list(SETS), default="first")
    parser.add_argument("--judge", nargs="*", choices=get_args(Judge), default=["right"])
    parser.add_argument("--only", nargs="*", choices=list(FIRST))
    parser.add_argument(
        "--show", type=int, default=0, help="good rows that were rejected, and rules that got past, to print"
    )
    parser.add_argument(
        "--cache", type=Path, help="folder for verdicts of programs, so that a second run goes on with them"
    )
    arguments = parser.parse_args()
    material.DATA = arguments.data
    print(
        f"{'generator':20} {'judge':6} {'good':>5} {'false':>6} {'rate':>6}   {'bad':>4} {'caught':>6} {'rate':>6}"
    )
    for generator in arguments.only or FIRST:
        for judge in arguments.judge[: 1 if generator in UNJUDGED else None]:
            with tempfile.TemporaryDirectory() as folder:
                cache = arguments.cache or Path(folder)
                table(SETS[arguments.set], generator, judge, arguments.count, arguments.show, cache)


def table(sets: dict[str, Make], generator: str, judge: Judge, count: int, show: int, cache: Path) -> None:
    """Print one generator's line, and below it the reasons."""
    told: dict[bool, list[tuple[Case, str | None]]] = {True: [], False: []}
    unknown: list[str] = []
    chinese = 0 if generator in ENGLISH_ONLY else count // 5
    for good in (True, False):
        for language, number in (("en", count - chinese), ("zh", chinese)):
            if number:
                cases = sets[generator](good, language, number)
                missing, teacher = outcome(generator, cases, language, judge, cache)
                told[good] += [(case, missing.get(case.row.id)) for case in cases]
                unknown += teacher.unknown
    false = [(case, why) for case, why in told[True] if why is not None]
    caught = [(case, why) for case, why in told[False] if why is not None]
    print(
        f"{generator:20} {judge:6} {len(told[True]):5} {len(false):6} {len(false) / len(told[True]):6.1%}   "
        f"{len(told[False]):4} {len(caught):6} {len(caught) / len(told[False]):6.1%}",
        flush=True,
    )
    for reason, number in Counter(why.split(":")[0] for _, why in false).most_common():
        print(f"      good, rejected: {number:4}  {reason}")
    by_rule: dict[str, Counter[str]] = defaultdict(Counter)
    for case, why in told[False]:
        by_rule[case.rule][why.split(":")[0] if why is not None else "KEPT"] += 1
    if not show:
        past = {rule: reasons["KEPT"] for rule, reasons in by_rule.items() if reasons["KEPT"]}
        if past:
            print(f"      bad, kept: {past}")
        return
    for rule, reasons in by_rule.items():
        print(f"      bad, {rule}: {dict(reasons)}")
    for case, why in false[:show]:
        print(f"   good ({case.row.language if hasattr(case.row, 'language') else ''}) but {why[:600]}\n")
    for line in unknown[:show]:
        print("   no script for", line)


if __name__ == "__main__":
    main()

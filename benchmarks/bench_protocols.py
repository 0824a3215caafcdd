"""Hold our protocols against the harnesses' own code: prompts they make, programs they read.

    python benchmarks/bench_protocols.py EVALPLUS_CHECKOUT COMA_CHECKOUT BIGCODE_CHECKOUT

Runs EvalPlus's `make_raw_chat_prompt` and `sanitize`, CoMA's `extract_text`, and the `get_prompt` and
`postprocess_generation` of bigcode-evaluation-harness's tasks on the benchmarks' items, with answers made
from their solutions (with words around them, cut, with unused helpers, decorated, with shuffled lines), and
prints how many differ from ours. Needs transformers and the embedded model, whose template is used.
"""

from __future__ import annotations

import ast
import gzip
import importlib
import json
import os
import random
import re
import sys
import tempfile
import types
from dataclasses import replace
from pathlib import Path
from typing import Any

from codetune.evaluate.benchmarks.registry import load_problems
from codetune.evaluate.prompts.evalplus_reading import evalplus_program
from codetune.evaluate.prompts.styles import style
from codetune.models.embedded.smollm2 import smollm2_weights
from codetune.records import Problem
from codetune.text.chat_template import ChatTemplate
from codetune.train.weights.dequantize import dequantized_folder

_ASKED = "Please provide a self-contained Python script that solves the following problem in a markdown code block:"
_BEGUN = (
    "Below is a Python script with a self-contained function that solves the problem and passes "
    "corresponding tests:"
)


def evalplus(checkout: Path, module: str) -> Any:
    """A module of EvalPlus without its data, which would be downloaded."""
    sys.path.insert(0, str(checkout))
    data: Any = types.ModuleType("evalplus.data")
    for name in (
        "get_human_eval_plus",
        "get_mbpp_plus",
        "load_solutions",
        "write_directory",
        "write_jsonl",
    ):
        setattr(data, name, None)
    sys.modules["evalplus.data"] = data
    return importlib.import_module(module)


def answers(problem: Problem, draw: random.Random) -> list[str]:
    """Answers as models write them, and worse."""
    body = f"{problem.prompt}{problem.canonical_solution}"
    lines = body.split("\n")
    draw.shuffle(lines)
    return [
        body,
        f"Sure, here:\n```python\n{body}```\nHope it helps.",
        f"{body}\nprint({problem.entry_point})\n",
        body[: len(body) * 2 // 3],
        f"def idle():\n    return 1\nX = 2\n{body}",
        body.replace("def ", "@deco\ndef ", 1),
        "\n".join(lines),
    ]


def coma_prompt(checkout: Path) -> Any:
    """CoMA's words for a prompt, from its script, which can't be imported without a GPU's libraries."""
    names: dict[str, Any] = {"re": re}
    for node in ast.parse((checkout / "eval" / "generate_code.py").read_text("utf-8")).body:
        is_wanted = isinstance(node, ast.FunctionDef) and node.name == "extract_text"
        if is_wanted or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PROMPT_TEMPLATE"):
            exec(ast.unparse(node), names)
    return lambda text: names["PROMPT_TEMPLATE"].format(names["extract_text"](text.replace("    ", "\t")))


def bigcode_tasks(checkout: Path) -> dict[str, Any]:
    """The harness's tasks by our names of the benchmarks, on our files; its hub and its metrics are not asked."""
    import datasets

    sys.path.insert(0, str(checkout))
    sys.modules.setdefault("evaluate", types.ModuleType("evaluate")).load = None  # type: ignore[attr-defined]
    data = Path(os.environ.get("CODETUNE_DATA", "../shared/data"))
    files = {
        "openai_humaneval": lambda language: data / "humaneval" / "HumanEval.jsonl",
        "mbpp": lambda language: data / "mbpp" / "mbpp.jsonl",
        "bigcode/humanevalpack": lambda language: data / f"humanevalpack/{language}/data/humanevalpack.jsonl",
    }

    def load(path: str, name: str | None = None, **more: Any) -> dict[str, list[Any]]:
        found = files[path](name)
        raw = found.read_bytes() if found.exists() else gzip.decompress(Path(f"{found}.gz").read_bytes())
        rows = [json.loads(line) for line in raw.splitlines() if line.strip()]
        return {"test": [row for row in rows if path != "mbpp" or 11 <= row["task_id"] <= 510]}

    datasets.load_dataset = load
    base = importlib.import_module("bigcode_eval.base")
    base.load_dataset = load
    from_module = importlib.import_module
    tasks = {
        "humaneval": from_module("bigcode_eval.tasks.humaneval").create_task(True)(),
        "mbpp": from_module("bigcode_eval.tasks.mbpp").MBPP(),
    }
    made = from_module("bigcode_eval.tasks.humanevalpack").create_all_tasks()
    for name, kind in made.items():
        if "explain" not in name:
            tasks[name] = kind()
    return tasks


def bigcode_differences(checkout: Path) -> list[tuple[str, int, int, int, int]]:
    """Benchmark, prompts, prompts that differ, answers, answers that are read differently."""
    found = []
    draw = random.Random(1)
    for name, task in bigcode_tasks(checkout).items():
        problems = load_problems(name)
        prompts = readings = count = 0
        for number, (problem, doc) in enumerate(zip(problems, task.get_dataset(), strict=True)):
            theirs = task.get_prompt(doc)
            request = style("bigcode").request(problem, {"max_new_tokens": 1})
            prompts += theirs != request.prompt
            solution = doc.get("canonical_solution") or doc["code"]
            lines = solution.split("\n")
            draw.shuffle(lines)
            for answer in (
                f"\n{solution}", solution, f"{solution}\nclass A:\n    pass\n", f"\n{solution}}}\n}}\nint main() {{}}",
                solution[: len(solution) * 2 // 3], "\n".join(lines), f"{solution}\nprint(1)\nassert x", "",
            ):  # fmt: skip
                count += 1
                read = style("bigcode").program(problem, answer, False).code
                readings += task.postprocess_generation(theirs + answer, number) != read
        found.append((name, len(problems), prompts, count, readings))
    return found


def main(evalplus_checkout: Path, coma_checkout: Path, bigcode_checkout: Path) -> None:
    """Print the table."""
    import transformers

    problems = [replace(problem, id="", tests="") for problem in load_problems("humaneval")]
    print("| protocol | what | compared | differ |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as cache:
        folder = dequantized_folder(smollm2_weights(), Path(cache))
        tokenizer, template = (
            transformers.AutoTokenizer.from_pretrained(folder),
            ChatTemplate.from_folder(folder),
        )
        make = evalplus(evalplus_checkout, "evalplus.provider.utility").make_raw_chat_prompt
        differ = 0
        for problem in problems:
            request = style("evalplus-chat").request(problem, {"max_new_tokens": 1})
            theirs = make(problem.prompt.strip() + "\n", _ASKED, _BEGUN, tokenizer)
            differ += theirs != template.render_prompt(request.messages)
    print(f"| evalplus-chat | prompts, rendered with a chat template | {len(problems)} | {differ} |")
    sanitize, draw = evalplus(evalplus_checkout, "evalplus.sanitize").sanitize, random.Random(1)
    pairs = [(problem, text) for problem in problems for text in answers(problem, draw)]
    differ = sum(sanitize(text, p.entry_point) != evalplus_program(text, p).code for p, text in pairs)
    print(f"| evalplus-chat, evalplus-base | programs read from answers | {len(pairs)} | {differ} |")
    theirs = coma_prompt(coma_checkout)
    differ = sum(theirs(p.prompt) != style("coma").request(p, {"max_new_tokens": 1}).prompt for p in problems)
    print(f"| coma | prompts | {len(problems)} | {differ} |")
    for name, items, prompts, count, readings in bigcode_differences(bigcode_checkout):
        print(f"| bigcode | {name}: prompts | {items} | {prompts} |")
        print(f"| bigcode | {name}: programs read from answers | {count} | {readings} |")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))

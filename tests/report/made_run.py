"""A whole small run, written with the store's own API: what the report reads, without a model."""

from __future__ import annotations

import json
import math
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from codetune.evaluate.benchmarks.data_file import DataEdition
from codetune.evaluate.scoring.count_samples import count_samples, tally
from codetune.evaluate.scoring.run_samples import SampleResult
from codetune.evaluate.scoring.score import Conditions, Metric, Score, write_score
from codetune.evaluate.scoring.verdict_table import write_verdicts
from codetune.evaluate.statistics.compare import compare_tallies
from codetune.evaluate.statistics.comparison import Comparison, MeasureChange
from codetune.records import Check, Generated, Instruction, Lineage, Problem, Snippet, Verdict
from codetune.store.dataset import DatasetWriter, RejectedRow, Shard
from codetune.store.run_card import Plan, read_card
from codetune.store.stage_output import StageOutput

CODE = '''def greatest_common_divisor(a: int, b: int) -> int:
    """Return the greatest common divisor of two integers."""
    while b:  # Euclid
        a, b = b, a % b
    return abs(a)
'''


def plan(stage: str, inputs: Sequence[Path] = (), **config: Any) -> Plan:
    read = {folder.name: read_card(folder).output_hash for folder in inputs}
    return Plan(stage=stage, config=config, inputs=read, code="c" * 32, seed=7)


def write_dataset(
    folder: Path, stage: str, kind: type, shard: Shard[Any], inputs: Sequence[Path] = (), **config: Any
) -> Path:
    with StageOutput(folder, plan(stage, inputs, **config)) as output:
        writer = DatasetWriter(output, kind)
        writer.write(0, shard)
        writer.finish(title=stage, description="made for a test")
    return folder


def snippets(count: int = 120) -> list[Snippet]:
    draw = random.Random(1)
    languages = ["python"] * 6 + ["go"] * 2 + ["rust", "java"]
    return [
        Snippet(
            code=f"def f{i}():\n" + "    pass\n" * draw.choice((1, 3, 7, 18, 60, 400)),
            programming_language=draw.choice(languages),
            name=f"f{i}",
            path=f"lib/m{i}.py",
            license=draw.choice(("MIT", "Apache-2.0", None)),
            source="folder",
        )
        for i in range(count)
    ]


def instruction(number: int, task: str = "code_summarization", **changes: Any) -> Instruction:
    values: dict[str, Any] = {
        "task": task,
        "instruction": f"Say in a sentence what this function does (row {number}).",
        "input": CODE,
        "output": "It computes the greatest common divisor of two integers with Euclid's algorithm.",
        "programming_language": "python",
        "source": "folder",
        "license": "PSF-2.0",
        "lineage": Lineage(
            path="Lib/fractions.py",
            parents=("ab" * 16,),
            prompt_template="code_summarization.en.plain",
            generated=(
                Generated(
                    field="output", model="smollm2", prompt="instruct", prompt_hash="1", request_key="k"
                ),
            ),
            checks=(Check(check="syntax", verdict="passed"),),
        ),
    }
    return Instruction(**{**values, **changes})


def write_training(folder: Path, steps: int = 120, **results: Any) -> Path:
    draw = random.Random(2)
    with StageOutput(
        folder, plan("train", model="embedded", method="lora", lora_r=16, learning_rate=2e-4)
    ) as out:
        lines = [
            json.dumps(
                {
                    "step": i,
                    "loss": round(1.1 + 1.4 * math.exp(-i / 22) + draw.gauss(0, 0.09), 4),
                    "tokens": 900 * i,
                    "learning_rate": 2e-4 * (1 - i / (steps + 1)),
                    "elapsed_seconds": 1.9 * i,
                }
            )
            for i in range(1, steps + 1)
        ]
        (folder / "loss.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
        out.finish(output_hash="f" * 32, results={"steps": steps, **results})
    return folder


Row = tuple[str, str, str, str]
"""Task id, verdict, solution, detail."""


def judged(rows: Sequence[Row], tier: str = "namespaces") -> list[SampleResult]:
    return [
        SampleResult(
            task_id=task_id,
            sample=0,
            completion=solution,
            solution=solution,
            extractor="fenced",
            verdict=Verdict(verdict),
            lenient_verdict=Verdict(verdict),
            cpu_seconds=0.01,
            wall_seconds=0.02,
            detail=detail,
            tier=tier,
        )
        for task_id, verdict, solution, detail in rows
    ]


def write_scored(folder: Path, rows: Sequence[Row], model: str = "smollm2", tier: str = "namespaces") -> None:
    """One model's verdicts and score, with evaluation's own functions."""
    made = list(write_verdicts(folder, judged(rows, tier)))
    problems = [Problem(benchmark="humaneval", task_id=row[0], prompt="", tests="") for row in rows]
    edition = DataEdition(name="humaneval", edition="openai/human-eval", licence="MIT")
    write_score(folder, count_samples(made, problems, k=(1,), benchmark=edition, model=model))


def write_evaluation(folder: Path, base: Sequence[Row], tuned: Sequence[Row], **changes: Any) -> Path:
    """An evaluate stage; `changes` overwrite what comparing found."""
    with StageOutput(folder, plan("evaluate", benchmarks=["humaneval"])) as out:
        write_scored(folder / "base" / "humaneval", base)
        write_scored(folder / "tuned" / "humaneval", tuned, "smollm2 + adapter")
        prompts = [
            {"task_id": row[0], "messages": [{"role": "user", "content": f"Solve {row[0]}."}], "prompt": None}
            for row in base
        ]
        (folder / "tuned" / "humaneval" / "prompts.jsonl").write_text(
            "".join(json.dumps(p) + "\n" for p in prompts), "utf-8"
        )
        found = compare_tallies(tally(judged(base)), tally(judged(tuned))).to_json()
        compared = {**found, "benchmark": "humaneval", **changes}
        (folder / "comparison.json").write_text(json.dumps({"comparisons": [compared]}), "utf-8")
        out.finish(output_hash="e" * 32)
    return folder


def write_left_out_task(folder: Path) -> Path:
    """An evaluate stage that left its task out, since training held out too few rows."""
    shutil.rmtree(folder)
    with StageOutput(folder, plan("evaluate", benchmarks=["task:code_summarization"])) as out:
        out.finish(output_hash="e" * 32)
    return folder


def write_task_evaluation(folder: Path, rows: int, **changes: Any) -> Path:
    """An evaluate stage of one graded task, as evaluation leaves it, in the place of what was there.

    `changes` overwrite what comparing found. Every second row has no reference.
    """
    shutil.rmtree(folder)
    name = "task:code_summarization"
    with StageOutput(folder, plan("evaluate", benchmarks=[name])) as out:
        for model, value, word in (("base", 0.12, "before"), ("tuned", 0.26, "after")):
            inside = folder / model / "task-code_summarization"
            inside.mkdir(parents=True)
            ids = [f"row-{number}" for number in range(rows)]
            answers = [
                {
                    "task_id": i,
                    "sample": 0,
                    "completion": f"{word} {i}",
                    "programming_language": "python",
                    "reference": "" if n % 2 else f"what {i} does",
                }
                for n, i in enumerate(ids)
            ]
            asked = [
                {"task_id": i, "messages": [{"role": "user", "content": f"What does {i} do?"}]} for i in ids
            ]
            for file, lines in (("answers.jsonl", answers), ("prompts.jsonl", asked)):
                (inside / file).write_text("".join(json.dumps(line) + "\n" for line in lines))
            metric = Metric(
                value=value, low=value - 0.02, high=value + 0.02, method="bootstrap", rows=rows, note=""
            )
            write_score(
                inside,
                Score(
                    benchmark=DataEdition(name=name), model=model, conditions=Conditions(), problems=rows,
                    problems_asked=rows, samples=rows, metrics={"rouge_l": metric},
                ),
            )  # fmt: skip
        content = MeasureChange(
            verdict="tie", metric="found_among_ten", first=0.5, second=0.56, difference=0.06, low=-0.03, high=0.15,
            p_value=0.2, test="swap permutation", problems=rows, smallest_detectable=0.13,
        )  # fmt: skip
        found = Comparison(
            others=(content,), verdict="better", metric="rouge_l", difference=0.14, low=0.11, high=0.17, p_value=0.0005,
            test="paired bootstrap", problems=rows, clusters=rows, left_out=0, first_only=5, second_only=rows - 5,
            both=None, neither=None, smallest_detectable=0.04, benchmark=name,
        )  # fmt: skip
        (folder / "comparison.json").write_text(
            json.dumps({"comparisons": [{**found.to_json(), **changes}]}), "utf-8"
        )
        out.finish(output_hash="e" * 32)
    return folder


def verdict_rows(passing: set[int], problems: int = 164) -> list[Row]:
    others = ("WRONG", "WRONG", "RUNTIME", "COMPILE", "CPU_TLE", "NO_CODE")
    details = {
        "WRONG": "AssertionError",
        "RUNTIME": "NameError: name 'List' is not defined",
        "NO_CODE": "no code found",
    }
    rows = []
    for i in range(problems):
        verdict = "PASS" if i in passing else others[i % len(others)]
        rows.append(
            (f"HumanEval/{i}", verdict, CODE.replace("abs(a)", f"abs(a)  # {i}"), details.get(verdict, ""))
        )
    return rows


def write_run(run: Path) -> Path:
    """A run with every stage finished."""
    write_dataset(
        run / "collect",
        "collect",
        Snippet,
        Shard(
            snippets(),
            [
                RejectedRow(
                    row={"path": f"lib/b{i}.py"}, stage="collect", reason="not UTF-8", detail="byte 17"
                )
                for i in range(4)
            ],
        ),
        source="code",
    )
    write_dataset(
        run / "tasks", "tasks", Instruction, Shard([instruction(i) for i in range(60)]), [run / "collect"]
    )
    write_dataset(
        run / "synth",
        "synth",
        Instruction,
        Shard(
            [
                instruction(
                    100 + i,
                    "code_generation",
                    input="",
                    output=CODE,
                    instruction=f"Write a function that finds the greatest common divisor ({i}).",
                )
                for i in range(20)
            ],
            [
                RejectedRow(row=instruction(200 + i), stage="synth", reason="cut off", detail="384 tokens")
                for i in range(5)
            ],
        ),
        [run / "collect"],
    )
    refused = [
        RejectedRow(
            row=instruction(300 + i), stage="curate", reason="near-duplicate", detail=f"of {'ab' * 16}"
        )
        for i in range(9)
    ]
    refused += [
        RejectedRow(
            row=instruction(400 + i),
            stage="curate",
            reason="does not parse",
            detail="line 3: unexpected indent",
        )
        for i in range(3)
    ]
    refused += [
        RejectedRow(
            row=instruction(500), stage="curate", reason="overlaps a benchmark", detail="HumanEval/13"
        )
    ]
    kept = [instruction(i) for i in range(50)] + [
        instruction(
            100 + i,
            "code_generation",
            input="",
            output=CODE,
            instruction=f"Write a function that finds the greatest common divisor ({i}).",
        )
        for i in range(17)
    ]
    write_dataset(run / "curate", "curate", Instruction, Shard(kept, refused), [run / "tasks", run / "synth"])
    write_training(
        run / "train",
        trained_tokens=91_204,
        tokens=181_000,
        tokens_per_second=755.2,
        epochs=0.38,
        stopped_by="max_steps",
        held_out_loss_before=2.12,
        held_out_loss_after=1.88,
        held_out_loss_change={"value": -0.24, "low": -0.28, "high": -0.2, "rows": 48},
        trainable_parameters=4_884_480,
        peak_rss_bytes=1_900_000_000,
    )
    write_evaluation(run / "evaluate", verdict_rows(set(range(10))), verdict_rows(set(range(2, 16))))
    return run

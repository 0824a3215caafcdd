"""Every generator whose check needs no Python takes all languages that codetune parses."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from tests.synth.conftest import instruction, snippet

from codetune.code.languages import PARSED_LANGUAGES
from codetune.execution.protocol import Execution
from codetune.records import Verdict

CODE = {
    "python": "def scale(values, factor):\n    return [value * factor for value in values]",
    "javascript": "function scale(values, factor) {\n  return values.map((value) => value * factor);\n}",
    "typescript": "function scale(values: number[], factor: number): number[] {\n  return values.map((value) => value * factor);\n}",
    "java": "static int scale(int value, int factor) {\n    return value * factor;\n}",
    "go": "func scale(value, factor int) int {\n\treturn value * factor\n}",
    "ruby": "def scale(values, factor)\n  values.map { |value| value * factor }\nend",
    "rust": "fn scale(value: i64, factor: i64) -> i64 {\n    value * factor\n}",
    "php": "function scale($value, $factor) {\n    return $value * $factor;\n}",
    "c": "int scale(int value, int factor) {\n    return value * factor;\n}",
    "cpp": "int scale(int value, int factor) {\n    return value * factor;\n}",
    "csharp": "static int Scale(int value, int factor)\n{\n    return value * factor;\n}",
}
PROGRAM = {
    "python": "{code}\n\n\nprint(scale([1, 2], 3))\nassert scale([], 3) == []\n",
    "javascript": "{code}\n\nconsole.log(scale([1, 2], 3));\n",
    "typescript": "{code}\n\nconsole.log(scale([1, 2], 3));\n",
    "java": "class Main {{\n{code}\n\n    public static void main(String[] args) {{\n        System.out.println(scale(2, 3));\n    }}\n}}\n",
    "go": 'package main\n\nimport "fmt"\n\n{code}\n\nfunc main() {{\n\tfmt.Println(scale(2, 3))\n}}\n',
    "ruby": "{code}\n\nputs scale([1, 2], 3).inspect\n",
    "rust": '{code}\n\nfn main() {{\n    println!("{{}}", scale(2, 3));\n}}\n',
    "php": "<?php\n{code}\n\necho scale(2, 3), PHP_EOL;\n",
    "c": '#include <stdio.h>\n\n{code}\n\nint main(void) {{\n    printf("%d\\n", scale(2, 3));\n    return 0;\n}}\n',
    "cpp": "#include <iostream>\n\n{code}\n\nint main() {{\n    std::cout << scale(2, 3) << std::endl;\n}}\n",
    "csharp": "using System;\n\nclass Program\n{{\n{code}\n\n    static void Main()\n    {{\n        Console.WriteLine(Scale(2, 3));\n    }}\n}}\n",
}
OTHER = {
    "python": "class Counter:\n    def add(self, word):\n        return word\n",
    "javascript": "class Counter {\n  add(word) {\n    return word;\n  }\n}\n",
    "typescript": "class Counter {\n  add(word: string): string {\n    return word;\n  }\n}\n",
    "java": "class Counter {\n    String add(String word) {\n        return word;\n    }\n}\n",
    "go": "package main\n\ntype Counter struct{}\n\nfunc (c Counter) Add(word string) string {\n\treturn word\n}\n",
    "ruby": "class Counter\n  def add(word)\n    word\n  end\nend\n",
    "rust": "struct Counter;\n\nimpl Counter {\n    fn add(&self, word: &str) -> String {\n        word.to_string()\n    }\n}\n",
    "php": "<?php\nclass Counter {\n    public function add($word) {\n        return $word;\n    }\n}\n",
    "c": "#include <string.h>\n\nsize_t count(const char *word) {\n    return strlen(word);\n}\n",
    "cpp": "#include <string>\n\nclass Counter {\npublic:\n    std::string add(std::string word) { return word; }\n};\n",
    "csharp": "class Counter\n{\n    public string Add(string word)\n    {\n        return word;\n    }\n}\n",
}
GENERATORS = (
    "instruct-from-code", "oss-instruct", "self-instruct", "evolve", "explain-defect", "summarize", "review", "translate",
    "judge", "ai-programmer",
)  # fmt: skip


class Prints:
    """Runs nothing; every program ends well, prints a line if it multiplies, and reaches all marks."""

    def run(self, programs):
        for program in programs:
            mark = re.search(r"mark [0-9a-f]{16} ", program.code)
            yield Execution(
                id=program.id, verdict=Verdict.PASS, cpu_seconds=0.0, wall_seconds=0.0, tier="none",
                stdout="6\n" if re.search(r"\* \$?factor", program.code) else "", stderr=f"{mark[0]}0\n" if mark else "",
            )  # fmt: skip

    def close(self) -> None:
        pass


def teacher(language: str):
    """A good answer to each prompt, told by a word of its system turn."""
    code = CODE[language]
    name = "Scale" if language == "csharp" else "scale"
    scores = {criterion: {"reason": "It is good.", "score": 5} for criterion in ("correctness", "clarity", "usefulness")}  # fmt: skip
    said = {
        "You write programming tasks": f"<instruction>Implement `{name}`, which multiplies by a factor.</instruction>",
        "You complete a piece of code": f"```{language}\n{PROGRAM[language].format(code=code)}```",
        "You invent self-contained": "<problem>Write a counter of words that keeps the order of their first use.</problem>",
        "You solve programming problems": f"```{language}\n{OTHER[language]}```",
        "You invent programming tasks": f"<task><instruction>Explain how closures work in {language}.</instruction></task>",
        "You turn a programming task": f"<instruction>Multiply a stream of numbers in constant memory, in {language}.</instruction>",
        "You say what code does": "<summary>Multiply by a factor.</summary>",
        "You review code": "<review>No weakness that matters: names are clear, and nothing is changed in place.</review>",
        "You explain why code": "<explanation>A large factor overflows, as nothing bounds the product.</explanation>",
        "You translate": "把数字乘以系数。",
        "You grade": json.dumps(scores),
        "You act out": f"First.\n```{language}\n{OTHER[language]}```\nThen.\n```{language}\n{code}\n```",
        "You are an experienced": "So it is.",
    }  # fmt: skip

    def answer(request):
        system = request.messages[0].content
        return next(
            (text for start, text in said.items() if system.startswith(start)),
            '{"reason": "It fits.", "score": 5}',
        )

    return answer


@pytest.mark.parametrize("language", PARSED_LANGUAGES)
@pytest.mark.parametrize("generator", GENERATORS)
def test_every_generator_takes_every_language(make_context, generator: str, language: str) -> None:
    options = {"evidence": "judge"} if generator == "instruct-from-code" else {}
    built, context, _ = make_context(
        generator, teacher(language), executor=Prints(), options=options, profile="strong", retries=0
    )
    name = "Scale" if language == "csharp" else "scale"
    row = {
        "explain-defect": lambda: instruction("Defective?", task="defect_detection", input=CODE[language], output="Yes.", programming_language=language),
        "self-instruct": lambda: instruction(f"Sort in {language}.", programming_language=language),
        "evolve": lambda: instruction(f"Multiply in {language}.", programming_language=language),
        "translate": lambda: instruction("Multiply the numbers.", output=CODE[language], programming_language=language),
        "judge": lambda: instruction("Multiply.", output=CODE[language], programming_language=language),
    }.get(generator, lambda: snippet(CODE[language], name, language=language))()  # fmt: skip
    if generator == "instruct-from-code" and language == "python":
        pytest.skip("Python's programs are run, in test_strong_teacher.py and test_program_evidence.py")
    shard = asyncio.run(built.make((row,), context))
    assert not shard.rejected, [(reject.reason, reject.detail) for reject in shard.rejected]
    assert shard.kept


def test_all_languages_are_here() -> None:
    assert set(CODE) == set(PROGRAM) == set(OTHER) == set(PARSED_LANGUAGES) and len(CODE) >= 10

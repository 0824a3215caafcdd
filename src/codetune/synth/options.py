"""Each generator's own settings; light, so that a recipe is checked without loading anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from codetune.config.settings import Settings
from codetune.edits.series import SeriesSettings

__all__ = [
    "OPTIONS",
    "VOTING",
    "AiProgrammerOptions",
    "EditOptions",
    "EvolveOptions",
    "FillInOptions",
    "InstructFromCodeOptions",
    "JudgeOptions",
    "OssInstructOptions",
    "SelfInstructOptions",
    "SolveAndTestOptions",
    "TranslateOptions",
    "options_of",
]


class InstructFromCodeOptions(Settings):
    """Two rounds: the task that code solves, then the program that makes the code run."""

    min_words: int = Field(default=5, ge=1)
    """Fewest words of a statement."""
    max_words: int = Field(default=60, ge=4)
    """Most words; each row draws its own length up to this."""
    input_output_share: float = Field(default=0.3, ge=0, le=1)
    """Share of rows whose statement has to describe what goes in and what comes out."""
    min_grounded: float = Field(default=0.5, ge=0, le=1)
    """Least share of a statement's content words that also occur in the code or its documentation."""
    snippets_per_request: int = Field(default=1, ge=1, le=20)
    """Snippets that share one request in round one; more is cheaper, and harder for the model."""
    code_chars: int = Field(default=1500, ge=100)
    """Code shown to the model is cut at a line's end after so many characters."""
    max_code_chars: int = Field(default=4000, ge=100)
    """Longer snippets are refused: what is not shown can't be completed."""
    complete: bool = True
    """Whether round two is asked at all."""
    accept: Literal["program", "statement"] = "program"
    """`program` keeps rows that passed both rounds; `statement` keeps those of round one too, with
    the code as it was found."""
    unrunnable: Literal["keep", "refuse"] = "keep"
    """Programs in a language that this machine can't run: kept as `not run`, or refused."""
    cpu_seconds: float = Field(default=5.0, gt=0, le=60)
    """CPU time a program may take."""


class SolveAndTestOptions(Settings):
    """A solution and tests that pass and bite."""

    solution: Literal["write", "given"] = "write"
    """Whether the model writes the solution, or the row's output is one."""
    expected: Literal["write", "record"] = "write"
    """Whether the model writes what a test expects, or only calls, and the given solution's own values
    are recorded; only for `solution: given`, as a solution that nobody vouches for proves nothing."""
    tests: int = Field(default=3, ge=1, le=20)
    """Tests asked for."""
    reruns: int = Field(default=1, ge=1, le=50)
    """How often the tests have to pass again. What fails by chance every other time gets past one rerun
    in every other case, past five in one of 32."""
    mutants: int = Field(default=8, ge=0, le=100)
    """Faulty copies of the solution that the tests are tried on."""
    min_mutation_score: float = Field(default=0.5, ge=0, le=1)
    """Least share of them that the tests have to notice."""
    solution_tokens: int = Field(default=512, ge=16)
    """Most tokens of a solution."""
    cpu_seconds: float = Field(default=5.0, gt=0, le=60)
    """CPU time a run may take."""

    @model_validator(mode="after")
    def _vouched_for(self) -> SolveAndTestOptions:
        if self.expected == "record" and self.solution != "given":
            raise ValueError("expected: record needs solution: given, whose values can be relied on")
        return self


class SelfInstructOptions(Settings):
    """New tasks in the manner of given ones."""

    tasks_per_request: int = Field(default=3, ge=1, le=20)
    """New tasks asked for at a time."""
    examples: int = Field(default=3, ge=1, le=12)
    """Rows shown as examples with each request."""
    max_similarity: float = Field(default=0.7, gt=0, le=1)
    """A task whose ROUGE-L with any earlier one is higher is refused."""
    min_words: int = Field(default=4, ge=1)
    """Fewest words of a task."""
    max_words: int = Field(default=120, ge=5)
    """Most words of a task."""
    answer_tokens: int = Field(default=512, ge=16)
    """Most tokens of an answer."""


class EvolveOptions(Settings):
    """Harder and other versions of given instructions."""

    methods: tuple[Literal["deepen", "constrain", "data-structure", "debug", "complexity"], ...] = (
        "deepen",
        "constrain",
        "data-structure",
        "debug",
        "complexity",
    )
    """Ways to evolve; one is drawn for each row."""
    rounds: int = Field(default=1, ge=1, le=8)
    """How often each instruction is evolved further; every round gives a row."""
    max_similarity: float = Field(default=0.9, gt=0, le=1)
    """An evolved instruction with a higher ROUGE-L to its parent has gained nothing."""
    answer_tokens: int = Field(default=768, ge=16)
    """Most tokens of an answer."""


class OssInstructOptions(Settings):
    """A problem inspired by a snippet, and its solution."""

    code_chars: int = Field(default=1200, ge=100)
    """Characters of the snippet that are shown."""
    min_words: int = Field(default=8, ge=1)
    """Fewest words of a problem."""
    max_copied: float = Field(default=0.8, gt=0, le=1)
    """A solution that shares more of its token runs with the snippet only repeats it."""
    solution_tokens: int = Field(default=768, ge=16)
    """Most tokens of a solution."""


class FillInOptions(Settings):
    """The field that a row lacks."""

    code_chars: int = Field(default=3000, ge=100)
    """Longer code is refused: what is not shown can't be judged."""
    min_words: int = Field(default=4, ge=1)
    """Fewest words of the text."""
    max_words: int = Field(default=200, ge=5)
    """Most words of the text."""
    min_grounded: float = Field(default=0.3, ge=0, le=1)
    """Least share of its content words that also occur in the code (English only)."""


class TranslateOptions(Settings):
    """The natural language of a row, and nothing else, in another language."""

    to: str = "zh"
    """ISO 639-1 code of the language to translate to."""
    round_trip: bool = False
    """Whether it is translated back and compared."""
    min_round_trip: float = Field(default=0.4, ge=0, le=1)
    """Least ROUGE-L between the original and what came back."""
    max_chars: int = Field(default=6000, ge=100)
    """Longer texts are refused."""


class JudgeOptions(Settings):
    """Scores with reasons, by one model or several."""

    criteria: tuple[str, ...] = ("correctness", "clarity", "usefulness")
    """What is scored, each from 1 to 5."""
    votes: int = Field(default=1, ge=1, le=15)
    """Answers asked of each model."""
    min_score: float = Field(default=3.0, ge=1, le=5)
    """Rows whose mean score is lower are refused."""
    min_agreement: float = Field(default=0.0, ge=0, le=1)
    """Rows on which the votes agree less are refused."""
    max_chars: int = Field(default=6000, ge=100)
    """Longer rows are refused."""


class AiProgrammerOptions(Settings):
    """The steps in which a programmer may have written a snippet."""

    skills: tuple[Literal["novice", "ordinary", "expert"], ...] = Field(
        default=("novice", "ordinary", "expert"), min_length=1
    )
    """How good the programmer is; one is drawn for each snippet."""
    last_step: Literal["exact", "formatting", "syntax"] = "formatting"
    """How alike the last step and the snippet have to be: character for character, but for blank lines
    and line ends, or by syntax. The snippet itself then takes the last step's place."""
    max_code_chars: int = Field(default=6000, ge=20)
    """Longer snippets are rejected, as every step repeats the file."""


class EditOptions(SeriesSettings):
    """Moments of edit histories, and what is asked about them."""

    max_changes: int = Field(default=20, ge=1)
    """Most future changes that a model is asked to judge at once."""
    temperature: float = Field(default=0.2, ge=0, le=2)
    """Of all three questions."""


OPTIONS: dict[str, type[Settings]] = {
    "instruct-from-code": InstructFromCodeOptions,
    "self-instruct": SelfInstructOptions,
    "evolve": EvolveOptions,
    "oss-instruct": OssInstructOptions,
    "solve-and-test": SolveAndTestOptions,
    "explain-defect": FillInOptions,
    "summarize": FillInOptions,
    "review": FillInOptions,
    "translate": TranslateOptions,
    "judge": JudgeOptions,
    "ai-programmer": AiProgrammerOptions,
    "edit": EditOptions,
}
"""Generator -> class of its options."""

VOTING = ("judge",)
"""Generators that ask the models under `judges` too."""


def options_of(generator: str, given: Mapping[str, Any]) -> Settings:
    """A generator's options with the given ones set.

    Raises:
        pydantic.ValidationError: An option is unknown or out of range.
    """
    return OPTIONS[generator].model_validate(dict(given))

"""Each generator's own settings, and the other defaults of the small profile.

Defaults are for a strong model. `SMALL` lists what differs for a model of a few hundred million
parameters. This module loads nothing heavy, so a recipe is checked quickly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from codetune.config.settings import Settings
from codetune.edits.series import SeriesSettings

__all__ = [
    "OPTIONS",
    "SMALL",
    "VOTING",
    "AiProgrammerOptions",
    "EditOptions",
    "EvolveOptions",
    "FillInOptions",
    "InstructFromCodeOptions",
    "JudgeOptions",
    "OssInstructOptions",
    "Profile",
    "SelfInstructOptions",
    "SolveAndTestOptions",
    "SummarizeOptions",
    "TranslateOptions",
    "options_of",
]


Profile = Literal["strong", "small"]
"""For which kind of model prompts, defaults and checks are: `strong` or `small`."""


class InstructFromCodeOptions(Settings):
    """Two rounds: the task that code solves, then the program that makes the code run."""

    min_words: int = Field(default=3, ge=1)
    """Fewest words of a statement."""
    max_words: int = Field(default=600, ge=4)
    """Most words of a statement. Each row draws its own length up to this."""
    input_output_share: float = Field(default=0.3, ge=0, le=1)
    """Share of rows whose statement has to describe what goes in and what comes out."""
    min_grounded: float = Field(default=0.0, ge=0, le=1)
    """Least share of a statement's content words that also occur in the code or its documentation. 0 only
    records the share: good statements often use other words than the code."""
    min_documented: float = Field(default=0.0, ge=0, le=1)
    """Least share of a statement's content words that also occur in the code's documentation, name and first
    line (English only). Above 0, code without documentation is rejected before it is asked about: of such code a small
    model guesses the purpose from the name."""
    evidence: Literal["run", "judge", "off"] = "run"
    """How a statement is compared with the code: `run` solves the statement alone and runs both on the
    program's own calls (and asks for a score where that is impossible), `judge` asks for a score, `off` skips it."""
    min_agreement: float = Field(default=0.5, ge=0, le=1)
    """Least share of calls on which a solution of the statement behaves like the code."""
    min_score: int = Field(default=3, ge=1, le=5)
    """Least score of a statement, from 1 to 5, where a score is asked for."""
    min_branches: float = Field(default=0.5, ge=0, le=1)
    """Least share of the code's branches that the program takes (Python)."""
    stand_ins: Literal["reject", "keep"] = "reject"
    """Programs whose output does not depend on the given code, or comes from stand-ins alone."""
    snippets_per_request: int = Field(default=1, ge=1, le=20)
    """Snippets that share one request in round one; more is cheaper, and harder for the model."""
    code_chars: int = Field(default=12_000, ge=100)
    """Code shown to the model is cut at a line's end after so many characters."""
    max_code_chars: int = Field(default=16_000, ge=100)
    """Longer snippets are rejected: code that is not shown cannot be completed."""
    complete: bool = True
    """Whether round two is asked at all."""
    accept: Literal["program", "statement"] = "program"
    """`program` keeps rows that passed both rounds; `statement` keeps those of round one too, with
    the code as it was found."""
    unrunnable: Literal["keep", "refuse"] = "keep"
    """Programs in a language that this machine cannot run: kept as `not run`, or rejected."""
    cpu_seconds: float = Field(default=5.0, gt=0, le=60)
    """CPU time a program may take."""


class SolveAndTestOptions(Settings):
    """A solution and tests that pass and bite."""

    solution: Literal["write", "given"] = "write"
    """Whether the model writes the solution, or the row's output is one."""
    expected: Literal["write", "record"] = "write"
    """Whether the model writes what a test expects, or only calls, and the given solution's own values
    are recorded; only for `solution: given`, as a solution that nobody vouches for proves nothing."""
    tests: int = Field(default=5, ge=1, le=20)
    """Tests asked for."""
    reruns: int = Field(default=1, ge=1, le=50)
    """How often the tests have to pass again. What fails by chance every other time gets past one rerun
    in every other case, past five in one of 32."""
    mutants: int = Field(default=8, ge=0, le=100)
    """Faulty copies of the solution that the tests are tried on."""
    min_mutation_score: float = Field(default=0.5, ge=0, le=1)
    """Least share of them that the tests have to notice."""
    solution_tokens: int | None = Field(default=None, ge=16)
    """Most tokens of a solution. None: as the model's context allows."""
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
    max_similarity: float = Field(default=0.85, gt=0, le=1)
    """A task whose ROUGE-L with any earlier one is higher is rejected; the task is its instruction with its input."""
    min_words: int = Field(default=2, ge=1)
    """Fewest words of a task."""
    max_words: int = Field(default=600, ge=5)
    """Most words of a task."""
    answer_tokens: int | None = Field(default=None, ge=16)
    """Most tokens of an answer. None: as the model's context allows."""


class EvolveOptions(Settings):
    """Harder and other versions of given instructions."""

    methods: tuple[Literal["deepen", "constrain", "data-structure", "debug", "complexity"], ...] = (
        "deepen",
        "constrain",
        "data-structure",
        "debug",
        "complexity",
    )
    """Methods of evolution; one is drawn for each row."""
    rounds: int = Field(default=1, ge=1, le=8)
    """How often each instruction is evolved further; every round gives a row."""
    min_score: int = Field(default=3, ge=0, le=5)
    """Least score of an evolved task beside the given one, from 1 to 5; 0 asks for none (elimination)."""
    max_similarity: float = Field(default=0.9, gt=0, le=1)
    """An evolved instruction with a higher ROUGE-L to its parent has gained nothing."""
    answer_tokens: int | None = Field(default=None, ge=16)
    """Most tokens of an answer. None: as the model's context allows."""


class OssInstructOptions(Settings):
    """A problem inspired by a snippet, and its solution."""

    code_chars: int = Field(default=6000, ge=100)
    """Characters of the snippet that are shown."""
    min_words: int = Field(default=8, ge=1)
    """Fewest words of a problem."""
    max_words: int = Field(default=1200, ge=8)
    """Most words of a problem."""
    min_score: int = Field(default=3, ge=0, le=5)
    """Least score of a solution for its problem, from 1 to 5; 0 asks for none."""
    max_copied: float = Field(default=0.8, gt=0, le=1)
    """A solution that shares more of its token runs with the snippet only repeats it."""
    solution_tokens: int | None = Field(default=None, ge=16)
    """Most tokens of a solution. None: as the model's context allows."""


class FillInOptions(Settings):
    """The field that a row lacks."""

    code_chars: int = Field(default=16_000, ge=100)
    """Longer code is rejected: code that is not shown cannot be judged."""
    min_words: int = Field(default=3, ge=1)
    """Fewest words of the text."""
    max_words: int = Field(default=1000, ge=5)
    """Most words of the text."""
    min_grounded: float = Field(default=0.0, ge=0, le=1)
    """Least share of its content words that also occur in the code (English only). 0 only records the share."""
    evidence: Literal["judge", "off"] = "judge"
    """Whether the model scores the text against the code: a text about something else is rejected."""
    min_score: int = Field(default=2, ge=1, le=5)
    """Least score of the text, from 1 to 5."""


class SummarizeOptions(FillInOptions):
    """What code does, in one of three lengths."""

    convention: Literal[
        "auto", "google", "numpy", "sphinx", "jsdoc", "javadoc", "phpdoc", "yard", "rustdoc", "godoc", "doxygen", "xmldoc"
    ] = "auto"  # fmt: skip
    """How whole documentation comments are written. `auto` is the project's own: that of most of the input's
    structured comments, for each repository and language, or else the language's usual one."""
    form: Literal["record", "require"] = "record"
    """Summaries that are longer than asked for, or not in the convention: recorded, or rejected."""


class TranslateOptions(Settings):
    """The natural language of a row, and nothing else, in another language."""

    to: str = "zh"
    """ISO 639-1 code of the language to translate to."""
    round_trip: bool = False
    """Whether it is translated back and compared."""
    min_round_trip: float = Field(default=0.4, ge=0, le=1)
    """Least ROUGE-L between the original and what came back."""
    max_chars: int = Field(default=6000, ge=100)
    """Longer texts are rejected."""


class JudgeOptions(Settings):
    """Scores with reasons, by one model or several."""

    criteria: tuple[str, ...] = ("correctness", "clarity", "usefulness")
    """What is scored, each from 1 to 5."""
    votes: int = Field(default=1, ge=1, le=15)
    """Answers asked of each model."""
    min_score: float = Field(default=3.0, ge=1, le=5)
    """Rows whose mean score is lower are rejected."""
    min_agreement: float = Field(default=0.0, ge=0, le=1)
    """Rows on which the votes agree less are rejected."""
    max_chars: int = Field(default=6000, ge=100)
    """Longer rows are rejected."""


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
    "summarize": SummarizeOptions,
    "review": FillInOptions,
    "translate": TranslateOptions,
    "judge": JudgeOptions,
    "ai-programmer": AiProgrammerOptions,
    "edit": EditOptions,
}
"""Generator -> class of its options."""

SMALL: Mapping[str, Mapping[str, Any]] = {
        "instruct-from-code": {
            "min_words": 5, "max_words": 60, "min_grounded": 0.5, "evidence": "off", "min_branches": 0.0,
            "stand_ins": "keep", "code_chars": 1500, "max_code_chars": 4000,
        },
        "solve-and-test": {"tests": 3, "solution_tokens": 512},
        "self-instruct": {"max_similarity": 0.7, "min_words": 4, "max_words": 120, "answer_tokens": 512},
        "evolve": {"answer_tokens": 768, "min_score": 0},
        "oss-instruct": {"code_chars": 1200, "max_words": 400, "solution_tokens": 768, "min_score": 0},
        "explain-defect": {"code_chars": 3000, "min_words": 4, "max_words": 200, "min_grounded": 0.3, "evidence": "off"},
        "summarize": {"code_chars": 3000, "min_words": 4, "max_words": 200, "min_grounded": 0.3, "evidence": "off"},
        "review": {"code_chars": 3000, "min_words": 4, "max_words": 200, "min_grounded": 0.3, "evidence": "off"},
}  # fmt: skip
"""Generator -> defaults of the small profile that differ from those of the class."""

VOTING = ("judge",)
"""Generators that ask the models under `judges` too."""


def options_of(generator: str, given: Mapping[str, Any], profile: Profile = "strong") -> Settings:
    """A generator's options: the given ones, then the profile's defaults, then the class's.

    Raises:
        pydantic.ValidationError: An option is unknown or out of range.
    """
    defaults = SMALL.get(generator, {}) if profile == "small" else {}
    return OPTIONS[generator].model_validate({**defaults, **given})

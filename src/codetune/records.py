"""The records that stages pass on: what sources yield, tasks word, curate keeps, train reads.

Foreign formats end inside `sources/`; from there on only these travel. Every record is frozen,
knows its content hash (`id`) and is written to Parquet with the schema that
`codetune.store.schema` derives from its annotations, so a field added here is a column there.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import ClassVar, Literal

__all__ = [
    "RECORD_TYPES",
    "Check",
    "Commit",
    "Completion",
    "Conversation",
    "Edit",
    "EditHistory",
    "Generated",
    "Instruction",
    "Lineage",
    "Message",
    "Problem",
    "Record",
    "Revision",
    "Snippet",
    "Submission",
    "Verdict",
    "content_id",
]

Role = Literal["system", "user", "assistant", "history", "current"]
"""The last two are those of models that were trained on edits: a state before, and the file now."""


def content_id(kind: str, *parts: str | None) -> str:
    """Hash content to an id: the same content has the same id on every machine.

    Args:
        kind: Name of the record type, so that two types never share an id.
        parts: The content, in a fixed order; None and "" hash differently.

    Returns:
        32 hexadecimal characters (BLAKE2b, 128 bits).
    """
    pieces = [kind.encode()]
    for part in parts:
        if part is None:
            pieces.append(b"\xff")
            continue
        data = part.encode("utf-8", "surrogatepass")
        pieces += (b"%d:" % len(data), data)  # lengths keep ("ab", "c") and ("a", "bc") apart
    return blake2b(b"".join(pieces), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """One field that a model wrote."""

    field: str
    model: str
    prompt: str
    """Name of the prompt file, e.g. `instruct_from_code.en`."""
    prompt_hash: str
    request_key: str
    """Key of the request in the request store, where the full answer is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check a row went through, and how it ended."""

    check: str
    verdict: str
    """`passed`, `failed`, or `not run`; missing is not failed."""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where a row came from and what was done to it."""

    upstream_id: str | None = None
    """The id, or file and row, that the row has in the place it came from."""
    url: str | None = None
    repo: str | None = None
    path: str | None = None
    commit: str | None = None
    group: str | None = None
    """Rows of one group (repository, problem, question) never straddle a split. A row of two, as a pair of
    functions is, names both, joined by ` & `."""
    parents: tuple[str, ...] = ()
    """Ids of the records this one was made from."""
    prompt_template: str | None = None
    """Name of the template that the row is asked with, e.g. `code_repair.en.fix`."""
    generated: tuple[Generated, ...] = ()
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Base of the records that live in dataset directories."""

    content_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that make the id; lineage and tags are never among them."""

    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            parts = [getattr(self, name) for name in self.content_fields]
            texts = [part if part is None or isinstance(part, str) else repr(part) for part in parts]
            object.__setattr__(self, "id", content_id(type(self).__name__, *texts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet(Record):
    """A piece of code as found: a function or method, usually with its docstring.

    Identical code at two places is two snippets (deduplication is a stage, and says so).
    """

    content_fields: ClassVar[tuple[str, ...]] = (
        "code", "programming_language", "name", "docstring", "repo", "path", "commit",
    )  # fmt: skip

    code: str
    """The whole definition, decorators and docstring included, dedented."""
    programming_language: str
    """Lower-case name: python, javascript, typescript, java, go, ruby, rust, php, c, cpp, csharp."""
    name: str | None = None
    """Qualified name as the language writes it, e.g. `Thread.join`."""
    docstring: str | None = None
    """Documentation without comment marks; None where there is none."""
    path: str | None = None
    """Path inside the repository or folder, with forward slashes; never absolute."""
    start_line: int | None = None
    """First line of `code` in the file, counted from 1."""
    repo: str | None = None
    commit: str | None = None
    license: str | None = None
    """SPDX expression; None where it could not be told."""
    source: str
    """Name of the source that yielded it, as `codetune sources` lists them."""
    tags: tuple[str, ...] = ()
    """Of the place it comes from, e.g. `split:test`; rows made from it carry them on."""
    scopes: tuple[str, ...] = ()
    """Heads of the types and namespaces that it stands in, the outermost first, e.g. `class Lines<T> extends Base`;
    empty for a function on its own, and where the source does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction(Record):
    """An instruction with its answer; `instruction`, `input`, `output` are Alpaca's fields."""

    content_fields: ClassVar[tuple[str, ...]] = ("task", "instruction", "input", "output")

    task: str
    """Name of the task, as `codetune.tasks` registers it, e.g. `code_summarization`."""
    instruction: str
    input: str = ""
    output: str
    language: str = "en"
    """Natural language of the instruction, ISO 639-1."""
    programming_language: str | None = None
    source: str
    license: str | None = None
    tests: str | None = None
    """Tests that verify `output`, where the source has them (JSON or code, as the task says)."""
    candidates: tuple[str, ...] = ()
    """For search: the candidates in the order `input` shows them; `output` names the right one."""
    tags: tuple[str, ...] = ()
    lineage: Lineage = field(default_factory=Lineage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One state of a file in an edit's history."""

    code: str
    programming_language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditHistory(Record):
    """Versions of one file, oldest first, from which moments of editing are drawn."""

    content_fields: ClassVar[tuple[str, ...]] = ("origin", "versions", "request")

    origin: Literal["ai-programmer", "commit", "submission"]
    versions: tuple[str, ...]
    """At least two texts; the first one is empty where the file was new."""
    programming_language: str | None = None
    request: str = ""
    """What the author said: the subject of the last commit, or the problem's statement."""
    accepted: bool | None = None
    """Whether a contest's judge accepted the last version; None where nobody judged."""
    language: str = "en"
    """Natural language of `request`, ISO 639-1."""
    source: str
    license: str | None = None
    lineage: Lineage = field(default_factory=Lineage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit(Record):
    """A programmer at work: what was, what is, what they ask, what comes next.

    Source: Programming-Instruct (CursorCore, arXiv:2410.07002).
    """

    content_fields: ClassVar[tuple[str, ...]] = ("history", "current", "area", "user", "next", "chat")

    history: tuple[Revision, ...] = ()
    current: Revision
    area: tuple[int, ...] | None = None
    """Target area in `current.code`, in characters: None, (offset,) or (start, end)."""
    user: str = ""
    next: str
    chat: str = ""
    language: str = "en"
    source: str
    license: str | None = None
    lineage: Lineage = field(default_factory=Lineage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit(Record):
    """One file's change in one commit."""

    content_fields: ClassVar[tuple[str, ...]] = (
        "before", "after", "message", "old_path", "path", "repo", "commit",
    )  # fmt: skip

    before: str
    after: str
    subject: str
    message: str
    programming_language: str | None = None
    old_path: str | None = None
    path: str
    author_date: str | None = None
    """ISO 8601 with offset."""
    repo: str | None = None
    commit: str | None = None
    license: str | None = None
    source: str
    lineage: Lineage = field(default_factory=Lineage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission(Record):
    """One person's tries at one problem, oldest first, up to the first accepted one."""

    content_fields: ClassVar[tuple[str, ...]] = ("problem_id", "user_id", "programs")

    problem_id: str
    user_id: str
    problem: str | None = None
    """The statement, as text."""
    programs: tuple[Revision, ...]
    statuses: tuple[str, ...] = ()
    """The judge's word for each program, in the same order."""
    source: str
    license: str | None = None
    lineage: Lineage = field(default_factory=Lineage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation(Record):
    """What training and chat models see; made from the other records, never by hand."""

    content_fields: ClassVar[tuple[str, ...]] = ("messages",)

    messages: tuple[Message, ...]
    row_id: str
    """Id of the record it was made from."""
    source: str
    license: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem(Record):
    """A benchmark item: what the model is asked, and what decides whether it solved it."""

    content_fields: ClassVar[tuple[str, ...]] = ("benchmark", "task_id", "prompt", "tests")

    benchmark: str
    task_id: str
    prompt: str
    tests: str
    """Test program or test data, as the benchmark's file says."""
    entry_point: str | None = None
    canonical_solution: str | None = None
    programming_language: str = "python"
    cluster: str | None = None
    """Variants of one problem share it; statistics resample clusters, not items."""
    finer_group: str | None = None
    """The next finer group, e.g. the file where `cluster` is the repository; taken where clusters are few."""
    instruction: str = ""
    """What is asked, in words; without it a model is asked to complete `prompt`."""
    prefix: str | None = None
    """The end of `prompt` that is already part of the program; None means all of it, "" nothing."""
    stop: tuple[str, ...] = ()
    """Where a continuation of `prompt` is over, as the benchmark says; empty leaves it to the style."""
    harness_prompt: str | None = None
    """What bigcode-evaluation-harness sends for this item, where that is neither `prompt` nor `prompt` stripped."""
    harness_prefix: str = ""
    """The code that an answer to `harness_prompt` goes on from."""
    describe: str = ""
    """What is asked first, where the item takes two steps: the answer stands in for `{description}`
    in `prompt` and `instruction` then."""
    describe_characters: int | None = None
    """Longest such description; what is longer is cut."""
    groups: tuple[str, ...] = ()
    """Parts of the benchmark whose rate is also given alone, e.g. `difficulty=easy`."""
    edit: Edit | None = None
    """The moment of editing that is asked about, where the answer may be an edit; its `next` is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion(Record):
    """What a model wrote for a problem, before anything was extracted from it."""

    content_fields: ClassVar[tuple[str, ...]] = ("task_id", "sample", "text")

    task_id: str
    sample: int = 0
    """Number of the sample for this problem, from 0."""
    text: str
    finish_reason: str | None = None
    completion_tokens: int | None = None
    request_key: str | None = None


class Verdict(enum.StrEnum):
    """How the run of one program ended.

    Only PASS says that the tests ran to their end and held. HARNESS_ERROR and SKIPPED say nothing
    about the program and are left out of every rate's denominator, by name.
    """

    PASS = "PASS"
    WRONG = "WRONG"
    RUNTIME = "RUNTIME"
    COMPILE = "COMPILE"
    CPU_TLE = "CPU_TLE"
    WALL_TLE = "WALL_TLE"
    OOM = "OOM"
    OUTPUT = "OUTPUT"
    DISK = "DISK"
    PIDS = "PIDS"
    SECCOMP = "SECCOMP"
    EARLY_EXIT = "EARLY_EXIT"
    NO_CODE = "NO_CODE"
    NO_EDIT = "NO_EDIT"
    HARNESS_ERROR = "HARNESS_ERROR"
    SKIPPED = "SKIPPED"

    @property
    def is_about_the_program(self) -> bool:
        """False for verdicts that only tell of us (HARNESS_ERROR, SKIPPED)."""
        return self not in (Verdict.HARNESS_ERROR, Verdict.SKIPPED)


RECORD_TYPES: dict[str, type[Record]] = {
    kind.__name__: kind
    for kind in (
        Snippet,
        Instruction,
        EditHistory,
        Edit,
        Commit,
        Submission,
        Conversation,
        Problem,
        Completion,
    )
}

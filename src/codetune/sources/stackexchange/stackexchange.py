"""StackExchange dumps: how-to questions with the code block that answers them, for any tags."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from codetune.code.languages import PARSED_LANGUAGES, canonical_language
from codetune.errors import DataError, MissingExtraError
from codetune.records import Instruction, Record
from codetune.rejection import Rejection
from codetune.sources.code_search.search_pairs import SearchPair, choices
from codetune.sources.config import CollectConfig
from codetune.sources.files.input_files import InputFiles, find
from codetune.sources.rows.row import Row
from codetune.sources.source import Collection, rejected_row
from codetune.sources.stackexchange import answer_classifier, how_to
from codetune.sources.stackexchange.answer_classifier import BlockLabeller, LabelledBlock
from codetune.sources.stackexchange.buckets import Bucket, SkippedCounts, bucket_rows, buckets
from codetune.sources.stackexchange.how_to import HowTo, cross_validated
from codetune.sources.stackexchange.html_text import HtmlPiece, html_pieces
from codetune.sources.stackexchange.labels import how_to_labels, labelled_blocks, labels_hash
from codetune.sources.stackexchange.posts import Post, license_of_post, parse_rows, quality
from codetune.store.dataset import RejectedRow, Shard

__all__ = ["StackExchangeSource"]

_CODE_LANGUAGES = frozenset(
    {*PARSED_LANGUAGES, "sql", "bash", "r", "kotlin", "swift", "scala", "lua", "perl"}
)

_PREFORMATTED = re.compile(r"(?i)<pre\b")


class StackExchangeSource:
    """One row for each how-to question that an answer's code block answers.

    A question and its best answer make a row; every other post of the wanted tags is refused with
    a reason. Posts of other tags and kinds are counted in the run card.
    """

    name = "stackexchange"
    holds = "questions of any StackExchange site with the code that answers them"
    reads = "Posts.xml (or .gz, .zip) of a dump"
    record = Instruction
    license: str | None = None
    url: str | None = "https://archive.org/details/stackexchange"

    def open(self, config: CollectConfig, seed: int) -> Collection:
        if config.block_labels is not None or config.how_to_labels is not None:
            _check_learning()
        upstream = find(config.path, self.name, (".xml",))
        skipped = {file.name: SkippedCounts() for file in upstream.files}
        notes: dict[str, Any] = {}
        inputs = {f"input of {self.name}": upstream.content_hash()}
        for setting in ("block_labels", "how_to_labels"):
            labels = getattr(config, setting)
            if labels is not None:
                inputs[setting] = labels_hash(labels)
        _check(upstream)
        if config.block_labels is not None:
            _labeller(config.block_labels)  # a wrong file is an error before any work
        if config.how_to_labels is not None and not (known := how_to_labels(config.how_to_labels)).questions:
            known.with_titles({})
        return Collection(
            items=partial(_pieces, upstream, config, skipped, notes),
            work=partial(_mine, config, seed),
            inputs=inputs,
            notes=notes,
        )


def _check_learning() -> None:
    try:
        import sklearn  # noqa: F401  (the classifiers need it)
    except ImportError as error:
        raise MissingExtraError.of("learning from labels", "mining") from error


def _check(upstream: InputFiles) -> None:
    for file in upstream.files:
        with file.open() as stream:
            head = stream.read(1000).removeprefix(b"\xef\xbb\xbf").lstrip()
        if b"<posts" not in head and not head.startswith(b"<row"):
            raise DataError(
                "this is not a StackExchange dump's Posts.xml",
                where=f"{upstream.path}, {file.name}",
                next_step="give Posts.xml as the dump's archive holds it; the other files are not needed",
            )


def _pieces(
    upstream: InputFiles, config: CollectConfig, skipped: dict[str, SkippedCounts], notes: dict[str, Any]
) -> Iterator[Bucket]:
    labels = how_to_labels(config.how_to_labels) if config.how_to_labels is not None else None
    asked = frozenset(labels.questions) if labels is not None else frozenset()
    if labels is None and config.how_to_only:
        notes["how-to rule"] = dict(how_to.RULE_FIGURES)
    for file in upstream.files:
        skipped[file.name] = SkippedCounts()  # a second pass counts again
        size = Path(file.location).stat().st_size * (8 if file.name != file.plain_name else 1)
        known = None
        for bucket in buckets(file, config.tags, skipped[file.name], size=size, titles_of=asked):
            if labels is not None and known is None:
                known = labels.with_titles(dict(bucket.titles))
                notes["how-to classifier"] = cross_validated(known)
            yield replace(bucket, how_to=known)
        notes[file.name] = asdict(skipped[file.name])


@lru_cache(maxsize=1)
def _labeller(path: str) -> BlockLabeller:
    return BlockLabeller(labelled_blocks(path))


@lru_cache(maxsize=1)
def _how_to(labelled: tuple[tuple[str, bool], ...]) -> HowTo:
    return HowTo([title for title, _ in labelled], [label for _, label in labelled])


@dataclass(slots=True)
class _Thread:
    question: tuple[int, Post] | None
    answers: list[tuple[int, Post]]


def _mine(config: CollectConfig, seed: int, bucket: Bucket) -> Shard[Record]:
    """Rows and refusals of one bucket; runs in a worker."""
    # Thousands of posts are alive at once and none is in a cycle: the collector would walk them all, again
    # and again, for a fifth of the time.
    collected = gc.isenabled()
    gc.disable()
    try:
        return _mined(config, seed, bucket)
    finally:
        if collected:
            gc.enable()


def _mined(config: CollectConfig, seed: int, bucket: Bucket) -> Shard[Record]:
    rejected: list[RejectedRow] = [
        _rejected(bucket.file, b.number, b.reason, b.detail) for b in bucket.broken
    ]
    threads = _threads(bucket, rejected)
    wanted = [t for t in threads if t.question is not None and _is_wanted(t, config, bucket, rejected)]
    pairs: list[SearchPair] = []
    answers: dict[str, int] = {}
    """Upstream id of a question that became a pair -> number of the answer's row."""
    kept_titles = _are_how_to([t.question[1].title for t in wanted if t.question], config, bucket)
    for thread, is_how_to in zip(wanted, kept_titles, strict=True):
        if not is_how_to:
            _reject_thread(thread, bucket.file, "no how-to question", rejected)
        else:
            found = _pair(thread, config, seed, bucket, rejected)
            if found is not None:
                pairs.append(found[0])
                answers[found[0].row.upstream_id] = found[1]
    shard = choices(pairs, config, seed)
    for question in shard.rejected:  # its answer goes with it
        assert isinstance(question.row, Mapping)
        number = answers.get(question.row["lineage"]["upstream_id"])
        if number is not None:
            rejected.append(_rejected(bucket.file, number, question.reason, "answer of the question"))
    return Shard(shard.kept, [*rejected, *shard.rejected])


def _threads(bucket: Bucket, rejected: list[RejectedRow]) -> list[_Thread]:
    threads: dict[int, _Thread] = {}
    numbered = [(number, row) for number, _, row in bucket_rows(bucket.rows)]
    posts = parse_rows([row for _, row in numbered])
    for (number, _), post in zip(numbered, posts, strict=True):
        if isinstance(post, Rejection):
            rejected.append(_rejected(bucket.file, number, post.reason, post.detail))
            continue
        question = post.id if post.is_question else post.parent
        thread = threads.get(question)
        if thread is None:
            thread = threads[question] = _Thread(None, [])
        if post.is_question:
            thread.question = (number, post)
        else:
            thread.answers.append((number, post))
    for thread in threads.values():
        if thread.question is None:
            for number, _ in thread.answers:
                rejected.append(_rejected(bucket.file, number, "question not read", "its row is broken"))
    return list(threads.values())


def _is_wanted(thread: _Thread, config: CollectConfig, bucket: Bucket, rejected: list[RejectedRow]) -> bool:
    assert thread.question is not None
    reason = None
    if not thread.answers:
        reason = "no answer"
    elif not thread.question[1].title.strip():
        reason = "no title"
    if reason is not None:
        _reject_thread(thread, bucket.file, reason, rejected)
    return reason is None


def _are_how_to(titles: Sequence[str], config: CollectConfig, bucket: Bucket) -> Sequence[bool]:
    if not config.how_to_only:
        return [True] * len(titles)
    if bucket.how_to is None:
        return [how_to.rule(title) for title in titles]
    return [bool(score > 0.5) for score in _how_to(bucket.how_to).scores(titles)]


def _pair(
    thread: _Thread, config: CollectConfig, seed: int, bucket: Bucket, rejected: list[RejectedRow]
) -> tuple[SearchPair, int] | None:
    """The question with the best block of its best answer, and that answer's row; the other posts are refused."""
    assert thread.question is not None
    number, question = thread.question
    accepted = question.accepted
    ranked = sorted(thread.answers, key=lambda entry: (entry[1].id != accepted, -entry[1].score, entry[1].id))
    language = _language(question.tags, config.tags)
    for order, (answer_number, answer) in enumerate(ranked):
        found = _blocks(answer, question.title, language)
        if not found:
            continue
        worth = quality(question, answer, bucket.newest)
        if worth < config.min_quality:
            _reject_thread(thread, bucket.file, "low quality", rejected, f"{worth:.2f}")
            return None
        block = _best(found, config)
        if block is None:
            continue
        for other, _ in ranked[:order] + ranked[order + 1 :]:
            rejected.append(
                _rejected(bucket.file, other, "another answer was chosen", f"of question {question.id}")
            )
        spdx = license_of_post(answer)
        row = Row(
            {},
            bucket.file,
            number,
            StackExchangeSource.name,
            spdx,
            seed,
            config.language,
            None,
            config.prompt_templates,
        )
        kind = "single" if len(found) == 1 else "multi"
        pair = SearchPair(
            row=row,
            query=question.title.strip(),
            code=block.code,
            group=str(question.id),
            programming_language=language,
            upstream_id=f"question {question.id}, answer {answer.id}, block {block.position}",
            tags=(f"blocks:{kind}", f"quality:{worth:.1f}", *(f"tag:{tag}" for tag in question.tags)),
        )
        return pair, answer_number
    _reject_thread(thread, bucket.file, "no code block that answers", rejected)
    return None


def _blocks(answer: Post, title: str, language: str | None) -> list[LabelledBlock]:
    if not _PREFORMATTED.search(answer.body):
        return []  # most answers: their HTML need not be read
    pieces = html_pieces(answer.body)
    codes = [index for index, piece in enumerate(pieces) if piece.kind == "code"]
    return [
        LabelledBlock(
            code=pieces[index].text,
            before=_prose(pieces, index - 1),
            after=_prose(pieces, index + 1),
            question=title,
            position=position,
            blocks=len(codes),
            programming_language=language,
        )
        for position, index in enumerate(codes)
    ]


def _prose(pieces: Sequence[HtmlPiece], index: int) -> str:
    return pieces[index].text if 0 <= index < len(pieces) and pieces[index].kind == "text" else ""


def _best(found: Sequence[LabelledBlock], config: CollectConfig) -> LabelledBlock | None:
    if config.block_labels is None:
        scores = [answer_classifier.rule(block) for block in found]
    else:
        scores = list(_labeller(config.block_labels).scores(found))
    best = max(range(len(found)), key=lambda i: (scores[i], -i))
    return found[best] if scores[best] > 0.5 and len(found[best].code) <= config.max_characters else None


def _language(tags: Sequence[str], selected: Sequence[str]) -> str | None:
    """The programming language that the tags name; of several, one that was asked for, else the first."""
    asked = {tag.lower() for tag in selected}
    for tag in sorted(tags, key=lambda tag: tag.lower() not in asked):
        name = canonical_language(tag.partition("-")[0] if tag.startswith(("python-", "sql-")) else tag)
        if name in _CODE_LANGUAGES:
            return name
    return None


def _reject_thread(
    thread: _Thread, file: str, reason: str, rejected: list[RejectedRow], detail: str = ""
) -> None:
    posts = ([thread.question] if thread.question else []) + thread.answers
    rejected.extend(_rejected(file, number, reason, detail) for number, _ in posts)


def _rejected(file: str, number: int, reason: str, detail: str) -> RejectedRow:
    where = f"{file}, row {number}"
    known = {"source": StackExchangeSource.name, "lineage": {"upstream_id": f"{file}:{number}"}}
    return rejected_row(known, reason, f"{where}: {detail}" if detail else where)

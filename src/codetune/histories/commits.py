"""Changes of one file, oldest first, in; histories out: one for each unbroken chain of good changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from codetune.code.same_program import same_program
from codetune.edits.blocks import diff_blocks
from codetune.histories.config import HistoriesConfig
from codetune.records import Commit, EditHistory, Lineage
from codetune.rejection import Rejection

__all__ = ["check_commit", "histories_of_file"]

_BOT = re.compile(
    r"\[bot\]|\bdependabot\b|\brenovate\b|\bgreenkeeper\b|^\(?(chore|build)\(deps|\bpre-commit\.ci\b"
    r"|^bump \S+ from \S+ to \S+|^update dependency \S+|^automated? (commit|update)|\[skip ci\]",
    re.IGNORECASE | re.MULTILINE,
)
_EMPTY_MESSAGE = re.compile(
    r"(wip|update[sd]?|fix(es|ed)?|change[sd]?|edit(s|ed)?|commit|initial( commit)?|first commit|test(s|ing)?|tmp|temp"
    r"|misc|minor|cleanup|refactor|revert|merge|stuff|more|(update|edit|create|add|delete|rename) \S+\.\w{1,5})[\s.!]*",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_MERGE = re.compile(r"merge (branch|pull request|remote|tag|commit|upstream)|^revert \"", re.IGNORECASE)


def check_commit(commit: Commit, config: HistoriesConfig) -> None:
    """Check that a change can teach something.

    Raises:
        Rejection: It can't; the reason is one of a few fixed words.
    """
    if config.languages and commit.programming_language not in config.languages:
        raise Rejection("other language", commit.programming_language or "unknown")
    lines = max(text.count("\n") + 1 for text in (commit.before, commit.after))
    if lines > config.max_lines:
        raise Rejection("too long", f"{lines:,} lines")
    if commit.after.count("\n") + 1 < config.min_lines:
        raise Rejection("too short", f"{commit.after.count(chr(10)) + 1} lines")
    _check_message(commit, config)
    if not config.formatting_only and _is_formatting(commit):
        raise Rejection("formatting only", "the program and its words stay as they were")
    changed = sum(
        max(block.end - block.start, len(block.lines)) for block in diff_blocks(commit.before, commit.after)
    )
    if commit.before.strip() and changed > config.max_changed_lines:
        raise Rejection("change is too large", f"{changed:,} lines")


def _is_formatting(commit: Commit) -> bool:
    """Whether layout alone changes. Words are compared too, since comments are no part of a program."""
    before, after, language = commit.before, commit.after, commit.programming_language
    if before.split() == after.split() and language != "python":
        return True
    if _WORD.findall(before) != _WORD.findall(after):
        return False
    return same_program(before, after, language)


def _check_message(commit: Commit, config: HistoriesConfig) -> None:
    subject = commit.subject.strip()
    if _MERGE.match(subject):
        raise Rejection("merge or revert", subject[:80])
    if not config.bots and _BOT.search(commit.message or subject):
        raise Rejection("made by a bot", subject[:80])
    # Chinese and Japanese write no blanks: a few characters are as good as words.
    words = len(re.findall(r"\w+", subject)) if subject.isascii() else len(re.findall(r"\w", subject)) // 2
    if words < config.min_message_words or _EMPTY_MESSAGE.fullmatch(subject):
        raise Rejection("message says nothing", subject[:80])


def histories_of_file(
    commits: Iterable[Commit], config: HistoriesConfig
) -> Iterator[EditHistory | tuple[Commit, Rejection]]:
    """Histories of one file.

    A change that is rejected ends a chain, and so does one that doesn't begin where the last one ended.

    Args:
        commits: Changes of one file, oldest first.
        config: What is rejected.

    Yields:
        Histories in the order of their last change, and rejected changes with the reason.
    """
    chain: list[Commit] = []
    for commit in commits:
        try:
            check_commit(commit, config)
        except Rejection as rejection:
            yield commit, rejection
            if chain:
                yield _history(chain)
            chain = []
            continue
        if chain and (chain[-1].after != commit.before or len(chain) + 1 == config.max_versions):
            yield _history(chain)
            chain = []
        chain.append(commit)
    if chain:
        yield _history(chain)


def _history(chain: Sequence[Commit]) -> EditHistory:
    last = chain[-1]
    return EditHistory(
        origin="commit",
        versions=(chain[0].before, *(commit.after for commit in chain)),
        programming_language=last.programming_language,
        request=last.subject,
        source=last.source,
        license=last.license,
        lineage=Lineage(
            upstream_id=last.lineage.upstream_id,
            repo=last.repo,
            path=last.path,
            commit=last.commit,
            group=last.lineage.group,
            parents=tuple(commit.id for commit in chain),
        ),
    )

"""A row's fields, read back out of the text that a prompt template put them in.

In: a row that names its template. Out: the template and the fields with which it gives exactly this row,
or None where the row's words are no longer the template's. Where a text can be cut in several ways, the
one with the least code in prose and the least prose in code is taken.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from codetune.code.languages import LANGUAGES
from codetune.code.parsing import is_parsed_language, parses
from codetune.records import Instruction
from codetune.tasks.prompt_templates import PromptTemplate, PromptTemplates, TemplateVariant
from codetune.tasks.registry import TASKS
from codetune.tasks.task import FieldValue, Task
from codetune.tasks.translation.code_lines import kind_of_line

__all__ = ["ReadBack", "read_back"]

_FIRST_MARK = 0xF0000  # a private plane: no text of a row has these
_MOST_CUTS = 400
_MOST_HISTORY = 12
_CODE_IN_PROSE = 10
"""What a line of code in prose counts; prose in code is often its documentation, and counts 1."""
_HISTORY = "history "
_LANGUAGE_FIELDS = ("source_language", "target_language")


@dataclass(frozen=True, slots=True)
class ReadBack:
    """A row as its task's fields."""

    task: Task
    template: PromptTemplate
    templates: PromptTemplates
    fields: Mapping[str, FieldValue]


def read_back(row: Instruction, folder: str | None = None) -> ReadBack | None:
    """The template that a row was asked with, and its fields.

    Args:
        row: A row; `lineage.prompt_template` names its template.
        folder: Folder of prompt templates of one's own, where the row was made with one.
    """
    name, _, rest = (row.lineage.prompt_template or "").partition(".")
    language, _, template_name = rest.partition(".")
    task = TASKS.get(name)
    if task is None or language not in task.languages:
        return None
    templates = task.prompt_templates(language, folder if folder and Path(folder).is_dir() else None)
    for variant in templates.variants:
        for template in variant.templates:
            if template.name == template_name:
                fields = _fields(row, task, variant, template, templates)
                return None if fields is None else ReadBack(task, template, templates, fields)
    return None


def _fields(
    row: Instruction,
    task: Task,
    variant: TemplateVariant,
    template: PromptTemplate,
    templates: PromptTemplates,
) -> Mapping[str, FieldValue] | None:
    texts = (row.instruction, row.input, row.output)
    for known in _known(row, variant, templates):
        unknown = [name for name in (*variant.needs, *variant.optional) if name not in known]
        for absent in _subsets([name for name in variant.optional if name in unknown]):
            marks = {
                name: chr(_FIRST_MARK + place) for place, name in enumerate(unknown) if name not in absent
            }
            shown = template.fill({**known, **marks}, answers=templates.answers)
            names = {mark: name for name, mark in marks.items()}
            names |= {_history_mark(i): f"{_HISTORY}{i}" for i in range(_MOST_HISTORY + 1)}
            best = min(
                map(_with_history, _cuts(shown, texts, names)),
                key=lambda found: _oddness(found, task, row.programming_language),
                default=None,
            )
            fields = {**known, **best} if best is not None else None
            if fields is not None and template.fill(fields, answers=templates.answers) == texts:
                return fields
    return None


def _history_mark(place: int) -> str:
    return chr(_FIRST_MARK + 100 + place)


def _with_history(found: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
    """The fields with the earlier versions in one."""
    fields = {name: value for name, value in found.items() if not name.startswith(_HISTORY)}
    earlier = [str(found[f"{_HISTORY}{i}"]) for i in range(len(found) - len(fields))]
    return {**fields, "history": tuple(earlier)} if earlier else fields


def _known(
    row: Instruction, variant: TemplateVariant, templates: PromptTemplates
) -> Iterator[dict[str, FieldValue]]:
    """Fields that the row tells without its text, in each way they may be."""
    names = {*variant.needs, *variant.optional}
    known: dict[str, FieldValue] = {"programming_language": row.programming_language}
    if "candidates" in names:
        known["candidates"] = row.candidates
    if "answer" in names:
        if not row.output.strip().isdigit():
            return
        known["answer"] = int(row.output) - 1
    if "label" in names:
        words = {word: label for label, word in templates.answers.items()}
        if row.output not in words:
            return
        known["label"] = words[row.output]
    known = {name: value for name, value in known.items() if value is not None}
    choices: list[list[tuple[str, FieldValue]]] = []
    for name in _LANGUAGE_FIELDS:
        if name in names:
            likely = row.programming_language if name == "target_language" else None
            spoken = [one.name for one in LANGUAGES.values() if one.display in row.instruction]
            choices.append([(name, one) for one in dict.fromkeys((likely, *spoken)) if one])
    if "history" in names:
        lengths = range(min(_MOST_HISTORY, row.input.count("\n")) + 1)
        choices.append([("history", tuple(map(_history_mark, range(length)))) for length in lengths])
    for chosen in itertools.product(*choices):
        yield {**known, **dict(chosen)}


def _subsets(names: list[str]) -> Iterator[tuple[str, ...]]:
    """Fields to leave out: none first, since a text that holds a field also fits the form without it."""
    for size in range(len(names) + 1):
        yield from itertools.combinations(names, size)


def _cuts(
    shown: tuple[str, str, str], texts: tuple[str, str, str], names: Mapping[str, str]
) -> Iterator[dict[str, FieldValue]]:
    """Every way to cut the texts into the marked fields; the shortest text with marks first."""
    order = sorted(range(3), key=lambda place: sum(char in names for char in shown[place]))

    def rest(number: int, found: dict[str, FieldValue]) -> Iterator[dict[str, FieldValue]]:
        if number == 3:
            yield found
            return
        place = order[number]
        for cut in _cut(shown[place], texts[place], names, found):
            yield from rest(number + 1, cut)

    yield from itertools.islice(rest(0, {}), _MOST_CUTS)


def _cut(
    shown: str, text: str, names: Mapping[str, str], found: Mapping[str, FieldValue]
) -> Iterator[dict[str, FieldValue]]:
    """Ways to cut one text, as the marks stand in `shown`."""
    place = next((i for i, char in enumerate(shown) if char in names), None)
    if place is None:
        if shown == text:
            yield dict(found)
        return
    if not text.startswith(shown[:place]):
        return
    name, text, shown = names[shown[place]], text[place:], shown[place + 1 :]
    given = found.get(name)
    if given is not None:
        if text.startswith(str(given)):
            yield from _cut(shown, text[len(str(given)) :], names, found)
        return
    until = next((i for i, char in enumerate(shown) if char in names), len(shown))
    literal = shown[:until]
    if until == len(shown):
        if text.endswith(literal):
            yield {**found, name: text[: len(text) - len(literal)]}
        return
    start = text.find(literal) if literal else -1
    while start >= 0:
        yield from _cut(shown, text[start:], names, {**found, name: text[:start]})
        start = text.find(literal, start + 1)


def _oddness(
    fields: Mapping[str, FieldValue], task: Task, programming_language: str | None
) -> tuple[int, int]:
    """How wrongly a text seems to be cut, then how long its prose is."""
    odd = length = 0
    for name, value in fields.items():
        kind = task.fields.get(name)
        if not isinstance(value, str) or kind not in ("prose", "code"):
            continue
        kinds = [kind_of_line(line) for line in value.splitlines()]
        if kind == "prose":
            odd += _CODE_IN_PROSE * kinds.count("code")
            length += len(value)
        elif not (is_parsed_language(programming_language) and parses(value, programming_language or "")):
            odd += kinds.count("prose")  # of code that parses they are its documentation
        odd += not value.strip()
    return odd, length

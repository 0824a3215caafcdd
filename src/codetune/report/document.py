"""Builds the report: finished stages in, one HTML document out. Each section reads its stage's files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from codetune.records import Instruction, Lineage
from codetune.report.config import ReportConfig
from codetune.report.highlight import code_html, prose_html
from codetune.report.numbers import byte_size, count, duration, number, significant
from codetune.report.page import render
from codetune.report.provenance import run_view, versions_of
from codetune.report.sections.corpus import read_corpus
from codetune.report.sections.diversity import read_diversity
from codetune.report.sections.evaluation_view import evaluation_view
from codetune.report.sections.examples import Example, draw_examples
from codetune.report.sections.funnel import read_funnel
from codetune.report.sections.outcome import Outcome, describe_outcome
from codetune.report.sections.samples import TaskSamples, draw_samples, is_code
from codetune.report.sections.scores import read_evaluations
from codetune.report.sections.stages import StageFolder, Stages
from codetune.report.sections.training import Training, read_training

__all__ = ["report_html"]


def report_html(stages: Stages, config: ReportConfig, *, seed: int = 0) -> str:
    """Write the report of a run.

    Args:
        stages: The finished stages; what is not among them is shown as `not run`.
        config: What to show, and how much.
        seed: Draws the sample records.

    Returns:
        A whole HTML document that needs no other file.

    Raises:
        DataError: A stage's files are not what its run card says.
    """
    funnel = read_funnel(stages.all)
    training = read_training(stages.last("train"))
    evaluations = [
        evaluation
        for stage in stages.named("evaluate")
        for evaluation in read_evaluations(stage, config.differences)
    ]
    sampled = _last_with_instructions(stages)
    drawn = draw_samples(sampled, config.samples_per_task, seed) if sampled is not None else []
    graded = next((evaluation for evaluation in evaluations if evaluation.is_graded), None)
    outcome = describe_outcome(
        stages,
        funnel,
        training,
        evaluations,
        examples=draw_examples(graded, config.examples, seed) if graded is not None else (),
        written_by_models=sum(task.total for task in drawn if task.generated)
        if sampled is not None
        else None,
    )
    versions, conflicts = versions_of(stages)
    return render(
        "report.html",
        title=config.title,
        outcome=_outcome_view(outcome, config),
        corpus=read_corpus(stages.named("collect"), stages.all),
        funnel=funnel,
        written=read_diversity(stages.named("synth")),
        samples=[_task_samples(task, config) for task in drawn],
        samples_stage=sampled.name if sampled else "",
        training=training,
        training_facts=_training_facts(training),
        evaluations=[evaluation_view(evaluation, config.max_code_lines) for evaluation in evaluations],
        run=run_view(stages),
        versions=versions,
        version_conflicts=conflicts,
    )


def _last_with_instructions(stages: Stages) -> StageFolder | None:
    made = [s for s in stages.all if s.card.record == Instruction.__name__]
    return made[-1] if made else None


def _outcome_view(outcome: Outcome, config: ReportConfig) -> dict[str, Any]:
    examples = []
    for example in outcome.examples:
        sides = [
            ("asked", example.prompt),
            ("before", example.base),
            ("after", example.tuned),
            ("authors wrote", example.reference),
        ]
        examples.append(
            {
                "task_id": example.task_id,
                "parts": [
                    {"name": name, "html": _example_html(example, text, name, config)}
                    for name, text in sides
                    if text.strip() or name in ("before", "after")
                ],
            }
        )
    return {
        **{name: getattr(outcome, name) for name in ("subject", "lead", "others", "tiles")},
        "examples": examples,
    }


def _example_html(example: Example, text: str, name: str, config: ReportConfig) -> Markup:
    if not text.strip():
        return Markup('<p class="soft">(an empty answer)</p>')
    language, lines = example.programming_language, config.max_code_lines
    question, gap, code = text.partition("\n\n")
    if name == "asked" and gap and "```" not in text and is_code(example.task_id.partition("/")[0], "input"):
        return prose_html(question, language, label="asked, code", max_lines=lines) + code_html(
            code, language, label="asked, code", max_lines=lines
        )
    return prose_html(text, language, label=f"{name}, code", max_lines=lines)


def _task_samples(task: TaskSamples, config: ReportConfig) -> dict[str, Any]:
    return {
        "task": task.task,
        "generated": task.generated,
        "title": task.title,
        "total": task.total,
        "samples": [_sample(row, config) for row in task.rows],
    }


def _sample(row: Instruction, config: ReportConfig) -> dict[str, Any]:
    parts = [
        _part("instruction", row.instruction, row, config),
        *([_part("input", row.input, row, config)] if row.input.strip() else []),
        _part("output", row.output, row, config),
    ]
    first_line = next((line for line in row.instruction.splitlines() if line.strip()), row.task)
    return {
        "summary": first_line.strip()[:200],
        "tags": [tag for tag in (row.programming_language, row.source, row.license, _checked(row)) if tag],
        "parts": parts,
        "lineage": list(_lineage(row.id, row.lineage)),
    }


def _checked(row: Instruction) -> str | None:
    """What is known of a row that a model helped to write; None for rows taken from code as they are."""
    if not row.lineage.generated:
        return None
    passed = sum(check.verdict == "passed" for check in row.lineage.checks)
    return f"{passed} of {len(row.lineage.checks)} checks passed" if row.lineage.checks else "not verified"


def _part(name: str, text: str, row: Instruction, config: ReportConfig) -> dict[str, Any]:
    lines = config.max_code_lines
    if is_code(row.task, name) and "```" not in text:
        html = code_html(text, row.programming_language, label=f"{name}, code", max_lines=lines)
    else:
        html = prose_html(text, row.programming_language, label=f"{name}, code", max_lines=lines)
    return {"role": name, "name": name, "html": html}


def _lineage(row_id: str, lineage: Lineage) -> Iterable[tuple[str, str]]:
    yield "id", row_id
    for name in ("path", "repo", "commit", "url", "upstream_id", "prompt_template", "group"):
        value = getattr(lineage, name)
        if value:
            yield name.replace("_", " "), value
    if lineage.parents:
        yield "made from", ", ".join(lineage.parents)
    for generated in lineage.generated:
        yield f"{generated.field} written by", f"{generated.model}, asked with {generated.prompt}"
    for check in lineage.checks:
        detail = f" ({check.detail})" if check.detail else ""
        yield f"check: {check.check}", f"{check.verdict}{detail}"


_TRAINING_FACTS: tuple[tuple[str, tuple[str, ...], Any], ...] = (
    ("passes over the rows", ("epochs",), significant),
    ("tokens computed", ("tokens",), count),
    ("tokens trained on", ("trained_tokens",), count),
    ("tokens per second", ("tokens_per_second",), count),
    ("parameters tuned", ("trainable_parameters",), count),
    ("held-out rows", ("held_out_loss_change", "rows"), count),
    ("loss on held-out rows, before", ("held_out_loss_before",), significant),
    ("loss on held-out rows, after", ("held_out_loss_after",), significant),
    ("peak memory", ("peak_rss_bytes",), byte_size),
)


def _training_facts(training: Training | None) -> list[tuple[str, str]]:
    if training is None:
        return []
    stopped = training.results.get("stopped_by")
    facts = [
        ("steps", count(training.steps) + (f" (stopped by {stopped})" if stopped else "")),
        ("time", duration(training.seconds)),
    ]
    facts += [(name, write(number(training.results, *path))) for name, path, write in _TRAINING_FACTS]
    facts += [
        (key.replace("_", " "), str(training.config[key]))
        for key in ("method", "lora_r", "lora_alpha", "learning_rate", "global_batch_size", "max_seq_length")
        if training.config.get(key) is not None
    ]
    return facts

"""Prepares the run cards for the page: times, hashes, seeds, settings, versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from markupsafe import Markup

from codetune.report.highlight import code_html
from codetune.report.sections.stages import Stages

__all__ = ["run_view", "versions_of"]

_EXPECTED = ("collect", "tasks", "synth", "curate", "train", "evaluate")
_MAX_LINES = 200


def _json_html(value: Any, label: str) -> Markup:
    text = json.dumps(_without_places(value), indent=2, ensure_ascii=False, default=str)
    return code_html(text, "json", label=label, max_lines=_MAX_LINES)


def _without_places(value: Any) -> Any:
    """Settings with the last name of each absolute path: a page that is mailed tells nobody's folders."""
    if isinstance(value, Mapping):
        return {key: _without_places(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_places(one) for one in value]
    if isinstance(value, str) and PurePath(value).is_absolute():
        return f"\N{HORIZONTAL ELLIPSIS}/{PurePath(value).name}"
    return value


def run_view(stages: Stages) -> dict[str, Any]:
    """What the section about the run prints."""
    longest = max((stage.card.seconds for stage in stages.all), default=0.0) or 1.0
    rows = []
    for stage in stages.all:
        card = stage.card
        rows.append(
            {
                "stage": stage.name,
                "started": card.started.replace("T", " ").removesuffix("+00:00"),
                "seconds": card.seconds,
                "share": min(card.seconds / longest, 1.0),
                "kept": card.counts.get("kept"),
                "rejected": card.counts.get("rejected"),
                "seed": card.plan.seed,
                "output_hash": card.output_hash,
                "hashes": [
                    *(
                        (name, value)
                        for name, value in card.plan.hashes.items()
                        if name not in ("stage", "seed")
                    ),
                    ("output", card.output_hash),
                ],
                "config": _json_html(card.plan.config, f"settings of {stage.name}"),
                "results": _json_html(card.results, f"results of {stage.name}") if card.results else None,
            }
        )
    have = {stage.name for stage in stages.all} | set(stages.unfinished)
    return {
        "stages": rows,
        "seconds": stages.seconds,
        "unfinished": stages.unfinished,
        "missing": [name for name in _EXPECTED if name not in have],
    }


def versions_of(stages: Stages) -> tuple[dict[str, str], list[str]]:
    """Versions that the stages ran with.

    Returns:
        Name -> version of the newest stage, and a sentence for each package whose version
        differed between stages.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for stage in stages.all:
        for name, version in stage.card.versions.items():
            found.setdefault(name, {}).setdefault(version, []).append(stage.name)
    latest = {name: list(versions)[-1] for name, versions in found.items()}
    conflicts = [
        f"{name} differs between stages: "
        + "; ".join(f"{version} in {', '.join(names)}" for version, names in versions.items())
        for name, versions in found.items()
        if len(versions) > 1
    ]
    return latest, conflicts

"""The report stage: finished stages in, `report.html` out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from codetune.report.config import ReportConfig
from codetune.report.document import report_html
from codetune.report.page import templates_hash
from codetune.report.sections.stages import Stages
from codetune.store.atomic import write_text
from codetune.store.context import StageContext
from codetune.store.hashing import code_hash, hash_files, json_hash
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput

__all__ = ["PAGE_NAME", "run"]

PAGE_NAME = "report.html"


def run(config: ReportConfig, inputs: Sequence[Path], output: Path, context: StageContext) -> RunCard:
    """Write the page of a run.

    Args:
        config: What to show, and how much of it.
        inputs: Folders of finished stages, recognised by their run cards; any may be absent.
        output: Where `report.html` goes.
        context: Its seed draws the sample records.

    Returns:
        A card whose results are `path` (of the page, inside `output`) and `bytes`.

    Raises:
        DataError: An input has no run card, or is not what its card says.
    """
    stages = Stages(inputs)
    plan = Plan(
        stage="report",
        config=config.model_dump(mode="json"),
        # The page shows times and settings too, so the whole card counts, not the output alone.
        inputs={s.folder.name: hash_files(s.folder, [s.folder / "run.json"]) for s in stages.all},
        code=json_hash([code_hash(__name__), templates_hash()]),
        seed=context.seed,
    )
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        context.progress.start("report")
        page = report_html(stages, config, seed=context.seed)
        write_text(output / PAGE_NAME, page)
        context.progress.finish()
        return stage.finish(
            output_hash=hash_files(output, [output / PAGE_NAME]),
            results={"path": PAGE_NAME, "bytes": len(page.encode("utf-8"))},
        )

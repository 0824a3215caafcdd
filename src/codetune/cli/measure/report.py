"""`codetune report`: one self-contained page about a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["report"]


def report(
    run: Annotated[Path, typer.Argument(help="A run's folder, as codetune quickstart or run wrote it.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The page; RUN/report.html if not given.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="Title of the page.")] = None,
    samples: Annotated[int, typer.Option(help="Records shown of each task.", min=0, max=50)] = 3,
    differences: Annotated[
        int, typer.Option(help="Problems shown that one model alone solved.", min=0, max=200)
    ] = 6,
    seed: Annotated[int, typer.Option(help="Draws the records that are shown.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print path and size as JSON.")] = False,
) -> None:
    """Write one HTML page about a run: data, rejections, samples, training, scores, run cards.

    The page holds everything it shows: it opens from disk, offline, and prints.

    Example: codetune report runs/quickstart -o report.html
    """
    from codetune.cli.console import print_result
    from codetune.errors import OutputError
    from codetune.report.config import ReportConfig
    from codetune.report.document import report_html
    from codetune.report.numbers import byte_size
    from codetune.report.sections.stages import find_stages
    from codetune.store.atomic import write_text

    path = output or run / "report.html"
    if path.is_dir():
        raise OutputError("the output is a folder", where=str(path), next_step="name a file: -o report.html")
    stages = find_stages(run)
    config = ReportConfig(
        title=title or f"{run.resolve().name}: codetune report",
        samples_per_task=samples,
        differences=differences,
    )
    page = report_html(stages, config, seed=seed)
    write_text(path, page)
    size = len(page.encode("utf-8"))
    if as_json:
        print_result({"path": str(path), "bytes": size, "stages": [s.name for s in stages.all]}, as_json=True)
    else:
        print_result(f"Open the report: {path} ({byte_size(size)})", as_json=False)

"""`codetune compare`: two runs on the same problems."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["compare"]


def compare(
    first: Annotated[Path, typer.Argument(help="Folder of a score, or of several; compared against.")],
    second: Annotated[Path, typer.Argument(help="Another, of the same benchmark or benchmarks.")],
    metric: Annotated[
        str | None, typer.Option(help="pass@K, pass^K, or a metric of a task; pass@1 if not given.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Also write a self-contained page.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> None:
    """Say whether the second run is better, worse, or a tie, paired by problem, and how sure that is.

    Folders of several scores are compared benchmark by benchmark, with Holm's correction. What differs
    beside the model is named.

    Example: codetune compare runs/base runs/tuned --html comparison.html
    """
    from codetune.cli.console import console, print_result
    from codetune.cli.measure.comparison_tables import comparison_tables
    from codetune.evaluate.statistics.compare import compare_folders

    found = compare_folders(first, second, metric=metric)
    if html is not None:
        from codetune.report.comparison import comparison_page
        from codetune.store.atomic import write_text

        write_text(html, comparison_page(found.comparisons))
    if as_json:
        print_result(found.to_json(), as_json=True)
        return
    for one in found.comparisons:
        for table in comparison_tables(one):
            console().print(table)
    if found.unpaired:
        console().print(f"In one run only: {', '.join(found.unpaired)}")
    if html is not None:
        console().print(f"Open the page: {html}")

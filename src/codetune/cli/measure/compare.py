"""`codetune compare`: two runs on the same problems."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from codetune.evaluate.statistics.comparison import Comparison

__all__ = ["compare"]

_WORDS = {
    "tie": "tie: no difference can be told",
    "better": "the second is better",
    "worse": "the second is worse",
}


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
        console().print(_table(one))
    if found.unpaired:
        console().print(f"In one run only: {', '.join(found.unpaired)}")
    if html is not None:
        console().print(f"Open the page: {html}")


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"


def _points(value: float) -> str:
    return f"{100 * value:+.1f}"


def _table(found: Comparison) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column(style="bold")
    table.add_column()
    word = _WORDS[found.verdict]
    if found.differing:
        word += ", but not the model alone differs"
    table.add_row(found.benchmark, word)
    for sentence in found.differing:
        table.add_row("differs too", escape(sentence))
    table.add_row(
        found.metric,
        f"{_points(found.difference)} points  {escape(f'[{_points(found.low)}, {_points(found.high)}]')}",
    )
    adjusted = found.adjusted_p_value
    corrected = "" if adjusted is None else f"; {_p(adjusted)} after Holm's correction"
    table.add_row("p", f"{_p(found.p_value)}  {found.test}{corrected}")
    if found.both is None:
        equal = found.problems - found.first_only - found.second_only
        table.add_row(
            "done better by", f"first {found.first_only}, second {found.second_only}; alike {equal}"
        )
    else:
        table.add_row(
            "solved more by",
            f"first {found.first_only}, second {found.second_only}; wholly by both {found.both}, "
            f"by neither {found.neither}",
        )
    groups = "" if found.clusters == found.problems else f" in {found.clusters} clusters"
    table.add_row(
        "smallest detectable",
        f"{100 * found.smallest_detectable:.1f} points with 80 % power on {found.problems} problems{groups}",
    )
    if found.note:
        table.add_row("independent", f"the problems: {found.note}")
    if found.left_out:
        table.add_row("left out", f"{found.left_out} problems that only one run has")
    return table

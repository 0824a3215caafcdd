"""`codetune compare`: two runs on the same problems."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["compare"]


def compare(
    first: Annotated[Path, typer.Argument(help="Folder of a score, compared against.")],
    second: Annotated[Path, typer.Argument(help="Folder of another score of the same benchmark.")],
    html: Annotated[Path | None, typer.Option(help="Also write a self-contained page.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> None:
    """Say whether the second run is better, worse, or a tie, paired by problem, and how sure that is.

    Example: codetune compare runs/base runs/tuned --html comparison.html
    """
    from rich.table import Table

    from codetune.cli.console import console, print_result
    from codetune.evaluate.comparing import compare_folders

    found = compare_folders(first, second)
    if html is not None:
        from codetune.report.comparison import comparison_page
        from codetune.store.atomic import write_text

        write_text(html, comparison_page(found))
    if as_json:
        print_result(found, as_json=True)
        return
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column(style="bold")
    table.add_column()
    word = {
        "tie": "tie: no difference can be told",
        "better": "the second is better",
        "worse": "the second is worse",
    }
    table.add_row("verdict", word[found["verdict"]])
    table.add_row("difference", f"{found['difference']:+.1%}  [{found['low']:+.1%}, {found['high']:+.1%}]")
    table.add_row("p", f"{found['p_value']:.3f}  {found['test']}")
    table.add_row(
        "solved by",
        f"both {found['both']}, first only {found['base_only']}, second only {found['tuned_only']}, neither {found['neither']}",
    )
    table.add_row(
        "smallest detectable",
        f"{found['smallest_detectable']:.1%} with 80 % power on {found['problems']} problems",
    )
    if found["left_out"]:
        table.add_row("left out", f"{found['left_out']} problems that only one run has")
    console().print(table)
    if html is not None:
        console().print(f"Open the page: {html}")

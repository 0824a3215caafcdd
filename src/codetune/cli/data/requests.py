"""`codetune requests`: requests of a run, their answers, and their cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from codetune.models.store.usage import ModelUsage

__all__ = ["requests"]


def requests(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="A folder with requests.sqlite below it, or that file; the project's cache if not given.",
        ),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Print one request and its answer; keys are in each row's lineage.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show how many requests each model answered and failed, with tokens and money.

    \b
    Examples:
      codetune requests
      codetune requests runs/eval-humaneval --key 5f0c2a9b7d1e4c3f8a6b9d0e1f2a3b4c
    """
    from dataclasses import asdict

    from codetune.cli.console import console, print_result
    from codetune.models.store.usage import find_stores, usage_by_model
    from codetune.store.cache import cache_folder

    paths = find_stores(folder if folder is not None else cache_folder())
    if key is not None:
        print_result(_one(paths, key), as_json=True)
        return
    stores = {path: usage_by_model(path) for path in paths}
    if as_json:
        found = [
            {"store": str(path), "models": [asdict(model) for model in models]}
            for path, models in stores.items()
        ]
        print_result({"stores": found}, as_json=True)
        return
    for path, models in stores.items():
        if len(stores) > 1:
            console().print(f"{path}", markup=False, style="bold")
        for model in models:
            console().print(model.model, markup=False)
            console().print(_table(model))
            for detail, count in model.failures.items():
                console().print(f"{model.model}: {count:,} failed: {detail}", markup=False)


def _table(model: ModelUsage) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    columns = ("answered", "failed", "retried", "cut", "prompt tok", "new tok", "USD", "s each")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    usd = "" if model.usd is None else f"{model.usd:,.4f}"
    each = "" if model.mean_seconds is None else f"{model.mean_seconds:,.2f}"
    table.add_row(
        f"{model.answered:,}",
        f"{model.failed:,}",
        f"{model.retried:,}",
        f"{model.cut:,}",
        f"{model.prompt_tokens:,}",
        f"{model.completion_tokens:,}",
        usd,
        each,
    )
    return table


def _one(paths: list[Path], key: str) -> dict[str, Any]:
    import json

    from codetune.errors import UsageError
    from codetune.models.store.request_store import RequestStore

    try:
        raw = bytes.fromhex(key)
    except ValueError:
        raw = b""
    answer = None
    for path in paths:
        with RequestStore(path) as store:
            answer = answer or store.get(raw)
    if answer is None:
        raise UsageError(
            f"no answered request has the key {key}",
            where=", ".join(map(str, paths)),
            next_step="take one from a row's lineage (generated.request_key)",
        )
    return {
        "key": key,
        "model": answer.model,
        "sample": answer.sample,
        "endpoint": answer.endpoint,
        "attempts": answer.attempts,
        "asked_at": answer.asked_at,
        "seconds": answer.seconds,
        "usd": answer.cost_usd,
        "payload": json.loads(answer.payload),
        "response": json.loads(answer.response),
    }

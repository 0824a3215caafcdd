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
            help="A run, whose answers are looked up in the cache; or a folder with requests.sqlite below it, "
            "or that file. The project's cache if not given.",
        ),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Print one request and its answer; keys are in each row's lineage.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The cache that a run's answers are in.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show how many requests each model answered and failed, with tokens and money.

    \b
    Examples:
      codetune requests
      codetune requests runs/quickstart
      codetune requests runs/eval-humaneval --key 5f0c2a9b7d1e4c3f8a6b9d0e1f2a3b4c
    """
    from dataclasses import asdict

    from codetune.cli.console import console, print_result
    from codetune.models.store.run_keys import keys_of_run
    from codetune.models.store.usage import find_stores, usage_by_model
    from codetune.store.cache import cache_folder

    shared = cache_folder(cache)
    steps = keys_of_run(folder) if folder is not None and folder.is_dir() else {}
    paths = find_stores(folder if folder is not None else shared, shared if steps else None)
    if key is not None:
        print_result(_one(paths, key), as_json=True)
        return
    stores = (
        {f"{name} ({path})": usage_by_model(path, keys) for name, keys in steps.items() for path in paths}
        if steps
        else {str(path): usage_by_model(path) for path in paths}
    )
    stores = {name: models for name, models in stores.items() if models}
    if as_json:
        found = [
            {"store": name, "models": [asdict(model) for model in models]} for name, models in stores.items()
        ]
        print_result({"stores": found}, as_json=True)
        return
    for name, models in stores.items():
        if len(stores) > 1 or steps:
            console().print(name, markup=False, style="bold")
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

"""`codetune requests`: what was asked of models, and what it cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from codetune.models.store.usage import ModelUsage

__all__ = ["requests"]


def requests(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A run's folder, its cache, or requests.sqlite itself.")
    ],
    key: Annotated[
        str | None, typer.Option(help="Print one request and its answer; keys are in lineages.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show what was asked of each model, answered, failed and spent.

    \b
    Examples:
      codetune requests runs/quickstart
      codetune requests runs/quickstart --key 5f0c2a9b7d1e4c3f8a6b9d0e1f2a3b4c
    """
    from dataclasses import asdict

    from codetune.cli.console import console, print_result
    from codetune.models.store.usage import find_store, usage_by_model

    path = find_store(folder)
    if key is not None:
        print_result(_one(path, key), as_json=True)
        return
    models = usage_by_model(path)
    if as_json:
        print_result({"store": str(path), "models": [asdict(model) for model in models]}, as_json=True)
        return
    console().print(_table(models))
    for model in models:
        for detail, count in model.failures.items():
            console().print(f"{model.model}: {count:,} failed: {detail}", markup=False)


def _table(models: list[ModelUsage]) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model", overflow="fold")
    columns = ("answered", "failed", "retried", "cut", "prompt tok", "new tok", "USD", "s each")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    for model in models:
        usd = "" if model.usd is None else f"{model.usd:,.4f}"
        each = "" if model.mean_seconds is None else f"{model.mean_seconds:,.2f}"
        table.add_row(
            model.model,
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


def _one(path: Path, key: str) -> dict[str, Any]:
    import json

    from codetune.errors import UsageError
    from codetune.models.store.request_store import RequestStore

    try:
        raw = bytes.fromhex(key)
    except ValueError:
        raw = b""
    with RequestStore(path) as store:
        answer = store.get(raw)
    if answer is None:
        raise UsageError(
            f"no answered request has the key {key}",
            where=str(path),
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

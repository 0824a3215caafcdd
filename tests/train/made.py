"""Rows made from real code, datasets of them, and a client for the server's own endpoints."""

from __future__ import annotations

import ast
import json
import textwrap
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from codetune.records import Instruction, Lineage, Record
from codetune.store.dataset import DatasetWriter, Shard
from codetune.store.run_card import Plan
from codetune.store.stage_output import StageOutput


def post(url: str, path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        url.removesuffix("/v1") + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as answer:
        return json.load(answer)


def code_rows(count: int) -> list[Instruction]:
    """Functions of the standard library with their docstrings."""
    import inspect
    import json as a
    import shlex as b
    import statistics as d
    import textwrap as c

    rows = []
    for module in (a, b, c, d):
        source = inspect.getsource(module)
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and (doc := ast.get_docstring(node)):
                code = textwrap.dedent(ast.get_source_segment(source, node, padded=True) or "")
                rows.append(
                    Instruction(
                        task="code_generation",
                        instruction=f"Write `{node.name}`. {doc.splitlines()[0]}",
                        output=code[:300],
                        source="stdlib",
                        license="PSF-2.0",
                        lineage=Lineage(group=f"{module.__name__}.{node.name}"),
                    )
                )
    assert len(rows) >= count
    return rows[:count]


def write_dataset(
    folder: Path, rows: Sequence[Record], *, plan_config: Mapping[str, Any] | None = None
) -> Path:
    with StageOutput(
        folder, Plan(stage="test", config=dict(plan_config or {}), inputs={}, code="")
    ) as output:
        writer = DatasetWriter(output, type(rows[0]))
        writer.write(0, Shard(rows))
        writer.finish(title="Rows", description="Rows for a test.")
    return folder

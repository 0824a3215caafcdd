"""What this machine has for codetune, found by trying it, and how to get what is missing.

Nothing is installed or changed. Endpoints of models are checked in `doctor.endpoints`.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from codetune.engine.local import available_cores
from codetune.errors import CodetuneError
from codetune.installation import EXTRAS, install_command, missing_packages

__all__ = ["Finding", "examine"]

State = Literal["ok", "missing", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at.

    Attributes:
        area: Heading it stands under.
        name: What was looked at.
        state: `ok`, `warning` (works, but not as it could), or `missing`.
        detail: What was found.
        remedy: What to do; empty when nothing has to be done.
    """

    area: str
    name: str
    state: State
    detail: str
    remedy: str = ""


def examine() -> Iterator[Finding]:
    """Look at the machine, one finding at a time."""
    yield from _machine()
    yield from _packages()
    yield from _embedded_model()
    yield from _sandbox()
    yield from _toolchains()


def _machine() -> Iterator[Finding]:
    yield Finding(area="machine", name="python", state="ok", detail=platform.python_version())
    yield Finding(area="machine", name="cores", state="ok", detail=str(available_cores()))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    enough = memory >= 4
    yield Finding(
        area="machine",
        name="memory",
        state="ok" if enough else "warning",
        detail=f"{memory:.1f} GiB",
        remedy="" if enough else "the quickstart needs 4 GiB; use --fast, or a larger machine",
    )
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    yield Finding(
        area="machine",
        name="disk",
        state="ok" if free >= 2 else "warning",
        detail=f"{free:.1f} GiB free here",
        remedy="" if free >= 2 else "a quickstart run needs 2 GiB; free some space or use -o on another disk",
    )
    yield _gpu()


def _gpu() -> Finding:
    if find_spec("torch") is None:
        return Finding(
            area="machine", name="gpu", state="warning", detail="not looked for: torch is not installed",
            remedy=install_command("train"),
        )  # fmt: skip
    import torch

    if not torch.cuda.is_available():
        return Finding(area="machine", name="gpu", state="ok", detail="none; small models train on the CPU")
    names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return Finding(area="machine", name="gpu", state="ok", detail=", ".join(names))


def _packages() -> Iterator[Finding]:
    for extra, names in EXTRAS.items():
        absent = missing_packages(extra)
        if absent:
            yield Finding(
                area="packages", name=extra, state="missing", detail=f"without {', '.join(absent)}",
                remedy=install_command(extra),
            )  # fmt: skip
        else:
            versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
            yield Finding(area="packages", name=extra, state="ok", detail=versions)


def _embedded_model() -> Iterator[Finding]:
    from codetune.models.embedded.gguf_file import check_gguf
    from codetune.models.embedded.smollm2 import smollm2_weights

    try:
        path = smollm2_weights()
        check_gguf(path)
    except CodetuneError as error:
        yield Finding(
            area="model", name="embedded", state="missing", detail=error.what, remedy=error.next_step or ""
        )
        return
    yield Finding(
        area="model",
        name="embedded",
        state="ok",
        detail=f"{path.name}, {path.stat().st_size / 2**20:.0f} MiB",
    )


def _sandbox() -> Iterator[Finding]:
    from codetune.execution.host.probe import probe

    report = probe()
    if report.tier == "none":
        yield Finding(
            area="sandbox", name="isolation", state="missing", detail=report.cause, remedy=report.cure
        )
        return
    best = report.tier == "namespaces"
    yield Finding(
        area="sandbox",
        name="isolation",
        state="ok" if best else "warning",
        detail=report.tier if best else f"{report.tier}: {report.cause}",
        remedy="" if best else report.cure,
    )
    for text in report.holds:
        yield Finding(area="sandbox", name="holds", state="ok", detail=text)
    for text in report.lacks:
        yield Finding(area="sandbox", name="lacks", state="warning", detail=text)


def _toolchains() -> Iterator[Finding]:
    from codetune.execution.languages.toolchains import toolchains

    for tool in toolchains():
        there = tool.version is not None
        yield Finding(
            area="toolchains",
            name=tool.language,
            state="ok" if there else "missing",
            detail=tool.version or f"no {' and no '.join(tool.missing)}",
            remedy="" if there else tool.install,
        )

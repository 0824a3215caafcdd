"""Which extras of codetune are installed here, and the command that adds one.

The command names the folder, archive, repository or index that codetune itself came from.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["EXTRAS", "install_command", "missing_packages"]

EXTRAS: Mapping[str, tuple[str, ...]] = {
    "train": ("torch", "transformers", "peft"),
    "local": ("xllamacpp",),
    "ray": ("ray",),
}
"""Extra -> the packages whose absence means that it is not installed."""


def missing_packages(extra: str) -> list[str]:
    """The packages of an extra that can't be imported; none is imported to find out."""
    return [name for name in EXTRAS[extra] if find_spec(name) is None]


@cache
def install_command(extra: str) -> str:
    """The command that adds an extra to this installation.

    Args:
        extra: Its name in pyproject.toml, e.g. `train`; or several with commas between them.

    Returns:
        A shell command: from the same folder, archive, repository or index that codetune came from.
    """
    try:
        found = distribution("codetune")
    except PackageNotFoundError:  # run from a source tree that is only on the path
        return f'{_pip(None)} -e ".[{extra}]"'
    return f"{_pip(found)} {_requirement(found, extra)}"


def _pip(found: Distribution | None) -> str:
    installer = (found.read_text("INSTALLER") or "").strip() if found is not None else ""
    if installer == "uv":
        return f"uv pip install --python {sys.executable}"
    return f"{sys.executable} -m pip install"


def _requirement(found: Distribution, extra: str) -> str:
    """PEP 610: `direct_url.json` is there unless the package came from an index."""
    text = found.read_text("direct_url.json")
    if text is None:
        return f'"codetune[{extra}]"'
    direct = json.loads(text)
    url = str(direct.get("url", ""))
    if "dir_info" in direct and url.startswith("file:"):
        folder = Path(unquote(urlsplit(url).path))
        editable = "-e " if direct["dir_info"].get("editable") else ""
        return f'{editable}"{folder}[{extra}]"'
    if "vcs_info" in direct:
        return f'"codetune[{extra}] @ {direct["vcs_info"]["vcs"]}+{url}"'
    return f'"codetune[{extra}] @ {url}"'

"""Writes a commented recipe to begin with, for a case and a machine."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import yaml

from codetune.errors import ConfigError

__all__ = ["CASES", "MACHINES", "starter_recipe"]

CASES: dict[str, str] = {
    "own-code": "From your own code to a model that knows it",
    "open-sets": "From published instruction sets to a tuned model",
    "commits": "From the history of a repository to a model that edits",
}
"""Case -> what the recipe is for."""
MACHINES = ("laptop", "gpu", "cluster")
_TEACHER = "http://127.0.0.1:8000/v1"
"""Where vLLM and SGLang serve by default."""
_LONGEST = {"own-code": 224, "open-sets": 512, "commits": 1024}
"""Tokens of the longest row on a laptop: summaries are short, edits hold a file twice."""
_COLUMN = 36
_PLAIN = re.compile(r"[\w~][\w./~@+:-]*[\w/]|[\w.]|\.{1,2}/[\w./~@+-]*")
_PLACES = {"own-code": ".", "commits": ".", "open-sets": ""}


def starter_recipe(
    case: str,
    machine: str,
    *,
    file: str = "recipe.yaml",
    data: str | None = None,
    model: str = "embedded",
    teacher: str | None = None,
) -> str:
    """The text of a recipe.

    Args:
        case: One of `CASES`.
        machine: One of `MACHINES`.
        file: What its commands call it.
        data: Folder of the code, the repository, or the sets; None takes the current folder, or the sets'
            own addresses.
        model: What is tuned.
        teacher: Who writes rows; None takes the embedded model on a laptop, else a server on this machine.

    Raises:
        ConfigError: No such case or machine.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    for name, value, known in (("case", case, tuple(CASES)), ("machine", machine, MACHINES)):
        if value not in known:
            raise ConfigError(f"there is no {name} {value!r}", next_step=f"choose one of: {', '.join(known)}")
    folder = files("codetune.recipes") / "starters"
    environment = Environment(
        loader=FunctionLoader(lambda name: (folder / name).read_text("utf-8")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # YAML for the user's own file, no HTML
    )
    environment.filters["scalar"] = _scalar
    text = environment.get_template(f"{case}.yaml.jinja").render(
        title=CASES[case],
        on=machine,
        file=file,
        data=data if data is not None else _PLACES[case],
        model=model,
        teacher=teacher or ("local" if machine == "laptop" else _TEACHER),
        longest=_LONGEST[case],
    )
    return "\n".join(map(_aligned, text.split("\n")))


def _scalar(text: str) -> str:
    """A text as YAML reads it back."""
    is_plain = _PLAIN.fullmatch(text) and yaml.safe_load(text) == text
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _aligned(line: str) -> str:
    """Comments stand in one column: the templates mark them with `##`."""
    value, mark, comment = line.rpartition(" ## ")
    return f"{value:<{_COLUMN}} # {comment}" if mark else line

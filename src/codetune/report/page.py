"""Renders a template into one HTML document that contains everything it needs.

The data on the page is untrusted. Every value a template prints is escaped, hidden characters are
shown by their code point, and a content security policy in the page forbids every request and every
script except the page's own, which is named by its hash.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from codetune.report import charts, numbers
from codetune.report.highlight import visible, visible_attribute
from codetune.store.hashing import json_hash

__all__ = ["render", "templates_hash"]

_TEMPLATES = files("codetune.report") / "templates"


def _source(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


def templates_hash() -> str:
    """Hash of the templates, style and script."""
    entries = sorted(_TEMPLATES.iterdir(), key=lambda entry: entry.name)
    return json_hash([[entry.name, entry.read_text("utf-8")] for entry in entries if entry.is_file()])


def _printed(value: Any) -> Any:
    """What a template prints: `Markup` as it is, everything else escaped and made visible."""
    if value is None:
        return numbers.NOT_RUN
    return value if isinstance(value, Markup) else visible(str(value))


def _policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return escape(
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        finalize=_printed,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        attribute=visible_attribute,
        bytes=numbers.byte_size,
        count=numbers.count,
        duration=numbers.duration,
        percent=numbers.percent,
        points=numbers.points,
        p_value=numbers.p_value,
        significant=numbers.significant,
    )
    script = _source("page.js")
    environment.globals.update(
        charts=charts,
        style=Markup(_source("style.css")),
        script=Markup(script),
        policy=Markup(_policy(script)),
    )
    return environment


def render(template: str, **values: Any) -> str:
    """Fill a template of this package.

    Args:
        template: File name in `templates/`; it extends `shell.html`.
        values: What it names; `title` is needed by the shell.

    Returns:
        A whole HTML document.
    """
    return _environment().get_template(template).render(**values)

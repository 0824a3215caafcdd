"""Reads the model map: the file that says where models are served.

It has two forms. The small one, in JSON, as Programming-Instruct has it:

    {"deepseek-coder": {"base": "http://127.0.0.1:8000/v1", "api": "sk-..."}}

and the full one, in YAML:

    models:
      teacher:
        model: Qwen/Qwen2.5-Coder-32B-Instruct     # its name on the servers; default: the key
        price: {input: 0.10, output: 0.30}         # US dollars for a million tokens
        body: {repetition_penalty: 1.05}
        endpoints:
          - {base: "http://a:8000/v1", api_env: VLLM_KEY, weight: 2}
          - {base: "http://b:8000/v1", api_file: ~/.keys/b, requests_per_minute: 600}
      both:
        mix: {teacher: 0.7, deepseek-coder: 0.3}   # each request goes to one of them

API keys appear in no message, log, run card or store.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from codetune.config.faults import Fault, check_settings, nearest, raise_faults
from codetune.config.settings import Settings
from codetune.config.yaml_file import KeyPath, YamlFile, load_yaml
from codetune.errors import ConfigError
from codetune.models.spec import EndpointSpec, ModelSpec

__all__ = ["Mix", "load_model_map"]


class Mix(Settings):
    """Several models by weight; see `models.mixed_model`."""

    mix: Mapping[str, float] = Field(min_length=1)

    @field_validator("mix")
    @classmethod
    def _positive(cls, value: Mapping[str, float]) -> Mapping[str, float]:
        if any(weight <= 0 for weight in value.values()):
            raise ValueError("each weight must be above 0")
        return value


def load_model_map(path: Path) -> dict[str, ModelSpec | Mix]:
    """Read a model map.

    Args:
        path: A `.json` or YAML file.

    Returns:
        Name -> model or mix, in the file's order. API keys from the environment or from files are
        not looked up yet.

    Raises:
        ConfigError: All faults of the file, each with its line; no secret is quoted.
    """
    file = _read(path)
    data = file.data
    root: tuple[str, ...] = ()
    if isinstance(data, dict) and isinstance(data.get("models"), dict) and "base" not in data["models"]:
        entries, root = data["models"], ("models",)
    else:
        entries = data
    if not isinstance(entries, dict) or not entries:
        raise ConfigError(
            "the model map names no model",
            where=str(path),
            next_step='write e.g. {"name": {"base": "http://127.0.0.1:8000/v1"}}',
        )
    faults = [Fault(line, f"{key!r} is given twice") for key, line in file.repeated]
    found: dict[str, ModelSpec | Mix] = {}
    for name, entry in entries.items():
        at = (*root, str(name))
        if not isinstance(entry, dict):
            faults.append(Fault(file.line(at), f"{name!r} must have `base` or `endpoints`"))
            continue
        kind: type[Mix] | type[ModelSpec] = Mix if "mix" in entry else ModelSpec
        if kind is ModelSpec:
            for key in [key for key in entry if key not in _KNOWN]:
                faults.append(Fault(file.line((*at, key)), f"unknown key {key!r}{nearest(key, _KNOWN)}"))
            entry = {key: value for key, value in entry.items() if key in _KNOWN}
        own: list[Fault] = []
        built = check_settings(kind, _full_form(str(name), entry), _full_lines(file, at), at, own)
        if "endpoints" not in entry:  # the file has no such key: name the one it has
            own = [
                replace(fault, message=fault.message.replace("endpoints.0.", f"{name}.", 1)) for fault in own
            ]
        faults += own
        if built is not None:
            found[str(name)] = built
    for name, built in found.items():
        if isinstance(built, Mix):
            for part in built.mix:
                line = file.line((*root, name, "mix", part))
                if part not in entries:
                    faults.append(Fault(line, f"no model is called {part!r}{nearest(part, entries)}"))
                elif isinstance(entries[part], dict) and "mix" in entries[part]:
                    faults.append(Fault(line, f"{part!r} is itself a mix"))
    secrets = {secret for secret in _secrets(entries) if secret}
    raise_faults(file, [Fault(fault.line, _redact(fault.message, secrets)) for fault in faults])
    return found


def _read(path: Path) -> YamlFile:
    if path.suffix == ".json":
        # JSON may be indented with tabs, which YAML refuses.
        try:
            return YamlFile(str(path), json.loads(path.read_text("utf-8")), {})
        except json.JSONDecodeError as error:
            raise ConfigError(
                f"the file is not valid JSON: {error.msg}",
                where=f"{path}, line {error.lineno}",
                next_step="fix that line",
            ) from error
        except (OSError, UnicodeDecodeError):
            pass  # load_yaml says what is wrong
    return load_yaml(path)


_ENDPOINT_ONLY = frozenset(EndpointSpec.model_fields) - frozenset(ModelSpec.model_fields) - {"model"}


_KNOWN = (_ENDPOINT_ONLY | frozenset(ModelSpec.model_fields) | {"model"}) - {"name"}


def _full_lines(file: YamlFile, at: KeyPath) -> YamlFile:
    """The file's lines, also under the key paths of the full form."""
    lines = dict(file.lines)
    for path, line in file.lines.items():
        if path[: len(at)] == at and path[len(at) :][:1] and path[len(at)] in _ENDPOINT_ONLY:
            lines[(*at, "endpoints", 0, *path[len(at) :])] = line
    return YamlFile(file.name, file.data, lines, file.repeated)


def _full_form(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The full form of an entry: its endpoints as a list."""
    if "mix" in entry:
        return dict(entry)
    entry = dict(entry)
    model = entry.pop("model", None) or name
    full = {key: value for key, value in entry.items() if key not in _ENDPOINT_ONLY}
    if "endpoints" not in entry:
        full["endpoints"] = [{key: value for key, value in entry.items() if key in _ENDPOINT_ONLY}]
    else:  # keys beside the list hold for each endpoint
        common = {key: value for key, value in entry.items() if key in _ENDPOINT_ONLY}
        if isinstance(entry["endpoints"], list):
            full["endpoints"] = [
                {**common, **one} if isinstance(one, dict) else one for one in entry["endpoints"]
            ]
    return {"name": str(model), **full}


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in ("api", "base"):
                secret = urlsplit(str(inner)).password if key == "base" else inner
                yield str(secret or "")
            elif key == "headers" and isinstance(inner, Mapping):
                yield from (str(one) for one in inner.values())
            else:
                yield from _secrets(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _secrets(inner)


def _redact(message: str, secrets: set[str]) -> str:
    for secret in secrets:
        message = message.replace(secret, "**")
    return message

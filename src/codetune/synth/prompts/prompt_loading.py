"""The prompts of one run: loaded and checked before anything is asked."""

from __future__ import annotations

from pathlib import Path

from codetune.errors import ConfigError
from codetune.synth.generator import Generator
from codetune.synth.prompts.prompt import Prompt, load_prompt

__all__ = ["PROMPTS", "load_prompts"]

PROMPTS = Path(__file__).parent / "templates"
"""The shipped prompts."""

_FOR_ALL = {"retry": frozenset({"detail"})}


def load_prompts(generator: Generator, language: str, overrides: Path | None = None) -> dict[str, Prompt]:
    """The prompts a generator uses, by name without language.

    Args:
        generator: Says which prompts, and which variables each is given.
        language: `en` or `zh`; a prompt that has no file in the language is taken in English.
        overrides: The user's folder.

    Raises:
        ConfigError: The folder isn't there, or one of the prompts is wrong.
    """
    if overrides is not None and not overrides.is_dir():
        raise ConfigError("the folder of prompts is not there", where=str(overrides))
    prompts = {}
    for name, variables in {**_FOR_ALL, **generator.prompts}.items():
        places = [PROMPTS, *([overrides] if overrides is not None else [])]
        there = any((place / f"{name}.{language}.jinja").is_file() for place in places)
        prompts[name] = load_prompt(
            f"{name}.{language if there else 'en'}", PROMPTS, variables=variables, overrides=overrides
        )
    return prompts

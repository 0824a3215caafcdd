"""The prompts of one run: loaded and checked before anything is asked."""

from __future__ import annotations

from pathlib import Path

from codetune.errors import ConfigError
from codetune.synth.generator import Generator
from codetune.synth.prompts.prompt import Prompt, load_prompt

__all__ = ["PROMPTS", "load_prompts"]

PROMPTS = Path(__file__).parent / "templates"
"""The shipped prompts."""

SMALL = PROMPTS / "small"
"""Those of the small profile; one that is not there is the same for both."""

_FOR_ALL = {"retry": frozenset({"detail"})}


def load_prompts(generator: Generator, language: str, overrides: Path | None = None) -> dict[str, Prompt]:
    """The prompts a generator uses, by name without language.

    Args:
        generator: Says which prompts, which variables each is given, and for which profile.
        language: `en` or `zh`; a prompt that has no file in the language is taken in English.
        overrides: The user's folder.

    Raises:
        ConfigError: The folder isn't there, or one of the prompts is wrong.
    """
    if overrides is not None and not overrides.is_dir():
        raise ConfigError("the folder of prompts is not there", where=str(overrides))
    folders = (SMALL, PROMPTS) if generator.profile == "small" else (PROMPTS, SMALL)
    prompts = {}
    for name, variables in {**_FOR_ALL, **generator.prompts}.items():
        chosen, folder = _place(name, language, folders, overrides)
        prompts[name] = load_prompt(chosen, folder, variables=variables, overrides=overrides)
    return prompts


def _place(name: str, language: str, folders: tuple[Path, ...], overrides: Path | None) -> tuple[str, Path]:
    """A prompt's name with its language, and the folder of the shipped files."""
    for chosen in (f"{name}.{language}", f"{name}.en"):
        for folder in folders:
            places = [folder, *([overrides] if overrides is not None else [])]
            if any((place / f"{chosen}.jinja").is_file() for place in places):
                return chosen, folder
    return f"{name}.en", folders[0]

"""The generators, by name."""

from __future__ import annotations

from typing import Any

from codetune.synth.config import SynthConfig
from codetune.synth.generator import Generator
from codetune.synth.generators.instruct_from_code import InstructFromCode
from codetune.synth.options import options_of

__all__ = ["GENERATORS", "build_generator"]

GENERATORS: dict[str, type[Any]] = {kind.name: kind for kind in (InstructFromCode,)}
"""Name -> class, in the order that `codetune generators` shows."""


def build_generator(config: SynthConfig, *, seed: int) -> Generator:
    """The generator that the settings name, with its options."""
    generator: Generator = GENERATORS[config.generator](
        options=options_of(config.generator, config.options), language=config.language, seed=seed
    )
    return generator

"""The generators, by name."""

from __future__ import annotations

from typing import Any

from codetune.synth.config import SynthConfig
from codetune.synth.generator import Generator
from codetune.synth.generators.ai_programmer import AiProgrammer
from codetune.synth.generators.edit import EditFromHistory
from codetune.synth.generators.evolve import Evolve
from codetune.synth.generators.fill_in import ExplainDefect, Review, Summarize
from codetune.synth.generators.instruct_from_code import InstructFromCode
from codetune.synth.generators.judge import Judge
from codetune.synth.generators.oss_instruct import OssInstruct
from codetune.synth.generators.self_instruct import SelfInstruct
from codetune.synth.generators.solve_and_test import SolveAndTest
from codetune.synth.generators.translate import Translate
from codetune.synth.options import options_of

__all__ = ["GENERATORS", "build_generator"]

_ALL: tuple[type[Any], ...] = (
    InstructFromCode,
    SelfInstruct,
    Evolve,
    OssInstruct,
    SolveAndTest,
    ExplainDefect,
    Summarize,
    Review,
    Translate,
    Judge,
    AiProgrammer,
    EditFromHistory,
)

GENERATORS: dict[str, type[Any]] = {kind.name: kind for kind in _ALL}
"""Name -> class, in the order that `codetune generators` shows. One of your own is added by assignment, as
are its options (`synth.options.OPTIONS`)."""


def build_generator(config: SynthConfig, *, seed: int) -> Generator:
    """The generator that the settings name, with its options."""
    profile = config.chosen_profile
    generator: Generator = GENERATORS[config.generator](
        options=options_of(config.generator, config.options, profile),
        language=config.language,
        seed=seed,
        profile=profile,
    )
    return generator

"""The generators, by name."""

from __future__ import annotations

from typing import Any

from codetune.lazy_registry import LazyRegistry
from codetune.synth.config import SynthConfig
from codetune.synth.generator import Generator
from codetune.synth.options import options_of

__all__ = ["GENERATORS", "build_generator"]

GENERATORS: LazyRegistry[type[Any]] = LazyRegistry(
    {
        "instruct-from-code": "codetune.synth.generators.instruct_from_code:InstructFromCode",
        "self-instruct": "codetune.synth.generators.self_instruct:SelfInstruct",
        "evolve": "codetune.synth.generators.evolve:Evolve",
        "oss-instruct": "codetune.synth.generators.oss_instruct:OssInstruct",
        "solve-and-test": "codetune.synth.generators.solve_and_test:SolveAndTest",
        "explain-defect": "codetune.synth.generators.fill_in:ExplainDefect",
        "summarize": "codetune.synth.generators.fill_in:Summarize",
        "review": "codetune.synth.generators.fill_in:Review",
        "translate": "codetune.synth.generators.translate:Translate",
        "judge": "codetune.synth.generators.judge:Judge",
        "ai-programmer": "codetune.synth.generators.ai_programmer:AiProgrammer",
        "edit": "codetune.synth.generators.edit:EditFromHistory",
    }
)
"""Name -> class, in the order that `codetune generators` shows; each is loaded when it is used. One of
your own is added by assignment, as are its options (`synth.options.OPTIONS`)."""


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

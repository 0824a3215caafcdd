"""Published ways of asking, by name: what each fixes, and where that is written.

A protocol fixes prompt, stops, sampling, length, reading and limits at once, so that a score can be held
against published ones. How its prompts and readings are made is in `protocol_styles`; this module is
plain data, light enough to be checked with the settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any

from codetune.config.faults import nearest
from codetune.errors import ConfigError

__all__ = ["PROTOCOLS", "Protocol", "check_covers", "with_protocol"]

_FREE = ("n", "k")
"""What may be said beside a protocol: fewer samples make a score less sure, not another one."""


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """One published way of asking.

    Attributes:
        name: What commands call it.
        benchmarks: Names (with `*`) of the benchmarks it is published for.
        style: Prompt style for models that are loaded here, and for all others without `remote_style`.
        remote_style: Prompt style where a server is asked.
        settings: Everything it fixes.
        temperatures: Temperatures it is published with; the first one is in `settings`.
        cpu_seconds: CPU time of each program; None leaves the benchmark's.
        own_limits: Benchmarks (with `*`) among them whose limits stay as they are.
        source: Where it is written.
    """

    name: str
    benchmarks: tuple[str, ...]
    style: str
    remote_style: str | None = None
    settings: Mapping[str, Any]
    temperatures: tuple[float, ...] = field(default=())
    cpu_seconds: float | None = None
    own_limits: tuple[str, ...] = ()
    source: str

    def cpu_seconds_of(self, benchmark: str) -> float | None:
        """CPU time of each program of a benchmark; None leaves the benchmark's own."""
        kept = any(fnmatch(benchmark, pattern) for pattern in self.own_limits)
        return None if kept else self.cpu_seconds

    def covers(self, benchmark: str) -> bool:
        """Whether it is published for a benchmark."""
        return any(fnmatch(benchmark, pattern) for pattern in self.benchmarks)


_HUMAN_EVAL = ("humaneval",)
_EVALPLUS = ("humaneval", "humaneval+*", "mbpp+*")
PROTOCOLS: Mapping[str, Protocol] = {
    one.name: one
    for one in (
        Protocol(
            name="codex",
            benchmarks=_HUMAN_EVAL,
            style="codex",
            settings={
                "n": 200, "k": (1, 10, 100), "temperature": 0.2, "top_p": 0.95, "max_new_tokens": 512,
            },
            temperatures=(0.2, 0.8),
            cpu_seconds=3.0,
            source="Chen et al. 2021, arXiv:2107.03374, section 3; openai/human-eval",
        ),
        Protocol(
            name="bigcode",
            benchmarks=(
                *_HUMAN_EVAL, "mbpp", "humanevalfixtests-*", "humanevalfixdocs-*", "humanevalsynthesize-*",
                "multipl-e-humaneval-*",
            ),
            style="bigcode",
            settings={"n": 1, "k": (1,), "temperature": 0.2, "top_p": 0.95, "max_new_tokens": 512},
            temperatures=(0.2, 0.8, 0.0),
            cpu_seconds=3.0,
            own_limits=("humanevalfix*", "humanevalsynthesize-*"),
            source="bigcode-project/bigcode-evaluation-harness, tasks humaneval, mbpp, humanevalfix*, "
            "humanevalsynthesize-* (--prompt instruct) and multiple-*",
        ),
        Protocol(
            name="evalplus-chat",
            benchmarks=_EVALPLUS,
            style="evalplus-chat",
            remote_style="evalplus-chat-api",
            settings={"n": 1, "k": (1,), "temperature": 0.0, "max_new_tokens": 768},
            source="evalplus/evalplus, providers hf and vllm (a begun turn) and openai (a server)",
        ),
        Protocol(
            name="evalplus-base",
            benchmarks=_EVALPLUS,
            style="evalplus-base",
            settings={"n": 1, "k": (1,), "temperature": 0.0, "max_new_tokens": 768},
            source="evalplus/evalplus with --force_base_prompt",
        ),
        Protocol(
            name="multipl-e",
            benchmarks=("multipl-e-*",),
            style="multipl-e",
            settings={"n": 200, "k": (1,), "temperature": 0.2, "top_p": 0.95, "max_new_tokens": 512},
            temperatures=(0.2, 0.8),
            source="Cassano et al. 2022, arXiv:2208.08227; nuprl/MultiPL-E, automodel.py",
        ),
        Protocol(
            name="codecapybara",
            benchmarks=_HUMAN_EVAL,
            style="codecapybara",
            settings={
                "n": 200, "k": (1, 10, 80, 100), "temperature": 0.1, "top_p": 0.75, "top_k": 40,
                "max_new_tokens": 128,
            },
            cpu_seconds=3.0,
            source="FSoft-AI4Code/CodeCapybara, main/generate.py and main/eval_humaneval.py",
        ),
        Protocol(
            name="coma",
            benchmarks=_HUMAN_EVAL,
            style="coma",
            settings={
                "n": 200, "k": (1, 10, 100), "temperature": 0.2, "top_p": 0.95, "max_new_tokens": 512,
            },
            cpu_seconds=3.0,
            source="Denilah/CoMA, eval/generate_code.py",
        ),
    )
}  # fmt: skip


def with_protocol(given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with what their protocol fixes filled in.

    Args:
        given: Settings as given, `protocol` perhaps among them.

    Raises:
        ValueError: No such protocol, or a setting that it fixes otherwise.
    """
    name = given.get("protocol")
    if name is None:
        return dict(given)
    protocol = PROTOCOLS.get(str(name))
    if protocol is None:
        raise ValueError(f"there is no protocol {name!r}{nearest(str(name), PROTOCOLS)}")
    if given.get("prompt_style") is not None:
        raise ValueError(f"the protocol {name} fixes the prompt style; leave prompt_style out")
    for key in ("temperature", "top_p", "top_k", "max_new_tokens"):
        said, fixed = given.get(key), protocol.settings.get(key)
        if said is None or said == fixed or (key == "temperature" and said in protocol.temperatures):
            continue
        raise ValueError(f"the protocol {name} fixes {key} to {fixed}; leave it out")
    settings = {**protocol.settings, **{key: value for key, value in given.items() if value is not None}}
    if "k" not in given:
        settings["k"] = tuple(k for k in protocol.settings["k"] if k <= int(settings["n"])) or (1,)
    return settings


def check_covers(protocol: str | None, benchmark: str) -> None:
    """See that a protocol is published for a benchmark.

    Raises:
        ConfigError: It is not.
    """
    if protocol is not None and not PROTOCOLS[protocol].covers(benchmark):
        raise ConfigError(
            f"the protocol {protocol} does not cover {benchmark}",
            next_step=f"it covers {', '.join(PROTOCOLS[protocol].benchmarks)}",
        )

"""Settings of asking a benchmark, and of the evaluate stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from codetune.config.settings import Settings
from codetune.evaluate.prompts.protocols import with_protocol
from codetune.models.servers.commands import PROGRAMS
from codetune.models.spec import check_urls

__all__ = ["AskConfig", "EvaluateConfig"]


class AskConfig(Settings):
    """How a model is asked the items of a benchmark, and how its answers are run."""

    limit: int | None = Field(
        None, ge=1, description="At most so many problems, drawn by seed; null takes all of them."
    )
    protocol: str | None = Field(
        None,
        description="A published way of asking that fixes prompt, stops, sampling, length, reading and limits: "
        "codex, bigcode, evalplus-chat, evalplus-base, multipl-e, codecapybara, coma.",
    )
    prompt_style: str | None = Field(
        None,
        description="chat-prefill, chat or completion, and turns with edit_format; null takes what fits the model.",
    )
    edit_format: Literal["whole-file", "locate-and-change", "search-and-replace"] | None = Field(
        None,
        description="How a model writes its edit, for benchmarks of edits; null asks for the whole program.",
    )
    continuation: Literal["plain", "continue_final_message"] | None = Field(
        None, description="How a server is made to continue a begun assistant turn; null tries it out."
    )
    n: int = Field(1, ge=1, description="Samples of each problem.")
    k: tuple[int, ...] = Field((1,), min_length=1, description="The k of pass@k; each at most n.")
    temperature: float = Field(0.0, ge=0, le=2, description="0 is greedy, and then n has to be 1.")
    top_p: float | None = Field(
        None, gt=0, le=1, description="Nucleus sampling; null leaves it to the server."
    )
    top_k: int | None = Field(None, ge=1, description="Top-k sampling; null leaves it to the server.")
    max_new_tokens: int | None = Field(
        None, ge=1, description="Longest answer, in tokens; null takes what fits the benchmark, 512 or more."
    )
    in_flight: int | None = Field(
        None, ge=1, description="Requests at a time; null takes what fits who answers: 8 to 256."
    )
    test_isolation: Literal["standard", "strict"] = Field(
        "strict", description="Where tests run: in the program's box (standard), or outside of it."
    )
    sandbox: bool = Field(True, description="False runs untrusted code unprotected, and stamps every result.")

    @model_validator(mode="before")
    @classmethod
    def _as_the_protocol_says(cls, given: Any) -> Any:
        return with_protocol(given) if isinstance(given, Mapping) else given

    @model_validator(mode="after")
    def _edit_styles(self) -> AskConfig:
        styles = (None, "chat", "completion", "turns")
        if self.edit_format is not None and self.prompt_style not in styles:
            raise ValueError(
                f"with edit_format the prompt style is chat, completion or turns, not {self.prompt_style}"
            )
        if self.edit_format is not None and self.protocol is not None:
            raise ValueError("a protocol fixes the answer; leave edit_format or protocol out")
        if self.edit_format is None and self.prompt_style == "turns":
            raise ValueError("the prompt style turns needs edit_format")
        return self

    @model_validator(mode="after")
    def _enough_samples(self) -> AskConfig:
        if min(self.k) < 1:
            raise ValueError(f"there is no pass@{min(self.k)}; k is 1 or more")
        if max(self.k) > self.n:
            raise ValueError(
                f"pass@{max(self.k)} needs at least {max(self.k)} samples of each problem; n is {self.n}"
            )
        return self


class EvaluateConfig(AskConfig):
    """Which benchmarks base and tuned model are asked, by whom they are served, and how they are asked."""

    benchmarks: tuple[str, ...] = Field(
        ("humaneval",),
        min_length=1,
        description="Names of benchmarks; `codetune eval --list` names all. `task:NAME` are rows of your own.",
    )
    data: Mapping[str, str] = Field(
        default_factory=dict,
        description="Benchmark -> its data file; without one, the installed file, or for `task:NAME` the "
        "dataset among the stage's inputs.",
    )
    max_new_tokens_of: Mapping[str, int] = Field(
        default_factory=dict,
        description="Benchmark -> its longest answer in tokens, in place of `max_new_tokens`.",
    )
    serve: str = Field(
        "auto",
        description="Who serves both models: embedded (llama.cpp here), folder (the weights loaded here, in "
        "batches), gguf (llama.cpp here, an adapter merged), vllm or sglang (started here), a URL ending in /v1, or auto: the fastest that works here.",
    )
    serve_arguments: tuple[str, ...] = Field(
        (), description="Further arguments of vllm or sglang, e.g. [--tensor-parallel-size, '8']."
    )
    served_base: str | None = Field(None, description="With a URL: the server's name of the base model.")
    served_tuned: str | None = Field(None, description="With a URL: the server's name of the tuned model.")

    @property
    def is_served_elsewhere(self) -> bool:
        """Whether a server at a URL answers, and not this machine."""
        return self.serve.startswith(("http://", "https://"))

    @model_validator(mode="after")
    def _lengths(self) -> EvaluateConfig:
        twice = [name for place, name in enumerate(self.benchmarks) if name in self.benchmarks[:place]]
        if twice:
            raise ValueError(f"benchmarks names {twice[0]!r} twice")
        for name, tokens in self.max_new_tokens_of.items():
            if name not in self.benchmarks:
                raise ValueError(f"max_new_tokens_of names {name!r}, which is no benchmark of this step")
            if tokens < 1:
                raise ValueError(f"max_new_tokens_of gives {name!r} no token to answer with")
        return self

    def asking(self, benchmark: str) -> AskConfig:
        """How one of the benchmarks is asked."""
        asked = AskConfig.model_construct(**self.model_dump(include=set(AskConfig.model_fields)))
        tokens = self.max_new_tokens_of.get(benchmark)
        return asked if tokens is None else asked.model_copy(update={"max_new_tokens": tokens})

    @model_validator(mode="after")
    def _served(self) -> EvaluateConfig:
        check_urls(self.serve)
        by_url = self.is_served_elsewhere
        if not by_url and self.serve not in ("auto", "embedded", "folder", "gguf", *PROGRAMS):
            raise ValueError(
                f"serve is auto, embedded, folder, gguf, vllm, sglang or a URL ending in /v1, not {self.serve!r}"
            )
        if by_url and not (self.served_base and self.served_tuned):
            raise ValueError("a URL needs served_base and served_tuned, the server's names of both models")
        return self

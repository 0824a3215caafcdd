"""Settings of the evaluate stage."""

from __future__ import annotations

from pydantic import Field, model_validator

from codetune.config.settings import Settings

__all__ = ["EvaluateConfig"]


class EvaluateConfig(Settings):
    """Which benchmark, how it is asked, and how the answers are judged."""

    benchmark: str = Field(
        "humaneval", description="Name of the benchmark; `codetune eval --list` names all."
    )
    data: str | None = Field(None, description="Its data file; null takes the installed one.")
    limit: int | None = Field(
        None, ge=1, description="At most so many problems, drawn by seed; null takes all of them."
    )
    prompt_style: str = Field(
        "chat-prefill", description="How items are put: chat-prefill, chat or completion."
    )
    n: int = Field(1, ge=1, description="Samples of each problem.")
    k: tuple[int, ...] = Field((1,), min_length=1, description="The k of pass@k; each at most n.")
    temperature: float = Field(0.0, ge=0, le=2, description="0 is greedy, and then n has to be 1.")
    top_p: float | None = Field(
        None, gt=0, le=1, description="Nucleus sampling; null leaves it to the server."
    )
    top_k: int | None = Field(None, ge=1, description="Top-k sampling; null leaves it to the server.")
    max_new_tokens: int = Field(128, ge=1, description="Longest answer, in tokens.")
    in_flight: int = Field(8, ge=1, description="Requests at a time.")
    test_isolation: str = Field(
        "standard",
        pattern="^(standard|strict)$",
        description="standard: tests run in the program's sandbox; strict: outside of it.",
    )
    sandbox: bool = Field(True, description="False runs untrusted code unprotected, and stamps every result.")

    @model_validator(mode="after")
    def _enough_samples(self) -> EvaluateConfig:
        if max(self.k) > self.n or min(self.k) < 1:
            raise ValueError(
                f"pass@{max(self.k)} needs at least {max(self.k)} samples of each problem; n is {self.n}"
            )
        return self

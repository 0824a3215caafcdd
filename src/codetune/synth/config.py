"""Settings of synthesis: which generator asks which model, about which rows, within what budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator
from pydantic.fields import FieldInfo

from codetune.config.settings import Settings
from codetune.models.spec import check_urls
from codetune.synth.options import OPTIONS, VOTING, Profile, options_of

__all__ = ["SynthConfig"]


class SynthConfig(Settings):
    """What `codetune synth` does."""

    generator: str = "instruct-from-code"
    """Name of the generator; `codetune generators` lists them."""
    model: str = "local"
    """`local` (the embedded model), a name in the model map, a .gguf file, a model folder or `org/name` of the hub
    (loaded here), or a URL ending in /v1."""
    profile: Literal["auto", "strong", "small"] = "auto"
    """Prompts, forms and checks for a `strong` model, or for a `small` one of a few hundred million
    parameters; `auto` is `small` for `local` and `strong` for every other model."""
    judges: tuple[str, ...] = ()
    """More models that vote, for generators that let several; each as `model`."""
    model_map: Path | None = None
    """JSON or YAML file that says where models are served."""
    served_name: str | None = None
    """Which of the models of a server at a URL; None takes the only one."""
    api_key_env: str | None = None
    """Environment variable with the key for a URL; None takes OPENAI_API_KEY where it is set."""
    rows: int | None = Field(default=None, ge=1)
    """Rows to work on, drawn by record id so that added rows don't reshuffle them; None takes all."""
    programming_languages: tuple[str, ...] = ()
    """Rows of other programming languages are left alone; empty takes all."""
    language: Literal["en", "zh"] = "en"
    """Natural language that the model writes."""
    secrets: bool = True
    """Reject rows that hold a credential before a model is asked about them: it would be sent to the server and
    be in the store of answers."""
    in_flight: int = Field(default=64, ge=1, le=4096)
    """Rows worked on at the same time; does not change what comes out. More than the server has
    slots is good: equal beginnings of prompts then follow each other and are computed once."""
    max_new_tokens: int | None = Field(default=None, ge=8, le=131072)
    """Most tokens of one answer. None: as the row needs; an answer that was cut is asked again with twice as many."""
    context_tokens: int | None = Field(default=None, ge=512)
    """Tokens of question and answer that the model takes. None: 2,048 for `local`, 8,192 for a .gguf
    file, and for a server what it says of itself (`max_model_len`, `n_ctx`), else 32,768, or what it
    names when it refuses a larger request."""
    temperature: float | None = Field(default=None, ge=0, le=2)
    """Sampling temperature of first tries; None takes the generator's."""
    retries: int = Field(default=1, ge=0, le=10)
    """How often an invalid answer is asked again, with the reason, before the row is refused."""
    prompts: Path | None = None
    """Folder whose prompt files take the place of the shipped ones of the same name."""
    shots: int | None = Field(default=None, ge=0, le=32)
    """Examples shown with each question; None shows all that the prompt has."""
    part_rows: int = Field(default=500, ge=1, le=100_000)
    """Rows worked on for one part of the dataset, the unit that workers and restarts go by."""
    budget: str | None = None
    """Where to stop: money, time or tokens, e.g. `5usd`, `2h`, `1Mtok`."""
    options: dict[str, Any] = Field(default_factory=dict)
    """The generator's own settings; `codetune generators NAME` lists them."""

    @classmethod
    def keys(cls, values: Mapping[str, Any]) -> Iterator[tuple[str, FieldInfo]]:
        """The stage's own keys, and the options of the generator that is named."""
        yield from super().keys(values)
        name = values.get("generator", cls.model_fields["generator"].default)
        if isinstance(name, str) and name in OPTIONS:
            yield from OPTIONS[name].keys(values)

    @classmethod
    def path_of(cls, key: str, values: Mapping[str, Any]) -> tuple[str | int, ...]:
        """A key that the stage does not have is an option of the generator."""
        path = super().path_of(key, values)
        return path if path[0] in cls.model_fields else ("options", *path)

    @field_validator("programming_languages", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _known(self) -> SynthConfig:
        if self.generator not in OPTIONS:
            raise ValueError(
                f"there is no generator {self.generator!r}; choose one of: {', '.join(sorted(OPTIONS))}"
            )
        for model in (self.model, *self.judges):
            check_urls(model)
        options_of(self.generator, self.options, self.chosen_profile)
        if self.judges and self.generator not in VOTING:
            raise ValueError(
                f"judges: {self.generator} asks one model; only {', '.join(VOTING)} lets several vote"
            )
        return self

    @property
    def chosen_profile(self) -> Profile:
        """The profile, with `auto` settled by the model."""
        if self.profile != "auto":
            return self.profile
        return "small" if self.model == "local" else "strong"

    @property
    def context(self) -> int:
        """Tokens of question and answer, as far as they are known before the first request."""
        if self.context_tokens is not None:
            return self.context_tokens
        return 2048 if self.model == "local" else 8192 if self.model.endswith(".gguf") else 32_768

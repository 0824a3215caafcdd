"""Settings of a mixture: which parts, how many rows of each, and what to do when one falls short."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from codetune.config.faults import nearest
from codetune.config.settings import Settings
from codetune.errors import ConfigError

__all__ = ["MixConfig", "MixPart", "Splits", "TranslatorModel"]

Shortage = Literal["short", "upsample", "refuse"]


class MixPart(Settings):
    """One row of a mixture's table."""

    name: str = Field(
        description="What the card and the errors call it; unique in the mixture.", min_length=1
    )
    count: int = Field(ge=1, description="Target number of rows, before `scale`.")
    dataset: str | None = Field(None, description="A finished dataset directory of instructions or snippets.")
    source: str | None = Field(None, description="Or a source to collect from (`codetune sources`).")
    path: str | None = Field(None, description="Where the source's files are; relative to `data`.")
    options: dict[str, Any] = Field({}, description="More settings of collect, e.g. `languages`.")
    task: str | None = Field(
        None,
        description="Task wanted: picks rows of a dataset, or is made of snippets, commits or submissions.",
    )
    as_task: str | None = Field(
        None, description="Task that the rows are counted under in the mixture; null keeps their own."
    )
    language: Literal["en", "zh"] | None = Field(None, description="Natural language wanted; null takes all.")
    programming_languages: tuple[str, ...] = Field((), description="Languages wanted; empty takes all.")
    upstream_splits: tuple[Literal["train", "valid", "test"], ...] | None = Field(
        None, description="Overrides the mixture's `upstream_splits` for this part; empty takes all."
    )
    translate: bool = Field(
        False, description="Translate the prose of the part's rows into `language` first; never the code."
    )
    shortage: Shortage | None = Field(None, description="Overrides the mixture's `shortage` for this part.")
    license: str | None = Field(None, description="SPDX expression for rows that carry none.")
    url: str | None = Field(None, description="Where upstream publishes it, for the card.")

    @model_validator(mode="after")
    def _consistent(self) -> MixPart:
        if self.dataset and self.source:
            raise ValueError("a part is read from a dataset or from a source, not from both")
        if self.source and not self.path:
            raise ValueError("a part with a source needs the path of its files")
        if self.translate and (self.language is None or self.task is None):
            raise ValueError("a part that is translated needs its language and its task")
        return self


class Splits(Settings):
    """Fractions that are held out, group by group."""

    valid: float = Field(0.0, ge=0, lt=1, description="Fraction of the groups for validation, 0 to 1.")
    test: float = Field(0.0, ge=0, lt=1, description="Fraction of the groups for testing, 0 to 1.")

    @model_validator(mode="after")
    def _something_left(self) -> Splits:
        if self.valid + self.test >= 1:
            raise ValueError("valid and test together leave nothing to train on")
        return self


class TranslatorModel(Settings):
    """The model that translates the parts which ask for it."""

    model: str = Field(
        min_length=1,
        description="`local` (the embedded model), a name in the model map, a .gguf file, or a URL ending in /v1.",
    )
    model_map: Path | None = Field(None, description="JSON or YAML file that says where models are served.")
    served_name: str | None = Field(
        None, description="Which of the models of a server at a URL; null takes the only one."
    )
    api_key_env: str | None = Field(None, description="Environment variable with the key for a URL.")
    budget: str | None = Field(
        None, description="Where to stop: money, time or tokens, e.g. `5usd`, `2h`, `1Mtok`."
    )
    in_flight: int = Field(64, ge=1, le=4096, description="Texts asked at the same time.")
    retries: int = Field(
        1, ge=0, le=10, description="How often a wrong answer is asked again, with the reason."
    )


class MixConfig(Settings):
    """A mixture."""

    name: str = Field("mixture", description="Name of the mixture, for its card.")
    description: str = Field("", description="A paragraph for the card: what it is for, or what it rebuilds.")
    parts: tuple[MixPart, ...] = Field(description="The mixture's table; at least one part.")
    scale: float = Field(1.0, gt=0, description="Every count is multiplied by it (at least one row stays).")
    splits: Splits = Field(
        default_factory=lambda: Splits(valid=0.0, test=0.0),
        description="What is held out for validation and testing.",
    )
    upstream_splits: tuple[Literal["train", "valid", "test"], ...] = Field(
        ("train",),
        description="Upstream's splits whose rows are taken; rows of sources without splits count as train.",
    )
    shortage: Shortage = Field(
        "short",
        description="When a part has too few rows: take what there is, repeat rows, or stop.",
    )
    missing: Literal["refuse", "skip"] = Field(
        "refuse",
        description="When a part's files or its translator are not there: stop, or go on without it.",
    )
    translator: TranslatorModel | None = Field(
        None, description="The model that translates parts with `translate: true`, e.g. `{model: NAME}`."
    )
    data: str | None = Field(
        None, description="Folder that relative paths start from; null is the current one."
    )

    prompt_templates: str | None = Field(
        None,
        description="Folder of prompt templates (TASK.LANGUAGE.yaml) that replace codetune's own; tasks "
        "without a file there keep theirs.",
    )

    @field_validator("parts")
    @classmethod
    def _named_once(cls, parts: tuple[MixPart, ...]) -> tuple[MixPart, ...]:
        if not parts:
            raise ValueError("a mixture needs at least one part")
        names = [part.name for part in parts]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"the part {twice[0]!r} stands twice")
        return parts

    @classmethod
    def path_of(cls, key: str, values: Mapping[str, Any]) -> tuple[str | int, ...]:
        """`PART.KEY` sets one part's value; anything else is a setting of the mixture."""
        name, dot, rest = key.partition(".")
        if not dot or name in cls.model_fields:
            return super().path_of(key, values)
        parts = values.get("parts")
        names = (
            [part.get("name") for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
        )
        if name not in names:
            known = nearest(name, map(str, names))
            raise ConfigError(f"the mixture has no part {name!r}{known}", where=f"--set {key}")
        number = next(i for i, part in enumerate(values["parts"]) if part.get("name") == name)
        return ("parts", number, *rest.split("."))

    def splits_of(self, part: MixPart) -> tuple[str, ...]:
        """Upstream's splits that a part is taken from; empty for all."""
        return self.upstream_splits if part.upstream_splits is None else part.upstream_splits

    def wanted(self, part: MixPart) -> int:
        """Target rows of a part, scaled; never zero."""
        return max(1, round(part.count * self.scale))

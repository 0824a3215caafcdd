"""Settings of a model and its endpoints: URLs, limits, prices.

They hold no key, only the place it comes from (an environment variable or a file); it is looked up
when a request is sent. Nothing here uses the network.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_serializer, field_validator, model_validator

from codetune.config.settings import Settings
from codetune.errors import ConfigError

__all__ = ["EndpointSpec", "ModelSpec", "Price", "check_urls", "host_label"]

_EXAMPLE = "http://127.0.0.1:8000/v1"


def host_label(url: str) -> str:
    """Host and port of a URL, without credentials; for messages and the store."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def check_urls(model: str) -> None:
    """See that a model's URL, or each of several with commas between, can be the address of a server.

    Args:
        model: As it is named; without `://` it is no URL, and nothing is said of it.

    Raises:
        ValueError: It can't; the message does not repeat the URL, which may hold a password.
    """
    if "://" not in model:
        return
    for url in filter(None, map(str.strip, model.split(","))):
        _check_url(url)


def _check_url(url: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise ValueError("the model's URL is wrong: it must begin with http:// or https://")
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise ValueError(f"the model's URL is wrong: {str(error).lower()}; write e.g. {_EXAMPLE}") from None
    if not has_host:
        raise ValueError(f"the model's URL is wrong: it names no server; write e.g. {_EXAMPLE}")
    if parts.username is not None:
        raise ValueError(
            "the model's URL is wrong: it must not hold a user or a password; give `api_env` or `headers`"
        )


class Price(Settings):
    """US dollars for a million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)

    def cost(self, prompt_tokens: float, completion_tokens: float) -> float:
        """US dollars for so many tokens."""
        return (prompt_tokens * self.input + completion_tokens * self.output) / 1e6


class EndpointSpec(Settings):
    """One server that answers for a model."""

    base: str
    """Base URL up to and with `/v1`."""
    api: SecretStr | None = None
    """The key itself; prefer `api_env` or `api_file`. It is never written anywhere."""
    api_env: str | None = None
    """Name of the environment variable that holds the key."""
    api_file: Path | None = None
    """File whose first line is the key."""
    model: str | None = None
    """This server's name of the model, where it differs."""
    headers: Mapping[str, SecretStr] = Field(default_factory=dict)
    """Sent with each request; `$NAME` takes the value of an environment variable."""
    body: Mapping[str, Any] = Field(default_factory=dict)
    """Fields that only this server needs, added to the body; not part of a request's identity."""
    weight: float = Field(default=1.0, gt=0)
    """Share of the requests, relative to the other endpoints."""
    max_in_flight: int = Field(default=1024, ge=1)
    start_in_flight: int = Field(default=64, ge=1)
    requests_per_minute: float | None = Field(default=None, gt=0)
    tokens_per_minute: float | None = Field(default=None, gt=0)
    timeout_seconds: float = Field(default=600.0, gt=0)
    max_response_bytes: int = Field(default=16 << 20, gt=0)

    @model_validator(mode="after")
    def _one_key(self) -> EndpointSpec:
        if sum(value is not None for value in (self.api, self.api_env, self.api_file)) > 1:
            raise ValueError("give one of api, api_env, api_file")
        return self

    @field_validator("base")
    @classmethod
    def _is_url(cls, value: str) -> str:
        _check_url(value)
        return value

    @field_serializer("api", "headers")
    def _hide(self, value: object) -> object:
        if isinstance(value, Mapping):
            return dict.fromkeys(value, "**")
        return None if value is None else "**"

    def key(self) -> str | None:
        """The key, looked up now.

        Raises:
            ConfigError: The variable is not set, or the file can't be read.
        """
        if self.api is not None:
            return self.api.get_secret_value() or None
        if self.api_env is not None:
            value = os.environ.get(self.api_env, "").strip()
            if not value:
                raise ConfigError(
                    f"the key of {host_label(self.base)} is missing",
                    next_step=f"set the environment variable {self.api_env}",
                )
            return value
        if self.api_file is not None:
            try:
                lines = self.api_file.expanduser().read_text("utf-8").split()
            except (OSError, UnicodeDecodeError) as error:
                lines = []
                reason: Exception | None = error
            else:
                reason = None
            if not lines:
                raise ConfigError(
                    f"the key of {host_label(self.base)} is missing",
                    where=str(self.api_file),
                    next_step="put the key on the first line of that file",
                ) from reason
            return lines[0]
        return None

    @property
    def key_source(self) -> str:
        """Where the key comes from, in words for a message; "" where there is none."""
        if self.api is not None:
            return "`api` in the model map"
        if self.api_env is not None:
            return f"the environment variable {self.api_env}"
        return str(self.api_file) if self.api_file is not None else ""

    def resolved_headers(self) -> dict[str, str]:
        """Headers with keys in them: for the wire, never for a log."""
        found: dict[str, str] = {}
        key = self.key()
        if key is not None:
            found["Authorization"] = f"Bearer {key}"
        for name, secret in self.headers.items():
            value = secret.get_secret_value()
            if value.startswith("$"):
                variable = value[1:]
                if variable not in os.environ:
                    raise ConfigError(
                        f"the header {name} of {host_label(self.base)} is missing its value",
                        next_step=f"set the environment variable {variable}",
                    )
                value = os.environ[variable]
            found[name] = value
        return found


class ModelSpec(Settings):
    """One model and its endpoints."""

    name: str
    """Its name on the servers; part of a request's identity."""
    endpoints: tuple[EndpointSpec, ...]
    body: Mapping[str, Any] = Field(default_factory=dict)
    """Fields added to each request's payload; part of its identity."""
    price: Price | None = None
    token_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """The server's name of the limit on new tokens."""
    prefill: Literal["plain", "continue_final_message"] = "plain"
    """How the server is asked to continue a last assistant turn: llama.cpp needs nothing, vLLM and
    SGLang need `continue_final_message`."""
    structured: Literal["auto", "json_schema", "simple_schema", "json_object", "prompt"] = "auto"
    """How JSON is asked for; `auto` uses the strongest mode that the server accepts."""
    attempts: int = Field(default=6, ge=1)
    """Tries for errors that may pass; busy servers (429) are not counted."""
    patience_seconds: float = Field(default=1800.0, gt=0)
    """How long one request is retried before it fails."""
    batch: bool = False
    """Use the batch API (`/v1/batches`): slower, usually for half the price."""
    batch_poll_seconds: float = Field(default=30.0, gt=0)
    """How often open batches are checked."""

    @field_validator("endpoints")
    @classmethod
    def _some(cls, value: tuple[EndpointSpec, ...]) -> tuple[EndpointSpec, ...]:
        if not value:
            raise ValueError("there must be at least one")
        return value

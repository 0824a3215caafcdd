"""Which endpoints of a model map answer, tried for real but without paying for an answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from codetune.errors import CodetuneError
from codetune.models.client.transport import ServerRefusal, Transport, Unavailable
from codetune.models.model_map import Mix, load_model_map
from codetune.models.spec import EndpointSpec, ModelSpec, host_label

__all__ = ["EndpointReport", "endpoints"]

_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class EndpointReport:
    """One endpoint, as it is now."""

    model: str
    """Name in the model map."""
    endpoint: str
    """Host and port, without credentials."""
    ok: bool
    """It answers, takes the key, and has the model or keeps no list."""
    detail: str
    remedy: str = ""
    seconds: float | None = None
    """How long the list of models took."""


def endpoints(model_map: Path) -> list[EndpointReport]:
    """Ask each endpoint for its list of models, all at once, for at most five seconds.

    Raises:
        ConfigError: The model map is wrong.
    """
    known = load_model_map(model_map)
    wanted = [(name, spec) for name, spec in known.items() if not isinstance(spec, Mix)]

    async def examine() -> list[EndpointReport]:
        return await asyncio.gather(*(_examine(*each) for each in _each(wanted)))

    return asyncio.run(examine())


def _each(wanted: list[tuple[str, ModelSpec]]) -> Iterator[tuple[str, ModelSpec, EndpointSpec]]:
    for name, spec in wanted:
        for endpoint in spec.endpoints:
            yield name, spec, endpoint


async def _examine(name: str, model: ModelSpec, endpoint: EndpointSpec) -> EndpointReport:
    label = host_label(endpoint.base)

    def report(ok: bool, detail: str, remedy: str = "", seconds: float | None = None) -> EndpointReport:
        detail = f"{label}: {detail}"
        return EndpointReport(
            model=name, endpoint=label, ok=ok, detail=detail, remedy=remedy, seconds=seconds
        )

    begun = time.monotonic()
    try:
        transport = Transport(
            endpoint.base, headers=endpoint.resolved_headers(), timeout_seconds=_TIMEOUT_SECONDS
        )
        try:
            answer = orjson.loads(await transport.get("/models"))
        finally:
            await transport.close()
        names = [str(item["id"]) for item in answer["data"]]
    except Unavailable as error:
        return report(False, error.what, error.next_step or "check that the server runs")
    except ServerRefusal as error:
        if error.status in (401, 403):
            return report(False, "the key is refused", "check api, api_env or api_file in the model map")
        return report(True, f"answers, but keeps no list of models ({error.status})")
    except CodetuneError as error:  # a key that is missing
        return report(False, error.what, error.next_step or "")
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return report(
            False, "what it answers under /models is not a list of models", "check that base ends in /v1"
        )
    seconds = time.monotonic() - begun
    served = endpoint.model or model.name
    if names and served not in names:
        return report(
            False, f"has no model called {served}", f"take one of: {', '.join(names[:10])}", seconds
        )
    return report(True, f"answers in {seconds * 1000:.0f} ms", seconds=seconds)

"""Which endpoints of a model map answer: each is asked for its list of models, which costs nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

from codetune.doctor.machine import Finding
from codetune.errors import CodetuneError
from codetune.models.client.client import key_refused, list_models
from codetune.models.client.transport import ServerRefusal, Transport
from codetune.models.model_map import Mix, load_model_map
from codetune.models.spec import EndpointSpec, ModelSpec, host_label

__all__ = ["check_endpoints"]

_TIMEOUT_SECONDS = 5.0


def check_endpoints(model_map: Path) -> list[Finding]:
    """Try all endpoints at the same time, for at most five seconds.

    Returns:
        One finding an endpoint, in the file's order, named after its model: `ok` where it answers,
        accepts the key, and has the model or keeps no list; `missing` otherwise.

    Raises:
        ConfigError: The model map is wrong.
    """
    return asyncio.run(_check_all(load_model_map(model_map)))


async def _check_all(models: Mapping[str, ModelSpec | Mix]) -> list[Finding]:
    checks = [
        _check(name, spec, endpoint)
        for name, spec in models.items()
        if not isinstance(spec, Mix)
        for endpoint in spec.endpoints
    ]
    return await asyncio.gather(*checks)


async def _check(name: str, model: ModelSpec, endpoint: EndpointSpec) -> Finding:
    def found(detail: str, remedy: str = "") -> Finding:
        return Finding(
            area="endpoints",
            name=name,
            state="missing" if remedy else "ok",
            detail=f"{host_label(endpoint.base)}: {detail}",
            remedy=remedy,
        )

    begun = time.monotonic()
    try:
        transport = Transport(
            endpoint.base, headers=endpoint.resolved_headers(), timeout_seconds=_TIMEOUT_SECONDS
        )
        try:
            names = await list_models(transport)
        finally:
            await transport.close()
    except ServerRefusal as error:
        if error.status in (401, 403):
            refused = key_refused(endpoint, error)
            return found(refused.what, refused.next_step or "")
        return found(f"answers, but keeps no list of models ({error.status})")
    except CodetuneError as error:
        return found(error.what, error.next_step or "check that the server runs and that `base` is right")
    served = endpoint.model or model.name
    if names and served not in names:
        return found(f"has no model called {served}", f"take one of: {', '.join(names[:10])}")
    return found(f"answers in {(time.monotonic() - begun) * 1000:.0f} ms")

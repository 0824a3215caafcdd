"""What every stage is given besides its settings and inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from codetune.engine.local import LocalEngine
from codetune.engine.progress import Progress, SilentProgress
from codetune.engine.protocol import Engine
from codetune.seeding import check_seed

__all__ = ["StageContext"]


@dataclass(frozen=True, kw_only=True)
class StageContext:
    """Engine, cache, progress and seed; only the seed may change what comes out."""

    seed: int = 0
    cache: Path
    """Folder that outlives the stage: `requests.sqlite`, `verdicts.sqlite`, de-quantised weights."""
    engine: Engine = field(default_factory=lambda: LocalEngine(workers=1))
    progress: Progress = field(default_factory=SilentProgress)

    def __post_init__(self) -> None:
        check_seed(self.seed)

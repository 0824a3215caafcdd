"""Every attack that `codetune doctor --attack` runs."""

from __future__ import annotations

from codetune.execution.attacks.attack import Attack
from codetune.execution.attacks.programs.answers import ANSWERS
from codetune.execution.attacks.programs.compiled import COMPILED
from codetune.execution.attacks.programs.forgery import FORGERY
from codetune.execution.attacks.programs.host import HOST
from codetune.execution.attacks.programs.kernel import KERNEL
from codetune.execution.attacks.programs.limits import LIMITS
from codetune.execution.attacks.programs.machine import MACHINE
from codetune.execution.attacks.programs.reports import REPORTS
from codetune.execution.attacks.programs.verdict import VERDICT

__all__ = ["ATTACKS"]

ATTACKS: tuple[Attack, ...] = (
    *MACHINE, *HOST, *LIMITS, *KERNEL, *VERDICT, *FORGERY, *REPORTS, *ANSWERS, *COMPILED,
)  # fmt: skip

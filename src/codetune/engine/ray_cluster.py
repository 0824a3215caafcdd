"""What a Ray cluster has to have before work is spread over it: the same versions, and a shared file system.

Each machine is asked once, by a task that runs there. Nothing is left behind.
"""

from __future__ import annotations

import contextlib
import platform
import socket
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from codetune import __version__
from codetune.errors import BackendUnavailableError, OutputError

__all__ = ["Answer", "check_address", "check_answers", "check_cluster", "unreachable"]

_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 180.0
"""A first task on a busy machine starts a process there."""


def check_address(address: str) -> None:
    """See that something listens at an address, where it has a port; Ray itself would try for minutes.

    Raises:
        BackendUnavailableError: Nothing does.
    """
    plain = address if "://" in address else f"tcp://{address}"
    try:
        host, port = urlsplit(plain).hostname, urlsplit(plain).port
    except ValueError:
        host, port = None, None
    if host is None or port is None:
        return
    try:
        socket.create_connection((host, port), timeout=_CONNECT_SECONDS).close()
    except OSError as error:
        raise unreachable(address) from error


def unreachable(address: str | None) -> BackendUnavailableError:
    """The error for a cluster that does not answer."""
    return BackendUnavailableError(
        "the Ray cluster can't be reached",
        where=address,
        next_step="start it with: ray start --head, or leave the address out",
    )


@dataclass(frozen=True)
class Answer:
    """What one machine said.

    Attributes:
        machine: Its name.
        version: Its codetune.
        python: Its Python.
        missing: Folders in which it does not see the file that was written here, or could not write one.
    """

    machine: str
    version: str
    python: str
    missing: tuple[str, ...] = ()


def _answer(probes: Sequence[str], mark: str, number: int) -> Answer:
    """Read the probe files and write one beside each; runs on a machine of the cluster."""
    missing = []
    for probe in probes:
        path = Path(probe)
        try:
            if path.read_text("utf-8") != mark:
                missing.append(str(path.parent))
                continue
            path.with_name(f"{path.name}.{number}").write_text(mark, "utf-8")
        except OSError:
            missing.append(str(path.parent))
    return Answer(platform.node(), __version__, platform.python_version(), tuple(missing))


def check_cluster(ray: Any, folders: Iterable[Path]) -> None:
    """Ask every machine of the cluster.

    Args:
        ray: The module, connected.
        folders: What workers will write into; the nearest folder that exists is tried.

    Raises:
        BackendUnavailableError: Another version of codetune or Python there, or none, or no answer.
        OutputError: A machine does not see a folder.
    """
    mark = uuid.uuid4().hex
    probes = sorted({_existing(folder) / f".codetune-{mark}" for folder in folders})
    nodes = [node["NodeID"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    try:
        for probe in probes:
            _write(probe, mark)
        answers = _ask(ray, nodes, [str(probe) for probe in probes], mark)
        written = [
            Answer(one.machine, one.version, one.python, (*one.missing, *_unwritten(probes, number)))
            for number, one in enumerate(answers)
        ]
    finally:
        for probe in probes:
            for path in (probe, *(probe.with_name(f"{probe.name}.{n}") for n in range(len(nodes)))):
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
    check_answers(written)


def _write(probe: Path, mark: str) -> None:
    try:
        probe.write_text(mark, "utf-8")
    except OSError as error:
        raise OutputError(
            f"the folder can't be written: {(error.strerror or str(error)).lower()}",
            where=str(probe.parent),
            next_step="choose another output folder with -o",
        ) from error


def _existing(folder: Path) -> Path:
    path = folder.absolute()
    while not path.is_dir():
        path = path.parent
    return path


def _unwritten(probes: Sequence[Path], number: int) -> list[str]:
    """Folders in which the file that a machine says it wrote is not seen here."""
    return [str(p.parent) for p in probes if not p.with_name(f"{p.name}.{number}").exists()]


def _ask(ray: Any, nodes: Sequence[str], probes: Sequence[str], mark: str) -> list[Answer]:
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    task = ray.remote(num_cpus=0, max_retries=0)(_answer)
    asked = [
        task.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False)).remote(
            probes, mark, number
        )
        for number, node in enumerate(nodes)
    ]
    try:
        found: list[Answer] = ray.get(asked, timeout=_ANSWER_SECONDS)
    except ray.exceptions.GetTimeoutError as error:
        raise BackendUnavailableError(
            f"a machine of the Ray cluster did not answer within {_ANSWER_SECONDS:.0f} s",
            next_step="look at it with: ray status",
        ) from error
    except ray.exceptions.RayError as error:
        said = " ".join(str(error).split())[-300:]
        if "codetune" in said and ("No module" in said or "ModuleNotFound" in said):
            raise BackendUnavailableError(
                "codetune is not installed on a machine of the Ray cluster",
                next_step=f"install codetune {__version__} there, in the Python that runs Ray",
            ) from error
        raise BackendUnavailableError(f"a machine of the Ray cluster can't run tasks: {said}") from error
    return found


def check_answers(answers: Sequence[Answer]) -> None:
    """See that all machines have this codetune and this Python, and see the folders.

    Raises:
        BackendUnavailableError: Another version.
        OutputError: A folder is not shared.
    """
    here = platform.python_version()
    for one in answers:
        if one.version != __version__:
            raise BackendUnavailableError(
                f"{one.machine} of the Ray cluster has codetune {one.version}, and this machine {__version__}",
                next_step="install the same version on both",
            )
        if one.python.rpartition(".")[0] != here.rpartition(".")[0]:
            raise BackendUnavailableError(
                f"{one.machine} of the Ray cluster has Python {one.python}, and this machine {here}",
                next_step="use the same minor version on both",
            )
        if one.missing:
            raise OutputError(
                f"{one.machine} of the Ray cluster does not share this folder, and its workers write there",
                where=one.missing[0],
                next_step="give a folder on storage that all machines mount with -o, and one with --cache",
            )

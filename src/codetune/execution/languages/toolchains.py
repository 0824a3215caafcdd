"""Which languages this machine can run, found by asking each tool for its version."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

from codetune.execution.host.box_view import base_python

__all__ = ["LANGUAGES", "Toolchain", "toolchain", "toolchains"]

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/go/bin"


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A language's tool on this machine.

    Attributes:
        language: codetune's name for the language.
        command: The program that compiles or runs it.
        version: First line of what it says of itself; None where it isn't there.
        path: Where it is, links resolved; None where it isn't there.
        install: How to get it on Debian or Ubuntu.
        folders: What a box has to show besides the system folders.
        missing: The programs that were looked for in vain, or don't start; none where `version` is known.
    """

    language: str
    command: str
    version: str | None
    path: str | None
    install: str
    folders: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def absence(self) -> str:
        """What isn't there and how to get it, as a sentence without its stop; "" where all is there."""
        if self.version is not None:
            return ""
        missing = self.missing or (self.command,)
        return f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed; run: {self.install}"


# language -> (command, arguments that print the version, all commands needed, how to install)
_TOOLS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...], str]] = {
    "javascript": ("node", ("--version",), (), "apt install nodejs"),
    "typescript": ("tsc", ("--version",), ("node",), "apt install nodejs npm && npm install -g typescript"),
    "java": ("javac", ("-version",), ("java",), "apt install default-jdk-headless"),
    "go": ("go", ("version",), (), "apt install golang-go"),
    "rust": ("rustc", ("--version",), ("cc",), "apt install rustc gcc"),
    "c": ("gcc", ("--version",), (), "apt install gcc libc6-dev"),
    "cpp": ("g++", ("--version",), (), "apt install g++"),
    "csharp": ("mcs", ("--version",), ("mono",), "apt install mono-mcs mono-runtime"),
    "ruby": ("ruby", ("--version",), (), "apt install ruby"),
    "php": ("php", ("--version",), (), "apt install php-cli"),
    "bash": ("bash", ("--version",), (), "apt install bash"),
}
LANGUAGES = ("python", *_TOOLS)


def _ask(command: list[str]) -> str | None:
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (asked.stdout or asked.stderr).strip().splitlines()
    return lines[0] if asked.returncode == 0 and lines else None


def _rust_folders(path: str) -> tuple[str, tuple[str, ...]]:
    """rustup's `rustc` is a stand-in that looks for the real one: show that one instead."""
    root = _ask([path, "--print", "sysroot"])
    if root and os.path.exists(real := os.path.join(root, "bin", "rustc")):
        return real, (root,)
    return path, ()


@cache
def toolchain(language: str) -> Toolchain:
    """The toolchain of one language.

    Raises:
        KeyError: codetune knows no such language.
    """
    if language == "python":
        python = base_python()
        version = _ask([python, "--version"])
        return Toolchain("python", "python3", version, python, "apt install python3")
    command, question, needed, install = _TOOLS[language]
    search = f"{os.environ.get('PATH', '')}:{_PATH}"
    found = shutil.which(command, path=search)
    missing = tuple(tool for tool in (command, *needed) if shutil.which(tool, path=search) is None)
    version = None if found is None or missing else _ask([found, *question])
    if found is None or version is None:
        return Toolchain(language, command, None, None, install, missing=missing or (command,))
    folders: tuple[str, ...] = ()
    if language == "rust":
        found, folders = _rust_folders(found)
    elif not os.path.realpath(found).startswith("/usr/"):
        folders = (os.path.dirname(os.path.dirname(os.path.realpath(found))),)
    # A script that dispatches by its own name (alternatives, busybox) must keep it.
    return Toolchain(language, command, re.sub(r"\s+", " ", version), found, install, folders)


def toolchains() -> list[Toolchain]:
    """Every language codetune can run, with what this machine has for it."""
    with ThreadPoolExecutor() as threads:  # each is asked for its version by a process of its own
        return list(threads.map(toolchain, LANGUAGES))

"""What items need and this machine's boxes don't have: then no answer could pass here.

A missing toolchain ends an evaluation before a model is asked. A missing package (a Python module, a Go
package, a C header, an npm package, a Ruby library) makes the items that import it SKIPPED: they leave the
denominator.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from codetune.errors import UsageError
from codetune.execution.languages.native import GO
from codetune.execution.languages.toolchains import LANGUAGES, toolchain
from codetune.execution.packages import how_to_install, missing_modules
from codetune.records import Problem

__all__ = ["check_toolchains", "lacking"]

_GO_IMPORT = re.compile(r'^\s*(?:import\s+)?[\w.]*\s*"([\w-]+(?:\.[\w-]+)+/[^"\s]+)"', re.MULTILINE)
"""Packages whose first part is a host; those of the standard library have no dot in it."""
_C_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<([\w.+-]+/[\w.+/-]+)>", re.MULTILINE)
_JS_REQUIRE = re.compile(r"\brequire\(\s*['\"]([\w@][\w@/.-]*)['\"]\s*\)")
_RUBY_REQUIRE = re.compile(r"^[ \t]*require[ \t(]+['\"]([\w-]+(?:/[\w-]+)*)['\"]", re.MULTILINE)
_HEADER_FOLDERS = (
    "/usr/include", "/usr/local/include", "/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu",
)  # fmt: skip
_APT = {
    "github.com/stretchr/testify": "golang-github-stretchr-testify-dev",
    "openssl": "libssl-dev",
    "boost": "libboost-dev",
    "test/unit": "ruby-test-unit",
    "minitest": "ruby-minitest",
}
"""What is imported -> the Debian package that has it."""
_STUBBED = {"boost/any.hpp", "js-md5"}
"""Stood in for where a program needs it (`humanevalpack.package_stubs`)."""


def check_toolchains(problems: Sequence[Problem]) -> None:
    """See that this machine can run the programs of at least one item.

    Args:
        problems: The items that are to be asked.

    Raises:
        UsageError: It can run none; the message says what to install.
    """
    languages = sorted({problem.programming_language for problem in problems} - {"python"})
    reasons = {name: _cannot_run(name) for name in languages}
    if any(problem.programming_language == "python" for problem in problems) or not all(reasons.values()):
        return
    for name, reason in reasons.items():
        what, _, remedy = reason.partition("; ")
        raise UsageError(f"no program in {name} can be run here: {what}", next_step=remedy or None)


def _cannot_run(language: str) -> str:
    if language not in LANGUAGES:
        return f"codetune runs {', '.join(LANGUAGES)}"
    return toolchain(language).absence


def lacking(problem: Problem) -> str:
    """What the item's own tests (in Python: or its solution) import in vain, and how to get it.

    Args:
        problem: An item.

    Returns:
        A sentence; "" where nothing is missing.
    """
    language = problem.programming_language
    if language == "python":
        modules = {*missing_modules(problem.tests), *missing_modules(problem.canonical_solution or "")}
        missing, who = sorted(modules), "the box's Python"
        install = how_to_install(missing) if missing else ""
    else:
        missing = [
            name for name in _needed(problem) if name not in _STUBBED and not _is_there(language, name)
        ]
        who, install = f"{language} here", _how(missing)
        tool = toolchain(language) if missing else None
        if tool is not None and tool.version is None:
            install = f"{install}, after {tool.install}"
    if not missing:
        return ""
    return f"the item needs {', '.join(missing)}, which {who} doesn't have; {install}"


def _needed(problem: Problem) -> list[str]:
    patterns = {
        "go": _GO_IMPORT,
        "c": _C_INCLUDE,
        "cpp": _C_INCLUDE,
        "javascript": _JS_REQUIRE,
        "typescript": _JS_REQUIRE,
        "ruby": _RUBY_REQUIRE,
    }
    pattern = patterns.get(problem.programming_language)
    return sorted(set(pattern.findall(problem.tests))) if pattern else []


@cache
def _is_there(language: str, name: str) -> bool:
    """Whether a box has it; True where there is no toolchain, which is told before."""
    tool = toolchain(language)
    if language == "go":
        return Path(GO.environment["GOPATH"], "src", name).is_dir()
    if language in ("c", "cpp"):
        return any(Path(folder, name).is_file() for folder in _HEADER_FOLDERS)
    if tool.path is None:
        return True
    if language == "ruby":
        return _says([tool.path, "-e", "require ARGV[0]", name])
    bare = name.removeprefix("node:")
    return bare in _node_modules()


@cache
def _node_modules() -> frozenset[str]:
    """Modules that come with node; a box has no others."""
    path = toolchain("javascript").path
    if path is None:
        return frozenset()
    done = subprocess.run(
        [path, "-p", "require('module').builtinModules.join('\\n')"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    return frozenset(done.stdout.split())


def _says(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _how(missing: list[str]) -> str:
    packages = sorted({package for name in missing if (package := _package(name))})
    others = [name for name in missing if not _package(name)]
    found = [f"run: apt install {' '.join(packages)}"] if packages else []
    if others:
        found.append(f"codetune's boxes offer no package that has {', '.join(others)}")
    return "; ".join(found)


def _package(name: str) -> str | None:
    """The Debian package of an import, by its longest beginning that is known."""
    known = [start for start in _APT if name == start or name.startswith(f"{start}/")]
    return _APT[max(known, key=len)] if known else None

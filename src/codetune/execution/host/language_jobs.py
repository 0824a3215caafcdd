"""Programs in other languages as jobs: compile in one box, run what came out in another."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from typing import Any

from codetune.execution.box.wire import pack
from codetune.execution.host.box_view import ENVIRONMENT
from codetune.execution.host.job import Answer, Work
from codetune.execution.host.python_jobs import as_bytes, limits_header
from codetune.execution.languages.language import Build, Recipe
from codetune.execution.languages.table import RECIPES
from codetune.execution.languages.toolchains import Toolchain
from codetune.execution.protocol import Limits, Program

__all__ = ["Artefacts", "language_work"]

_COMPILER_LIMITS = Limits(
    cpu_seconds=60,
    wall_seconds=180,
    memory_bytes=2 << 30,
    output_bytes=4 << 20,
    disk_bytes=512 << 20,
    processes=256,
)
_COMPILER_OUTPUT_KEPT = 16 << 10
_CACHED_ARTEFACT_BYTES = 128 << 20


class Artefacts:
    """What compilers made lately, by content: samples that are equal are compiled once."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._size = 0

    def get(self, key: bytes) -> bytes | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: bytes, artefacts: bytes) -> None:
        self._kept[key] = artefacts
        self._size += len(artefacts)
        while self._size > _CACHED_ARTEFACT_BYTES:
            self._size -= len(self._kept.popitem(last=False)[1])


def _unpack(artefacts: bytes) -> dict[str, bytes]:
    """Files as PID 1 sends them: two lengths, name, content."""
    files, start = {}, 0
    while start + 12 <= len(artefacts):
        name_size = int.from_bytes(artefacts[start : start + 4], "big")
        size = int.from_bytes(artefacts[start + 4 : start + 12], "big")
        start += 12
        name = artefacts[start : start + name_size].decode()
        files[name] = artefacts[start + name_size : start + name_size + size]
        start += name_size + size
    return files


def _frame(
    command: list[str], files: dict[str, bytes], limits: Limits, recipe: Recipe, more: dict[str, Any]
) -> bytes:
    stdin: bytes | None = more.pop("stdin", None)
    header = {
        **limits_header(limits, keep_all=False),
        "has_tests": False,
        "has_stdin": stdin is not None,
        "files": list(files),
        "command": command,
        "collect": [],
        "environment": {**ENVIRONMENT, **recipe.environment},
        "limit_address_space": recipe.limit_address_space,
        **more,
    }
    header["processes"] += recipe.extra_processes
    return pack(header, [b"", b"", stdin or b"", *files.values()])


def _run_work(program: Program, build: Build, recipe: Recipe, files: dict[str, bytes]) -> Work[Program]:
    limits = program.limits
    compares = program.stdin is not None or program.expected_stdout is not None
    size = sum(map(len, files.values()))
    more: dict[str, Any] = {
        # The program's own files are not its disk use.
        "disk_bytes": limits.disk_bytes + size + 4096 * len(files),
        "stdin": None if program.stdin is None else as_bytes(program.stdin),
    }
    if compares:
        more["keep_bytes"] = limits_header(limits, keep_all=True)["keep_bytes"]
    return Work(
        program,
        _frame(build.run, files, limits, recipe, more),
        limits.memory_bytes + size,
        limits.processes + recipe.extra_processes,
    )


def language_work(program: Program, toolchain: Toolchain, artefacts: Artefacts) -> Work[Program]:
    """A job that compiles and runs a program of any language but Python.

    Args:
        program: What to run; its tests follow its code in one text.
        toolchain: Found on this machine.
        artefacts: What was compiled before.
    """
    recipe = RECIPES[program.language]
    assert toolchain.path is not None
    build = recipe.build(program, toolchain.path, program.limits.memory_bytes >> 20)
    if build.compile is None:
        return _run_work(program, build, recipe, {**build.files, **build.run_files})

    digest = blake2b(digest_size=16)
    for part in (toolchain.version or "", recipe.flags, *build.compile):
        digest.update(part.encode() + b"\0")
    for name, content in build.files.items():
        digest.update(b"%s\0%d\0%s" % (name.encode(), len(content), content))
    key = digest.digest()

    def run(compiled: bytes) -> Work[Program]:
        return _run_work(program, build, recipe, {**_unpack(compiled), **build.run_files})

    if (known := artefacts.get(key)) is not None:
        return run(known)

    def after_compiling(answer: Answer) -> Work[Program] | Answer:
        said = (answer.stderr + answer.stdout).decode("utf-8", "replace")
        failed = recipe.compile_failed(said) if recipe.compile_failed else answer.evidence.get("status") != 0
        if "broken" in answer.evidence:
            return answer
        if failed or answer.evidence.get("stopped") or not answer.artefacts:
            answer.evidence["compile_failed"] = True
            return answer
        artefacts.put(key, answer.artefacts)
        return run(answer.artefacts)

    more: dict[str, Any] = {"collect": list(build.collect), "keep_bytes": _COMPILER_OUTPUT_KEPT}
    frame = _frame(
        build.compile,
        build.files,
        _COMPILER_LIMITS,
        Recipe(build=recipe.build, environment=recipe.environment),
        more,
    )
    return Work(
        program, frame, _COMPILER_LIMITS.memory_bytes, _COMPILER_LIMITS.processes, then=after_compiling
    )

"""Programs in other languages as jobs: compile in one box, run what came out in another."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from typing import Any

from codetune.execution.box.wire import pack
from codetune.execution.host.box_view import ENVIRONMENT
from codetune.execution.host.job import Job, JobResult
from codetune.execution.host.python_jobs import as_bytes, limits_header
from codetune.execution.languages.language import Build, LanguageSpec
from codetune.execution.languages.managed import CSHARP, JAVA
from codetune.execution.languages.native import CPP, GO, RUST, C
from codetune.execution.languages.scripts import BASH, JAVASCRIPT, PHP, RUBY, TYPESCRIPT
from codetune.execution.languages.toolchains import Toolchain
from codetune.execution.protocol import Limits, Program

__all__ = ["Artefacts", "language_job"]

_LANGUAGES: dict[str, LanguageSpec] = {
    "javascript": JAVASCRIPT,
    "typescript": TYPESCRIPT,
    "java": JAVA,
    "go": GO,
    "rust": RUST,
    "c": C,
    "cpp": CPP,
    "csharp": CSHARP,
    "ruby": RUBY,
    "php": PHP,
    "bash": BASH,
}
"""A language is added here and in `languages.toolchains`."""

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
    command: list[str], files: dict[str, bytes], limits: Limits, spec: LanguageSpec, more: dict[str, Any]
) -> bytes:
    stdin: bytes | None = more.pop("stdin", None)
    header = {
        **limits_header(limits, keep_all=False),
        "has_tests": False,
        "has_stdin": stdin is not None,
        "files": list(files),
        "command": command,
        "collect": [],
        "environment": {**ENVIRONMENT, **spec.environment},
        "limit_address_space": spec.limit_address_space,
        **more,
    }
    header["processes"] += spec.extra_processes
    return pack(header, [b"", b"", stdin or b"", *files.values()])


def _run_job(program: Program, build: Build, spec: LanguageSpec, files: dict[str, bytes]) -> Job[Program]:
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
    return Job(
        program,
        _frame(build.run, files, limits, spec, more),
        limits.memory_bytes + size,
        limits.processes + spec.extra_processes,
    )


def language_job(program: Program, toolchain: Toolchain, artefacts: Artefacts) -> Job[Program]:
    """A job that compiles and runs a program of any language but Python.

    Args:
        program: What to run; its tests follow its code in one text.
        toolchain: Found on this machine.
        artefacts: What was compiled before.
    """
    spec = _LANGUAGES[program.language]
    assert toolchain.path is not None
    build = spec.build(program, toolchain.path, program.limits.memory_bytes >> 20)
    if build.compile is None:
        return _run_job(program, build, spec, {**build.files, **build.run_files})

    digest = blake2b(digest_size=16)
    for part in (toolchain.version or "", spec.flags, *build.compile):
        digest.update(part.encode() + b"\0")
    for name, content in build.files.items():
        digest.update(b"%s\0%d\0%s" % (name.encode(), len(content), content))
    key = digest.digest()

    def run(compiled: bytes) -> Job[Program]:
        return _run_job(program, build, spec, {**_unpack(compiled), **build.run_files})

    if (known := artefacts.get(key)) is not None:
        return run(known)

    def after_compiling(result: JobResult) -> Job[Program] | JobResult:
        said = (result.stderr + result.stdout).decode("utf-8", "replace")
        failed = spec.compile_failed(said) if spec.compile_failed else result.evidence.get("status") != 0
        if "broken" in result.evidence:
            return result
        if failed or result.evidence.get("stopped") or not result.artefacts:
            result.evidence["compile_failed"] = True
            return result
        artefacts.put(key, result.artefacts)
        return run(result.artefacts)

    more: dict[str, Any] = {"collect": list(build.collect), "keep_bytes": _COMPILER_OUTPUT_KEPT}
    frame = _frame(
        build.compile,
        build.files,
        _COMPILER_LIMITS,
        LanguageSpec(build=spec.build, environment=spec.environment),
        more,
    )
    return Job(
        program, frame, _COMPILER_LIMITS.memory_bytes, _COMPILER_LIMITS.processes, then=after_compiling
    )

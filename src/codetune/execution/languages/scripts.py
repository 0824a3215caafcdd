"""Languages that run from source: JavaScript, TypeScript, Ruby, PHP, Bash.

Each is started by a few lines of ours that load the program as the main one, and report only when
it came to its end: leaving on the way skips them. A script can also end without leaving, in front of
the tests: a `return` at its top, PHP's `?>`, Ruby's `__END__`, a here-document that nobody closes. So
the tests' last line sets a mark, without which nothing is reported.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

from codetune.execution.languages.language import REPORT, Build, LanguageSpec, source_of
from codetune.execution.protocol import Program

__all__ = ["BASH", "JAVASCRIPT", "PHP", "RUBY", "TYPESCRIPT"]

# `beforeExit` comes when nothing is left to do, and not after process.exit() or an error.
_MARK = "codetune_mark"
_NODE_START = f"""
const fs = require("fs"), Module = require("module"), on = process.once.bind(process);
const read = fs.readFileSync, write = fs.writeSync;
process.argv = [process.argv[0], "/box/main.js"];
Module._load("/box/main.js", null, true);
on("beforeExit", (code) => {{ if (!code && MARKED) write(4, read(3, "latin1").slice(0, 32) + '{REPORT}'); }});
"""
_RUBY_START = f"""
codetune_in, codetune_out = IO.new(3), IO.new(4)
$0 = "/box/main.rb"
load "/box/main.rb"
if defined?(Test::Unit::AutoRunner)
  Test::Unit::AutoRunner.need_auto_run = false
  exit 1 unless Test::Unit::AutoRunner.run == true
end
exit 0 unless MARKED
codetune_out.syswrite(codetune_in.sysread(32) + '{REPORT}')
"""
_PHP_START = f"""<?php
(function () {{ require "/box/main.php"; }})();
if (MARKED) fwrite(fopen("php://fd/4", "w"), fread(fopen("php://fd/3", "r"), 32) . '{REPORT}');
"""
_BASH_START = f"""source /box/main.sh
codetune_status=$?
[ $codetune_status -eq 0 ] || exit $codetune_status
MARKED || exit 0
{{ /usr/bin/head -c 32 <&3; printf '%s' '{REPORT}'; }} >&4
"""


_END_MARKS = {
    "javascript": (f"globalThis.{_MARK} = true;", f"globalThis.{_MARK} === true", "true"),
    "ruby": (f"${_MARK} = true", f"${_MARK} == true", "true"),
    "php": (f"$GLOBALS['{_MARK}'] = true;", f"($GLOBALS['{_MARK}'] ?? false) === true", "true"),
    "bash": (f"{_MARK}=told", f'[ "${_MARK}" = told ]', "true"),
}
"""Language -> the line that sets the mark, what asks for it, and what stands there without tests."""


def _marked(program: Program, language: str, start: str) -> tuple[str, bytes]:
    """The program's text, with the mark behind its tests, and the lines that start it."""
    text = source_of(program)
    line, asks, always = _END_MARKS[language]
    if text is program.code:
        return text, start.replace("MARKED", always).encode()
    return f"{text}\n{line}\n", start.replace("MARKED", asks).encode()


def _node_run(memory_mib: int) -> list[str]:
    return [
        "--no-warnings",
        f"--max-old-space-size={max(64, memory_mib * 3 // 4)}",
        "--stack-size=7000",
        "start.js",
    ]


def _javascript(program: Program, path: str, memory_mib: int) -> Build:
    text, start = _marked(program, "javascript", _NODE_START)
    files = {"main.js": text.encode("utf-8", "replace"), "start.js": start}
    return Build(files=files, run=[path, *_node_run(memory_mib)])


def _typescript(program: Program, path: str, memory_mib: int) -> Build:
    text, start = _marked(program, "javascript", _NODE_START.replace("/box/main.js", "/box/out/main.js"))
    text = text.replace(
        f"globalThis.{_MARK} =", f";(globalThis as any).{_MARK} ="
    )  # tests may end without a semicolon
    # Types are taken off, not checked: the tests are what decides, as for every other language.
    return Build(
        files={"main.ts": text.encode("utf-8", "replace")},
        compile=[
            path, "--noCheck", "--target", "es2022", "--module", "commonjs", "--ignoreDeprecations", "6.0",
            "--skipLibCheck", "--typeRoots", "/box/none", "--outDir", "/box/out", "--rootDir", "/box", "main.ts",
        ],
        collect=("out/main.js",),
        run=["/usr/bin/env", "node", *_node_run(memory_mib)],
        run_files={"start.js": start},
    )  # fmt: skip


def _ruby(program: Program, path: str, memory_mib: int) -> Build:
    text, start = _marked(program, "ruby", _RUBY_START)
    files = {"main.rb": text.encode("utf-8", "replace"), "start.rb": start}
    return Build(files=files, run=[path, "--disable=did_you_mean", "start.rb"])


def _php(program: Program, path: str, memory_mib: int) -> Build:
    if program.tests is not None:  # closed at its end: what follows would be printed, not run
        program = replace(program, code=program.code.rstrip().removesuffix("?>"))
    text, start = _marked(program, "php", _PHP_START)
    if not text.lstrip().startswith("<?"):
        text = f"<?php\n{text}"
    files = {"main.php": text.encode("utf-8", "replace"), "start.php": start}
    settings = {
        "zend.assertions": "1",
        "assert.exception": "1",
        "display_errors": "stderr",
        "memory_limit": "-1",
    }
    options = [*(f"-d{k}={v}" for k, v in settings.items()), *_php_extensions(path)]
    return Build(files=files, run=[path, "-n", *options, "start.php"])


_PHP_EXTENSIONS = ("bcmath", "calendar", "ctype", "gmp", "iconv", "intl", "mbstring", "tokenizer")
"""What programs count on that some distributions put into files of their own; `-n` would leave them out,
and with them come no settings of this machine's."""


@cache
def _php_extensions(path: str) -> tuple[str, ...]:
    asked = [path, "-n", "-r", 'echo ini_get("extension_dir");']
    folder = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False).stdout.strip()
    return tuple(f"-dextension={name}" for name in _PHP_EXTENSIONS if Path(folder, f"{name}.so").exists())


def _bash(program: Program, path: str, memory_mib: int) -> Build:
    text, start = _marked(program, "bash", _BASH_START)
    files = {"main.sh": text.encode("utf-8", "replace"), "start.sh": start}
    return Build(files=files, run=[path, "--norc", "start.sh"])


_SYNTAX_ERROR = re.compile(r"error TS1\d{3}:")

JAVASCRIPT = LanguageSpec(build=_javascript, extra_processes=24)
TYPESCRIPT = LanguageSpec(
    build=_typescript,
    flags="noCheck es2022",
    extra_processes=24,
    compile_failed=lambda said: _SYNTAX_ERROR.search(said) is not None,
)
RUBY = LanguageSpec(build=_ruby, extra_processes=4)
PHP = LanguageSpec(build=_php)
BASH = LanguageSpec(build=_bash, extra_processes=4)

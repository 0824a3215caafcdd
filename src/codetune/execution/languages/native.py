"""Languages compiled to machine code: C, C++, Rust, Go."""

from __future__ import annotations

import re

from codetune.execution.languages.language import REPORT, Build, LanguageSpec, source_of
from codetune.execution.protocol import Program

__all__ = ["CPP", "GO", "RUST", "C"]

_C_REPORT = REPORT.replace('"', '\\"')
# Returning from main runs destructors; so does exit(), which the linker sends through here first.
# _exit and its kin run none. A main that returns an error is told apart by the exit code.
_C_END = f"""
#include <unistd.h>
void __real_exit(int code);
static int left_early;
void __wrap_exit(int code) {{ left_early = 1; __real_exit(code); for (;;) {{}} }}
__attribute__((destructor(101))) static void codetune_end(void) {{
  char text[64];
  long size = read(3, text, 32);
  if (left_early || size != 32) return;
  if (write(4, text, 32) == 32 && write(4, "{_C_REPORT}", {len(REPORT)}) < 0) return;
}}
"""
_RUST_END = f"""
fn main() {{
    let code = std::process::Termination::report(codetune_solution_main());
    if format!("{{:?}}", code) != format!("{{:?}}", std::process::ExitCode::SUCCESS) {{ std::process::exit(1); }}
    use std::io::{{Read, Write}};
    use std::os::unix::io::FromRawFd;
    let (mut from, mut to) = unsafe {{ (std::fs::File::from_raw_fd(3), std::fs::File::from_raw_fd(4)) }};
    let mut text = [0u8; 32];
    from.read_exact(&mut text).unwrap();
    to.write_all(&[&text[..], r#"{REPORT}"#.as_bytes()].concat()).unwrap();
}}
"""
_GO_REPORT = f"""
func codetuneEnd() {{
	text := make([]byte, 32)
	codetuneos.NewFile(3, "in").Read(text)
	codetuneos.NewFile(4, "out").Write(append(text, []byte(`{REPORT}`)...))
}}
"""
_GO_MAIN = (
    'package main\n\nimport codetuneos "os"\n\nfunc main() {\n\tcodetuneSolutionMain()\n\tcodetuneEnd()\n}\n'
)
_GO_TEST_MAIN = """package %s

import codetuneos "os"
import codetunetesting "testing"

func TestMain(m *codetunetesting.M) {
	code := m.Run()
	if code == 0 {
		codetuneEnd()
	}
	codetuneos.Exit(code)
}
"""


def _gnu(name: str, standard: str) -> LanguageSpec:
    flags = ["-O1", "-pipe", f"-std={standard}", "-w"]

    def build(program: Program, path: str, memory_mib: int) -> Build:
        text = source_of(program)
        libraries = ["-lm", "-pthread"]
        if "openssl/" in text:
            libraries += ["-lcrypto", "-lssl"]
        command = [
            path, *flags, "-x", "c++" if name == "cpp" else "c", "main.src", "-x", "c", "end.src",
            "-Wl,--wrap=exit", "-o", "program", *libraries,
        ]  # fmt: skip
        files = {"main.src": text.encode("utf-8", "replace"), "end.src": _C_END.encode()}
        return Build(files=files, compile=command, collect=("program",), run=["/box/program"])

    return LanguageSpec(build=build, flags=" ".join(flags), limit_address_space=True)


_RUST_MAIN = re.compile(r"^[ \t]*(?:pub\s+)?fn\s+main\s*\(\s*\)", re.MULTILINE)
_RUST_TEST = re.compile(r"#\[test\]\s*(?:pub\s+)?fn\s+(\w+)\s*\(\s*\)")
_RUST_MODULE = re.compile(r"(?:#\[cfg\(test\)\]\s*)?\bmod\s+(\w+)\s*\{")


def _rust(program: Program, path: str, memory_mib: int) -> Build:
    text = source_of(program)
    # Where there are tests, those within the answer don't decide.
    tests = list(_RUST_TEST.finditer(text, 0 if text is program.code else len(program.code) + 1))
    calls = []
    for test in tests:  # the harness's own main couldn't report: call the tests ourselves
        module = next((m[1] for m in reversed(list(_RUST_MODULE.finditer(text, 0, test.start())))), None)
        calls.append(f"{module}::{test[1]}();" if module else f"{test[1]}();")
    text = _RUST_TEST.sub(lambda m: f"pub fn {m[1]}()", text)
    text, mains = _RUST_MAIN.subn("fn codetune_solution_main()", text)
    if not mains:
        text += "\nfn codetune_solution_main() {}\n"
    end = (
        _RUST_END.replace("use std::io::", " ".join(calls) + "\n    use std::io::", 1) if calls else _RUST_END
    )
    command = [
        path, "--edition", "2021", "-C", "debuginfo=0", "-C", "opt-level=1", "-C", "codegen-units=1",
        "--cap-lints", "allow", "--cfg", "test", "-o", "program", "main.rs",
    ]  # fmt: skip
    files = {"main.rs": (text + end).encode("utf-8", "replace")}
    return Build(files=files, compile=command, collect=("program",), run=["/box/program"])


_GO_PACKAGE = re.compile(r"^\s*package\s+(\w+)", re.MULTILINE)
_GO_FUNCTION_MAIN = re.compile(r"^func main\s*\(\s*\)", re.MULTILINE)
_GO_TEST = re.compile(r"^func Test\w*\(\s*\w+ \*testing\.T\)", re.MULTILINE)


def _go(program: Program, path: str, memory_mib: int) -> Build:
    text = source_of(program)
    package = found[1] if (found := _GO_PACKAGE.search(text)) else "main"
    if not found:
        text = f"package main\n{text}"
    if _GO_TEST.search(text):
        end = _GO_TEST_MAIN % package + _GO_REPORT
        files = {"main_test.go": text.encode("utf-8", "replace"), "end_test.go": end.encode()}
        command = [path, "test", "-vet=off", "-c", "-o", "program", "main_test.go", "end_test.go"]
    else:
        text = _GO_FUNCTION_MAIN.sub("func codetuneSolutionMain()", text)
        files = {"main.go": text.encode("utf-8", "replace"), "end.go": (_GO_MAIN + _GO_REPORT).encode()}
        command = [path, "build", "-o", "program", "main.go", "end.go"]
    return Build(files=files, compile=command, collect=("program",), run=["/box/program"])


C = _gnu("c", "gnu11")
CPP = _gnu("cpp", "gnu++17")
RUST = LanguageSpec(build=_rust, flags="2021 opt-level=1 cfg test", limit_address_space=True)
GO = LanguageSpec(
    build=_go,
    flags="vet=off",
    extra_processes=32,
    environment={
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOCACHE": "/box/.go",
        "GOPROXY": "off",
        "GOFLAGS": "-p=2",
    },
)

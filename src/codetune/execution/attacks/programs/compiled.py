"""Programs of compiled and other languages that try to report an end they didn't come to."""

from __future__ import annotations

from codetune.execution.attacks.attack import Attack, failing

__all__ = ["COMPILED"]

_C = "#include <assert.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n#include <signal.h>\n#include <setjmp.h>\n"
_C_TEST = "int main(void) { assert(f(1) == 2); return 0; }"
_UNSIGNED = '--------------------------------{\\"kind\\":\\"end\\"}'
_CPP = "#include <cassert>\n#include <cstdlib>\n#include <exception>\n#include <unistd.h>\n"
_RUST_TEST = "fn main() { assert_eq!(f(1), 2); }"
_GO = 'package f_test\nimport ("testing"; "os"; "syscall"; "runtime")\nvar _ = os.Exit\nvar _ = syscall.Exit\nvar _ = runtime.Goexit\n'
_GO_TEST = 'func TestF(t *testing.T) { if f(1) != 2 { t.Fatalf("wrong") } }'
_JAVA_TEST = "public static void main(String[] args) { assert(f(1) == 2); } }"
_NODE_TEST = "const assert = require('node:assert');\nassert.deepEqual(f(1), 2);"

_PROGRAMS = (
    ("c", "exit at once", f"{_C}int f(int x) {{ exit(0); }}", _C_TEST),
    ("c", "_exit at once", f"{_C}int f(int x) {{ _exit(0); }}", _C_TEST),
    ("c", "quick_exit at once", f"{_C}int f(int x) {{ quick_exit(0); }}", _C_TEST),
    ("c", "exit from a handler at exit", f"{_C}static void g(void) {{ _exit(0); }}\nint f(int x) {{ atexit(g); exit(1); }}", _C_TEST),
    ("c", "a constructor that leaves", f"{_C}__attribute__((constructor)) static void g(void) {{ _exit(0); }}\nint f(int x) {{ return 1; }}", _C_TEST),
    ("c", "a destructor that leaves first", f"{_C}__attribute__((destructor(102))) static void g(void) {{ _exit(0); }}\nint f(int x) {{ exit(3); }}", _C_TEST),
    ("c", "a handler of its own abort", f"{_C}static void g(int n) {{ _exit(0); }}\nint f(int x) {{ signal(SIGABRT, g); return 1; }}", _C_TEST),
    ("c", "exec of a program that ends well", f"{_C}int f(int x) {{ execl(\"/bin/true\", \"true\", (char *) 0); return 1; }}", _C_TEST),
    ("c", "a report without the secret", f"{_C}int f(int x) {{ const char *t = \"{_UNSIGNED}\"; write(4, t, strlen(t)); _exit(0); }}", _C_TEST),
    ("c", "a child in the parent's name", f"{_C}#include <sys/wait.h>\nint f(int x) {{ if (fork() == 0) _exit(0); wait(0); return 1; }}", _C_TEST),
    ("cpp", "std::exit at once", f"{_CPP}int f(int x) {{ std::exit(0); }}", "int main() { assert(f(1) == 2); }"),
    ("cpp", "a terminate handler that leaves", f"{_CPP}int f(int x) {{ std::set_terminate([] {{ _exit(0); }}); throw 1; }}", "int main() { assert(f(1) == 2); }"),
    ("cpp", "std::quick_exit at once", f"{_CPP}int f(int x) {{ std::quick_exit(0); }}", "int main() { assert(f(1) == 2); }"),
    ("rust", "process::exit at once", "fn f(x: i32) -> i32 { std::process::exit(0) }", _RUST_TEST),
    ("rust", "a panic hook that leaves", "fn f(x: i32) -> i32 { std::panic::set_hook(Box::new(|_| std::process::exit(0))); x }", _RUST_TEST),
    ("go", "os.Exit at once", f"{_GO}func f(x int) int {{ os.Exit(0); return 2 }}", _GO_TEST),
    ("go", "the goroutine's end", f"{_GO}func f(x int) int {{ runtime.Goexit(); return 2 }}", _GO_TEST),
    ("go", "a system call that leaves", f"{_GO}func init() {{ syscall.Exit(0) }}\nfunc f(x int) int {{ return 1 }}", _GO_TEST),
    ("java", "System.exit at once", "class Problem { static int f(int x) { System.exit(0); return 1; }", _JAVA_TEST),
    ("java", "Runtime.halt at once", "class Problem { static int f(int x) { Runtime.getRuntime().halt(0); return 1; }", _JAVA_TEST),
    ("java", "a hook at the machine's end", "class Problem { static int f(int x) { Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(0))); return 1; }", _JAVA_TEST),
    ("javascript", "process.exit at once", "function f(x) { process.exit(0); }", _NODE_TEST),
    ("javascript", "process.reallyExit at once", "function f(x) { process.reallyExit(0); }", _NODE_TEST),
    ("javascript", "an exception handler that ends well", "process.on('uncaughtException', () => process.exit(0));\nfunction f(x) { return 1; }", _NODE_TEST),
    ("ruby", "exit! at once", "def f(x)\n  exit!(0)\nend", "raise unless f(1) == 2"),
    ("php", "exit at once", "<?php\nfunction f($x) { exit(0); }", "if (f(1) !== 2) { throw new Exception('wrong'); }"),
    ("bash", "exit at once", "f() { exit 0; }", "set -e\nf 1\n[[ $(f 1) = 2 ]]"),
)  # fmt: skip

COMPILED: tuple[Attack, ...] = tuple(
    failing(f"{name} ({language})", code, tests=tests, language=language)
    for language, name, code, tests in _PROGRAMS
)
"""What these languages' programs can do all the same is in `docs/design/sandbox.md`: their tests share
their process, and they may read the secret's pipe."""

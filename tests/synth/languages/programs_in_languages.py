"""One small function in ten languages, a program around it, and a statement that uses or avoids it."""

from __future__ import annotations

_C = "int clamp(int x, int low, int high) {\n    if (x < low) return low;\n    if (x > high) return high;\n    return x;\n}"
CLAMP = {
    "javascript": "function clamp(x, low, high) {\n  if (x < low) return low;\n  if (x > high) return high;\n  return x;\n}",
    "typescript": "function clamp(x: number, low: number, high: number): number {\n  if (x < low) return low;\n"
                  "  if (x > high) return high;\n  return x;\n}",
    "java": f"static {_C}",
    "go": "func Clamp(x, low, high int) int {\n\tif x < low {\n\t\treturn low\n\t}\n\tif x > high {\n\t\treturn high\n\t}\n\treturn x\n}",
    "rust": "fn clamp(x: i64, low: i64, high: i64) -> i64 {\n    if x < low {\n        return low;\n    }\n"
            "    if x > high {\n        return high;\n    }\n    x\n}",
    "c": _C,
    "cpp": _C,
    "csharp": f"static {_C.replace('clamp', 'Clamp')}",
    "php": "function clamp($x, $low, $high) {\n    if ($x < $low) return $low;\n    if ($x > $high) return $high;\n    return $x;\n}",
    "ruby": "def clamp(x, low, high)\n  return low if x < low\n  return high if x > high\n  x\nend",
}  # fmt: skip
_FRAMES = {
    "javascript": "{code}\n\n{uses}\n",
    "typescript": "{code}\n\n{uses}\n",
    "java": "class Main {{\n{code}\n\n    public static void main(String[] args) {{\n{uses}\n    }}\n}}\n",
    "go": 'package main\n\nimport "fmt"\n\n{code}\n\nfunc main() {{\n{uses}\nfmt.Println("end")\n}}\n',
    "rust": "{code}\n\nfn main() {{\n{uses}\n}}\n",
    "c": "#include <stdio.h>\n\n{code}\n\nint main(void) {{\n{uses}\n    return 0;\n}}\n",
    "cpp": "#include <iostream>\n\n{code}\n\nint main() {{\n{uses}\n}}\n",
    "csharp": "using System;\n\nclass Program\n{{\n{code}\n\n    static void Main()\n    {{\n{uses}\n    }}\n}}\n",
    "php": "<?php\n{code}\n\n{uses}\n",
    "ruby": "{code}\n\n{uses}\n",
}
_STATEMENTS = {
    "javascript": ("console.log({});", "{};"),
    "typescript": ("console.log({});", "{};"),
    "java": ("System.out.println({});", "{};"),
    "go": ("fmt.Println({})", "_ = {}"),
    "rust": ('println!("{{}}", {});', "let _ = {};"),
    "c": ('printf("%d\\n", {});', "(void) {};"),
    "cpp": ("std::cout << {} << std::endl;", "(void) {};"),
    "csharp": ("Console.WriteLine({});", "{};"),
    "php": ("echo {}, PHP_EOL;", "{};"),
    "ruby": ("puts {}", "{}"),
}
"""Language -> how a value is printed, and how it is thrown away."""
NAMES = {language: "Clamp" if language in ("go", "csharp") else "clamp" for language in CLAMP}


def program(
    language: str,
    printed: tuple[str, ...] = (),
    *,
    ignored: tuple[str, ...] = (),
    constant: str = "",
    code: str = "",
) -> str:
    """A program around the function.

    Args:
        language: One of the ten.
        printed: Arguments of calls whose values are printed.
        ignored: Arguments of calls whose values are thrown away.
        constant: A number that is printed as it is.
        code: Another function in place of the given one.
    """
    shows, drops = _STATEMENTS[language]
    name = NAMES[language]
    uses = [drops.format(f"{name}({arguments})") for arguments in ignored]
    uses += [shows.format(f"{name}({arguments})") for arguments in printed]
    uses += [shows.format(constant)] if constant else []
    return _FRAMES[language].format(code=code or CLAMP[language], uses="\n".join(uses))

"""The tuples of MultiPL-E's Java programs, which import `org.javatuples` from a jar of its own.

A program that names none of its classes loses nothing with the import; for the others classes of the
same names, methods and equality stand in, written behind the program.
"""

from __future__ import annotations

import re

__all__ = ["with_tuples"]

_IMPORT = re.compile(r"^[ \t]*import\s+org\.javatuples\.[\w*]+\s*;[ \t]*$", re.MULTILINE)
_NAMES = ("Unit", "Pair", "Triplet", "Quartet", "Quintet", "Sextet", "Septet", "Octet", "Ennead", "Decade")


def with_tuples(code: str, tests: str) -> tuple[str, str]:
    """Program and tests without the import, and with the classes that they name.

    Args:
        code: The program.
        tests: What stands behind it.
    """
    bare = _IMPORT.sub("", code)
    named = [
        _tuple_class(name, size)
        for size, name in enumerate(_NAMES, 1)
        if re.search(rf"\b{name}\b", f"{bare}\n{tests}") and not re.search(rf"\bclass\s+{name}\b", bare)
    ]
    return bare, "\n".join([tests, *named])


def _tuple_class(name: str, size: int) -> str:
    kinds = ", ".join(f"T{n}" for n in range(size))
    given = ", ".join(f"T{n} v{n}" for n in range(size))
    values = ", ".join(f"v{n}" for n in range(size))
    fields = "\n".join(f"  private final T{n} v{n};" for n in range(size))
    kept = " ".join(f"this.v{n} = v{n};" for n in range(size))
    getters = "\n".join(f"  public T{n} getValue{n}() {{ return v{n}; }}" for n in range(size))
    setters = "\n".join(
        f"  public <X> {name}<{', '.join('X' if m == n else f'T{m}' for m in range(size))}> setAt{n}(X x) "
        f"{{ return new {name}<>({', '.join('x' if m == n else f'v{m}' for m in range(size))}); }}"
        for n in range(size)
    )
    return f"""
class {name}<{kinds}> implements java.io.Serializable, Comparable<{name}<{kinds}>> {{
{fields}
  public {name}({given}) {{ {kept} }}
  public static <{kinds}> {name}<{kinds}> with({given}) {{ return new {name}<>({values}); }}
{getters}
{setters}
  public int getSize() {{ return {size}; }}
  public Object getValue(int n) {{ return toList().get(n); }}
  public java.util.List<Object> toList() {{ return java.util.Arrays.<Object>asList({values}); }}
  public Object[] toArray() {{ return toList().toArray(); }}
  public boolean contains(Object value) {{ return toList().contains(value); }}
  @SuppressWarnings("unchecked")
  public int compareTo({name}<{kinds}> other) {{
    for (int n = 0; n < {size}; n++) {{
      int found = ((Comparable<Object>) getValue(n)).compareTo(other.getValue(n));
      if (found != 0) return found;
    }}
    return 0;
  }}
  @Override public boolean equals(Object other) {{
    return other instanceof {name} && toList().equals((({name}<{", ".join("?" * size)}>) other).toList());
  }}
  @Override public int hashCode() {{ return toList().hashCode(); }}
  @Override public String toString() {{ return toList().toString(); }}
}}
"""

from __future__ import annotations

from codetune.tasks.translation.masking import changed_tokens, mask

TEXT = """Write `f(x)` that reads src/main.py with open() and returns 3.5 of user_name.

```python
x = `1`
```
    indented = code
Use the camelCase name in https://example.org/a/b."""


def test_code_is_taken_out_and_comes_back_as_it_was() -> None:
    masked = mask(TEXT)
    assert "indented" not in masked.text and "x = " not in masked.text and "f(x)" not in masked.text
    assert "src/main.py" in masked.text
    assert masked.restored(masked.text) == TEXT
    assert masked.restored(masked.text.replace("⟦0⟧", "⟦ 0 ⟧")) == TEXT


def test_a_mark_that_is_lost_or_doubled_is_noticed() -> None:
    masked = mask(TEXT)
    assert masked.restored(masked.text.replace("⟦0⟧", "")) is None
    assert masked.restored(masked.text + "⟦0⟧") is None
    assert masked.restored(masked.text + "⟦7⟧") is None


def test_names_paths_and_numbers_have_to_survive() -> None:
    original = "Read src/main.py, call open(), keep user_name and camelCase, return 3.5 of 10."
    same = "读取 src/main.py，调用 open()，保留 user_name 和 camelCase，返回 10 中的 3.5。"
    assert changed_tokens(original, same) == []
    assert changed_tokens(original, same.replace("user_name", "用户名")) == ["user_name"]
    assert changed_tokens(original, same.replace("10", "11")) == ["10", "11"]
    assert changed_tokens(original, same.replace("src/main.py", "源/主.py")) != []

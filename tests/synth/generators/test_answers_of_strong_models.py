"""Good answers as strong models write them, by hand: long, in Markdown, with formulas, tables and remarks around them."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.synth.conftest import instruction, snippet

CODE = """\
def moving_average(values, window):
    if window <= 0:
        raise ValueError("window must be positive")
    total, result = 0.0, []
    for i, value in enumerate(values):
        total += value
        if i >= window:
            total -= values[i - window]
        if i >= window - 1:
            result.append(total / window)
    return result
"""
MAKE_ZH = "好的"

REVIEWS = {
    "nested lists": "1. **major** – `values` is indexed in line 8, so a generator fails:\n   - *What happens*: `TypeError: 'generator' object is not subscriptable`\n   - *Fix*:\n\n     ```python\n     values = list(values)\n     ```\n\n2. **minor** – floats drift:\n   1. `total` is updated in place, so errors add up ($\\varepsilon \\cdot n$).\n   2. `math.fsum` over the window does not drift, at $O(nw)$.\n",
    "a table": "| Severity | Line | Remark |\n|:--------:|-----:|:-------|\n| 🔴 **major** | 8 | `values[i - window]` needs a sequence; say so in the signature |\n| 🟢 **minor** | 4 | two assignments in one line |\n\n```diff\n- total, result = 0.0, []\n+ total = 0.0\n+ result: list[float] = []\n```",
    "praise alone with a reason": "There is no real weakness here. The window is checked first, each item is added and taken away once, so the cost is $\\mathcal{O}(n)$ rather than $\\mathcal{O}(n \\cdot w)$, and an input shorter than the window gives an empty list",
    "a quoted remark at the end": "**minor**: the error says nothing of the value that was given.\n\n> Prefer `raise ValueError(f\"window must be positive, not {window}\")`,",
    "speaks of refusing": "- **critical**: I can't recommend shipping this: with `window=True` the function *silently* runs.\n- **minor**: sorry to nitpick, but `i` could be `index`.",
    "a checklist": "- [x] correct for ordinary input\n- [ ] **major**: `window` may be a float; `range`-like checks would refuse it:\n\n  ~~~python\n  if not isinstance(window, int):\n      raise TypeError\n  ~~~\n- [ ] **minor**: no docstring",
    "windows newlines": "- **major**: fails for iterators.\r\n\r\n  ```python\r\n  values = list(values)\r\n  ```\r\n- **minor**: no types.\r\n",
    "long": "\n\n".join(f"{i}. **minor**: remark {w} about `{n}`, which is {a}; what follows is {b}." for i, (w, n, a, b) in enumerate([("one", "values", "read twice", "a surprise for iterators"), ("two", "window", "compared with zero alone", "an odd message for floats"), ("three", "total", "kept over the whole run", "drift on long inputs"), ("four", "result", "grown item by item", "more memory than a generator needs")], 1)),
}  # fmt: skip
REVIEWS_ZH = {
    "mixed": "- **major**：`values` 必须支持下标访问（indexing），传入 generator 会抛出 `TypeError`。建议在函数开头加 `values = list(values)`。\n- **minor**：缺少 type hints，例如 `values: Sequence[float]`。",
    "a formula and code": "1. **minor**：浮点误差会累积，误差上界约为 $n\\varepsilon$。可以改用：\n\n   ```python\n   import math\n   math.fsum(values[i - window + 1 : i + 1])\n   ```\n2. 其余部分 looks good，复杂度为 $O(n)$",
}
SUMMARIES = {
    "Google": "Compute the simple moving average of a sequence.\n\nArgs:\n    values (Sequence[float]): The readings, oldest first.\n    window (int): How many readings each mean covers.\n\nReturns:\n    list[float]: One mean for each full window.\n\nRaises:\n    ValueError: If `window` is not positive.\n\nExample:\n    >>> moving_average([1, 2, 3], 2)\n    [1.5, 2.5]",
    "NumPy": "Simple moving average.\n\nParameters\n----------\nvalues : sequence of float\n    The readings.\nwindow : int\n    Length of the window.\n\nReturns\n-------\nlist of float\n    ``len(values) - window + 1`` means.\n\nNotes\n-----\nRuns in :math:`O(n)`.",
    "Sphinx": 'Simple moving average.\n\n:param values: the readings\n:type values: list[float]\n:param int window: the length\n:raises ValueError: if ``window`` <= 0\n:returns: the means\n:rtype: list[float]\n',
    "one line": "Slides a window over the readings and returns the mean of each full window",
    "with marks": '"""Means of all full windows.\n\nRaises `ValueError` for a window that is not positive.\n"""',
}  # fmt: skip
EXPLANATIONS = {
    "a walk-through": "**Yes, it is defective.** Take `moving_average([1, 2, 3], 2)`:\n\n| step | `i` | `total` | appended |\n| --- | --- | --- | --- |\n| 1 | 0 | 1.0 | – |\n| 2 | 1 | 3.0 | 1.5 |\n\nThe subtraction comes too late when $i = w$, because `>=` is meant. Replace it:\n\n```python\nif i >= window:\n    total -= values[i - window]\n```",
    "a chain of reasons": "The defect is on line 8.\n\n1. `values` may be any iterable\n   1. iterators have no `__getitem__`\n   2. so `values[i - window]` raises `TypeError`\n2. Nothing before it converts them\n\n$\\Rightarrow$ call `list(values)` first",
}  # fmt: skip
TASKS = {
    "a class with an interface": "## Rolling statistics\n\nImplement a dataclass `Rolling`:\n\n```python\n@dataclass(slots=True)\nclass Rolling:\n    window: int\n\n    def push(self, value: float) -> None: ...\n    @property\n    def mean(self) -> float: ...\n```\n\n- `push` drops the oldest reading once `window` readings are held\n- `mean` raises `LookupError` while there is none\n\n**Complexity**: amortised $O(1)$ per call",
    "async": "Write `async def drain(queue: asyncio.Queue[int], limit: int | None = None) -> list[int]` that takes items until the queue is empty or `limit` items were taken; `task_done()` is called for each. Cancellation in between must not lose an item — put it back",
    "formulas": "Given a sequence $x_1, \\dots, x_n$ and a window $w$, return\n\n$$\ny_k = \\frac{1}{w} \\sum_{i=k}^{k+w-1} x_i \\qquad (1 \\le k \\le n - w + 1)\n$$\n\nwithout recomputing the sum. Name it `smooth(xs, w)`.",
    "speaks as a user": "I'm sorry if this is a silly question, but I can't get the rolling mean below to work for `window == len(values)`. Could you find the bug?\n\n```python\ndef mean(values, window):\n    return [sum(values[i:i + window]) / window for i in range(len(values) - window)]\n```",
    "a table of cases": "Write `parse_size(text)`.\n\n| text | result |\n| --- | ---: |\n| `\"1 KiB\"` | 1024 |\n| `\"1.5 MB\"` | 1500000 |\n| `\"-1\"` | `ValueError` |\n\nUnits are case-insensitive; spaces may be missing",
    "an indented interface at the end": "Write a function with this interface; it returns every mean of a full window and nothing for short input:\n\n    def means(values: Iterable[float], window: int) -> Iterator[float]:\n        ...",
    "SQL": "The table `readings(sensor, taken_at, value)` holds one row a minute. Write a query that gives, for each sensor and day, the mean over the last 7 days (`ROWS BETWEEN 6 PRECEDING AND CURRENT ROW`), and explain why `RANGE` would differ.",
    "nothing but a question": "What does `x if x else y` return for `x = 0`, and why is that sometimes a bug?",
}  # fmt: skip
TASKS_ZH = {
    "mixed": '实现一个 `LRUCache` 类（固定容量 capacity），支持 `get(key)` 与 `put(key, value)`，两者的时间复杂度均为 $O(1)$。\n\n```python\ncache = LRUCache(2)\ncache.put("a", 1)\ncache.get("a")  # 1\n```\n\n- 不允许使用 `functools.lru_cache`\n- thread-safe 不作要求',
    "a user's words": "很抱歉打扰，我写的 `quick_sort` 在输入有重复元素时会死循环，请帮我看看是哪里出错：\n\n```python\ndef quick_sort(a):\n    p = a[0]\n    return quick_sort([x for x in a if x < p]) + [p] + quick_sort([x for x in a if x >= p])\n```",
}


def wrapped(tag: str, text: str) -> list[str]:
    whole = f"<{tag}>\n{text}\n</{tag}>"
    return [
        whole,
        f"Sure, here is the {tag}:\n\n{whole}\n\nLet me know if you'd like it shorter!",
        f"<think>\nWhat about `<{tag}>`? I can't say yet.\n```python\nx = (\n```\n</think>\n\n{whole}",
        f"```xml\n{whole}\n```",
        f"# {tag.title()}\n\n{whole}\n\n---\n*Notes*: none.",
        whole.replace("\n", "\r\n"),
        f'<{tag} lang="en">\n{text}\n</{tag}>',
        f"<answer>{whole}</answer>",
        f"\ufeff{whole}",
    ]


def shard_of(make_context, generator, answer, row, language="en"):
    def said(request):
        system = request.messages[0].content
        if system.startswith(("You check", "You decide", "你核对", "你判断")):
            return json.dumps({"reason": "So it is.", "score": 4})
        if system.startswith(("You solve", "You are", "你解决", "你是")):
            return "```python\nclass Rolling:\n    pass\n```"
        return answer

    built, context, _ = make_context(generator, said, profile="strong", retries=0, language=language)
    return asyncio.run(built.make((row,), context))


def kept(make_context, generator, answer, row, language="en") -> None:
    shard = shard_of(make_context, generator, answer, row, language)
    assert [(r.reason, r.detail) for r in shard.rejected] == [] and shard.kept
    (made,) = shard.kept
    assert "\r" not in made.instruction + made.output and "\ufeff" not in made.instruction + made.output


@pytest.mark.parametrize("name", REVIEWS)
def test_reviews(make_context, name: str) -> None:
    for answer in wrapped("review", REVIEWS[name]):
        kept(make_context, "review", answer, snippet(CODE, "moving_average"))


@pytest.mark.parametrize("name", REVIEWS_ZH)
def test_reviews_in_chinese(make_context, name: str) -> None:
    for answer in wrapped("review", REVIEWS_ZH[name]):
        kept(make_context, "review", answer, snippet(CODE, "moving_average"), "zh")


@pytest.mark.parametrize("name", SUMMARIES)
def test_summaries(make_context, name: str) -> None:
    for answer in wrapped("summary", SUMMARIES[name]):
        kept(make_context, "summarize", answer, snippet(CODE, "moving_average"))


@pytest.mark.parametrize("name", EXPLANATIONS)
def test_explanations(make_context, name: str) -> None:
    row = instruction("Is there a defect?", task="defect_detection", input=CODE, output="Yes.")
    for answer in wrapped("explanation", EXPLANATIONS[name]):
        kept(make_context, "explain-defect", answer, row)


@pytest.mark.parametrize("generator", ["evolve", "oss-instruct", "self-instruct"])
@pytest.mark.parametrize("name", TASKS)
def test_tasks(make_context, name: str, generator: str) -> None:
    tell(make_context, generator, TASKS[name], "en")


@pytest.mark.parametrize("generator", ["evolve", "oss-instruct", "self-instruct"])
@pytest.mark.parametrize("name", TASKS_ZH)
def test_tasks_in_chinese(make_context, name: str, generator: str) -> None:
    tell(make_context, generator, TASKS_ZH[name], "zh")


def tell(make_context, generator: str, task: str, language: str) -> None:
    row = snippet(CODE, "moving_average") if generator == "oss-instruct" else instruction()
    tag = {"evolve": "instruction", "oss-instruct": "problem", "self-instruct": "instruction"}[generator]
    for answer in wrapped(tag, task):
        if generator == "self-instruct":
            answer = f"<task>\n{answer}\n</task>" if answer.startswith("<instruction>") else answer.replace(f"<{tag}", f"<task><{tag}").replace(f"</{tag}>", f"</{tag}></task>")  # fmt: skip
        kept(make_context, generator, answer, row, language)

"""The third set of the generators that write text; see `fresh_material`."""

from __future__ import annotations

import json
import re

from servers.teacher import Script

from codetune.code.languages import display_name
from codetune.records import Instruction, Snippet
from codetune.tasks.translation.masking import mask
from synth_sets.fresh_material import answer_faults, dressed, plain_json, problems, tasks
from synth_sets.held_out_text import _row as row_of
from synth_sets.material import Case, contests
from synth_sets.text_cases import _tokens_of as tokens_of

CRITERIA = ("correctness", "clarity", "usefulness")
VERBS = {"Create": "Design", "Write": "Develop", "Generate": "Produce", "Find": "Locate", "Given": "For"}


def _score(score: int) -> str:
    return plain_json(
        {
            "reason": "理由见上。It is as described." if score > 2 else "It is not.",
            "score": score,
            "difficulty": 3,
        }
    )


def evolve(good: bool, language: str, count: int) -> list[Case]:
    """Evolved tasks with nested lists, formulas, scenarios, interfaces, mixed languages. Bad: another voice for the same task,
    an answer in place of a task, labels alone, contradictions, another topic, answers that are none."""
    rows, cases = tasks(language), []
    for i in range(count):
        given = rows[i]
        evolved, rule, score = _evolved(given, language, i), "good", 4
        said: object = dressed("instruction", evolved, i)
        if not good:
            raw = answer_faults(language, "instruction")
            own = (
                "another voice",
                "an answer, no task",
                "labels alone",
                "a contradiction",
                "another topic",
                "says what it did",
            )
            which = i % (len(own) + len(raw))
            if which >= len(own):
                rule, fault = raw[which - len(own)]
                said, score = fault(evolved, i), 1
            else:
                rule, score = own[which], 1
                evolved = _bad_evolution(rule, given, rows[i + 700], language, i)
                said = f"<instruction>\n{evolved}\n</instruction>"
        scripts = [
            Script((given["instruction"],), {"evolved": said}),
            Script((evolved,), {"score": _score(score), "answer": _answer(given["output"], i)}),
        ]
        cases.append(Case(row_of(given), scripts, rule))
    return cases


def _answer(text: str, i: int) -> str:
    return (
        text,
        f"Great question! Let's go through it.\n\n### Solution\n\n{text}\n\n### Notes\n\n- runs in $O(n)$\n- see also the docs",
        f"<think>\nlet me see\n</think>\n\n{text}",
        text.replace("\n", "\r\n"),
    )[i % 4]


def _evolved(given: dict, language: str, i: int) -> str:
    task = given["instruction"].rstrip(".。?？")
    if language == "zh":
        return (
            f"{task}。\n\n## 进阶要求（{i}）\n\n1. 使用 `dataclass` 或 `TypedDict` 组织数据\n   - 字段需带 type hints\n   - 不允许使用全局变量\n2. 时间复杂度 $O(n\\log n)$\n3. 提供 pytest 单元测试（at least three cases）",
            f"场景 {i}：线上服务每秒收到 10k 个请求。{task}，并保证 thread-safe；请说明 lock-free 方案是否可行。",
            f"下面的代码运行时报 `IndexError`（{i}），原本的目标是：{task}。\n\n```\n{given['output'][:250]}\n```\n\n请定位 bug、解释 root cause 并给出修复后的代码。",
        )[i % 3]  # fmt: skip
    return (
        f"## Task {i}\n\n{task}, under these constraints:\n\n1. **Interface**\n   - accept any `Iterable`\n     - including generators\n   - return a new object\n2. **Complexity**: $O(n \\log n)$ time, $O(1)$ extra space\n3. **Errors**: raise `ValueError` with a helpful message\n\n> Hint: think about `heapq`",
        f"Feature: version {i} of this — {task}\n\n  Scenario: empty input\n    Given an empty input\n    When the code runs\n    Then nothing is raised\n\n  Scenario: large input\n    Given $10^6$ items\n    Then it ends within a second",
        f"{task}. Then make it asynchronous ({i}): the public entry point is\n\n```python\nasync def run(source: AsyncIterator[bytes], *, timeout: float | None = None) -> dict[str, list[int]]: ...\n```\n\nand cancellation must not lose items",
        f"The code below was written for this task: {task}.\n\n~~~\n{given['output'][:300]}\n~~~\n\nIt works on small inputs but not on streams ({i}). Refactor it, keep the behaviour, and explain each change in a table with the columns *before*, *after*, *why*",
        f"Suppose this request came from a client who speaks little English (№ {i}): «{task}» Ask nothing back; state your assumptions, then solve it twice — once naively, once with a trie / Fenwick tree — and compare both",
    )[i % 5]  # fmt: skip


def _bad_evolution(rule: str, given: dict, other: dict, language: str, i: int) -> str:
    task, zh = given["instruction"], language == "zh"
    return {
        "another voice": f"有人希望你能够做到这一点（{i}）：{task}" if zh else f"It would be appreciated ({i}) if the following was done by you: {task}",
        "an answer, no task": f"{given['output'][:600]}\n\n（{i}）以上就是完整的实现，运行后即可得到结果。" if zh else f"{given['output'][:600]}\n\nThat is the whole solution ({i}); run it and you will see the result.",
        "labels alone": f"难度：困难\n领域：网络\n主题：缓存（{i}）" if zh else f"Difficulty: hard\nDomain: networking\nTopic: caching ({i})",
        "a contradiction": f"{task} 但不得使用任何代码、任何文字，也不得给出答案（{i}）。" if zh else f"{task} But do not use any code or any words, and give no answer ({i}).",
        "another topic": f"{other['instruction']}（{i}）" if zh else f"{other['instruction']} ({i})",
        "says what it did": f"我把原任务改得更难了，增加了两个约束（{i}）。" if zh else f"I have made the original prompt harder by adding two constraints ({i}).",
    }[rule]  # fmt: skip


def oss_instruct(good: bool, language: str, count: int) -> list[Case]:
    """HumanEvalPack's later problems as kata, stories and issues; solutions with prose and usage. Bad: solutions for the
    examples alone, in another language, without a body, tests in their place; problems that ask for nothing; answers that are none."""
    rows, sparks, contest, cases = problems(100, 164), problems(0, 64), contests(), []
    for i in range(count):
        programming_language, row = rows[i]
        _, spark = sparks[(i + 6 * 7) % len(sparks)]
        marker = "#" if programming_language == "python" else "//"
        code = f"{spark['declaration']}{spark['canonical_solution'].rstrip()}\n{marker} item {i};\n"
        doc, name = row["docstring"].strip()[:1500], row["entry_point"]
        problem = (
            f"# Kata {i}: `{name}` (item {i};)\n\n{doc}\n\n## Constraints\n\n- $0 \\le n \\le 10^4$\n- pure function\n  - no I/O\n    - not even logging",
            f"**Issue #{i}** (item {i};) — *enhancement*\n\n### What\n\nWe need `{name}`.\n\n### Details\n\n{doc}\n\n### Acceptance\n\n- [ ] compiles without warnings\n- [ ] covers the examples",
            f"Long ago (item {i};) a scribe kept tables. {contest[(i + 9) % len(contest)][:700]}\n\n### Your task\n\n{doc}\n\nImplement it as `{name}`:\n\n```{programming_language}\n{row['declaration'].strip()[-400:]}\n```",
        )[i % 3]  # fmt: skip
        if language == "zh":
            problem = f"## 第 {i} 关 (item {i};)\n\n在日志分析系统中，你需要实现 `{name}`，其 interface 如下：\n\n```{programming_language}\n{row['declaration'].strip()[-400:]}\n```\n\n说明：\n\n- 空输入返回默认值\n- 复杂度 $O(n)$"
        body = f"{row['declaration']}{row['canonical_solution']}".strip("\n")
        solution = _solution(body, programming_language, i)
        rule, said, score = "good", dressed("problem", problem, i), 4
        if not good:
            raw = answer_faults(language, "problem")
            own = (
                "the examples alone",
                "another programming language",
                "no body",
                "tests in its place",
                "asks for nothing",
                "the snippet line by line",
            )
            which = i % (len(own) + len(raw))
            score = 1
            if which >= len(own):
                rule, fault = raw[which - len(own)]
                said = fault(problem, i)
            else:
                rule = own[which]
                problem, solution = _bad_problem(rule, problem, programming_language, row, code, language, i)
                said = f"<problem>\n{problem}\n</problem>"
        snippet = Snippet(code=code, programming_language=programming_language, name=spark["entry_point"], source="humanevalpack", license="MIT")  # fmt: skip
        scripts = [
            Script((f"item {i};\n",), {"problem": said}),
            Script((f"(item {i};)",), {"answer": solution, "score": _score(score)}),
            Script((f"Solve this in {display_name(programming_language)}.",), {"answer": solution}),
        ]
        cases.append(Case(snippet, scripts, rule))
    return cases


def _solution(body: str, programming_language: str, i: int) -> str:
    fence = {"cpp": "c++", "javascript": "js", "python": "py", "go": "golang", "rust": "rs"}.get(
        programming_language, programming_language
    )
    return (
        f"```{programming_language}\n{body}\n```",
        f"### Idea\n\nOne pass, $O(n)$.\n\n```{fence}\n{body}\n```\n\n### Why it works\n\n1. every item is seen once\n2. nothing is kept\n\n| time | space |\n| --- | --- |\n| $O(n)$ | $O(1)$ |",
        f"<think>\nI could use a map.\n\n```{fence}\nmap.get(\n```\n\nNo.\n</think>\nHere you go:\n\n```{fence}\n{body}\n```\n\nTo run it:\n\n```bash\nmake run\n```".replace("\n", "\r\n"),
    )[i % 3]  # fmt: skip


def _bad_problem(rule: str, problem: str, programming_language: str, row: dict, code: str, language: str, i: int) -> tuple[str, str]:  # fmt: skip
    body = row["declaration"] + row["canonical_solution"]
    solution = f"```{programming_language}\n{body}\n```"
    if rule == "the examples alone":
        solution = f"```{programming_language}\n{row['declaration'].rstrip()}\n{'    return 1' if programming_language == 'python' else '    return 1; }' + ('' if programming_language != 'java' else ' }')}\n```"
    elif rule == "another programming language":
        other = (
            "```sql\nSELECT * FROM results WHERE id = 1;\n```"
            if i % 2
            else "```ruby\ndef run(values)\n  values.map { |v| v + 1 }\nend\n```"
        )
        solution = other
    elif rule == "no body":
        solution = f"```{programming_language}\n{row['declaration'].rstrip()}{chr(10) + '    pass' if programming_language == 'python' else ' }'}\n```"
    elif rule == "tests in its place":
        solution = f"```{programming_language}\n{row['test'].strip()[:1500]}\n```"
    elif rule == "asks for nothing":
        problem = (
            f"数组是一种常见的数据结构，链表也是（item {i};）。它们各有优点，在不同的系统中都得到了广泛使用。"
            if language == "zh"
            else f"Arrays are a common data structure, and so are linked lists (item {i};). Both have their merits and are widely used in many systems of all kinds."
        )
    else:
        solution = (
            f"```{programming_language}\n"
            + "\n".join(
                f"{line}  {'#' if programming_language == 'python' else '//'} as before"
                for line in code.rstrip().splitlines()
            )
            + "\n```"
        )
    return problem, solution


def self_instruct(good: bool, language: str, count: int) -> list[Case]:
    """Tasks of codealpaca and CodeGPT in other wrappings. Bad: a shown task with other verbs, in capitals, with its answer,
    several in one; answers that repeat the task, decline or are empty; answers that are none."""
    rows, cases = tasks(language), []
    for i in range(count):
        given, new = rows[i], rows[i + 1000]
        text, output = new["instruction"], _answer(new["output"], i)
        task = f"<task>\n<instruction>\n{text}\n</instruction>\n"
        task += (f"<input>\n{new['input']}\n</input>\n" if new["input"] else "") + "</task>"
        forms = (
            task,
            task.replace("\n", "\r\n"),
            task.replace("<task>", '<task id="1">', 1),
            f"Sure! Here are some new tasks:\n\n### Task 1\n\n{task}\n\nLet me know if you would like more.",
            f"```xml\n<tasks>\n{task}\n</tasks>\n```",
            f"<think>\nNot like <task>the first</task>.\n</think>\n\n{task}",
        )
        rule, said = "good", forms[i % 6]
        answer: object = said
        if not good:
            raw = [
                f
                for f in answer_faults(language, None)
                if f[0] not in ("ends inside code", "broken characters", "goes on with a chat")
            ]
            own = (
                "a shown task with other verbs",
                "a shown task in capitals",
                "a shown task with its answer",
                "an answer that is the task",
                "an answer that declines",
                "an answer of dots",
                "a task in one word",
            )
            which = i % (len(own) + len(raw))
            if which >= len(own):
                rule, fault = raw[which - len(own)]
                answer = fault(f"<task><instruction>{text}", i)
                if rule in (
                    "declines with thanks",
                    "another language",
                    "a word again and again",
                    "a placeholder",
                ):
                    inner = fault(text, i)("")
                    answer = f"<task>\n<instruction>\n{inner}\n</instruction>\n</task>"
            else:
                rule, zh, old = own[which], language == "zh", given["instruction"]
                text = {
                    "a shown task with other verbs": (f"请帮忙{old}" if zh else re.sub(r"^\w+", lambda m: VERBS.get(m[0], f"Kindly {m[0].lower()}"), old)),
                    "a shown task in capitals": old.upper() if not zh else f"**{old}**",
                    "a shown task with its answer": f"{old}\n\n",
                    "a task in one word": "排序" if zh else "Sorting",
                }.get(rule, text)  # fmt: skip
                output = {
                    "an answer that is the task": text,
                    "an answer that declines": "抱歉，我无法提供帮助。"
                    if zh
                    else "I'm sorry, but I can't help with that request.",
                    "an answer of dots": "...",
                }.get(rule, output)
                if rule == "a shown task with its answer":
                    text = f"{old} {given['output'][:40]}" if len(given["output"]) < 40 else old
                answer = (
                    f"<task>\n<instruction>\n{text}\n</instruction>\n"
                    + (
                        f"<input>{new['input']}</input>\n"
                        if rule.startswith("an answer") and new["input"]
                        else ""
                    )
                    + "</task>"
                )
        scripts = [
            Script((f"1. {given['instruction']}",), {"tasks": answer}),
            Script((text,), {"answer": output}),
        ]
        cases.append(Case(row_of(given), scripts, rule))
    return cases


def judge(good: bool, language: str, count: int) -> list[Case]:
    """Scores after long analyses, under one key, with other keys' case, in Chinese. Bad: low on average, of ten, as shares, of
    other criteria, as a list, prose with stars, answers that are none."""
    rows, cases = tasks(language), []
    for i in range(count):
        given = rows[i]
        row = row_of(given, instruction=f"{given['instruction']} (item {i};)")
        level = 3 + i % 3 if good else 1 + i % 2
        entry = {
            name: {
                "reason": "代码正确，边界清楚。"
                if language == "zh"
                else 'It says "done" — and $O(n)$ is right.',
                "score": level,
            }
            for name in CRITERIA
        }
        forms = (
            f"### Analysis\n\n* `f(x) = {{x}}` is right\n* style: fine\n\n```python\nd = {{'a': 1}}\n```\n\n### Grades\n\n```json\n{json.dumps(entry, indent=2)}\n```\n\nOverall a {level}.",
            plain_json(entry).replace(", ", ",\r\n"),
            f"<think>\n{plain_json({'correctness': {'reason': 'draft', 'score': 2}})}\n</think>\n\n```json\n{plain_json(entry)}\n```",
            f"```JSON\n{plain_json(entry)}\n```",
            plain_json(
                {
                    name: {"score": level, "reason": entry[name]["reason"], "confidence": 0.9}
                    for name in CRITERIA
                }
            ),
        )
        rule, said = "good", forms[i % 5]
        answer: object = said
        if not good:
            raw = [
                f
                for f in answer_faults(language, None)
                if f[0]
                not in (
                    "another language",
                    "a word again and again",
                    "ends inside code",
                    "goes on with a chat",
                )
            ]
            own = ("low on average", "of ten", "as shares", "other criteria", "a list", "stars in prose")
            which = i % (len(own) + len(raw))
            if which >= len(own):
                rule, fault = raw[which - len(own)]
                answer = fault(said, i)
            else:
                rule = own[which]
                answer = {
                    "low on average": plain_json({name: {"reason": "Hm.", "score": 2 + (n == 1)} for n, name in enumerate(CRITERIA)}),
                    "of ten": plain_json({name: {"reason": "Good.", "score": 8} for name in CRITERIA}),
                    "as shares": plain_json({name: {"reason": "Good.", "score": 0.8} for name in CRITERIA}),
                    "other criteria": plain_json({name: {"reason": "Good.", "score": 5} for name in ("style", "speed")}),
                    "a list": "[5, 5, 5]",
                    "stars in prose": "Correctness ★★★★☆, clarity ★★★★★, usefulness ★★★☆☆",
                }[rule]  # fmt: skip
        cases.append(Case(row, [Script((f"(item {i};)",), {"scores": answer})], rule))
    return cases


def translate(good: bool, language: str, count: int) -> list[Case]:
    """Instructions with URLs, versions and units. Bad: marks in other brackets, one sentence left, an explanation added, another
    script, marks in one heap with nothing said, answers that are none."""
    rows, cases = tasks("en"), []
    for i in range(count):
        text = f"{rows[i]['instruction']} Fetch https://example.org/v{i}/list?page=2 with get_page(), wait {i + 21} ms, and log to out_{i}.txt. (item {i};)"
        masked = mask(text).text
        marks, held = " ".join(re.findall(r"⟦\d+⟧", masked)), tokens_of(masked)
        good_text = (f"任务说明如下，请注意保留专有名称：{held}。\n\n涉及的代码：{marks}。", f"**任务**：请编写程序，其中用到 {marks}，以及 {held}；遇到错误时给出提示。", f"如果你使用 {held}，请先处理 {marks} ——然后返回结果。")[i % 3]  # fmt: skip
        forms = (
            good_text,
            f"<think>\n这里的标记不能动。I must keep the marks.\n</think>\n\n{good_text}",
            good_text.replace("\n", "\r\n"),
        )
        rule, answer = "good", forms[i % 3]
        said: object = answer
        if not good:
            raw = [
                f
                for f in answer_faults("zh", None)
                if f[0]
                not in (
                    "a word again and again",
                    "ends inside code",
                    "goes on with a chat",
                    "another language",
                )
            ]
            own = (
                "marks in other brackets",
                "one sentence left",
                "an explanation added",
                "another script",
                "marks alone",
            )
            which = i % (len(own) + len(raw))
            if which >= len(own):
                rule, fault = raw[which - len(own)]
                said = fault(good_text, i)
            else:
                rule = own[which]
                said = {
                    "marks in other brackets": good_text.replace("⟦", "[").replace("⟧", "]") if "⟦" in good_text else f"{good_text} [0]",
                    "one sentence left": f"{masked.split('. ')[0]}. 然后完成其余部分：{marks} {held}。",
                    "an explanation added": f"{good_text}\n\n说明：以上译文保留了所有标记，没有翻译代码。",
                    "another script": f"задание на программирование, оставьте обозначения: {marks} {held}",
                    "marks alone": f"{marks} {held}",
                }[rule]  # fmt: skip
        row = Instruction(task="code_generation", instruction=text, output="x = 1\n", source="codealpaca")
        cases.append(Case(row, [Script((f"(item {i};)",), {"translation": said})], rule))
    return cases

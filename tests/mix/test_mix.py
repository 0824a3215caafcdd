"""Mixtures: counts, stability, splits, shortages, translation, and what the card says of it all."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from codetune.cli.main import run as run_command
from codetune.engine.local import LocalEngine
from codetune.errors import ConfigError, DataError
from codetune.mix.config import MixConfig
from codetune.mix.stage import run
from codetune.records import Conversation, Instruction, Lineage, Message, Revision, Snippet, Submission
from codetune.store.dataset import Dataset, DatasetWriter, Shard
from codetune.store.hashing import hash_files
from codetune.store.run_card import Plan
from codetune.store.stage_output import StageOutput

CHINESE = "返回加上给定数字之后的值"


def write(folder: Path, kind: type, *parts: list) -> Path:
    with StageOutput(folder, Plan(stage="test", config={}, inputs={}, code="")) as output:
        writer = DatasetWriter(output, kind)
        for number, part in enumerate(parts):
            writer.write(number, Shard(part))
        writer.finish(title="t", description="d")
    return folder


def instructions(name: str, count: int, *, groups: int | None = None, **more) -> list[Instruction]:
    values = {"task": "code_repair", "license": "MIT", "language": "en", "programming_language": "python"}
    return [
        Instruction(
            instruction=f"{name} {n}",
            output=f"answer {n}",
            source=name,
            lineage=Lineage(group=f"{name}-group-{n % groups}" if groups else None),
            **{**values, **more},
        )
        for n in range(count)
    ]


def snippets(count: int) -> list[Snippet]:
    return [
        Snippet(
            code=f'def f{n}(x):\n    """Add {n} to the value.\n\n    :param x: it\n    """\n    y = x + {n}\n    return y\n',
            docstring=f"Add {n} to the value.\n\n:param x: it",
            programming_language="python",
            name=f"f{n}",
            path=f"m{n}.py",
            license="MIT",
            source="code",
        )
        for n in range(count)
    ]


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    a = write(tmp_path / "a", Instruction, instructions("a", 60), instructions("a2", 40))
    b = write(tmp_path / "b", Instruction, instructions("b", 30, license="CC-BY-NC-4.0"))
    return a, b


def rows(folder: Path) -> list[Instruction]:
    return list(Dataset(folder, Instruction))


def config(*parts: dict, **more) -> MixConfig:
    return MixConfig.model_validate({"parts": list(parts), **more})


def part(name: str, folder: Path, count: int, **more) -> dict:
    return {"name": name, "dataset": str(folder), "count": count, **more}


def ids_of(folder: Path, name: str) -> list[str]:
    return sorted(row.id for row in rows(folder) if f"part:{name}" in row.tags)


def test_counts_are_targets_and_scale_shrinks_them(two, tmp_path, context):
    parts = part("a", two[0], 50), part("b", two[1], 20)
    card = run(config(*parts), [], tmp_path / "full", context)
    assert card.counts["kept"] == 70
    run(config(*parts, scale=0.1), [], tmp_path / "tenth", context)
    assert Counter(row.tags[-1] for row in rows(tmp_path / "tenth")) == {"part:a": 5, "part:b": 2}
    assert set(ids_of(tmp_path / "tenth", "a")) < set(ids_of(tmp_path / "full", "a"))
    run(config(*parts, scale=0.001), [], tmp_path / "least", context)
    assert len(rows(tmp_path / "least")) == 2


def test_another_source_reshuffles_nothing(two, tmp_path, context):
    other = write(tmp_path / "c", Instruction, instructions("c", 80))
    run(config(part("a", two[0], 30), part("b", two[1], 10)), [], tmp_path / "two", context)
    run(config(part("c", other, 40), part("a", two[0], 30), part("b", two[1], 10)), [], tmp_path / "three", context)  # fmt: skip
    for name in "ab":
        assert ids_of(tmp_path / "two", name) == ids_of(tmp_path / "three", name)
    run(config(part("a", two[0], 30)), [], tmp_path / "other", replace(context, seed=1))
    assert ids_of(tmp_path / "other", "a") != ids_of(tmp_path / "two", "a")


def test_how_files_are_cut_changes_nothing(tmp_path, context):
    pool = instructions("a", 100)
    one = write(tmp_path / "one", Instruction, pool)
    many = write(tmp_path / "many", Instruction, *[pool[n : n + 7] for n in range(0, 100, 7)])
    run(config(part("a", one, 40)), [], tmp_path / "x", context)
    run(config(part("a", many, 40)), [], tmp_path / "y", context)
    assert rows(tmp_path / "x") == rows(tmp_path / "y")


def test_order_and_company_of_a_row_change_nothing(tmp_path, context):
    pool, more = instructions("a", 100), instructions("other", 50, language="zh")
    one = write(tmp_path / "one", Instruction, pool)
    two = write(tmp_path / "two", Instruction, [*more, *reversed(pool)])
    run(config(part("a", one, 40)), [], tmp_path / "x", context)
    run(config(part("a", two, 40, language="en")), [], tmp_path / "y", context)
    assert ids_of(tmp_path / "x", "a") == ids_of(tmp_path / "y", "a")


def test_rows_can_be_counted_under_another_task(two, tmp_path, context):
    run(config(part("a", two[0], 20, as_task="code_generation")), [], tmp_path / "out", context)
    run(config(part("a", two[0], 20)), [], tmp_path / "own", context)
    for row, own in zip(rows(tmp_path / "out"), rows(tmp_path / "own"), strict=True):
        assert (row.task, row.output) == ("code_generation", own.output)
        assert row.id != own.id
    with pytest.raises(ConfigError, match="no task 'generation'"):
        run(config(part("a", two[0], 20, as_task="generation")), [], tmp_path / "no", context)


def test_rows_without_a_licence_are_under_the_parts(tmp_path, context):
    folder = write(tmp_path / "n", Instruction, [*instructions("n", 5, license=None), *instructions("m", 5)])
    run(config(part("n", folder, 10, license="CC-BY-4.0")), [], tmp_path / "out", context)
    assert Counter(row.license for row in rows(tmp_path / "out")) == {"CC-BY-4.0": 5, "MIT": 5}


def test_an_interrupted_translation_pays_for_no_batch_twice(tmp_path, context):
    folder = write(tmp_path / "s", Snippet, snippets(70))
    asked: list[int] = []

    def translate(texts, language):
        asked.append(len(texts))
        if len(asked) == 2:
            raise KeyboardInterrupt
        return [f"{CHINESE} {text[4:6]}" for text in texts]

    wanted = part("zh", folder, 70, task="code_generation", language="zh", translate=True)
    with pytest.raises(KeyboardInterrupt):
        run(config(wanted), [], tmp_path / "out", context, translate=translate)
    run(config(wanted), [], tmp_path / "out", context, translate=translate)
    assert asked == [32, 32, 32, 6]
    assert len(rows(tmp_path / "out")) == 70


def test_workers_change_no_byte(two, tmp_path, context):
    settings = config(part("a", two[0], 50), part("b", two[1], 20), splits={"valid": 0.2})
    run(settings, [], tmp_path / "one", context)
    with LocalEngine(workers=2) as engine:
        run(settings, [], tmp_path / "two", replace(context, engine=engine))

    def hashed(folder: Path) -> str:
        return hash_files(folder, folder.rglob("*.parquet"))

    assert hashed(tmp_path / "one") == hashed(tmp_path / "two")


def test_groups_are_never_parted_and_every_row_has_one_split(tmp_path, context):
    folder = write(tmp_path / "g", Instruction, instructions("g", 600, groups=60))
    twin = write(
        tmp_path / "h", Instruction, [replace(row, id="", task="code_generation") for row in rows(folder)]
    )
    settings = config(part("g", folder, 600), part("h", twin, 600), splits={"valid": 0.2, "test": 0.2})
    card = run(settings, [], tmp_path / "out", context)
    splits = {name: rows(tmp_path / "out" / name) for name in ("valid", "test")} | {
        "train": rows(tmp_path / "out")
    }
    assert sum(map(len, splits.values())) == 1200
    found = defaultdict(set)
    for name, held in splits.items():
        for row in held:
            found[row.lineage.group].add(name)
    assert len(found) == 60
    assert all(len(names) == 1 for names in found.values())
    assert card.results["mixture"]["held_out"] == {name: len(splits[name]) for name in ("valid", "test")}
    assert 0.1 < len(splits["valid"]) / 1200 < 0.3


def test_a_pair_is_in_a_split_only_with_both_its_halves(tmp_path, context):
    pairs = [
        replace(row, lineage=Lineage(group=f"function {n % 120} & function {n * 7 % 120}"))
        for n, row in enumerate(instructions("p", 600))
    ]
    folder = write(tmp_path / "p", Instruction, pairs)
    run(config(part("p", folder, 600), splits={"valid": 0.2, "test": 0.2}), [], tmp_path / "out", context)
    halves = {
        name: {half for row in rows(place) for half in row.lineage.group.split(" & ")}
        for name, place in (
            ("train", tmp_path / "out"), ("valid", tmp_path / "out" / "valid"), ("test", tmp_path / "out" / "test")
        )
    }  # fmt: skip
    assert all(halves.values())
    assert (
        not halves["train"] & halves["valid"]
        | halves["train"] & halves["test"]
        | halves["valid"] & halves["test"]
    )
    kept = sum(len(rows(tmp_path / "out" / name)) for name in (".", "valid", "test"))
    refused = Dataset(tmp_path / "out", Instruction).card.counts["rejected"]
    assert refused > 0 and kept + refused == 600


def test_shortage_is_named_and_short_by_default(two, tmp_path, context):
    card = run(config(part("b", two[1], 100)), [], tmp_path / "out", context)
    assert card.counts["kept"] == 30
    said = "b: short by 70 (30 fitting rows of 30; 100 wanted)"
    assert card.results["mixture"]["shortages"] == [said]
    assert said in (tmp_path / "out" / "README.md").read_text()


def test_a_shortage_says_where_the_rows_went(two, tmp_path, context):
    lines = [{"instruction": f"do {i}", "output": f"done {i}" if i % 4 else ""} for i in range(40)]
    for name in ("one", "two"):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lines))
        lines = lines[:30]
    parts = [
        {"name": name, "source": "alpaca", "path": str(tmp_path / f"{name}.jsonl"), "count": 25}
        for name in ("two", "one")
    ]
    card = run(config(*parts), [], tmp_path / "out", context)
    assert card.results["mixture"]["shortages"] == [
        "two: short by 3 (22 fitting rows of 22; 8 were rejected before: empty field 8; 25 wanted)",
        "one: short by 17 (8 fitting rows of 30; 22 more are in an earlier part; "
        "10 were rejected before: empty field 10; 25 wanted)",
    ]


def test_shortage_can_be_made_up_for_by_repeating(two, tmp_path, context):
    card = run(config(part("b", two[1], 70), shortage="upsample"), [], tmp_path / "out", context)
    times = Counter(row.id for row in rows(tmp_path / "out"))
    assert sorted(Counter(times.values()).items()) == [(2, 20), (3, 10)]
    assert "copy:3" in {tag for row in rows(tmp_path / "out") for tag in row.tags}
    assert card.results["mixture"]["shortages"] == ["b: 40 rows repeated (30 fitting rows of 30; 70 wanted)"]


def test_shortage_can_stop_the_mixture(two, tmp_path, context):
    parts = part("a", two[0], 50), part("b", two[1], 100, shortage="refuse")
    with pytest.raises(DataError, match="the part b has 30 fitting rows where 100 are wanted"):
        run(config(*parts), [], tmp_path / "out", context)
    assert not (tmp_path / "out" / "run.json").exists()
    assert not (tmp_path / "out" / "data").exists()


def test_a_row_in_two_parts_is_taken_once(two, tmp_path, context):
    card = run(config(part("a", two[0], 100), part("again", two[0], 50)), [], tmp_path / "out", context)
    assert card.counts["kept"] == 100
    assert card.results["mixture"]["parts"][1]["taken_earlier"] == 100


def test_parts_pick_task_and_languages(tmp_path, context):
    pool = [*instructions("en", 10), *instructions("zh", 10, language="zh"), *instructions("go", 10, programming_language="go"), *instructions("t", 10, task="code_search")]  # fmt: skip
    folder = write(tmp_path / "p", Instruction, pool)
    wanted = part("p", folder, 100, task="code_repair", language="en", programming_languages=["python"])
    run(config(wanted), [], tmp_path / "out", context)
    assert {row.source for row in rows(tmp_path / "out")} == {"en"}


def test_snippets_become_instructions_and_a_translator_sees_prose_alone(tmp_path, context):
    folder = write(tmp_path / "s", Snippet, snippets(40))
    seen: list[str] = []

    def translate(texts, language):
        assert language == "zh"
        seen.extend(texts)
        return [
            None if n % 5 == 0 else text if n % 5 == 1 else f"{CHINESE} {text[4:6]}"
            for n, text in enumerate(texts)
        ]

    parts = (
        part("sum-en", folder, 10, task="code_summarization", language="en"),
        part("gen-zh", folder, 20, task="code_generation", language="zh", translate=True),
    )
    run(config(*parts), [], tmp_path / "out", context, translate=translate)
    assert len(seen) == 20, "only as many as are wanted are sent"
    assert all("def" not in text and ":param" not in text for text in seen)
    chinese = [row for row in rows(tmp_path / "out") if row.language == "zh"]
    assert len(chinese) == 20 - 4 - 4  # batches of 20: 4 came back as None, 4 in English
    for row in chinese:
        assert CHINESE in row.input
        assert row.output.startswith("def f")
        assert "Add" not in row.input + row.output
        assert row.lineage.generated[0].model.endswith("translate")
    asked = len(seen)
    run(config(*parts, splits={"test": 0.1}), [], tmp_path / "again", context, translate=translate)
    assert len(seen) == asked, "what was translated is not translated again"


def test_queries_are_translated_and_candidates_are_not(tmp_path, context):
    folder = write(tmp_path / "s", Snippet, snippets(40))
    run(config(part("q", folder, 30, task="code_search", language="en")), [], tmp_path / "en", context)
    english = {row.id: row for row in rows(tmp_path / "en")}
    seen: list[str] = []

    def translate(texts, language):
        seen.extend(texts)
        return [text if number == 0 else f"{CHINESE}，{len(text)}" for number, text in enumerate(texts)]

    wanted = part("zh", tmp_path / "en", 10, task="code_search", language="zh", translate=True)
    run(config(wanted), [], tmp_path / "zh", context, translate=translate)
    assert len(seen) == 10
    assert all(text.startswith("Add ") and "[1]" not in text for text in seen)
    assert len(rows(tmp_path / "zh")) == 9, "a query left in English is refused"
    for row in rows(tmp_path / "zh"):
        source = english[row.lineage.parents[-1]]
        assert row.candidates == source.candidates
        assert row.output == source.output
        assert row.input.startswith(CHINESE)
        assert row.lineage.prompt_template.startswith("code_search.zh.")


def test_missing_parts_are_named_all_at_once_or_skipped(two, tmp_path, context):
    parts = (
        part("a", two[0], 10),
        part("gone", tmp_path / "gone", 10),
        {"name": "away", "source": "alpaca", "path": str(tmp_path / "away.json"), "count": 5},
        part("zh", two[0], 5, task="code_repair", language="zh", translate=True),
    )
    with pytest.raises(
        DataError, match=r"3 of 4 parts can't be had \(gone: .*; away: .*; zh: it has to be tr"
    ):
        run(config(*parts), [], tmp_path / "out", context)
    assert not (tmp_path / "out").exists()
    card = run(config(*parts, missing="skip"), [], tmp_path / "out", context)
    assert card.counts["kept"] == 10
    assert len(card.results["mixture"]["shortages"]) == 3
    with pytest.raises(DataError, match="2 of 2 parts"):
        run(config(parts[1], parts[3], missing="skip"), [], tmp_path / "none", context)


def test_a_place_that_holds_something_else_is_a_missing_part(two, tmp_path, context):
    (tmp_path / "repositories.json").write_text('["owner/name", "owner/other"]')
    other = {"name": "godot", "source": "godot-dodo", "path": str(tmp_path / "repositories.json"), "count": 5}
    parts = (part("a", two[0], 10), other)
    with pytest.raises(DataError, match=r"1 of 2 parts.*godot: this is not a file of the source godot-dodo"):
        run(config(*parts), [], tmp_path / "out", context)
    card = run(config(*parts, missing="skip"), [], tmp_path / "out", context)
    assert card.counts["kept"] == 10
    (shortage,) = card.results["mixture"]["shortages"]
    assert "godot" in shortage


def test_parts_that_can_not_be_mixed(tmp_path, two, context):
    talk = Conversation(messages=(Message(role="user", content="x"),), row_id="r", source="s")
    other = write(tmp_path / "talks", Conversation, [talk])
    with pytest.raises(DataError, match="a mixture can't be made of Conversation rows"):
        run(config(part("talks", other, 1)), [], tmp_path / "out", context)
    folder = write(tmp_path / "s", Snippet, snippets(3))
    with pytest.raises(ConfigError, match="has to name its task"):
        run(config(part("s", folder, 1)), [], tmp_path / "out", context)
    with pytest.raises(ConfigError, match="no task 'code_serach'; did you mean code_search"):
        run(config(part("s", folder, 1, task="code_serach")), [], tmp_path / "out", context)
    with pytest.raises(DataError, match="gave back 1"):
        wanted = part("s", folder, 3, task="code_generation", language="zh", translate=True)
        run(config(wanted), [], tmp_path / "out", context, translate=lambda texts, _: [CHINESE])


def test_inputs_feed_the_parts_that_name_nothing(two, tmp_path, context):
    settings = config({"name": "x", "count": 5}, part("b", two[1], 5), {"name": "y", "count": 5})
    with pytest.raises(DataError, match="y: no input dataset"):
        run(settings, [two[0]], tmp_path / "out", context)
    run(config({"name": "x", "count": 5}, part("b", two[1], 5)), [two[0]], tmp_path / "out", context)
    assert Counter(row.tags[-1] for row in rows(tmp_path / "out")) == {"part:x": 5, "part:b": 5}
    with pytest.raises(DataError, match="more input datasets"):
        run(config({"name": "x", "count": 5}), list(two), tmp_path / "more", context)


def test_the_card_tells_of_sources_and_licences(two, tmp_path, context):
    parts = part("a", two[0], 5, url="https://example.org/a"), part("b", two[1], 5)
    card = run(config(*parts, name="Mine"), [], tmp_path / "out", context)
    text = (tmp_path / "out" / "README.md").read_text()
    assert "| a | a | 5 | 5 | en | python | MIT | https://example.org/a |" in text
    assert "Licence of the whole: CC-BY-NC-4.0 AND MIT." in text
    assert "5 rows are under CC-BY-NC-4.0, which forbids commercial use." in text
    assert card.results["mixture"]["license"] == "CC-BY-NC-4.0 AND MIT"


def test_a_second_run_does_nothing(two, tmp_path, context):
    settings = config(part("a", two[0], 50), splits={"valid": 0.3})
    first = run(settings, [], tmp_path / "out", context)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    assert run(settings, [], tmp_path / "out", context) == first
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before


def test_an_interrupted_mixture_goes_on(two, tmp_path, context, monkeypatch):
    settings = config(part("a", two[0], 50), part("b", two[1], 20), splits={"valid": 0.3})
    run(settings, [], tmp_path / "whole", context)

    class StopAtSecond(LocalEngine):
        def map(self, function, shards):
            for number, result in enumerate(super().map(function, shards)):
                yield result
                if number == 1:
                    raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(settings, [], tmp_path / "broken", replace(context, engine=StopAtSecond(1)))
    assert not (tmp_path / "broken" / "run.json").exists()
    run(settings, [], tmp_path / "broken", context)
    for name in ("", "valid"):
        assert rows(tmp_path / "broken" / name) == rows(tmp_path / "whole" / name)


def test_command_line_reports_all_faults_and_overrides_parts(two, tmp_path, capsys):
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("parts:\n  - name: a\n    count: 0\n    colour: red\nsplit: {}\n")
    assert run_command(["mix", str(recipe), "-o", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "3 faults" in told
    assert "line 3: parts.0.count has to be at least 1, not 0" in told
    assert "line 4: unknown key 'parts.0.colour'; known are as_task, count, dataset" in told
    assert "line 5: unknown key 'split'; did you mean 'splits'?" in told
    recipe.write_text(f"parts:\n  - {{name: a, count: 5, dataset: {two[0].name}}}\n")
    base = ["mix", str(recipe), "-o", str(tmp_path / "out"), "--data", str(tmp_path), "--workers", "1"]
    assert run_command([*base, "--set", "b.count=7"]) == 2
    assert "no part 'b'" in capsys.readouterr().err
    assert run_command([*base, "--set", "a.count=7", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["kept"] == 7
    assert run_command(["mix", "comitt"]) == 2
    assert "did you mean 'comit'" in capsys.readouterr().err
    assert run_command([*base, "--translator", "no.such:thing"]) == 2
    assert "no translator no.such:thing" in capsys.readouterr().err


def test_own_prompt_templates_reach_collected_rows(tmp_path, context):
    own = tmp_path / "own"
    own.mkdir()
    (own / "code_repair.en.yaml").write_text(
        'variants:\n  code:\n    needs: [code, fixed]\n    input: "{{ code }}"\n    output: "{{ fixed }}"\n'
        "    templates:\n      - {name: mine, instruction: Please fix.}\n",
        "utf-8",
    )
    rows = [{"before": f"x = {n}", "after": f"x = {n + 1}"} for n in range(3)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    part = {"name": "fixes", "count": 3, "source": "tssb", "path": str(tmp_path / "rows.jsonl")}
    config = MixConfig(parts=[part], prompt_templates=str(own))
    run(config, [], tmp_path / "out", context)
    found = list(Dataset(tmp_path / "out", Instruction))
    assert [row.instruction for row in found] == ["Please fix."] * 3
    assert {row.lineage.prompt_template for row in found} == {"code_repair.en.mine"}
    with pytest.raises(ConfigError, match="no such folder of prompt templates"):
        run(MixConfig(parts=[part], prompt_templates=str(tmp_path / "no")), [], tmp_path / "x", context)


def test_submissions_become_repairs(tmp_path, context):
    def tries(n: int) -> Submission:
        programs = tuple(
            Revision(code=f"a = int(input())\nb = {n}\nprint(a {sign} b)\n", programming_language="python")
            for sign in "-+"
        )
        statuses = ("Wrong Answer", "Accepted")
        return Submission(
            problem_id="p1", user_id=f"u{n}", problem="Print the sum of two numbers.", programs=programs,
            statuses=statuses, source="codenet", lineage=Lineage(group="p1"),
        )  # fmt: skip

    folder = write(tmp_path / "in", Submission, [tries(n) for n in range(4)])
    part = {"name": "tries", "count": 4, "task": "code_repair"}
    run(MixConfig(parts=[part]), [folder], tmp_path / "out", context)
    assert [row.task for row in Dataset(tmp_path / "out", Instruction)] == ["code_repair"] * 4
    with pytest.raises(ConfigError, match="has to name its task"):
        run(MixConfig(parts=[{"name": "tries", "count": 4}]), [folder], tmp_path / "other", context)


def test_rows_that_upstream_tests_with_are_not_taken(tmp_path, context):
    given = [
        *instructions("train", 10, tags=("split:train",)),
        *instructions("test", 10, tags=("split:test",)),
        *instructions("both", 5, tags=("split:train", "split:test")),
        *instructions("none", 5),
    ]
    folder = write(tmp_path / "rows", Instruction, given)
    card = run(config(part("p", folder, 30)), [], tmp_path / "out", context)
    assert Counter(row.source for row in rows(tmp_path / "out")) == {"train": 10, "none": 5}
    (sentence,) = card.results["mixture"]["shortages"]
    assert "15 more are in another split of upstream's" in sentence
    both = config({**part("p", folder, 30), "upstream_splits": ["train", "test"]})
    assert len(rows(run(both, [], tmp_path / "two", context) and tmp_path / "two")) == 30
    everything = config(part("p", folder, 30), upstream_splits=[])
    assert len(rows(run(everything, [], tmp_path / "all", context) and tmp_path / "all")) == 30

"""The page as a whole: alone on disk, safe with any data, readable by everyone."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from importlib.resources import files
from itertools import pairwise

import pytest
from tests.report.made_run import (
    instruction,
    write_dataset,
    write_evaluation,
    write_left_out_task,
    write_task_evaluation,
    write_training,
)
from tests.report.page_reader import PageReader

from codetune.errors import DataError
from codetune.records import Check, Generated, Instruction, Lineage, Snippet
from codetune.report.config import ReportConfig
from codetune.report.document import report_html
from codetune.report.sections.stages import Stages, find_stages
from codetune.store.dataset import RejectedRow, Shard

TEMPLATES = files("codetune.report") / "templates"
HOSTILE = (
    "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    '" onmouseover="document.title=\'owned\'" x="{{ 7 * 7 }}</pre></style>\x1b[31m\u202e<!--'
)
LOADING = {
    "src", "srcset", "href", "xlink:href", "data", "poster", "action", "formaction", "background", "ping",
    "cite", "manifest", "archive", "codebase",
}  # fmt: skip


def page_of(run) -> str:
    return report_html(find_stages(run), ReportConfig(), seed=0)


@pytest.fixture
def hostile_run(tmp_path):
    """A run in which every text that comes from data attacks the page."""
    run = tmp_path / "hostile"
    snippet = Snippet(code=HOSTILE, programming_language=HOSTILE, license=HOSTILE, source=HOSTILE)
    other = Snippet(code="x", programming_language="python", source="second")
    refused = [RejectedRow(row={"path": HOSTILE}, stage=HOSTILE, reason=HOSTILE, detail=HOSTILE)]
    write_dataset(run / "collect", "collect", Snippet, Shard([snippet, other], refused), note=HOSTILE)
    lineage = Lineage(
        url="javascript:alert(1)",
        path=HOSTILE,
        repo=HOSTILE,
        generated=(
            Generated(field=HOSTILE, model=HOSTILE, prompt=HOSTILE, prompt_hash=HOSTILE, request_key=HOSTILE),
        ),
        checks=(Check(check=HOSTILE, verdict=HOSTILE, detail=HOSTILE),),
    )
    rows = [
        instruction(0, task, instruction=HOSTILE, input=HOSTILE, output=f"```{HOSTILE}\n{HOSTILE}\n```\n{HOSTILE}",
                    programming_language=HOSTILE, source=HOSTILE, license=HOSTILE, lineage=lineage)
        for task in ("code_summarization", "code_generation", HOSTILE)
    ]  # fmt: skip
    write_dataset(run / "curate", "curate", Instruction, Shard(rows))
    write_training(run / "train", 5, stopped_by=HOSTILE)
    sides = [(HOSTILE, "PASS", HOSTILE, HOSTILE), ("other", "PASS", HOSTILE, "")]
    after = [(HOSTILE, "WRONG", HOSTILE, HOSTILE), ("other", "PASS", HOSTILE, "")]
    write_evaluation(run / "evaluate", sides, after, test=HOSTILE)
    for name in ("base", "tuned"):
        path = run / "evaluate" / name / "humaneval" / "score.json"
        score = json.loads(path.read_text())
        edition = {"name": HOSTILE, "edition": HOSTILE, "licence": HOSTILE}
        path.write_text(
            json.dumps({**score, "model": HOSTILE, "benchmark": edition, "verdicts": {HOSTILE: 3}})
        )
    return run


def test_the_page_asks_for_nothing(whole_run, hostile_run) -> None:
    for run in (whole_run, hostile_run):
        page = page_of(run)
        reader = PageReader(page)
        for tag, attributes in reader.elements:
            for name in LOADING & set(attributes):
                assert attributes[name].startswith("#"), (tag, name, attributes[name])
        assert not {tag for tag, _ in reader.elements} & {
            "link",
            "iframe",
            "object",
            "embed",
            "base",
            "form",
            "img",
        }
        styles = "".join(text for tag, text in reader.texts if tag == "style")
        assert "url(" not in styles and "@import" not in styles
        scripts = "".join(text for tag, text in reader.texts if tag == "script")
        assert not re.search(r"fetch|XMLHttp|WebSocket|sendBeacon|import\s*\(|https?:", scripts)


def test_nothing_from_the_data_becomes_markup(hostile_run, whole_run) -> None:
    page = page_of(hostile_run)
    reader = PageReader(page)
    assert not reader.mismatched
    assert len(reader.named("script")) == len(reader.named("style")) == 1
    for tag, attributes in reader.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "owned")], (
            tag,
            attributes,
        )
    assert "\x1b" not in page and "\u202e" not in page
    assert "49</pre>" not in page
    # The attack is there to be read, as text.
    assert reader.text.count("</script><script>document.title='owned'</script>") > 20
    assert {tag for tag, _ in reader.elements} <= {tag for tag, _ in PageReader(page_of(whole_run)).elements}


def test_the_policy_allows_our_script_alone(whole_run) -> None:
    reader = PageReader(page_of(whole_run))
    policy = next(m["content"] for m in reader.named("meta") if m.get("http-equiv"))
    (script,) = [text for tag, text in reader.texts if tag == "script"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1]


def test_attributes_in_templates_are_escaped_for_attributes() -> None:
    found = 0
    for template in TEMPLATES.iterdir():
        if template.name.endswith(".html"):
            for value in re.findall(r'="[^"<>]*?(\{\{.*?\}\})', template.read_text("utf-8")):
                found += 1
                safe = (
                    "|attribute" in value
                    or "|format(" in value
                    or re.search(r'\{\{ "[a-z]+" if .* else', value)
                )
                assert safe or "policy" in value, (template.name, value)
    assert found > 10


def test_the_head_leads_with_held_out_rows_and_names_the_harm_that_could_be_seen(whole_run) -> None:
    text = " ".join(PageReader(page_of(whole_run)).text.split())
    loss = text.index("Loss on 48 held-out rows: 2.12 → 1.88 better")
    assert "changed by −0.24, 95% interval −0.28 to −0.2 (paired bootstrap over the rows)" in text
    assert loss < text.index("HumanEval pass@1: 6.1% → 8.5% a tie")
    assert "+2.4 points over 164 problems, 95% interval −1.3 to +6.1 (p = 0.29)" in text
    assert re.search(
        r"neither harm nor gain was seen. A change of \d+\.\d points or more is seen in four of five", text
    )
    assert "Training steps1200.38 passes over the rows, in" in text
    assert not re.search(r"\bNone\b", text), "what is missing is not run"


def test_the_rejected_rows_of_all_stages_are_counted_not_those_of_the_last_alone(whole_run) -> None:
    text = " ".join(PageReader(page_of(whole_run)).text.split())
    assert "Records kept6718 rejected in tasks, synth, curate; 67 written in part by a model" in text


def test_a_task_on_held_out_rows_leads_with_examples_drawn_by_the_seed(whole_run, tmp_path) -> None:
    run = shutil.copytree(whole_run, tmp_path / "copy")
    write_task_evaluation(run / "evaluate", rows=40)
    page = report_html(find_stages(run), ReportConfig(examples=3), seed=1)
    text = " ".join(PageReader(page).text.split())
    head = text[
        text.index(
            "Say what code does: overlap with the authors' own words 12.0% → 26.0% better"
        ) : text.index("What was collected", 400)
    ]
    assert "+14.0 points over 40 held-out rows, 95% interval +11.0 to +17.0 (p < 0.001" in head
    assert "35 answers became better and 5 worse" in head and "rewards the authors' manner" in head
    content = "Is it about the right code? 50.0% → 56.0% a tie"
    assert "picks its own function among ten held-out ones (chance is 10%)" in head
    assert "13.0 points would have been seen" in head
    assert (
        head.index("ROUGE-L")
        < head.index("row-")
        < head.index(content)
        < head.index("Loss on 48 held-out rows")
    )
    shown = list(dict.fromkeys(re.findall(r"row-\d+", head)))
    assert len(shown) == 3
    for row in shown:
        said = f"{row} askedWhat does {row} do? beforebefore {row} afterafter {row}"
        reference = f" authors wrotewhat {row} does"
        # Every second row has no reference, and is shown all the same.
        assert (said + reference in head) == (int(row[4:]) % 2 == 0) and said in head
    other = report_html(find_stages(run), ReportConfig(examples=3), seed=2)
    assert shown != list(dict.fromkeys(re.findall(r"row-\d+", other)))


TWO = [("a", "PASS", "x = 1", ""), ("b", "WRONG", "x = 2", "")]


@pytest.mark.parametrize("word", ["better", "worse"])
def test_the_word_is_the_comparisons(tmp_path, word) -> None:
    folder = write_evaluation(tmp_path / "e", TWO, TWO, verdict=word)
    page = report_html(Stages([folder]), ReportConfig())
    assert f'class="verdict {word}">{word}</span>' in page
    assert not re.search(r"\btie\b", PageReader(page).text)


def test_stages_that_were_not_run_are_said_to_be_so(tmp_path) -> None:
    folder = write_training(tmp_path / "train", 3)
    page = report_html(Stages([folder]), ReportConfig())
    text = PageReader(page).text
    for absent in (
        "Collecting: not run.",
        "Instruction records: not run.",
        "Evaluation: not run.",
        "curate: not run.",
    ):
        assert absent in text
    assert "Collected" in text and re.search(r"Collected\s*not run", text)
    assert "0.0%" not in text


def test_one_measurement_is_told_and_not_drawn(tmp_path) -> None:
    page = report_html(Stages([write_training(tmp_path / "train", 1)]), ReportConfig())
    assert re.search(
        r"One measurement makes no curve: the loss was 2\.\d+ at step 1\.", PageReader(page).text
    )
    assert "data-loss=" not in page


def test_missing_scores_are_not_zero(tmp_path) -> None:
    folder = write_evaluation(tmp_path / "e", TWO, TWO)
    for name in ("base/humaneval/score.json", "tuned/humaneval/score.json", "comparison.json"):
        (folder / name).unlink()
    page = report_html(Stages([folder]), ReportConfig())
    assert "pass@1: not run → not run" in page
    assert "were not compared" in page
    assert "0.0%" not in PageReader(page).text


def test_a_comparison_with_an_unknown_word_is_refused(tmp_path) -> None:
    folder = write_evaluation(tmp_path / "e", TWO, TWO, verdict="glorious")
    with pytest.raises(DataError, match="this is not a comparison: verdict"):
        report_html(Stages([folder]), ReportConfig())


def test_headings_form_an_outline(whole_run) -> None:
    levels = [
        int(tag[1]) for tag, _ in PageReader(page_of(whole_run)).elements if re.fullmatch(r"h[1-6]", tag)
    ]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(deeper - level <= 1 for level, deeper in pairwise(levels))


def test_everyone_can_find_their_way(whole_run) -> None:
    reader = PageReader(page_of(whole_run))
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [a["href"][1:] for a in reader.named("a")]
    assert set(links) <= set(ids) and len(links) == 9
    labelled = [a.get("aria-labelledby") for a in reader.named("section")]
    assert set(labelled) <= set(ids)
    for svg in reader.named("svg"):
        assert svg.get("aria-label") or svg.get("aria-hidden") == "true" or "viewbox" in svg
    assert all(a.get("scope") for a in reader.named("th"))
    assert [a["lang"] for a in reader.named("html")] == ["en"]
    scrolling = [
        a for _, a in reader.elements if "scroll" in a.get("class", "").split() or a.get("class") == "code"
    ]
    assert scrolling and all(a.get("tabindex") == "0" and a.get("aria-label") for a in scrolling)


def _schemes() -> dict[str, dict[str, str]]:
    css = (TEMPLATES / "style.css").read_text("utf-8")
    light, automatic, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block))
        for block in (
            css[css.index(":root {") : css.index("@media (prefers")],
            css[css.index("@media (prefers") : css.index(':root[data-scheme="dark"]')],
            css[css.index(':root[data-scheme="dark"]') : css.index("*, *::before")],
        )
    )
    assert automatic == dark and set(light) == set(dark)
    printed = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", css[css.index("@media print") :]))
    assert set(printed) == set(light)
    return {"light": light, "dark": dark, "print": printed}


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_text_has_contrast(scheme) -> None:
    colours = _schemes()[scheme]
    pairs = [(ink, ground) for ink in ("ink", "soft") for ground in ("page", "card", "sunk")]
    pairs += [(name, f"{name}-wash") for name in ("good", "bad", "tie", "hidden")]
    pairs += [(name, "card") for name in ("good", "bad", "accent")]
    pairs += [(name, "sunk") for name in colours if name.startswith("c-")]
    for ink, ground in pairs:
        dark, light = sorted((_luminance(colours[ink]), _luminance(colours[ground])))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (scheme, ink, ground)
    for mark in ("base", "tuned", "second", "third", "accent"):  # not text: 3 to 1 (WCAG 1.4.11)
        dark, light = sorted((_luminance(colours[mark]), _luminance(colours["card"])))
        assert (light + 0.05) / (dark + 0.05) >= 3, (scheme, mark)


def test_the_page_is_small(whole_run) -> None:
    assert len(page_of(whole_run).encode()) < 200_000


def test_large_data_makes_no_large_page(tmp_path) -> None:
    run = tmp_path / "run"
    big = "x = '" + "y" * 3_000_000 + "'\n" + "z = 1\n" * 50_000
    write_dataset(
        run / "curate",
        "curate",
        Instruction,
        Shard([instruction(i, input=big, output=big) for i in range(4)]),
    )
    write_training(run / "train", 20_000)
    rows = [(f"T/{i}", "PASS", big, big) for i in range(3)]
    write_evaluation(run / "evaluate", rows, [(t, "WRONG", c, d) for t, _, c, d in rows])
    assert len(page_of(run).encode()) < 1_000_000


def test_the_same_run_makes_the_same_page(whole_run) -> None:
    assert page_of(whole_run) == page_of(whole_run)


def test_a_task_with_too_few_rows_says_how_many_would_do(whole_run, tmp_path) -> None:
    run = shutil.copytree(whole_run, tmp_path / "copy")
    write_task_evaluation(run / "evaluate", rows=40, verdict="tie", difference=0.02)
    text = " ".join(PageReader(page_of(run)).text.split())
    assert (
        "If the true gain is as large as measured and rows vary as these do, 160 held-out rows show it"
        in text
    )
    write_left_out_task(run / "evaluate")
    text = " ".join(PageReader(page_of(run)).text.split())
    assert (
        "Say what code does: too few rows to measure" in text and "ten are the fewest that are graded" in text
    )


def test_the_page_names_no_folder_of_this_machine(whole_run, tmp_path) -> None:
    assert str(whole_run) not in page_of(whole_run)
    run = shutil.copytree(whole_run, tmp_path / "copy")
    card = json.loads((run / "train" / "run.json").read_text())
    card["plan"]["config"]["model"] = "/home/somebody/models/mine"
    (run / "train" / "run.json").write_text(json.dumps(card))
    page = page_of(run)
    assert "somebody" not in page and "mine" in page

"""The page in a real browser, with the network off: it draws, its script runs, attacks don't."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess

import pytest
from tests.report.page_reader import PageReader
from tests.report.test_page import hostile_run  # noqa: F401 - a fixture

from codetune.report.config import ReportConfig
from codetune.report.document import report_html
from codetune.report.sections.stages import find_stages

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--enable-logging=stderr", "--log-level=0", "--virtual-time-budget=2000",
)  # fmt: skip

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")


def browse(tmp_path, page: str, *extra: str) -> tuple[str, list[str]]:
    """Load a page; returns the document after its script ran, and what the console said."""
    path = tmp_path / "page.html"
    path.write_text(page, "utf-8")
    command = [
        str(CHROMIUM),
        *FLAGS,
        f"--user-data-dir={tmp_path / 'profile'}",
        *extra,
        "--dump-dom",
        path.as_uri(),
    ]
    if (
        shutil.which("unshare")
        and not subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode
    ):
        command = ["unshare", "-rn", *command]  # its own network, without a single interface up
    done = subprocess.run(command, capture_output=True, text=True, timeout=90)
    assert "<html" in done.stdout, done.stderr[-2_000:]
    return done.stdout, [
        line for line in done.stderr.splitlines() if "CONSOLE" in line and path.as_uri() in line
    ]


def test_the_script_runs_and_the_console_is_silent(whole_run, tmp_path) -> None:
    document, console = browse(tmp_path, report_html(find_stages(whole_run), ReportConfig()))
    button = next(a for a in PageReader(document).named("button"))
    assert "hidden" not in button
    assert not console


def test_a_hostile_run_is_harmless(hostile_run, tmp_path) -> None:  # noqa: F811
    page = report_html(find_stages(hostile_run), ReportConfig())
    document, console = browse(tmp_path, page)
    assert "<title>codetune report</title>" in document
    assert not console
    assert "hidden" not in next(a for a in PageReader(document).named("button"))


def test_the_policy_stops_what_escaping_would_miss(whole_run, tmp_path) -> None:
    page = report_html(find_stages(whole_run), ReportConfig())
    attack = '<script>document.title="owned"</script><img src="https://example.invalid/x.png">'
    document, console = browse(tmp_path, page.replace("<main", attack + "<main"))
    assert "<title>codetune report</title>" in document
    assert len(re.findall("Content Security Policy", "\n".join(console))) >= 2


def with_probe(page: str, script: str) -> str:
    """The page with a script of the test's own, whose hash joins the policy's."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = page.replace("script-src ", f"script-src &#x27;sha256-{digest}&#x27; ")
    return page.replace("</body>", f"<script>{script}</script></body>")


def test_the_curve_is_read_with_the_keyboard(whole_run, tmp_path) -> None:
    probe = (
        "const plot=document.querySelector('.plot'),said=[],on_progress=()=>said.push(document.getElementById("
        "'loss-readout').textContent),press=(key)=>{plot.dispatchEvent(new KeyboardEvent('keydown',{key}));on_progress()};"
        "press('ArrowRight');press('ArrowRight');press('End');press('Escape');"
        "document.body.dataset.said=said.join('|')"
    )
    document, _ = browse(tmp_path, with_probe(report_html(find_stages(whole_run), ReportConfig()), probe))
    first, second, last, idle = PageReader(document).named("body")[0]["data-said"].split("|")
    assert first.startswith("step 1: loss 2.") and second.startswith("step 2: loss 2.")
    assert last.startswith("step 120: loss 1.") and "after 228 s" in last
    assert idle.startswith("120 measurements")


def test_the_colour_scheme_can_be_chosen_and_prints_open_every_fold(whole_run, tmp_path) -> None:
    probe = (
        "const button=document.getElementById('scheme'),said=[],look=()=>said.push(document.documentElement.dataset.scheme"
        "+getComputedStyle(document.body).backgroundColor);button.click();look();button.click();look();"
        "const closed=()=>document.querySelectorAll('details:not([open])').length;said.push(closed());"
        "dispatchEvent(new Event('beforeprint'));said.push(closed());dispatchEvent(new Event('afterprint'));"
        "said.push(closed());document.body.dataset.said=said.join('|')"
    )
    document, _ = browse(tmp_path, with_probe(report_html(find_stages(whole_run), ReportConfig()), probe))
    dark, light, *closed = PageReader(document).named("body")[0]["data-said"].split("|")
    assert (dark, light) == ("darkrgb(18, 19, 23)", "lightrgb(247, 246, 243)")
    assert int(closed[0]) > 5 and closed[1] == "0" and closed[2] == closed[0]


def test_nothing_hangs_over_the_edge_of_a_phone(whole_run, hostile_run, tmp_path) -> None:  # noqa: F811
    probe = (
        "addEventListener('load',()=>{document.body.dataset.wide=[...document.querySelectorAll('main *')]"
        ".filter(e=>!e.closest('.code,.scroll,svg,.tag,.summary-text')&&e.getBoundingClientRect().right>innerWidth+1)"
        ".map(e=>e.tagName+'.'+e.className).join(' ')||'none';document.body.dataset.width=innerWidth})"
    )
    for run in (whole_run, hostile_run):
        page = with_probe(report_html(find_stages(run), ReportConfig()), probe)
        document, _ = browse(tmp_path, page, "--window-size=390,3000")
        (body,) = PageReader(document).named("body")
        assert int(body["data-width"]) <= 500
        assert body["data-wide"] == "none"

"""The page in a real browser: opened, pointed at and clicked."""

from __future__ import annotations

from pathlib import Path

import pytest

import browser as chromium
from browser import Browser
from frostformer.report.page import write_report
from frostformer.report.verdict_page import write_verdict_page
from frostformer.results.result import Result, find_results
from frostformer.results.verdict import read_verdict
from results.made import result

pytestmark = pytest.mark.skipif(chromium.PROGRAM is None, reason="no Chromium here")

DEMO = Path(__file__).parents[2] / "results" / "demo"
HOSTILE = "<img src=x onerror=\"console.log('broken out')\">"

FIRST_MAP = "[...document.querySelector('.maps .plot').querySelectorAll('.mark-rect path')]"
SHADES = f"{FIRST_MAP}.map(one => one.getAttribute('fill-opacity')).join()"
LINES = "[...document.querySelectorAll('.legend + .plot')[0].querySelectorAll('.mark-line path')]"
PALE = f"{LINES}.filter(one => one.getAttribute('opacity') < 0.1).length"
TOOLTIP = "document.querySelector('#vg-tooltip-element.visible')?.innerText ?? ''"


@pytest.fixture(scope="module")
def chrome(tmp_path_factory):
    with chromium.browser(tmp_path_factory.mktemp("profile")) as one:
        yield one


@pytest.fixture
def opened(chrome: Browser, tmp_path):
    """Opens a page of these results, wide and light."""

    def open_page(results: list[Result], width: int = 1100) -> Browser:
        write_report(results, tmp_path / "report.html")
        chrome.size(width)
        chrome.theme("light")
        chrome.open(tmp_path / "report.html")
        return chrome

    yield open_page
    chrome.value("document.title")  # with the answer comes what happened before it
    assert chrome.problems == []
    assert chrome.requests == [(tmp_path / "report.html").as_uri()]  # the page itself, and nothing else


@pytest.fixture(scope="module")
def demo() -> list[Result]:
    return find_results([DEMO])[0]


def test_every_plot_is_drawn(opened, demo):
    page = opened(demo)
    assert page.value("document.querySelectorAll('.plot').length") == 8
    assert page.value("document.querySelectorAll('.plot svg').length") == 8
    assert page.value(f"{LINES}.length") == 6  # two arms, three seeds


def test_a_click_on_a_name_shows_its_arm_alone(opened, demo):
    page = opened(demo)
    assert page.value(PALE) == 0
    page.click(".legend li:nth-child(2) button")
    page.point("h1")
    page.wait(f"{PALE} === 3")
    assert page.value("document.querySelector('.legend li:nth-child(2) button').ariaPressed") == "true"
    page.click(".legend li:nth-child(2) button")
    page.point("h1")
    page.wait(f"{PALE} === 0")


def test_a_pointer_on_a_name_shows_its_arm_while_it_rests_there(opened, demo):
    page = opened(demo)
    page.point(".legend li:nth-child(1) button")
    page.wait(f"{PALE} === 3")
    page.point("h1")
    page.wait(f"{PALE} === 0")


def test_a_pointer_near_a_line_tells_arm_seed_step_and_score(opened, demo):
    page = opened(demo)
    page.point(".legend + .plot .mark-symbol path:nth-child(5)")
    page.wait(f"{TOOLTIP}.includes('validation accuracy')")
    told = page.value(TOOLTIP).split()
    assert told[0:2] in (["arm", "pretrained"], ["arm", "random"])
    assert {"seed", "step"} <= set(told)
    assert told[-1].endswith("%")


def test_the_slider_steps_through_the_blocks(opened, demo):
    page = opened(demo)
    mean = page.value(SHADES)
    assert page.value("document.querySelector('.stepper output').textContent") == "mean of all blocks"
    page.value("document.querySelector('.stepper input').focus()")
    page.key("ArrowRight")
    page.wait(f"{SHADES} !== {mean!r}")
    assert page.value("document.querySelector('.stepper output').textContent") == "block 1"
    page.key("ArrowLeft")
    page.wait(f"{SHADES} === {mean!r}")


def test_a_pointer_on_a_map_tells_both_positions_and_the_share(opened, demo):
    page = opened(demo)
    page.point(".maps .plot .mark-rect path:nth-child(1)")
    page.wait(f"{TOOLTIP} !== ''")
    told = " ".join(page.value(TOOLTIP).split())
    assert told == "query position 1 key position 1 share of its attention 100.0%"


def test_a_phone_scrolls_down_and_not_sideways(opened, demo):
    made = [*demo, result(backbone="long-name-without-any-break" * 5)]
    page = opened(made, width=360)
    assert page.value("document.documentElement.scrollWidth") == 360


def test_a_window_that_becomes_narrow_has_narrow_plots(opened, demo):
    page = opened(demo)
    page.size(360)
    page.wait("document.querySelector('.legend + .plot svg').getBoundingClientRect().width < 340")
    assert page.value("document.documentElement.scrollWidth") == 360


def test_colours_follow_the_theme_while_the_page_is_open(opened, demo):
    page = opened(demo)
    colour = f"getComputedStyle({LINES}[0]).stroke"
    light = page.value(colour)
    page.theme("dark")
    dark = page.value(colour)
    page.theme("dark", "print")
    printed = page.value(colour)
    assert light != dark
    assert printed == light


def test_a_hostile_name_stays_text(opened):
    page = opened([result(backbone=HOSTILE), result(backbone="other")])
    page.point(".legend + .plot .mark-symbol path")
    page.wait(f"{TOOLTIP} !== ''")
    assert page.value("document.querySelectorAll('img').length") == 0


def test_without_script_the_tables_are_there_and_a_sentence_says_so(chrome, demo, tmp_path):
    write_report(demo, tmp_path / "report.html")
    chrome.ask("Emulation.setScriptExecutionDisabled", value=True)
    try:
        chrome.ask("Page.navigate", url=(tmp_path / "report.html").as_uri())
        chrome.wait("document.querySelector('main')?.innerText.includes('Environment 1')")
        text = chrome.value("document.body.innerText")
    finally:
        chrome.ask("Emulation.setScriptExecutionDisabled", value=False)
    for part in ("The plots need JavaScript", "100.0 ± 0.0 %", "not converged", "frostformer run --task bit-xor"):
        assert part in text


def test_a_verdict_is_drawn_without_a_problem(chrome, tmp_path):
    paths = sorted((Path(__file__).parents[2] / "results/verdicts").glob("*/verdict.json"))
    for path in paths:
        write_verdict_page(read_verdict(path), tmp_path / "verdict.html")
        chrome.size(1100)
        chrome.open(tmp_path / "verdict.html")
        assert chrome.problems == []
        assert chrome.requests == [(tmp_path / "verdict.html").resolve().as_uri()]
        chrome.size(390)
        assert chrome.value("document.documentElement.scrollWidth") <= 390

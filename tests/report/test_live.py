"""The page while runs are made: there soon, written seldom, and no reason to stop."""

from __future__ import annotations

import logging

import pytest

from frostformer.report.live import MOST_TIME, SECONDS_BETWEEN, LivePage
from frostformer.report.page import write_report
from results.made import result

RESULTS = [result(seed=seed) for seed in range(4)]


class Hand:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Its time in seconds."""
        return self.now


@pytest.fixture
def live(tmp_path):
    clock = Hand()
    path = tmp_path / "page.html"
    return LivePage(lambda found, still: write_report(found, path, unfinished=still), 4, clock), path, clock


def test_the_first_run_makes_a_page_that_says_what_is_to_come(live):
    page, path, _ = live
    page.show([])
    assert not path.exists()
    page.show(RESULTS[:1])
    text = path.read_text()
    assert "Runs are still being made: 1 of 4 have ended." in text


def test_it_is_not_written_more_often_than_it_must(live):
    page, path, clock = live
    page.show(RESULTS[:1])
    clock.now = SECONDS_BETWEEN / 2
    page.show(RESULTS[:2])
    assert "1 of 4" in path.read_text()
    clock.now = SECONDS_BETWEEN
    page.show(RESULTS[:3])
    assert "3 of 4" in path.read_text()


def test_the_last_page_is_left_to_who_ends_the_study(live):
    page, path, _ = live
    page.show(RESULTS)
    assert not path.exists()


def test_a_page_that_cannot_be_written_stops_nothing(live, caplog):
    page, path, _ = live
    path.mkdir()
    with caplog.at_level(logging.WARNING):
        page.show(RESULTS[:1])
    assert "could not be written" in caplog.text


def test_a_slow_page_is_written_less_often():
    clock, written = Hand(), []

    def slow(found, still):
        written.append(len(found))
        clock.now += 1.0

    page = LivePage(slow, 4, clock)
    page.show(RESULTS[:1])
    clock.now = 0.9 / MOST_TIME
    page.show(RESULTS[:2])
    clock.now = 1.0 + 1.0 / MOST_TIME
    page.show(RESULTS[:3])
    assert written == [1, 3]

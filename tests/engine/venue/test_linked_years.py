"""Linked venues with a compliance year each: nothing is surrendered twice, whoever recognises."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.venue.federation import Federation
from engine.venue.venue import Venue
from engine.vocabulary.link_commands import SendAllowances, SetRecognition
from engine.vocabulary.registry_commands import SurrenderAllowances
from tests.support import linked_years as years
from tests.support import regions

NAMES = ("gd", "sz", "hb")


def federation(names: tuple[str, ...], quota: int, books: years.Books) -> Federation:
    found = Federation({name: Venue(years.rulebook(name)) for name in names})
    for name in names:
        for command in years.opening(name, 2):
            books.take_all(found.submit(name, command))
    for one, rules, other in years.links(names, quota):
        books.take_all(found.link(one, rules, other))
    return found


def run(seed: int, names: tuple[str, ...], quota: int, steps: int = 120) -> years.Books:
    books = years.Books()
    found = federation(names, quota, books)
    for name, command in years.flow(Random(seed), names, 2, steps):
        books.take_all(found.submit(name, command))
        found.check()
        books.check(found)
        assert found.on_the_way() == (0, 0)
        assert not regions.left_behind(found)
    return books


@given(st.integers(0, 10**9), st.sampled_from((NAMES[:2], NAMES)), st.sampled_from((0, 50, 200)))
@settings(max_examples=40, deadline=None)
def test_nothing_is_surrendered_twice_and_no_quota_is_exceeded(
    seed: int, names: tuple[str, ...], quota: int
) -> None:
    run(seed, names, quota)


def test_the_random_flow_recognises_and_reaches_its_quotas() -> None:
    assert run(1, NAMES, 0, 400).recognised > 500
    books = run(2, NAMES, 50, 400)
    assert max(books.used.values()) > 40


def test_what_is_sent_cannot_be_surrendered_at_home_as_well() -> None:
    books = years.Books()
    found = federation(("gd", "sz"), 0, books)
    found.submit("gd", SetRecognition("sz>gd", 1, 2))
    sz = found.venues["sz"]
    happened = found.submit("sz", SendAllowances("sz>gd", "sz0", 600, "Egd0", years.CYCLE))
    assert not years.refused(happened)
    assert found.venues["gd"].registry.entities["Egd0"].records[years.CYCLE].due == 200
    assert sz.allowances("sz0", "SZA") == (400, 0)
    # 500 are owed at home, 400 are left
    happened = found.submit("sz", SurrenderAllowances("Esz0", years.CYCLE, "SZA", 500))
    assert years.refused(happened) == ["ALLOWANCES"]
    # of 402, all are refused there: 201 are more than is due
    happened = found.submit("sz", SendAllowances("sz>gd", "sz1", 402, "Egd0", years.CYCLE))
    assert years.refused(happened) == ["DUE"]
    assert sz.allowances("sz1", "SZA") == (1_000, 0)
    assert sz.links.ends["sz>gd"].used == 600


def test_a_second_counting_is_noticed_by_the_books() -> None:
    books = years.Books()
    found = federation(("gd", "sz"), 0, books)
    happened = found.submit("sz", SendAllowances("sz>gd", "sz0", 10, "Egd0", years.CYCLE))
    books.take_all(happened)
    books.check(found)
    with pytest.raises(KeyError):
        books.take_all(happened[1:])
    found.venues["gd"].registry.entities["Egd0"].records[years.CYCLE].recognised += 1
    with pytest.raises(AssertionError):
        books.check(found)

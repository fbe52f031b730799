"""Every measure of the laboratory has a unit to be shown in."""

from __future__ import annotations

import pytest

from backtest.measures.table import MEASURES
from backtest.report.units import unit_of
from backtest.report.words import Words
from engine.rulebook.presets import load

BOOK = load("textbook")


@pytest.mark.parametrize("name", list(MEASURES))
def test_money_is_shown_in_the_currency_and_nothing_else_is(name: str) -> None:
    unit = unit_of(name, BOOK)
    money = MEASURES[name].unit.startswith("minor units")
    assert unit.divisor == (100 if money else 1)
    assert ("CNY" in unit.said(Words("en"))) == money
    assert ("元" in unit.said(Words("zh"))) == money


@pytest.mark.parametrize(
    ("name", "word", "english", "chinese"),
    [
        ("volume", "thousand", "thousand tonnes", "千吨"),
        ("surplus of buyers", "million", "million CNY", "百万元"),
        ("price", "", "CNY per tonne", "元/吨"),
        ("trades", "thousand", "thousand", "千"),
        ("a measure of my own", "", "", ""),
    ],
)
def test_units_are_said_in_both_languages(name: str, word: str, english: str, chinese: str) -> None:
    unit = unit_of(name, BOOK)
    assert unit.said(Words("en"), word) == english
    assert unit.said(Words("zh"), word) == chinese

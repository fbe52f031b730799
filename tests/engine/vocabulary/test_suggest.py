"""Which name somebody may have meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.vocabulary.suggest import did_you_mean, nearest, not_one_of

SYMBOLS = ("CCER", "SZA-2013", "SZA-2019", "SZA-2021", "SZA-2022")
VERBS = ("serve", "shell", "replay", "rulebooks", "brokers")
NAMES = st.text(min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("typed", "known", "meant"),
    [
        ("srve", VERBS, "serve"),
        ("SERVE", VERBS, "serve"),
        ("rulebook", VERBS, "rulebooks"),
        ("reply", VERBS, "replay"),
        ("sza-2019", SYMBOLS, "SZA-2019"),
        ("SZA-2091", SYMBOLS, "SZA-2019"),  # two figures have changed places
        ("SZA-2012", SYMBOLS, "SZA-2021"),
        ("SZA2019", SYMBOLS, "SZA-2019"),
        ("xyz", VERBS, ""),
        ("", VERBS, ""),
        ("serve" * 20, VERBS, ""),
    ],
)
def test_the_nearest_name(typed: str, known: tuple[str, ...], meant: str) -> None:
    assert nearest(typed, known) == meant
    assert did_you_mean(typed, known) == (f": did you mean {meant!r}?" if meant else "")


@given(NAMES, st.lists(NAMES, max_size=8))
def test_what_is_suggested_is_known_and_no_order_of_names_matters_to_that(
    typed: str, known: list[str]
) -> None:
    found = nearest(typed, known)
    assert found in (*known, "")
    assert bool(found) == bool(nearest(typed, known[::-1]))
    if typed in known:
        assert found.lower() == typed.lower()


def test_a_refusal_is_short_and_says_what_there_is() -> None:
    assert not_one_of("byu", ["buy", "sell"]) == (
        "'byu' is not one of buy, sell: did you mean 'buy'?"
    )
    assert not_one_of(5, ["buy", "sell"]) == "5 is not one of buy, sell"
    many = [f"kind_{number}" for number in range(40)]
    assert not_one_of("kind_9x", many) == "'kind_9x' is not known: did you mean 'kind_9'?"
    long = not_one_of("x" * 1_000, ["buy"])
    assert long.endswith(" is not one of buy")
    assert len(long) < 100

"""A rulebook is a value: it has canonical bytes and a hash, and says what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import pytest

from engine.rulebook import presets
from engine.rulebook.model import Mode, Product, Rulebook, RulebookError, canonical
from engine.rulebook.toml_codec import from_toml
from engine.rulebook.validation import from_canonical, validate
from engine.venue.venue import Venue
from engine.vocabulary.enums import Matching, SelfTrade, SelfTradeScope

TOML = """
name = "small"
self_trade = "decrement_both"
self_trade_scope = "group"

[[modes]]
name = "screen"
matching = "pro_rata"
limit_up_bp = 1000
limit_down_bp = 500

[[products]]
symbol = "OLD"
reference = 100
tick = 5

[sources]
matching = "rules, article 7"
fees = "default to confirm"
"""


def test_a_rulebook_reads_as_people_write_it() -> None:
    rules = from_toml(TOML)
    assert (rules.name, rules.modes[0].matching) == ("small", Matching.PRO_RATA)
    assert rules.self_trade is SelfTrade.DECREMENT_BOTH
    assert rules.self_trade_scope is SelfTradeScope.GROUP
    assert rules.products == (Product("OLD", 100, tick=5),)


def test_the_digest_depends_on_the_rules_and_not_on_how_they_were_written() -> None:
    rules = from_toml(TOML)
    turned = TOML.replace('matching = "rules, article 7"\nfees = "default to confirm"', "")
    turned += 'fees = "default to confirm"\nmatching = "rules, article 7"\n'
    assert from_toml(turned).digest() == rules.digest()
    assert from_toml(TOML.replace("1000", "1001")).digest() != rules.digest()
    assert from_toml(TOML.replace("article 7", "article 8")).digest() != rules.digest()


@pytest.mark.parametrize("name", presets.names())
def test_a_packaged_rulebook_is_valid_sourced_and_survives_the_log(name: str) -> None:
    rules = presets.load(name)
    validate(rules)
    assert rules.sources, "every figure has its source"
    again = from_canonical(canonical(rules))
    assert again == rules
    assert canonical(again) == canonical(rules)
    assert Venue(again).state_hash() == Venue(rules).state_hash()


def test_an_unknown_packaged_rulebook_names_those_there_are() -> None:
    with pytest.raises(RulebookError, match="textbook"):
        presets.load("nowhere")


def test_a_rulebook_cannot_be_changed() -> None:
    rules = from_toml(TOML)
    with pytest.raises(AttributeError):
        rules.close_min_volume = 1  # type: ignore[misc]


@dataclass(frozen=True)
class Wrong:
    """An edit that spoils a rulebook, and what the refusal says."""

    old: str
    new: str
    says: str


WRONG = [
    Wrong('"pro_rata"', '"lottery"', "matching: 'lottery' is not one of price_time, pro_rata"),
    Wrong('"pro_rata"', "2", "matching"),
    Wrong('"decrement_both"', '"shrug"', "self_trade: 'shrug' is not one of allow, cancel_resting"),
    Wrong('"group"', '"planet"', "self_trade_scope"),
    Wrong("limit_up_bp = 1000", "limit_up_bp = 10000", "limit_up_bp: 10000 is not in"),
    Wrong("limit_up_bp = 1000", "limit_up_bp = -1", "limit_up_bp"),
    Wrong("limit_up_bp = 1000", "limit_up_bp = 0.1", "limit_up_bp"),
    Wrong("limit_up_bp = 1000", "maker_fee_ppm = 1000001", "maker_fee_ppm"),
    Wrong("limit_up_bp = 1000", "taker_fee_ppm = -1", "taker_fee_ppm"),
    Wrong("limit_up_bp = 1000", "iceberg_max_parts = 0", "iceberg_max_parts"),
    Wrong('name = "small"', 'name = "small"\nminor_digits = 7', "minor_digits"),
    Wrong("limit_down_bp = 500", "", "both limits or neither"),
    Wrong(
        "limit_up_bp = 1000",
        "limit_pu_bp = 1000",
        "limit_pu_bp: there is no such key: did you mean 'limit_up_bp'",
    ),
    Wrong("tick = 5", "tick = 0", r"products\[0\].tick"),
    Wrong("tick = 5", "tick = 3", r"products\[0\].reference"),
    Wrong("tick = 5", "lot = 0", r"products\[0\].lot"),
    Wrong("tick = 5", "lot = 10", r"products\[0\].min_quantity"),
    Wrong("tick = 5", "min_quantity = 9\nmax_quantity = 8", "min_quantity: is above"),
    Wrong("tick = 5", "colour = 5", "colour"),
    Wrong('"OLD"', '""', r"products\[0\].symbol"),
    Wrong('"OLD"', "7", "symbol"),
    Wrong('"OLD"', f'"{"S" * 33}"', r"products\[0\].symbol: must be 1-32 characters"),
    Wrong('"screen"', f'"{"s" * 33}"', r"modes\[0\].name: must be 1-32 characters"),
    Wrong("reference = 100", "", "reference"),
    Wrong("reference = 100", "reference = -1", r"products\[0\].reference"),
    Wrong("reference = 100", 'reference = 100\ncurrency = ""', r"products\[0\].currency"),
    Wrong("[[products]]", "[[product]]", "product"),
    Wrong('name = "small"', "name = ", "line 2"),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.new)
def test_a_wrong_rulebook_says_where_and_what(wrong: Wrong) -> None:
    assert wrong.old in TOML
    with pytest.raises(RulebookError, match=wrong.says):
        from_toml(TOML.replace(wrong.old, wrong.new))


def test_a_session_of_a_mode_that_there_is_not_is_refused() -> None:
    session = '\n[[calendar.sessions]]\nat = "09:30"\nphase = "continuous"\nmodes = ["block"]\n'
    with pytest.raises(RulebookError, match=r"calendar\.sessions\[0\]\.modes: 'block'"):
        from_toml(TOML + session)


def test_two_products_of_one_name_and_none_at_all_are_refused() -> None:
    one = Product("OLD", 100)
    for products in ((), (one, one)):
        with pytest.raises(RulebookError, match="products"):
            validate(Rulebook("wrong", products))
        with pytest.raises(RulebookError, match="products"):
            Venue(Rulebook("wrong", products))


@pytest.mark.parametrize("data", [b"", b"\xff", b"\x80", msgspec.msgpack.encode({"name": "x"})])
def test_bytes_that_are_no_rulebook_are_refused(data: bytes) -> None:
    with pytest.raises(RulebookError):
        from_canonical(data)


def test_bytes_of_a_rulebook_that_cannot_be_used_are_refused() -> None:
    with pytest.raises(RulebookError, match="tick"):
        from_canonical(canonical(Rulebook("wrong", (Product("OLD", 100, tick=0),))))


@pytest.mark.parametrize(
    ("lot", "most", "told"),
    [(15, 0, "no multiple of the lot"), (20, 19, "cannot trade"), (20, 20, "")],
)
def test_a_modes_lot_is_made_of_the_products_and_leaves_room(
    lot: int, most: int, told: str
) -> None:
    product = Product("P", 100, lot=10, min_quantity=10, max_quantity=1_000)
    book = Rulebook("lots", (product,), modes=(Mode(lot=lot, max_quantity=most),))
    if told:
        with pytest.raises(RulebookError, match=told):
            validate(book)
    else:
        validate(book)

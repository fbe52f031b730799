"""The compliance programme of a rulebook: what the registry asks of those who emit.

Which products count for a year, and for how much of an obligation, stands with the products.
"""

from msgspec import Struct


class Programme(Struct, frozen=True, forbid_unknown_fields=True):
    """The terms of a compliance year."""

    cap: int = 0  # tonnes that may be allocated for one year; 0: no cap
    deadline: int = 0  # of surrender, month and day of a later year: 1231; 0: the operator's say
    deadline_years: int = 1  # how many years after the compliance year the deadline lies
    borrow_years: int = 0  # how far ahead of the year a surrendered vintage may be
    penalty: int = 0  # minor units for each tonne short
    penalty_multiple: int = 0  # times the price that the settlement of the year states
    make_good: bool = False  # what is short is added to the next year's obligation

"""What an auction's price is held against: the secondary market, and a reserve from its trades."""

from msgspec import Struct

from engine.vocabulary.enums import BelowMarket
from engine.vocabulary.units import BASIS_POINTS


class SecondaryMarket(Struct, frozen=True, forbid_unknown_fields=True):
    """What happens where an auction's price lies well below the product's reference."""

    below: BelowMarket = BelowMarket.CANCEL
    share_bp: int = 0  # a price under this share of the reference is well below; 0: none is


class ReserveFormula(Struct, frozen=True, forbid_unknown_fields=True):
    """A reserve from the venue's own trades: the mean of several averages, times a share.

    Each average weighs the prices of its days by volume.
    """

    months: tuple[int, ...] = ()  # an average each over so many calendar months before the date's
    days: tuple[int, ...] = ()  # an average each over so many days with trades before the date
    modes: tuple[str, ...] = ()  # whose trades count; () means all
    share_bp: int = BASIS_POINTS  # of the mean

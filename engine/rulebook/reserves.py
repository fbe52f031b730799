"""What the prices of auctions and of trades are held against."""

from msgspec import Struct

from engine.vocabulary.enums import BelowMarket, Side
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


class Growth(Struct, frozen=True, forbid_unknown_fields=True):
    """How a price grows from year to year; each year's is rounded to the tick before the next."""

    year: int  # the one whose price the rulebook has
    rate_bp: int = 0  # of every year after it
    inflation_bp: tuple[int, ...] = ()  # on top: of the year after it, of the one after that ...


class PriceTrigger(Struct, frozen=True, forbid_unknown_fields=True):
    """A price at which the authority may sell or buy, watched over the venue's own trades.

    Averages weigh prices by volume: one over days, or one of each month of several.
    """

    name: str
    product: str
    side: Side = Side.SELL  # SELL: a sale is proposed above the level; BUY: a purchase below it
    level: int = 0  # minor units per tonne; or a multiple of an average before:
    multiple_bp: int = 0
    base_months: int = 0  # calendar months that it is over, before those that are watched
    days: int = 0  # an average over so many days with trades
    for_days: int = 1  # and on so many of them, one behind the other
    months: int = 0  # instead of days: each of so many calendar months before the date's
    modes: tuple[str, ...] = ()  # whose trades count; () means all

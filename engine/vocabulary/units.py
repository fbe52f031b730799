"""The largest figures there are, and what rates are parts of. Units as in ``enums``."""

from typing import Annotated, Final, TypeAlias

from msgspec import Meta

MIN_INT: Final = -(1 << 63)
MAX_INT: Final = (1 << 63) - 1
# An integer of a command. Decoding refuses one that does not fit 63 bits and a sign.
Int: TypeAlias = Annotated[int, Meta(ge=MIN_INT, le=MAX_INT)]

MAX_PRICE = 10**12  # minor units per tonne: far above any market, small enough to stay cheap
MAX_QUANTITY = 10**12  # tonnes: a thousand times the world's yearly emissions
MAX_MONEY = 10**18  # minor units a single command may move
MAX_TOTAL = 9 * 10**18  # of one currency or product in a whole venue: all sums fit 63 bits
MAX_REF = 2**62  # a client's reference
MAX_ACCOUNT_NAME = 256  # characters of an account's name, owner, group, member and class
BASIS_POINTS = 10_000
PARTS_PER_MILLION = 1_000_000
MAX_RECIPIENTS = 16  # accounts that one quote goes to; () is everybody

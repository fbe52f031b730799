"""How large an integer of a client's message may be."""

from typing import Annotated, Final, TypeAlias

from msgspec import Meta

MAX_INTEGER: Final = (1 << 63) - 1
# msgpack goes up to 2^64 - 1, but no further down than -2^63: only the upper bound can be broken.
Int63: TypeAlias = Annotated[int, Meta(le=MAX_INTEGER)]

"""What is wrong with a payload, in the names of the protocol instead of places in an array."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from gateway.protocol.bounds import MAX_INTEGER
from gateway.protocol.wire import FromClient, FromVenue

_KINDS: Final = {
    kind.__struct_config__.tag: kind for kind in (*FromClient.__args__, *FromVenue.__args__)
}
_PLACE: Final = re.compile(r"(?P<what>.*) - at `\$\[(?P<index>\d+)\](?P<further>.*)`", re.DOTALL)
_TOO_LARGE: Final = f"Expected `int` <= {MAX_INTEGER}"
_elements = msgspec.msgpack.Decoder(tuple[msgspec.Raw, ...]).decode


def explain(error: Exception, payload: bytes) -> str:
    """Return what is wrong with a payload whose decoding raised ``error``."""
    if isinstance(error, RecursionError):
        return "a message that is nested too deeply"
    if not isinstance(error, msgspec.MsgspecError | UnicodeDecodeError):
        return f"a message whose decoding failed ({type(error).__name__})"
    try:
        return _named(str(error), payload)
    except (msgspec.MsgspecError, RecursionError, LookupError):
        return str(error)  # not one of the messages


def _named(text: str, payload: bytes) -> str:
    """Put message and field into a text. Raises where the payload is none of the messages."""
    elements = _elements(payload)
    kind = _KINDS[msgspec.msgpack.decode(elements[0], type=int)]
    found = _PLACE.fullmatch(text)
    if found is None:
        return f"{kind.__name__}: {text}"
    index = int(found["index"])
    if not index:
        return text  # a message, but not for this end
    place = f"{kind.__name__}.{kind.__struct_fields__[index - 1]}{found['further']}"
    if found["what"] == _TOO_LARGE and not found["further"]:
        return f"{place}: {msgspec.msgpack.decode(elements[index])} does not fit in 63 bits"
    return f"{place}: {found['what']}"

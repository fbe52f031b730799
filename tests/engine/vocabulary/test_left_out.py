"""What a command or an event leaves out means none of it: 0, no text, no, nobody."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import pytest

from engine.vocabulary.enums import OrderType, Side, TimeInForce
from engine.vocabulary.json_codec import COMMANDS, EVENTS, type_name

OTHERS: Final[dict[str, Any]] = {
    "new_order.order_type": OrderType.LIMIT,
    "new_order.tif": TimeInForce.DAY,
    "announce.min_bid": 1,
    "discretionary_sale.side": Side.SELL,
    "allocate_allowances.share_bp": 10_000,
}


@pytest.mark.parametrize("kind", [*COMMANDS.values(), *EVENTS.values()], ids=type_name)
def test_defaults(kind: type) -> None:
    for field in msgspec.structs.fields(kind):
        if not field.required:
            wanted = OTHERS.get(f"{type_name(kind)}.{field.name}")
            assert field.default == wanted if wanted else not field.default, field.name

"""The line that scripts of the load generator are written for in tests."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.enums import Phase
from gateway.protocol import wire_market

PRODUCT: Final = wire_market.LineInfo(
    "CO2", "", "CNY", 2, 1, 1, Phase.CONTINUOUS, 5_000, 0, 0, "CO2"
)

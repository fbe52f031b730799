"""The named years: populations fitted to real markets by ``python -m backtest.lab.fit``."""

from __future__ import annotations

from typing import Final

from backtest.lab.emitters import Hazard
from backtest.lab.people import Horizon
from backtest.lab.year import Year

SHENZHEN: Final = Year(
    name="shenzhen-year",
    horizon=Horizon(first=20201208, last=20211208, seconds=21_600),
    verification=20210430,
    deadline=20210630,
    weights={
        "SZA-2013": 0.007, "SZA-2014": 0.02, "SZA-2015": 0.172, "SZA-2016": 0.165,
        "SZA-2017": 0.079, "SZA-2018": 0.066, "SZA-2019": 0.108, "SZA-2020": 0.383,
    },
    emitters=800,
    emissions=26.0,
    intensity=0.3,
    hazard=Hazard(0.001, 0.2, 6.0),
    dealers=10,
    dealing=0.05,
    season=5.0,
    pegging=0.42,
    quiet=0.1,
    reversal=0.3,
    back=0.5,
    onward=0.06,
)  # fmt: skip

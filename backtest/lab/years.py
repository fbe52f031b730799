"""The named years: populations brought near real markets, by ``backtest.lab.fit`` and by hand."""

from __future__ import annotations

from typing import Final, NamedTuple

from backtest.lab.emitters import Hazard
from backtest.lab.people import Horizon
from backtest.lab.year import Year

SHENZHEN: Final = Year(
    name="shenzhen-year",
    version=2,
    horizon=Horizon(first=20201208, last=20211208, seconds=21_600),
    verification=20210430,
    deadline=20210630,
    weights={
        "SZA-2013": 0.007, "SZA-2014": 0.02, "SZA-2015": 0.172, "SZA-2016": 0.165,
        "SZA-2017": 0.079, "SZA-2018": 0.066, "SZA-2019": 0.108, "SZA-2020": 0.383,
    },
    price=1_140,
    daily=0.013,
    emitters=800,
    emission=50.0,
    sizes=1.7,
    intensity=1.5,
    banking=0.02,
    hazard=Hazard(0.0045, 0.4, 8.0),
    parts=3.5,
    margin=0.12,
    noise=0.011,
    dealers=10,
    dealing=0.35,
    season=1.0,
    lots=1_200.0,
    spread_of_lots=2.0,
    spread=0.03,
    speculators=3,
    speculating=0.7,
    small=150.0,
    pegging=0.27,
    quiet=0.42,
    reversal=0.15,
    back=0.08,
    onward=0.45,
)  # fmt: skip

GUANGDONG: Final = Year(
    name="guangdong-year",
    version=2,
    horizon=Horizon(first=20200901, last=20210831, seconds=21_600),
    verification=20210430,
    deadline=20210620,
    weights={"GDEA": 1.0},
    daily=0.03,
    emitters=250,
    emission=1_800.0,
    intensity=0.65,
    banking=0.16,
    noise=0.02,
    hazard=Hazard(0.0033, 0.098, 28.0),
    parts=4.6,
    margin=0.022,
    stock=1_000_000,
    dealers=20,
    dealing=0.18,
    season=1.0,
    lots=5_000.0,
    spread_of_lots=1.8,
    speculators=20,
    speculating=0.1,
    small=80.0,
    spread=0.0215,
)

NATIONAL: Final = Year(
    name="national-year",
    version=2,
    horizon=Horizon(first=20240102, last=20241231, seconds=21_600),
    verification=20240930,
    deadline=20241231,
    weights={"CEA23": 0.5, "CEA22": 0.3, "CEA21": 0.1, "CEA19-20": 0.1},
    daily=0.01,
    noise=0.003,
    emitters=2_000,
    emission=2_600.0,
    intensity=0.25,
    banking=0.35,
    sizes=1.9,
    margin=0.02,
    spread=0.01,
    hazard=Hazard(0.0001, 0.05, 26.0),
    parts=4.0,
    gap=2.0,
    dealers=40,
    dealing=0.8,
    season=3.0,
    lots=10_000.0,
    spread_of_lots=1.7,
    speculators=150,
    speculating=1.5,
    small=100.0,
)

YEARS: Final = {year.name: year for year in (SHENZHEN, GUANGDONG, NATIONAL)}


class Target(NamedTuple):
    """The real facts that a year is fitted to, and the rules that it was fitted on."""

    preset: str
    month: int  # that of the deadline
    days: int  # trading days that the real data cover
    facts: dict[str, float]


TARGETS: Final = {
    "shenzhen-year": Target(
        "shenzhen-2022",
        6,
        244,
        {
            "volume, Mt": 6.083,
            "average price": 11.40,
            "median daily volume, t": 344.0,
            "mean daily volume, t": 29_103.0,
            "days of at most 10 t": 0.364,
            "top tenth of days": 0.835,
            "month of the deadline": 0.659,
            "days without a trade": 0.143,
            "product days without a trade": 0.596,
            "volatility": 0.1036,
            "autocorrelation": 0.122,
            "days at the limit": 0.900,
        },
    ),
    "guangdong-year": Target(
        "guangdong",
        6,
        1_815,
        {
            "volume, Mt": 24.0,
            "median daily volume, t": 13_174.0,
            "mean daily volume, t": 111_987.0,
            "days of at most 10 t": 0.056,
            "top tenth of days": 0.593,
            "month of the deadline": 0.211,
            "days without a trade": 0.12,
            "volatility": 0.0385,
            "autocorrelation": -0.03,
            "days at the limit": 0.053,
        },
    ),
    "national-year": Target(
        "cn-national",
        12,
        242,
        {
            "volume, Mt": 189.0,
            "mean daily volume, t": 781_000.0,
            "days without a trade": 0.001,
            "last 13 days": 0.44,
            "last 37 days": 0.87,
            "blocks": 0.8,
        },
    ),
}

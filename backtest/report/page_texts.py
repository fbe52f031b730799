"""The longer texts of a study's page, in both languages."""

from __future__ import annotations

from typing import Final

from backtest.report.words import Both

EACH_SEED: Final = Both(
    "each seed as a dot, a box from quartile to quartile, lines to "
    "the 5th and 95th percentile, the mean with its 95% interval.",
    "每个种子一个点；箱体为上下四分位数，线至第5和第95百分位数；菱形为均值及95%区间。",
)
CAPTIONS: Final = {
    "surplus by group": Both(
        "Mean surplus of each group, stacked. Thin bars are 95% intervals of a group's mean, the "
        "diamond is the total with its own.",
        "各类参与者的平均剩余（堆叠）。细线为各类均值的95%区间，菱形为合计及其区间。",
    ),
    "batch interval": Both(
        "Efficiency by how long a batch lasts, with 95% intervals. A design without batches is a "
        "line across. The closed form holds for truthful traders with uniform values who come by "
        "a Poisson process to batches without carry-over.",
        "效率与每批集合竞价时长的关系，附95%区间。不分批的设计为横线。解析解适用于如实申报、"
        "估值均匀分布、按泊松过程到达且未成交不转入下一批的情形。",
    ),
    "sensitivity": Both(
        "How far each design moves the measure from the first one, largest first: paired "
        "differences with 95% intervals.",
        "各设计使指标偏离第一种设计的幅度，由大到小：配对差异及95%区间。",
    ),
    "supply and demand": Both(
        "Values and costs of one session, thick where a tonne traded, with the prices of the "
        "trades in their order.",
        "一场交易的估值与成本，已成交的吨加粗，并按先后列出成交价。",
    ),
    "prices": Both(
        "Trades of the line with most of them, inside the limits in force.",
        "成交笔数最多的标的的成交，及当时有效的涨跌停价。",
    ),
    "deadline": Both(
        "Tonnes traded by the time left to the deadline, and their share of all so far.",
        "按距截止日的时间统计的成交吨数，及其累计占比。",
    ),
}
CONVENTIONS: Final = (
    Both(
        "Every design meets the same people with the same random draws, seed by seed. A "
        "difference is the mean of the differences within each seed.",
        "每个种子之下，各设计面对同样的参与者和同样的随机抽取。差异为各种子内差异的均值。",
    ),
    Both(
        "Intervals are 95% t intervals of a mean over seeds, each by itself. Bold marks a "
        "difference to the first design that stands when one looks at all designs (5%, corrected "
        "for their number by Holm).",
        "区间为均值对各种子的95% t区间，各自计算。粗体表示与首个设计的差异在同时比较所有设计时"
        "仍显著（5%，按比较次数以霍尔姆法校正）。",
    ),
    Both(
        '"n/a" means that a measure does not apply, which is not 0. A mean is over the seeds for '
        "which the measure applies; their number stands in the last column.",
        "“不适用”表示指标对该场交易没有意义，不等于0。均值只对适用的种子计算，种子数见末列。",
    ),
    Both(
        "Efficiency is the surplus realised divided by the largest that trading could have "
        "realised with this session's people. Surplus is value less price for a tonne bought and "
        "kept, and price less cost for a tonne sold; what an account sold again is worth its "
        "price. Fees are left out. The groups' surpluses add up to the total.",
        "效率为实现的剩余除以同一批参与者通过交易所能实现的最大剩余。买入并持有的一吨，剩余为"
        "估值减价格；卖出的一吨，剩余为价格减成本；买入后又卖出的，按其价格计。不计手续费。"
        "各类参与者的剩余之和等于合计。",
    ),
)

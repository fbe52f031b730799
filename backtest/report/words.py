"""The words of the pictures, in English and Chinese."""

from __future__ import annotations

from typing import Final

from backtest.report.subject import PictureError

ENGLISH, CHINESE = "en", "zh"
_LANGUAGES: Final = (ENGLISH, CHINESE)
_CHINESE: Final = {
    "95% interval of the mean": "均值的95%区间",
    "Distribution over seeds: {measure}": "各随机种子的分布：{measure}",
    "Efficiency against the interval of batches": "效率与集合竞价间隔",
    "Mean surplus by group": "各类参与者的平均剩余",
    "Price path and limits: {symbol}": "价格走势与涨跌停：{symbol}",
    "Sensitivity: {measure}": "敏感性：{measure}",
    "Supply and demand with what traded": "供求曲线与成交",
    "Volume by days to the deadline": "距履约截止日各日成交量",
    "batches that start empty": "每批清空未成交",
    "batches with carry-over": "未成交转入下一批",
    "billion": "十亿",
    "buyers' values": "买方估值",
    "change of {measure} from “{base}” (paired)": "{measure}相对“{base}”的变化（配对）",
    "closed form": "解析解",
    "competitive price": "均衡价格",
    "continuous: {label}": "连续竞价：{label}",
    "cumulative share, %": "累计占比，%",
    "daily limits": "涨跌停",
    "date": "日期",
    "days to the deadline": "距截止日天数",
    "efficiency": "效率",
    "efficiency, share of the largest surplus": "效率（占最大剩余的比例）",
    "interval of batches, s": "集合竞价间隔，秒",
    "lots at a time on this day": "当日时间",
    "mean": "均值",
    "million": "百万",
    "one seed": "单个种子",
    "price": "价格",
    "sellers' costs": "卖方成本",
    "surplus": "剩余",
    "thousand": "千",
    "time of day": "时刻",
    "tonnes": "吨",
    "total": "合计",
    "trade prices, in order": "成交价（按先后）",
    "trades": "成交",
    "traded": "已成交",
    "volume": "成交量",
    "week to the deadline": "距截止日周数",
    "{currency} per tonne": "{currency}/吨",
    "{unit} {currency}": "{unit}{currency}",
}


class Words:
    """Labels in one language, by their English text."""

    def __init__(self, language: str) -> None:
        """Speak ``"en"`` or ``"zh"``. Raises ``PictureError``."""
        if language not in _LANGUAGES:
            message = f"language {language!r} is not one of {', '.join(_LANGUAGES)}"
            raise PictureError(message)
        self.language = language

    def __call__(self, text: str, **parts: str) -> str:
        """Return a label with its parts filled in."""
        said = _CHINESE[text] if self.language == CHINESE else text
        return said.format(**parts).strip() if parts else said

    def measure(self, name: str) -> str:
        """Return the name of a measure, translated where it has a word of its own."""
        return _CHINESE.get(name, name) if self.language == CHINESE else name

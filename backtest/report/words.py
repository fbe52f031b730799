"""The words of the pictures, in English and Chinese."""

from __future__ import annotations

from typing import Final

from backtest.report.subject import PictureError

ENGLISH, CHINESE = "en", "zh"
_LANGUAGES: Final = (ENGLISH, CHINESE)
_CHINESE: Final = {
    "Distribution over seeds: {measure}": "各随机种子的分布：{measure}",
    "Efficiency against the interval of batches": "效率与集合竞价间隔",
    "Mean surplus by group": "各类参与者的平均剩余",
    "Price path and limits: {symbol}": "价格走势与涨跌停：{symbol}",
    "Price path: {symbol}": "价格走势：{symbol}",
    "Sensitivity: {measure}": "敏感性：{measure}",
    "Supply and demand with what traded": "供求曲线与成交",
    "Volume by days to the deadline": "距履约截止日各期成交量",
    "average price of the day": "当日均价",
    "batches that start empty": "各批未成交撤销",
    "batches with carry-over": "未成交转入下一批",
    "billion": "十亿",
    "buyers' values": "买方估值",
    "change from “{base}”, paired, 95% interval": "相对“{base}”的配对变化，95%区间",
    "closed form, no carry-over": "解析解（未成交撤销）",
    "competitive price": "均衡价格",
    "cumulative share, %": "累计占比，%",
    "daily limits": "涨跌停价",
    "date": "日期",
    "days to the deadline": "距截止日天数",
    "efficiency": "效率",
    "efficiency, share of the largest surplus": "效率（占最大剩余的比例）",
    "interval of batches, s": "集合竞价间隔，秒",
    "mean, 95% interval": "均值及95%区间",
    "million": "百万",
    "no batches: {label}": "连续交易：{label}",
    "one seed": "单个种子",
    "price": "均价",
    "range of the day": "当日价格区间",
    "seconds": "秒",
    "sellers' costs": "卖方成本",
    "share": "占比",
    "surplus": "剩余",
    "thousand": "千",
    "time of day": "时刻",
    "tonnes": "吨",
    "total": "合计",
    "trade prices, in order": "成交价（按先后）",
    "traded": "已成交",
    "trades": "成交",
    "volume": "成交量",
    "weeks to the deadline": "距截止日周数",
    "{currency} per tonne": "{currency}/吨",
    "{currency} per tonne, per tonne": "{currency}/吨/吨",
    "{unit} tonnes": "{unit}吨",
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

    def listed(self, *parts: str) -> str:
        """Return parts that are not empty, one after the other."""
        comma = "，" if self.language == CHINESE else ", "
        return comma.join(part for part in parts if part)

    def per_tonne(self, currency: str) -> str:
        """Return the unit of a price."""
        return self("{currency} per tonne", currency=self.currency(currency))

    def currency(self, code: str) -> str:
        """Return a currency as prices are followed by it."""
        return "元" if self.language == CHINESE and code == "CNY" else code

    def measure(self, name: str) -> str:
        """Return the name of a measure or of its unit, translated where there is a word for it."""
        return _CHINESE.get(name, name) if self.language == CHINESE else name

"""What a compliance programme must keep: its figures within bounds, its names known."""

from collections.abc import Collection, Iterator

from engine.rulebook.calendar import is_date
from engine.rulebook.programme import Programme
from engine.vocabulary.suggest import not_one_of
from engine.vocabulary.units import BASIS_POINTS, MAX_PRICE, MAX_QUANTITY

_YEARS = (1990, 2200)
MONTHS_KEPT = 12  # that an average may reach back
_MAX_MULTIPLE_BP = 1_000_000  # a hundred times


def rules_of(
    programme: Programme,
    symbols: Collection[str],
    classes: Collection[str],
    modes: Collection[str],
) -> Iterator[tuple[str, bool, str]]:
    """Yield what a programme must keep: the field, whether it does, and the rule."""
    p = programme
    for field, most in (
        ("benchmark_ppm", MAX_QUANTITY),
        ("offset_bp", BASIS_POINTS),
        ("local_bp", BASIS_POINTS),
        ("bank_bp", _MAX_MULTIPLE_BP),
        ("borrow_bp", BASIS_POINTS),
        ("penalty", MAX_PRICE),
        ("penalty_bp", _MAX_MULTIPLE_BP),
        ("make_good_bp", _MAX_MULTIPLE_BP),
        ("large_holder", MAX_QUANTITY),
        ("penalty_months", MONTHS_KEPT),
    ):
        value = getattr(p, field)
        yield field, 0 <= value <= most, f"{value} is not in 0-{most}"
    yield "offset_from", _is_day(p.offset_from), f"{p.offset_from} is not a day such as 20210626"
    known = not p.freeze_class or p.freeze_class in classes
    yield "freeze_class", known, "" if known else not_one_of(p.freeze_class, classes or ["none"])
    for mode in p.penalty_modes:
        yield "penalty_modes", mode in modes, not_one_of(mode, modes)
    names = [cycle.name for cycle in p.cycles]
    yield "cycles", len(dict.fromkeys(names)) == len(names), "names must differ"
    for index, cycle in enumerate(p.cycles):
        path, last = f"cycles[{index}]", cycle.last or cycle.first
        yield f"{path}.name", bool(cycle.name), "must not be empty"
        holds = _YEARS[0] <= cycle.first <= last <= _YEARS[1]
        yield f"{path}.first", holds, f"{cycle.first} to {last} is no span of years"
        for field in ("report_by", "verify_by", "publish", "deadline"):
            day = getattr(cycle, field)
            yield f"{path}.{field}", _is_day(day), f"{day} is not a day such as 20210626"
        holds = 0 <= cycle.share_bp <= BASIS_POINTS
        yield f"{path}.share_bp", holds, f"{cycle.share_bp} is not in 0-{BASIS_POINTS}"
    for index, credit in enumerate(p.credits):
        holds = credit.symbol in symbols
        rule = "" if holds else not_one_of(credit.symbol, symbols)
        yield f"credits[{index}].symbol", holds, rule
        day = credit.project_date
        rule = f"{day} is not a day such as 20210626"
        yield f"credits[{index}].project_date", _is_day(day), rule


def _is_day(date: int) -> bool:
    return not date or is_date(date)

"""Who gets how much at one price."""

from collections.abc import Sequence


def pro_rata(shown: Sequence[int], quantity: int, lot: int) -> list[int]:
    """Share ``quantity`` tonnes among queued orders that show ``shown`` tonnes each.

    Each gets its proportion rounded down to whole lots; the lots that remain go one each from
    the head of the queue, as far as shown. All figures are multiples of ``lot`` and the shares
    add up to ``min(quantity, sum(shown))``.
    """
    total = sum(shown)
    if quantity >= total:
        return list(shown)
    shares = [each * quantity // total // lot * lot for each in shown]
    rest = quantity - sum(shares)
    for place, each in enumerate(shown):
        if rest == 0:
            break
        if shares[place] < each:
            shares[place] += lot
            rest -= lot
    return shares

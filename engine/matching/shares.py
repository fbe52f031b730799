"""Splitting whole units exactly, in proportion: the largest remainders get what is left over."""

from collections.abc import Sequence


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """Return whole parts that are in proportion to their weights and make up the total.

    Parts are rounded down; the units over go one each to the largest fractions lost, among equals
    to the one that is named first. Without a weight all parts are 0.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda n: (-(total * weights[n] % whole), n))
    for n in order[: total - sum(parts)]:
        parts[n] += 1
    return parts

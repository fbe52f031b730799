"""Which public data a client wants: what was said last, however often the connection changes."""

from __future__ import annotations

from gateway.protocol import wire


class Subscriptions:
    """All lines but some, or some lines."""

    def __init__(self) -> None:
        """Start with none."""
        self._all = False
        self._named: dict[str, None] = {}  # those wanted, or where all are, those not wanted

    def add(self, symbol: str) -> None:
        """Want a line, or (``""``) all, those that are opened later included."""
        if not symbol:
            self._all = True
            self._named.clear()
        elif self._all:
            self._named.pop(symbol, None)
        else:
            self._named[symbol] = None

    def remove(self, symbol: str) -> None:
        """Want a line, or all lines, no more."""
        if not symbol:
            self._all = False
            self._named.clear()
        elif self._all:
            self._named[symbol] = None
        else:
            self._named.pop(symbol, None)

    def messages(self) -> list[wire.FromClient]:
        """Return what to say so that a snapshot of all that is wanted follows, and nothing else."""
        if not self._all:
            return [wire.Subscribe(symbol) for symbol in self._named]
        return [wire.Subscribe(""), *(wire.Unsubscribe(symbol) for symbol in self._named)]

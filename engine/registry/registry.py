"""The registry: takes its commands, answers with events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.registry import entities, issuance, penalties, surrender
from engine.registry.base import RegistryBase
from engine.registry.records import RefusedError
from engine.vocabulary import registry_commands as rc
from engine.vocabulary.enums import RejectReason
from engine.vocabulary.events import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.book.orders import Participant
    from engine.ledger.accounts import Ledger
    from engine.markets.assets import Asset
    from engine.vocabulary.events import Event


class Registry(RegistryBase):
    """The registry of a venue, by command."""

    __slots__ = ("handlers",)

    WIRING = __slots__  # made by ``wire``, and no part of the state

    def __init__(
        self, ledger: Ledger, participants: dict[str, Participant], assets: dict[str, Asset]
    ) -> None:
        """Start with no entity; ``install`` brings the rules."""
        super().__init__(ledger, participants, assets)
        self.wire()

    def wire(self) -> None:
        """Bind the handlers of commands."""
        self.handlers: dict[type, Callable[[Any], list[Event]]] = {
            rc.RegisterEntity: lambda c: entities.register(self, c),
            rc.SetCap: lambda c: issuance.set_cap(self, c),
            rc.IssueAllowances: lambda c: issuance.issue(self, c),
            rc.AllocateAllowances: lambda c: issuance.allocate(self, c),
            rc.TransferAllowances: lambda c: issuance.transfer(self, c),
            rc.ReportEmissions: lambda c: surrender.report(self, c),
            rc.VerifyEmissions: lambda c: surrender.verify(self, c),
            rc.SurrenderAllowances: lambda c: surrender.surrender(self, c),
            rc.CancelAllowances: lambda c: issuance.cancel(self, c),
            rc.BankAllowances: lambda c: issuance.bank(self, c),
            rc.CloseCycle: lambda c: penalties.close(self, c),
            rc.PayPenalty: lambda c: penalties.pay(self, c),
        }

    def apply(self, command: rc.RegistryCommand) -> list[Event]:
        """Change the state as a command says; return what happened, or why it may not be."""
        if not self.programme.cycles:
            rule = f"the rulebook {self.rulebook.name} has no compliance programme"
            return [Rejected("", 0, RejectReason.PROGRAMME, "type", rule)]
        try:
            return self.handlers[type(command)](command)
        except RefusedError as refused:
            return [Rejected("", 0, refused.reason, refused.field, refused.rule)]

    def take_averages(self, date: int) -> list[Event]:
        """Keep the average prices of the cycles whose deadline is over as a day begins."""
        return penalties.take_averages(self, date) if self.programme.cycles else []

    def begin_day(self, date: int) -> list[Event]:
        """Let the calendar act: dates that went by, publication, large holders."""
        self.date = date
        return surrender.begin_day(self, date) if self.programme.cycles else []

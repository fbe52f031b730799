"""How the people of a session come to their seats: one by one, or as the members of a crowd."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from backtest.kernel.crowd import Crowd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backtest.kernel.kernel import Kernel
    from backtest.lab.people import Person


def seat_all(kernel: Kernel, people: Sequence[Person]) -> None:
    """Let people's agents join and start, in their order; those of a crowd are one agent.

    Raises ``ValueError`` where people are no crowd (see ``check_crowds``) or an account has an
    agent already, and ``AgentError``.
    """
    check_crowds(people)
    for crowd, members in groupby(people, key=lambda person: person.crowd):
        if crowd:
            found = list(members)
            accounts = [person.account for person in found]
            Crowd(kernel, found[0].agent, accounts, crowd).start()
            continue
        for person in members:
            kernel.join(
                person.agent,
                person.account,
                person.who,
                to_venue=person.to_venue,
                back=person.back,
                compute=person.compute,
            ).start()


def check_crowds(people: Sequence[Person]) -> None:
    """See that the members of each crowd follow each other, have one agent and no delays.

    Raises ``ValueError``.
    """
    seen: dict[str, None] = {}
    for crowd, members in groupby(people, key=lambda person: person.crowd):
        if not crowd:
            continue
        if crowd in seen:
            message = f"crowd {crowd!r}: its members follow each other in the list of people"
            raise ValueError(message)
        seen[crowd] = None
        first, *others = members
        for each in (first, *others):
            if each.agent is not first.agent:
                message = f"crowd {crowd!r}: {each.who} has another agent: one object acts for all"
                raise ValueError(message)
            if each.to_venue or each.back or each.compute:
                message = f"crowd {crowd!r}: {each.who} has a delay: put it into the orders' times"
                raise ValueError(message)

"""The account's status, told in pages: asked for, put together, kept up meanwhile."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from msgspec import structs

from gateway.client.account_view import AccountView
from gateway.client.errors import Answer, resolve
from gateway.protocol import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.client.errors import ClientError
    from gateway.protocol.wire_account import AccountStatus

    Ask = Callable[[wire.FromClient, Callable[[Any], None] | None], Answer[Any]]


class Statuses:
    """Those that are under way; each that is whole begins the account's picture anew."""

    def __init__(self, ask: Ask, account: AccountView) -> None:
        """Start with none; ``ask`` asks the venue, and gives the answer at once."""
        self._ask = ask
        self._account = account
        self._coming: dict[_Coming, None] = {}

    def ask(self, take: Callable[[AccountStatus], None] | None = None) -> Answer[AccountStatus]:
        """Ask for the status; return it to come. ``take`` gets it before."""
        coming = _Coming(take)
        self._coming[coming] = None
        coming.whole.add_done_callback(lambda _whole: self._coming.pop(coming, None))
        self._page(coming, 0)
        return coming.whole

    def absorb(self, report: wire.Report, asked: wire.OrderMessage | None) -> None:
        """Take a report into what has come of each so far."""
        for coming in list(self._coming):
            coming.view.absorb(report, asked)
            self._finish(coming)

    def fail(self, error: ClientError) -> None:
        """End all that are under way, each with an error of its own."""
        for coming in list(self._coming):
            if not coming.whole.done():
                coming.whole.set_exception(copy.copy(error))
                coming.whole.exception()  # seen: only those who await it get it

    def _page(self, coming: _Coming, after: int) -> None:
        def arrived(page: AccountStatus) -> None:
            if after:
                coming.view.add(page)
            else:
                coming.view.adopt(page)
            coming.last = page
            if not page.more:
                self._finish(coming)
            elif not coming.whole.done():
                self._page(coming, page.orders[-1].ref)

        question = self._ask(wire.AskStatus(after), arrived)
        coming.whole.add_done_callback(lambda _whole: question.cancel())

    def _finish(self, coming: _Coming) -> None:
        """End one whose pages are there, and the reports that the last of them knows of."""
        page, view = coming.last, coming.view
        if page is None or page.more or view.as_of < page.seq or coming.whole.done():
            return
        orders = tuple(order for _ref, order in sorted(view.orders.items()))
        whole = structs.replace(page, orders=orders)
        self._account.adopt(whole)
        if coming.take is not None:
            coming.take(whole)
        resolve(coming.whole, whole)


class _Coming:
    """One that is under way."""

    def __init__(self, take: Callable[[AccountStatus], None] | None) -> None:
        self.take = take
        self.view = AccountView()
        self.last: AccountStatus | None = None  # page
        self.whole: Answer[AccountStatus] = Answer()

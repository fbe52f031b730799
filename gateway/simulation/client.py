"""A client that follows the protocol, and believes nothing: it checks whatever it is told."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Any, Final

from engine.vocabulary.enums import RejectReason, Side, TimeInForce
from gateway.protocol import wire
from gateway.protocol.answers import ANSWERS, REPORTS
from gateway.protocol.proof import exchange, prove, signed
from gateway.protocol.session import LOGON_WITHIN, Due, State, client_end, pack
from gateway.protocol.wire_account import AccountStatus
from gateway.protocol.wire_market import BookSnapshot
from gateway.simulation.violation import require

if TYPE_CHECKING:
    from random import Random

    from engine.log.journal import Journal
    from gateway.protocol.session import Session
    from gateway.simulation.network import Link

SYMBOL: Final = "CO2"
HEARTBEATS: Final = (200, 1_000, 10_000)  # ms
PATIENCE: Final = 800_000_000  # ns that a reader may be stuck
EXPECTED: Final = (
    wire.LogoutReason.REQUESTED,
    wire.LogoutReason.SILENT,
    wire.LogoutReason.SLOW_READER,
    wire.LogoutReason.TAKEN_OVER,
    wire.LogoutReason.SHUTDOWN,
    wire.LogoutReason.STORAGE,  # the world sees that the disk failed
)


class Shortage:
    """Whether a venue's log has had too little space for some messages, in this run so far."""

    __slots__ = ("cancels", "orders")

    def __init__(self) -> None:
        """Begin with plenty."""
        self.orders = False  # that is less than half of what it reserves
        self.cancels = False  # less than a quarter

    def look(self, journal: Journal) -> None:
        """See what is left of what a venue's journal reserves."""
        self.orders |= journal.room < journal.ahead // 2
        self.cancels |= journal.room < journal.ahead // 4


class SimulatedClient:
    """One account's client, over all its connections."""

    def __init__(self, name: str, instance: int, shortage: Shortage) -> None:
        """Know nothing yet."""
        self.name = name
        self.short = False  # the venue says that it takes no orders for want of space
        self.refused: dict[int, wire.OrderMessage] = {}  # for that
        self.link: Link | None = None
        self.reports: list[Any] = []  # in their order; number n stands at n - 1
        self.orders: dict[int, int] = {}  # what is left of each live one, by reference
        self.unanswered: dict[int, wire.OrderMessage] = {}
        self.answers: dict[int, Any] = {}  # the first answer to each reference
        self.sent_as: dict[int, wire.OrderMessage] = {}  # what was answered
        self.repeats: dict[int, None] = {}  # answered, and sent again since the logon
        self.logged_on = False
        self.asks = False  # for cancel-on-disconnect, at its last logon
        self.happened: Counter[str] = Counter()
        self._instance = instance
        self._logon: wire.Logon | None = None
        self._exchange = b""  # what both ends sign
        self._came = False
        self._heard = 0  # the last report of this session, by its number
        self._ref = 0
        self._heartbeat = 0  # ns
        self._updates: int | None = None  # number of the last market data
        self._session: Session[wire.FromVenue] = client_end(0)
        self._asked: deque[int] = deque()  # statuses of the session, by what they begin behind
        self._status: AccountStatus | None = None  # a page, to be compared behind its last report
        self._after = 0  # the reference behind which it begins
        self._welcome: wire.LoggedOn | None = None  # whose reports have not all come
        self._untold = 0  # heartbeats, and one, since a refusal for a reason it was not told of
        self._shortage = shortage

    # -- what it says -------------------------------------------------------------------------

    def come(self, link: Link, rng: Random, now: int) -> None:
        """Log on over a new connection."""
        self.link = link
        self.logged_on = False
        self.repeats.clear()
        self._updates = None
        self._asked.clear()
        self._status = self._welcome = None
        self.short, self._untold = False, 0
        self._session = client_end(now)
        self._heartbeat = rng.choice(HEARTBEATS)
        nonce = rng.randbytes(2).hex()
        known = len(self.reports)
        self._heard = rng.randint(0, known) if rng.random() < 1 / 4 else known
        self.asks = rng.random() < 1 / 2
        self._logon = wire.Logon(
            version=wire.VERSION,
            member="",
            account=self.name,
            nonce=nonce,
            last_seen=self._heard,
            cancel_on_disconnect=self.asks,
            heartbeat_ms=self._heartbeat,
            instance=self._instance,
            again=self._came,
            follow_balances=rng.random() < 1 / 2,
        )
        self.say(self._logon, now)
        self._came = True

    def say(self, message: wire.FromClient, now: int) -> None:
        """Send a message, if there is a connection."""
        if self.link is not None:
            self.link.send(pack(message))
            self._session.sent(now)

    def order(self, rng: Random, now: int) -> None:
        """Send something new."""
        if not self.logged_on:
            return
        roll = rng.random()
        if roll < 0.04:
            self.say(wire.Subscribe(), now)
            return
        if roll < 0.08:
            self._ask_status(0, now)
            return
        self._ref += 1
        message = self._drawn(rng, roll)
        self.unanswered[self._ref] = message
        self.say(message, now)

    def _drawn(self, rng: Random, roll: float) -> wire.OrderMessage:
        ref, target = self._ref, rng.randint(1, self._ref)
        if roll < 0.7:
            return wire.NewOrder(
                ref,
                SYMBOL,
                rng.choice((Side.BUY, Side.SELL)),
                rng.randint(0, 9),
                rng.randint(4_997, 5_003),
                tif=rng.choice((TimeInForce.DAY, TimeInForce.DAY, TimeInForce.IOC)),
            )
        if roll < 0.85:
            return wire.CancelOrder(ref, target)
        if roll < 0.95:
            return wire.AmendOrder(ref, target, rng.randint(0, 9), rng.randint(4_997, 5_003))
        return wire.MassCancel(ref)

    def again(self, rng: Random, now: int) -> None:
        """Send again what was answered: the answer must be the same, and nothing else happen."""
        if self.logged_on and self.answers:
            ref = rng.choice(list(self.answers))
            self.repeats[ref] = None
            self.say(self.sent_as[ref], now)

    def log_out(self, now: int) -> None:
        """Go in good order."""
        if self.logged_on:
            self.say(wire.Logout(), now)
            self.logged_on = False  # it says nothing more

    def look(self, now: int) -> bool:
        """Do what silence calls for; return False where the connection is given up."""
        if self.link is None:
            return True
        due = self._session.due(now)
        if due is Due.HEARTBEAT:
            self.say(wire.Heartbeat(), now)
        return due is not Due.GIVE_UP

    def gone(self) -> None:
        """Learn that the connection is gone."""
        self.link = None
        self.logged_on = False

    # -- what it hears ------------------------------------------------------------------------

    def hear(self, data: bytes, now: int) -> None:
        """Take what arrived."""
        if not data:
            return
        for message in self._session.receive(data, now):
            self._take(message, now)
        error = self._session.error
        require(error is None, "the venue keeps to the protocol", self._says(error))

    def _says(self, what: object) -> str:
        return f"{self.name} heard {what}"

    def _take(self, message: Any, now: int) -> None:
        kind = message.__class__
        if kind in REPORTS:
            self._report(message)
        elif kind is wire.Challenge:
            assert self._logon is not None
            self._exchange = exchange(self._logon, message.nonce)
            self.say(wire.Proof(prove(f"{self.name}-key", self.name, self._exchange)), now)
        elif kind is wire.LoggedOn:
            known = signed(f"{self.name}-key", self.name, self._exchange, message.signature)
            require(known, "the venue shows that it knows the key", self._says(message))
            self._welcomed(message, now)
        elif kind is wire.LoggedOut:
            self._sent_away(message)
        elif kind is AccountStatus:
            self._listed(message, now)
        elif kind is wire.NotTaken:
            self._not_taken(message)
        elif kind is wire.VenueHeartbeat:
            self._untold += self._untold > 0
            told = self._untold <= 2  # the first may come before the announcement, in its tick
            require(told, "sessions are told that space is short", self._says(message))
        elif kind in MARKET_DATA:
            previous = self._updates
            fits = kind is BookSnapshot or message.update == (previous or 0) + 1
            require(fits, "market data has no gap", self._says((previous, message)))
            self._updates = message.update
            self.happened["market data came"] += 1
        if self._welcome is not None and len(self.reports) >= self._welcome.seq:
            self._caught_up(self._welcome.last_ref)
        self._compare()

    def _ask_status(self, after: int, now: int) -> None:
        self.say(wire.AskStatus(after), now)
        self._asked.append(after)

    def _listed(self, page: AccountStatus, now: int) -> None:
        """Take a page of the account's status; ask for the next where there is one."""
        self._status, self._after = page, self._asked.popleft()
        if page.more:
            self.happened["a status came in pages"] += 1
            self._ask_status(page.orders[-1].ref, now)

    def _not_taken(self, message: wire.NotTaken) -> None:
        storage = message.reason is RejectReason.STORAGE and bool(message.rule)
        require(storage, "what is not taken is so for a reason", self._says(message))
        if not message.ref:
            self.short, self._untold = not message.over, 0
            self.happened[f"sessions know that space is {'short' if self.short else 'there'}"] += 1
            return
        require(message.ref in self.unanswered, "a message is answered once", self._says(message))
        self._refuse(message.ref)
        if not self.short:
            self._untold = max(self._untold, 1)

    def _refuse(self, ref: int) -> None:
        """Note that a message was not taken for want of space."""
        self.refused[ref] = asked = self.unanswered.pop(ref)
        cancels = isinstance(asked, wire.CancelOrder | wire.MassCancel)
        due = self._shortage.cancels if cancels else self._shortage.orders
        require(due, "what there is space for is taken", self._says(asked))
        self.happened["a cancel was refused" if cancels else "an order was refused"] += 1

    def _caught_up(self, last_ref: int) -> None:
        """Take what the venue passed over for refused: the connection broke with its notice."""
        self._welcome = None
        for ref in [ref for ref in self.unanswered if ref <= last_ref]:
            self.happened["a refusal was not heard"] += 1
            self._refuse(ref)

    def _report(self, report: Any) -> None:
        known = len(self.reports)
        if report.seq == self._heard + 1:
            self._heard = report.seq
            if report.seq <= known:
                same = report == self.reports[report.seq - 1]
                require(same, "a report that comes again is the same", self._says(report))
                self.happened["a report came again as asked"] += 1
                return
        if report.seq <= known:
            answers = ANSWERS.get(report.__class__)
            ref = answers(report) if answers is not None else 0
            require(ref in self.repeats, "no report comes twice", self._says(report))
            same = report == self.reports[report.seq - 1]
            require(same, "a report that comes again is the same", self._says(report))
            self.happened["an answer was repeated"] += 1
            return
        require(report.seq == known + 1, "reports come without a gap", self._says((known, report)))
        self.reports.append(report)
        self._answered(report)
        self._follow(report)

    def _answered(self, report: Any) -> None:
        answers = ANSWERS.get(report.__class__)
        ref = answers(report) if answers is not None else 0
        if not ref:
            return
        fresh = ref in self.unanswered and ref not in self.answers
        require(fresh, "a message is answered once", self._says((self.answers.get(ref), report)))
        duplicate = (
            isinstance(report, wire.Rejected) and report.reason is RejectReason.DUPLICATE_REF
        )
        require(not duplicate, "a reference is taken once", self._says(report))
        self.answers[ref] = report
        self.sent_as[ref] = self.unanswered.pop(ref)

    def _follow(self, report: Any) -> None:
        """Keep the live orders from reports alone."""
        orders = self.orders
        match report:
            case wire.OrderAccepted():
                orders[report.ref] = report.quantity
            case wire.OrderFilled():
                left = orders.get(report.ref, 0) - report.quantity
                require(left == report.leaves, "fills add up", self._says(report))
                orders[report.ref] = left
            case wire.OrderReduced() | wire.OrderAmended():
                known = report.ref in orders
                require(known, "what is changed is live", self._says(report))
                orders[report.ref] = report.leaves
            case wire.OrderCancelled():
                fits = orders.pop(report.ref, None) == report.quantity
                require(fits, "what is cancelled is what was left", self._says(report))
        if not orders.get(getattr(report, "ref", 0), 1):
            del orders[report.ref]

    def _welcomed(self, message: wire.LoggedOn, now: int) -> None:
        known = len(self.reports)
        require(message.seq >= known, "what was seen stays", self._says((known, message.seq)))
        taken = max(self.answers, default=0)
        require(message.last_ref >= taken, "what was answered stays", self._says((taken, message)))
        self.logged_on = True
        self.happened["a client came back for reports"] += 0 < known < message.seq
        self._session.heartbeat = self._heartbeat * 1_000_000
        self._status, self._after = message.status, 0
        self._welcome = message
        if message.status is None:
            self._ask_status(0, now)
        for ref, unanswered in self.unanswered.items():
            if ref > message.last_ref:
                self.happened["a message was sent again"] += 1
                self.say(unanswered, now)

    def _compare(self) -> None:
        """Hold what the venue says of the account against what its reports came to."""
        status = self._status
        if status is None or status.seq != len(self.reports):
            return
        self._status = None
        told = {order.ref: order.leaves for order in status.orders}
        last = max(told, default=0) if status.more else max(self.orders, default=0)
        known = {ref: left for ref, left in self.orders.items() if self._after < ref <= last}
        require(told == known, "status and reports agree", self._says((told, known)))

    def _sent_away(self, message: wire.LoggedOut) -> None:
        link = self.link
        assert link is not None
        require(message.reason in EXPECTED, "who keeps to the protocol stays", self._says(message))
        if message.reason is wire.LogoutReason.SILENT:
            least = 2 * self._session.heartbeat or LOGON_WITHIN
            silence = link.silence if self._session.heartbeat else link.age  # as it had to log on
            require(silence >= least, "who speaks is not ended as silent", self._says(message))
        if message.reason is wire.LogoutReason.SLOW_READER:
            require(link.unread >= PATIENCE, "who reads is not ended as slow", self._says(message))
        self._session.enter(State.ENDED)
        self.gone()


MARKET_DATA: Final = dict.fromkeys(wire.MarketData.__args__)

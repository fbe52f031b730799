"""What is around a venue's core: time, connections, the disk, crashes; one step after another."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Final

from engine.log.journal import JournalError
from engine.log.records import CommandError
from engine.vocabulary.commands import MoveCash, SetKillSwitch, SetPhase
from engine.vocabulary.enums import LinkKind, Phase, Side, TimeInForce
from engine.vocabulary.link_commands import CarryHome, GuestCancel, GuestOrder, SetLink
from gateway.protocol.wire import LogoutReason
from gateway.server.accounts import Credentials, Directory
from gateway.server.core import WATCH_EVERY
from gateway.server.limits import Limits
from gateway.simulation.absence import Absences
from gateway.simulation.client import PATIENCE, SYMBOL, Shortage, SimulatedClient
from gateway.simulation.disk import PowerCut, Trouble
from gateway.simulation.machine import BOOK, START, Machine
from gateway.simulation.network import Link
from gateway.simulation.steps import CLIENTS, Kind
from gateway.simulation.violation import require

if TYPE_CHECKING:
    from engine.log.sequencer import Sequencer
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event
    from gateway.server.connection import Connection
    from gateway.server.core import Core, Write
    from gateway.server.followers import Followers
    from gateway.simulation.machine import Parts
    from gateway.simulation.steps import Step

MILLISECOND: Final = 1_000_000
HOP: Final = 50 * MILLISECOND  # in which time passes at most before everybody looks at it
NAMES: Final = tuple(f"client-{n}" for n in range(CLIENTS))
TICKS_BETWEEN: Final = 8  # at most, that follow at once because there was more than a tick's work
TROUBLES: Final = tuple(Trouble)
PAGE: Final = 3  # orders that a status lists, so that some come in pages
LINKED: Final = 5  # of so many seeds one has a venue that is linked with another
LINK: Final = "bay"
PEER: Final = "north"  # a venue whose members order here
GRACES: Final = (0, 200, 1_000, 5_000)  # ms, so short that some come back in time and some do not


class World:
    """One venue with its machine and its clients."""

    def __init__(self, seed: int, parts: Parts) -> None:
        """Have a machine and clients; ``begin`` starts the venue."""
        self.rng = rng = Random(seed)
        self.parts = parts
        self.linked = seed % LINKED == LINKED - 1
        self.now = START  # the true time, ns
        self.skew = 0  # of the machine's clock
        self.shortage = Shortage()
        self.clients = [SimulatedClient(name, n, self.shortage) for n, name in enumerate(NAMES, 1)]
        self.links: dict[object, Link] = {}  # by connection
        self.starts = 0
        self.commands = 0
        self.happened: Counter[str] = Counter()  # what a history is for, and how often it came
        stock = {product.symbol: 10**6 for product in BOOK.products}
        self.directory = Directory(
            tuple(Credentials(n, f"{n}-key", cash=10**12, allowances=stock) for n in NAMES)
        )
        nonces = Random(seed)
        self.directory.draw = lambda _size: nonces.randbytes(2)  # short: bytes are carried slowly
        chunk, turn = 1 << rng.randint(8, 19), rng.choice((1, 3, 128))
        grace = rng.choice(GRACES) * MILLISECOND
        self.limits = Limits(
            chunk=chunk, turn=turn, most=2 * turn, page=PAGE, patience=PATIENCE, grace=grace
        )
        self.absences = Absences(grace, self.happened)
        self.machine = Machine(Random(seed), parts, self.happened)
        self.disk = self.machine.disk
        self.core: Core
        self.sequencer: Sequencer
        self.followers: Followers

    def begin(self) -> None:
        """Start the venue for the first time."""
        self.machine.create()
        self._start(self.rng)

    def close(self) -> None:
        """Let go of everything."""
        self._let_go()
        self.machine.close()

    @property
    def clock(self) -> int:
        """What the machine's clock shows."""
        return self.now + self.skew

    # -- a venue begins and ends --------------------------------------------------------------

    def _start(self, rng: Random) -> None:
        """Recover the venue from the disk."""
        found, followers = self.machine.start()
        parts = self.parts
        self.followers = followers
        self.sequencer = parts.sequencer(found.venue, found.journal, found.seq, found.time)
        self.core = parts.core(self.directory, self.sequencer, followers.outboxes, self.limits)
        self.core.sessions.note = self._note
        if self.linked:
            self.core.running.through = self._through
        self.starts += 1
        for command in self.directory.openings(found.venue):
            self.core.operate(command)
        if found.venue.phase(SYMBOL) is not Phase.CONTINUOUS:
            self.core.operate(SetPhase(Phase.CONTINUOUS))
        self.absences.opened(self.now, self.clock, self.machine.promised)
        self.core.opened(self.clock, followers.asking.accounts)
        self.tick(rng)

    def _note(self, connection: Connection, what: str, _text: str) -> None:
        self.happened[f"a session: {what}"] += 1
        self.absences.noted(connection, what)
        if what == LogoutReason.STORAGE.name.lower():
            seen = f"of {self.disk.unread} reads that failed"
            require(self.disk.unread > 0, "older reports are there unless the disk fails", seen)
            self.disk.unread -= 1

    def crash(self, rng: Random, *, power: bool, tick: bool = False) -> None:
        """End the venue where it stands, ``tick`` in one that wrote, and start it again."""
        venue, journal = self.sequencer.venue, self.sequencer.journal
        if tick or not (journal is not None and journal.buffer):
            self.machine.ended(venue.state_hash())
        venue.check()
        self._let_go()
        if power:
            self.machine.lose_power()
        else:
            self.machine.kill()
        for link in list(self.links.values()):
            self._forget(link, tells_client=not power or rng.random() < 1 / 2)
        self.now += rng.randint(1, 2_000) * MILLISECOND
        self._start(rng)

    def _let_go(self) -> None:
        """Have the venue's process end."""
        if self.starts:
            self.core.running.abandon()
            self.followers.outboxes.close()
            self.sequencer.venue.close()

    def stop(self, rng: Random) -> None:
        """Stop the venue in good order, and start it again."""
        self.core.farewell()
        running = self.core
        self.tick(rng)
        if self.core is not running:
            return  # it crashed on the way
        try:
            self.sequencer.close()
        except (JournalError, PowerCut):
            self.crash(rng, power=True)
            return
        for client in self.clients:
            self.carry(client, 1 << 20)
        if rng.random() < 1 / 2:
            self.machine.finish_snapshot()
        self.crash(rng, power=False)

    # -- a tick -------------------------------------------------------------------------------

    def tick(self, rng: Random) -> None:
        """Have the venue work on what it has, and take what it writes."""
        core, trouble = self.core, self.disk.trouble
        written, seq, start = len(self.disk.ends), self.sequencer.seq, self.machine.promised
        try:
            writes = core.tick(self.clock)
        except (JournalError, PowerCut) as error:
            blocks = bytes(self.disk.blocks[start:])
            what = trouble.value if blocks and trouble else "the venue stopped for want of space"
            self.happened[what] += 1
            self.absences.failed(self.now, self.clock, seq, blocks, start)
            power = isinstance(error, PowerCut)
            if not power:
                self.disk.free = None  # as it says, before it is started again
                if rng.random() < 1 / 2:
                    self.machine.finish_snapshot()
                    power = rng.random() < 1 / 2
            self.crash(rng, power=power, tick=bool(blocks))
            return
        blocks = bytes(self.disk.blocks[start:])
        self.absences.ticked(self.now, self.clock, seq, blocks, start)
        self.commands += core.batch
        self.machine.promise()
        if self.sequencer.journal is not None:
            self.shortage.look(self.sequencer.journal)
        self.happened["the log has a state"] += len(self.disk.ends) > written + 1
        for write in writes:
            self._write(write)
        if self.disk.slow:
            self.disk.slow = 0
            self.happened[Trouble.SLOW.value] += 1
            self.now += rng.randint(1, 400) * MILLISECOND

    def _write(self, write: Write) -> None:
        there = write.connection in self.links
        require(there, "who is gone is not written to", repr(write.data))
        link = self.links[write.connection]
        link.down += write.data
        if write.close:
            link.close(self.now)
            del self.links[write.connection]
            self.core.lost(write.connection)

    def read(self) -> None:
        """Have the venue read what its machine has."""
        for link in self.links.values():
            if link.waiting:
                self.core.received(link.connection, bytes(link.waiting))
                link.waiting.clear()

    # -- what happens -------------------------------------------------------------------------

    def do(self, step: Step) -> None:
        """Do one step of a history."""
        client, rng = self.clients[step.who], Random(step.draw)
        match step.kind:
            case Kind.ORDERS:
                for _ in range(step.size):
                    client.order(rng, self.now)
            case Kind.CARRY:
                self.carry(client, 1 << rng.randint(0, 12))
            case Kind.TICK:
                self._turn(rng)
            case Kind.COME:
                self.come(client, rng)
            case Kind.AGAIN:
                client.again(rng, self.now)
            case Kind.LOGOUT:
                client.log_out(self.now)
            case Kind.OPERATE:
                self._operate(rng)
            case Kind.WAIT:
                self.pass_time(step.size * 100, rng)
            case Kind.AWAY:
                self._be_away(step.size * 300, rng)
            case Kind.CLOCK:
                self.skew += rng.choice((-1, 1)) * rng.randint(0, 3_600_000) * MILLISECOND
            case Kind.DISK:
                self.disk.trouble = rng.choice(TROUBLES)
                self.disk.after = rng.choice((0, 0, 1, 2, 5))
            case Kind.FILL:
                self.machine.fill()
            case Kind.SNAPSHOT:
                self.machine.snapshot()
            case Kind.ROT:
                self.machine.rot()
            case Kind.KILL:
                self.crash(rng, power=False)
            case Kind.POWER:
                self.crash(rng, power=True)
            case Kind.STOP:
                self.stop(rng)
            case _:
                self._disturb(client, step.kind)

    def _disturb(self, client: SimulatedClient, kind: Kind) -> None:
        """Do something to a client's connection."""
        link = client.link
        if link is None:
            return
        match kind:
            case Kind.CUT:
                self._forget(link, tells_client=True)
            case Kind.HALF_OPEN:
                link.carries = False
            case Kind.VANISH:
                link.carries = False
                client.gone()
            case Kind.STICK:
                if not link.stuck_at and link.connection in self.links:
                    link.stuck_at = self.now
                    self.core.paused(link.connection, self.clock)
            case Kind.UNSTICK:
                if link.stuck_at:
                    link.stuck_at = 0
                    if link.connection in self.links:
                        self.core.resumed(link.connection)

    def come(self, client: SimulatedClient, rng: Random) -> None:
        """Connect a client; a connection that it has is left as it is, unread."""
        if client.link is not None:
            client.link.carries = False
            client.gone()
        connection = self.core.connected(self.clock, client.name)
        link = Link(connection)
        link.began_at = link.heard_at = self.now
        self.links[connection] = link
        client.come(link, rng, self.now)
        self.absences.connected(connection, client.name, asks=client.asks)

    def _operate(self, rng: Random) -> None:
        name = rng.choice(NAMES)
        command: Command = rng.choice(
            (
                MoveCash(name, 7),
                SetKillSwitch(name, on=False),
                SetPhase(Phase.CONTINUOUS),
                MoveCash(name, 1 << 80),  # no log can hold it
            )
        )
        try:
            self.core.operate(command, timed=rng.random() < 1 / 2)
        except CommandError:
            return
        if self.linked:
            self._hear_from_elsewhere(rng)

    def _through(self, source: int, command: Command) -> list[Event]:
        """Run a command as the venue's place among linked ones has it."""
        events = self.core.running.give(source, command)
        self.followers.links.absorb(command, events)
        return events

    def _hear_from_elsewhere(self, rng: Random) -> None:
        """Have a linked venue's member order here, cancel, and hear what came of it."""
        end = self.sequencer.venue.links.ends.get(LINK)
        if end is None:
            self.core.operate(SetLink(LINK, LinkKind.HOSTING, PEER, SYMBOL, "CO2"))
            return
        number, account = end.received + 1, rng.choice(("ann", "bob"))
        ref, price, quantity = number, rng.randint(4_997, 5_003), rng.randint(0, 5)
        side = rng.choice((Side.BUY, Side.SELL))
        cash = quantity * price if side is Side.BUY else 0
        order = GuestOrder(
            LINK, number, account, ref, account, side, quantity, price, TimeInForce.DAY, cash
        )
        cancel = GuestCancel(LINK, number, account, ref, rng.randint(1, ref))
        self.core.operate(cancel if rng.random() < 1 / 4 else order)
        for (link, guest), orders in self.followers.links.orders.items():
            for each, traded in [*orders.items()][:2]:
                self.core.operate(CarryHome(link, guest, each, traded))

    def _forget(self, link: Link, *, tells_client: bool) -> None:
        """Have the venue's machine learn that a connection is gone, and perhaps the client."""
        if self.links.pop(link.connection, None) is not None:
            self.core.lost(link.connection)
        link.carries = False
        for client in self.clients:
            if client.link is link and tells_client:
                client.gone()

    def carry(self, client: SimulatedClient, size: int) -> None:
        """Have the network carry at most so many bytes in each direction."""
        link = client.link
        if link is None:
            return
        if link.connection in self.links:
            link.carry_up(size, self.now)
        client.hear(link.carry_down(size), self.now)
        if client.link is link and link.closed_at and not link.down and link.carries:
            client.gone()

    def _turn(self, rng: Random) -> None:
        """Have most clients connected, most bytes carried, and the venue tick."""
        for client in self.clients:
            if client.link is None and rng.random() < 1 / 4:
                self.come(client, rng)
            if rng.random() < 3 / 4:
                self.carry(client, 1 << rng.choice((4, 8, 16)))
        if any(each.link is not None and not each.logged_on for each in self.clients):
            self.pass_time(0, rng)  # a logon goes to and fro twice
            for client in self.clients:
                if not client.logged_on:
                    self.carry(client, 1 << rng.choice((4, 8, 16)))
        self.pass_time(rng.choice((0, 1, 20, 60, 300)), rng)

    # -- time ---------------------------------------------------------------------------------

    def pass_time(self, ms: int, rng: Random) -> None:
        """Let time pass; everybody does what it calls for, and the venue ticks as it would."""
        left = ms * MILLISECOND
        while True:
            hop = min(left, HOP)
            left -= hop
            self.now += hop
            self._clients_look()
            self.read()
            self.tick(rng)
            for _ in range(TICKS_BETWEEN):
                if self.core.backlog:
                    self.tick(rng)
            if left <= 0:
                return

    def _clients_look(self) -> None:
        for client in self.clients:
            link = client.link
            if not client.look(self.now) and link is not None:
                if link.carries:
                    self._forget(link, tells_client=True)
                client.gone()

    def _be_away(self, ms: int, rng: Random) -> None:
        """Let the venue's process stand still, while clients and network go on."""
        until = self.now + ms * MILLISECOND
        while self.now < until:
            self.now += HOP
            self._clients_look()
            for client in self.clients:
                self.carry(client, 1 << 12)
        self.tick(rng)  # before it has read anything
        self.read()
        self.pass_time(WATCH_EVERY // MILLISECOND, rng)

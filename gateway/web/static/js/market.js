// What the public stream adds up to. A line whose increments do not follow on one another is
// stale until a snapshot comes, and says so.

const MOST_TRADES = 50_000; // of a line that are kept
const STANDING = ["Offered", "Announced", "BestBid", "AuctionIndicated"];
const CALLS = ["opening_call", "closing_call", "intraday_call", "freeze"];

export const inCall = (line) => CALLS.includes(line.phase);

export const phaseOf = (time, phase, reason, reference, low, high) =>
  ({ time, phase, reason, rules: { reference, low_limit: low, high_limit: high } });

export class Line {
  constructor(info, market) {
    this.market = market;
    this.bids = new Map();
    this.asks = new Map();
    this.offers = new Map();
    this.auctions = new Map();
    this.bestBids = new Map();
    this.cleared = [];
    this.stated = null; // the statement of the last auction of the calendar
    this.phases = []; // of the day, as ``phaseOf`` makes them
    this.indicated = null;
    this.interest = null; // bids and asks of the call that is on, where the venue shows them
    this.uncrossed = null;
    this.trades = [];
    this.volume = 0;
    this.value = 0;
    this.knownTo = 0;
    this.update = -1;
    this.gaps = 0;
    this.stale = true;
    this.behindSnapshot = false;
    this.last = 0;
    this.bars = [];
    this.version = 0; // changes with every change
    this.tradesVersion = 0; // changes where trades are no longer those of before with some more
    this.describe(info);
  }

  // The line's symbol, behind its venue's name where there are several.
  get key() {
    return this.market.name ? `${this.market.name}/${this.symbol}` : this.symbol;
  }

  get label() {
    return this.key.replace("/", " · ");
  }

  best(side) {
    const prices = [...(side === "buy" ? this.bids : this.asks).keys()];
    return prices.length ? (side === "buy" ? Math.max(...prices) : Math.min(...prices)) : 0;
  }

  describe(info) {
    this.info = info;
    this.symbol = info.symbol;
    this.phase = info.phase;
  }

  sorted(side) {
    const rows = [...(side === "buy" ? this.bids : this.asks)];
    return rows.sort((a, b) => (side === "buy" ? b[0] - a[0] : a[0] - b[0]));
  }

  // The book, or in a call the orders that take part, where the venue shows them.
  shown(side) {
    if (!this.interest) return this.sorted(side);
    const rows = [...(side === "buy" ? this.interest.bids : this.interest.asks)];
    return rows.filter((row) => row[0]).sort((a, b) => (side === "buy" ? b[0] - a[0] : a[0] - b[0]));
  }

  get price() {
    return this.last || this.info.reference;
  }

  // The line with what the prices of its day are measured by: once it is closed the venue has the
  // reference and the limits of the next day.
  get day() {
    const open = this.phase === "closed" && this.trades.length
      ? this.phases.findLast(({ phase }) => phase !== "closed") : null;
    return open ? { ...this.info, ...open.rules } : this.info;
  }

  set(levels) {
    for (const { side, price, quantity } of levels) {
      const rows = side === "buy" ? this.bids : this.asks;
      if (quantity) rows.set(price, quantity);
      else rows.delete(price);
    }
  }

  heardTrade(trade) {
    const before = this.trades.at(-1);
    if (before && trade.trade <= before.trade) return;
    this.trades.push(trade);
    this.count(trade);
    if (this.trades.length > MOST_TRADES) {
      this.trades.splice(0, MOST_TRADES / 10);
      this.tradesVersion += 1;
    }
  }

  count(trade) {
    this.volume += trade.quantity;
    this.value += trade.quantity * trade.price;
    if (trade.trade === this.knownTo + 1) this.knownTo = trade.trade;
  }

  fill(page) {
    const found = new Map(
      this.trades.filter((each) => each.trade >= page.first).map((each) => [each.trade, each]),
    );
    for (const each of page.trades) found.set(each.trade, each);
    this.trades = [...found.values()].sort((a, b) => a.trade - b.trade);
    this.volume = 0;
    this.value = 0;
    this.knownTo = Math.max(this.knownTo, page.trades.at(-1)?.trade ?? page.last);
    this.trades.forEach((each) => this.count(each));
    this.tradesVersion += 1;
    return page.last > this.knownTo;
  }

  // What happened before the page was opened.
  recall({ results, stated }) {
    const known = this.cleared.map((each) => each.number);
    for (const m of results)
      if (m.is === "AuctionCleared" && !known.includes(m.number)) this.cleared.push({ ...m });
    if (stated && stated.number > (this.stated?.number ?? 0)) this.state(stated);
  }

  state(stated) {
    const cleared = this.cleared.find((each) => each.number === stated.number);
    if (cleared) cleared.stated = stated;
    this.stated = stated;
  }

  newDay() {
    this.trades = [];
    this.volume = 0;
    this.value = 0;
    this.last = 0;
    this.phases = [];
    this.cleared = [];
    this.uncrossed = null;
    this.tradesVersion += 1;
  }
}

const TAKES = {
  BookUpdate: (line, m) => line.set(m.levels),
  Trade: (line, m) => takeTrade(line, m),
  AuctionTrade: (line, m) => takeTrade(line, m),
  LineChanged: (line, m) => line.describe(m.line),
  DayClosed: (line, m) => line.bars.push(m),
  AuctionUncrossed: (line, m) => {
    line.uncrossed = m;
  },
  AuctionIndicated: (line, m) => {
    line.indicated = m;
  },
  Announced: (line, m) => line.auctions.set(m.number, m),
  BestBid: (line, m) => line.bestBids.set(m.number, m),
  AuctionCleared: (line, m) => {
    line.cleared.push({ ...m, announced: line.auctions.get(m.number) });
    line.auctions.delete(m.number);
    line.bestBids.delete(m.number);
  },
  AuctionStated: (line, m) => line.state(m),
  Offered: (line, m) => {
    if (m.quantity) line.offers.set(m.number, m);
    else line.offers.delete(m.number);
  },
  PhaseChanged: (line, m) => {
    if (line.phase === "closed" && m.phase !== "closed") line.newDay();
    if (m.phase !== "freeze") {
      line.indicated = null;
      line.interest = null;
    }
    line.describe({ ...line.info, phase: m.phase, reference: m.reference,
      low_limit: m.low_limit, high_limit: m.high_limit });
    line.phases.push(phaseOf(m.time, m.phase, m.reason, m.reference, m.low_limit, m.high_limit));
  },
  // Not shown, but counted: the increments of a line have no gap.
  CompliancePublished: () => {},
  DeadlinePassed: () => {},
  CycleClosed: () => {},
  AveragePriceTaken: () => {},
  CapSet: () => {},
  IssuanceStated: () => {},
};

function takeTrade(line, m) {
  line.last = m.price;
  line.heardTrade(m);
}

export class Market {
  // ``mend`` is called with a line whose increments have a gap.
  constructor(mend, name = "") {
    this.name = name; // of the venue, where there are several
    this.lines = new Map();
    this.mend = mend;
    this.gaps = 0;
    this.updates = 0; // increments taken in
    this.drop = 0; // increments to lose on purpose, in tests
  }

  absorb(m) {
    if (m.is === "BookSnapshot") {
      this.snapshot(m);
      return true;
    }
    const line = this.lines.get(m.symbol);
    const take = TAKES[m.is];
    if (!line || !take) return false;
    if (this.drop > 0) {
      this.drop -= 1;
      return true;
    }
    this.updates += 1;
    this.follow(line, m);
    take(line, m);
    line.version += 1;
    return true;
  }

  snapshot(m) {
    let line = this.lines.get(m.symbol);
    if (!line) {
      line = new Line(m.line, this);
      this.lines.set(m.symbol, line);
    }
    for (const shown of [line.bids, line.asks, line.offers, line.auctions, line.bestBids])
      shown.clear();
    line.indicated = null;
    if (m.line) line.describe(m.line);
    line.phase = m.phase;
    line.last = m.last;
    line.update = m.update;
    line.stale = false;
    line.behindSnapshot = true;
    line.set(m.levels);
    line.version += 1;
  }

  // What stands at a snapshot carries the snapshot's number.
  follow(line, m) {
    if (line.behindSnapshot && m.update === line.update && STANDING.includes(m.is)) return;
    if (m.update !== line.update + 1) {
      line.gaps += 1;
      this.gaps += 1;
      line.stale = true;
      this.mend(line);
    }
    line.update = m.update;
    line.behindSnapshot = false;
  }

  curves([symbol, bids, asks]) {
    const line = this.lines.get(symbol);
    if (!line) return;
    line.interest = { bids: new Map(bids), asks: new Map(asks) };
    line.version += 1;
  }

  phases([symbol, phases]) {
    const line = this.lines.get(symbol);
    if (!line) return;
    line.phases = phases;
    line.version += 1;
  }

  // Another venue, or another moment: nothing that is known holds.
  forget() {
    this.lines.clear();
  }

  allStale() {
    for (const line of this.lines.values()) line.stale = true;
  }
}

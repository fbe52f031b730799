// The account's bids in auctions and how each ended, also those of days before: they come with the
// account's reports.

const MOST = 1_000;

export class Bids {
  constructor() {
    this.bids = new Map(); // by reference: {ref, symbol, price, quantity, got, time, ended, lost}
  }

  // ``m`` is a report of the account on a line that auctions.
  absorb(m) {
    if (m.is === "OrderAccepted") {
      const { ref, symbol, price, quantity, time } = m;
      this.bids.set(ref, { ref, symbol, price, quantity, got: 0, time, ended: 0, lost: false });
      if (this.bids.size > MOST) this.bids.delete(this.bids.keys().next().value);
      return;
    }
    const bid = this.bids.get(m.ref);
    if (!bid) return;
    if (m.is === "OrderFilled") {
      bid.got += m.quantity;
      if (!m.leaves) bid.ended = m.time;
    } else if (m.is === "OrderCancelled") {
      bid.ended = m.time;
      bid.lost = m.reason === "lost";
    } else if (m.is === "OrderAmended") {
      bid.price = m.price;
      bid.quantity = m.quantity;
    }
  }

  // Those of a line, the newest auction first, and in it the best price.
  of(symbol) {
    return [...this.bids.values()].filter((each) => each.symbol === symbol)
      .sort((a, b) => (b.ended || Infinity) - (a.ended || Infinity) || b.price - a.price || a.ref - b.ref);
  }

  // Those that an auction, which was cleared at a time, filled or left.
  clearedAt(symbol, time) {
    return this.of(symbol).filter((each) => each.ended === time && (each.got || each.lost));
  }
}

// The word for how a bid ended.
export function outcomeOf({ got, quantity, lost, ended }) {
  if (got >= quantity) return "inWhole";
  if (got) return ended ? "inPart" : "resting";
  if (lost) return "notAtAll";
  return ended ? "cancelled" : "resting";
}

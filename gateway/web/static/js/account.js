// The account that this page is logged on to: its orders, fills and balances.

import { Bids } from "./bids.js";
import { canProve, drawNonce, prove } from "./proof.js";
import { wordOf } from "./wire.js";

const MOST_FILLS = 200;
const GONE = ["filled", "cancelled", "rejected"];

export class Account {
  // ``auctions`` says of a line's symbol whether it auctions.
  constructor(link, auctions) {
    this.link = link;
    this.auctions = auctions;
    this.changed = 0;
    this.recent = 100_000; // of the reports from before a logon, so many at most are asked for
    this.forget();
  }

  forget() {
    this.name = "";
    this.key = ""; // never sent
    this.signature = ""; // what the venue's must be
    this.logon = null; // how it logged on: kept to come back after a cut connection
    this.on = false;
    this.orders = new Map();
    this.listed = 0; // the last order of a status whose further pages are to come
    this.bids = new Bids();
    this.fills = [];
    this.cash = [];
    this.holdings = [];
    this.quotes = new Map(); // received, by line and number
    this.owns = new Map(); // ref -> line and number of what it offers
    this.ref = 0;
    this.seq = 0;
    this.answer = null; // to what was sent last: {ok, ref, ...}
    this.changed += 1;
  }

  logOn(member, account, key) {
    this.forget();
    this.key = key;
    this.logon = { member, account, key_name: "", instance: crypto.getRandomValues(new Uint32Array(1))[0] + 1 };
    if (canProve()) this.say(false);
    else this.refusal = "keys need https, or a page of this machine";
  }

  // After a cut connection: every report that was missed comes, unless another took over.
  comeBack() {
    if (this.logon) this.say(true);
  }

  say(again) {
    this.logon.nonce = drawNonce();
    this.link.say("Logon", { version: this.version, ...this.logon, last_seen: again ? this.seq : -this.recent,
      cancel_on_disconnect: false, heartbeat_ms: 10_000, instance: this.logon.instance, again });
  }

  async prove(challenge) {
    const { logon } = this;
    const { nonce } = logon;
    const found = await prove(logon, this.key, challenge);
    if (this.logon !== logon || logon.nonce !== nonce) return; // another has begun meanwhile
    this.signature = found.signature;
    this.link.say("Proof", { proof: found.proof });
  }

  logOff() {
    this.link.say("Logout");
    this.forget();
  }

  send(name, given) {
    this.ref += 1;
    const sent = { ref: this.ref, ...given };
    this.answer = null;
    this.link.say(name, sent);
    if (name === "NewOrder")
      this.orders.set(this.ref, { ...sent, leaves: sent.quantity, state: "sent" });
    this.changed += 1;
    return this.ref;
  }

  prices(symbol) {
    const found = { buy: new Set(), sell: new Set() };
    for (const each of this.live())
      if (each.symbol === symbol) found[each.side].add(each.price);
    return found;
  }

  // The numbers of what it offers in a line.
  numbers(symbol) {
    return new Set([...this.owns.values()].filter((each) => each.symbol === symbol).map((each) => each.number));
  }

  live() {
    return [...this.orders.values()].filter((each) => !GONE.includes(each.state));
  }

  free(name) {
    const found = [...this.cash, ...this.holdings].find((each) => each.name === name);
    return found ? found.total - found.reserved : 0;
  }

  absorb(m) {
    const take = TAKES[m.is];
    if (!take) return;
    if (NUMBERED.has(m.is)) this.seq = m.seq;
    take(this, m);
    if (!this.owns.has(m.ref) && (m.symbol === undefined || this.auctions(m.symbol))) this.bids.absorb(m);
    this.changed += 1;
  }
}

function change(account, m, given) {
  const order = account.orders.get(m.ref);
  if (order) Object.assign(order, given);
  for (const [ref, each] of account.orders)
    if (account.orders.size > MOST_FILLS && GONE.includes(each.state)) account.orders.delete(ref);
}

function balances(account, m) {
  account.cash = m.cash;
  account.holdings = m.holdings;
}

// The first page begins anew; what is reported meanwhile of orders on later pages, they know.
function status(account, m) {
  balances(account, m);
  if (!account.listed) account.orders = new Map();
  for (const each of m.orders) account.orders.set(each.ref, { ...each });
  account.listed = m.more ? m.orders.at(-1).ref : 0;
  if (m.more) account.link.say("AskStatus", { after: account.listed });
}

const TAKES = {
  Challenge: (account, m) => {
    if (account.logon) account.prove(m.nonce);
  },
  LoggedOn: (account, m) => {
    if (m.signature !== account.signature) {
      account.logOff();
      account.refusal = "what answers does not know the account's key";
      return;
    }
    account.on = true;
    account.name = account.logon.account;
    account.ref = Math.max(account.ref, m.last_ref);
    account.refusal = "";
    account.listed = 0;
    if (m.status) status(account, m.status);
    else account.link.say("AskStatus");
  },
  LoggedOut: (account, m) => {
    const { text, reason } = m;
    if (reason === "shutdown") {
      account.on = false; // and it comes back
      return;
    }
    account.forget();
    account.refusal = text;
  },
  AccountStatus: status,
  Balances: balances,
  OrderAccepted: (account, m) => {
    account.orders.set(m.ref, { leaves: m.quantity, ...account.orders.get(m.ref), ...m });
    account.answer = { ok: true, ...m };
  },
  OrderResting: (account, m) => change(account, m, { leaves: m.leaves, state: "resting" }),
  OrderFilled: (account, m) => {
    account.fills.unshift(m);
    account.fills.length = Math.min(account.fills.length, MOST_FILLS);
    change(account, m, { leaves: m.leaves, ...(m.leaves ? {} : { state: "filled" }) });
  },
  OrderCancelled: (account, m) => change(account, m, { state: "cancelled", why: m.reason }),
  OrderAmended: (account, m) =>
    change(account, m, { price: m.price, quantity: m.quantity, leaves: m.leaves, state: m.state }),
  OrderReduced: (account, m) => change(account, m, { leaves: m.leaves }),
  OrderTriggered: (account, m) => change(account, m, { state: "matching" }),
  Rejected: (account, m) => {
    account.answer = { ok: false, ...m };
    change(account, m, { state: "rejected" });
  },
  // It may be sent again under its reference. Without one it is about the session, or says to all
  // sessions that something has begun or is over.
  NotTaken: (account, m) => {
    account.answer = m.over ? null : { ok: false, field: "", ...m };
    if (m.ref) change(account, m, { state: "rejected" });
  },
  Throttled: (account, m) => {
    account.answer = { ok: false, ref: m.ref, field: "", rule: `${m.per_second}/s`, reason: "throttled" };
  },
  NumberAssigned: (account, m) => {
    account.owns.set(m.ref, { symbol: m.symbol, number: m.number });
  },
  QuoteReceived: (account, m) => account.quotes.set(`${m.symbol} ${m.number}`, m),
  QuoteEnded: (account, m) => account.quotes.delete(`${m.symbol} ${m.number}`),
  Declined: (account, m) => account.quotes.delete(`${m.symbol} ${m.number}`),
  MassCancelled: () => {},
  KillSwitchSet: (account, m) => {
    account.killed = m.on;
  },
  CashMoved: () => {},
  AllowancesMoved: () => {},
  Delivered: () => {},
  Released: () => {},
  EntityRegistered: () => {},
  AllowancesIssued: () => {},
  AllowancesAllocated: () => {},
  AllowancesTransferred: () => {},
  EmissionsReported: () => {},
  EmissionsVerified: () => {},
  AllowancesSurrendered: () => {},
  AllowancesCancelled: () => {},
  AllowancesBanked: () => {},
  ComplianceSettled: () => {},
  PurchasesFrozen: () => {},
  PenaltyPaid: () => {},
  OrderRouted: (account, m) => {
    account.answer = { ok: true, ...m };
  },
  CancelRouted: (account, m) => {
    if (m.ref) account.answer = { ok: true, ...m };
  },
  BidRouted: (account, m) => {
    account.answer = { ok: true, ...m };
  },
  CarriedIn: (account, { ref, reason, rule }) => {
    // 0: nothing was refused at the other venue
    if (reason) account.answer = { ok: false, ref, field: "", rule, reason: wordOf("RejectReason", reason) };
  },
  AllowancesSent: () => {},
};

const NUMBERED = new Set(Object.keys(TAKES).filter((name) =>
  !["Challenge", "LoggedOn", "LoggedOut", "AccountStatus", "Balances", "NotTaken", "Throttled"].includes(name)));

// A venue as the page knows it: its connection, its market, and the account that is logged on there.

import { Account } from "./account.js";
import { Link } from "./link.js";
import { Market, phaseOf } from "./market.js";
import { protocolVersion, wordOf } from "./wire.js";

const BEHIND_FOR = 3_000; // ms for which a page says that it was behind

export class Venue {
  // ``heard`` is called with what is not the market's or the account's. The first venue learns its
  // name from the server; a venue that is alone has none.
  constructor(name, heard) {
    this.heard = heard;
    this.hello = {};
    this.steps = [];
    this.time = 0;
    this.offset = 0;
    this.connected = false;
    this.behindAt = -BEHIND_FOR;
    this.asked = new Map();
    this.mending = false;
    this.links = []; // {name, kind, symbol, peer, peerSymbol}
    this.market = new Market(() => this.mend(), name);
    this.link = new Link((m) => this.take(m), (open) => this.changed(open), name);
    this.account = new Account(this.link, (symbol) =>
      this.market.lines.get(symbol)?.info.mechanism === "one_way");
    this.account.version = protocolVersion();
  }

  get name() {
    return this.market.name;
  }

  get behind() {
    return performance.now() - this.behindAt < BEHIND_FOR;
  }

  changed(open) {
    this.connected = open;
    this.asked.clear();
    if (open) this.account.comeBack();
    else this.market.allStale();
  }

  mend() {
    if (this.mending) return;
    this.mending = true;
    this.link.say("Subscribe", { symbol: "" });
  }

  take(m) {
    if (m.is === "time") this.time = m.what;
    else if (m.is === "hello") this.greet(m);
    else if (m.is === "anew") this.market.forget();
    else if (m.is === "replay" || m.is === "operator") this.heard(this, m);
    else if (m.is === "links")
      this.links = m.what.map(([name, kind, symbol, peer, peerSymbol]) => ({ name, kind, symbol, peer, peerSymbol }));
    else if (m.is === "curves") this.market.curves(m.what);
    else if (m.is === "phases") this.market.phases(m.what.map((each, place) =>
      (place ? each.map(([time, phase, ...rest]) => phaseOf(time, wordOf("Phase", phase), ...rest)) : each)));
    else if (m.is === "behind") this.behindAt = performance.now();
    else if (m.is === "refused") this.account.answer = { ok: false, field: "", rule: m.what, reason: "" };
    else if (m.is === "DayTrades") this.fill(m);
    else if (m.is === "History") this.recall(m);
    else if (this.market.absorb(m)) this.began(m);
    else this.account.absorb(m);
  }

  greet(m) {
    const hello = m.what;
    this.hello = hello;
    this.market.name = hello.at;
    this.offset = hello.utc_offset_minutes;
    this.steps = hello.steps.map(([time, symbol, phase]) => [time, symbol, wordOf("Phase", phase)]);
    this.heard(this, m);
  }

  began(m) {
    if (m.is !== "BookSnapshot") return;
    this.mending = false;
    this.ask(m.symbol);
    const { mechanism } = this.market.lines.get(m.symbol).info;
    if (mechanism === "one_way") this.link.say("AskHistory", { symbol: m.symbol });
  }

  // What the last auction came to, which may have been before this page was opened.
  recall(m) {
    const line = this.market.lines.get(m.symbol);
    if (!line) return;
    line.recall(m);
    line.version += 1;
  }

  // Trades that were missed, or came before: by number, from the first that is not known.
  ask(symbol) {
    const after = this.market.lines.get(symbol).knownTo;
    this.asked.set(symbol, after);
    this.link.say("AskTrades", { symbol, after });
  }

  fill(m) {
    const line = this.market.lines.get(m.symbol);
    if (line && line.fill(m) && m.trades.length) this.ask(m.symbol);
    if (line) line.version += 1;
  }
}

// The page: takes in what the venue says, draws what changed once a frame.

import { Account } from "./account.js";
import { byId, text } from "./dom.js";
import { Link } from "./link.js";
import { Market, inCall } from "./market.js";
import { setLanguage, t, language } from "./words.js";
import { loadTable, protocolVersion, wordOf } from "./wire.js";
import { Auction } from "./views/auction.js";
import { Book } from "./views/book.js";
import { Candles } from "./views/candles.js";
import { Curves, Depth } from "./views/curves.js";
import { Header } from "./views/header.js";
import { Lines } from "./views/lines.js";
import { Operator } from "./views/operator.js";
import { Replay } from "./views/replay.js";
import { Ticket } from "./views/ticket.js";
import { Trades } from "./views/trades.js";

const BEHIND_FOR = 3_000; // ms for which a page says that it was behind
const SLOWLY = 500; // ms between drawings of what costs more: all lines, curves

class App {
  constructor() {
    this.hello = {};
    this.steps = [];
    this.time = 0;
    this.offset = 0;
    this.symbol = decodeURIComponent(location.hash.slice(1));
    this.connected = false;
    this.behindAt = -BEHIND_FOR;
    this.asked = new Map();
    this.mending = false;
    this.market = new Market(() => this.mend());
    this.link = new Link((m) => this.take(m), (open) => this.changed(open));
    this.account = new Account(this.link);
    this.account.version = protocolVersion();
    this.header = new Header(this);
    this.book = new Book(this);
    this.candles = new Candles(this);
    this.curves = new Curves();
    this.depth = new Depth();
    this.auction = new Auction(this);
    this.trades = new Trades(this);
    this.lines = new Lines(this);
    this.ticket = new Ticket(this);
    this.replay = new Replay(this);
    this.operator = new Operator(this);
    this.slowAt = 0;
    this.drawn = 0;
    this.settings();
    requestAnimationFrame((now) => this.draw(now));
  }

  get behind() {
    return performance.now() - this.behindAt < BEHIND_FOR;
  }

  get line() {
    return this.market.lines.get(this.symbol);
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

  choose(symbol) {
    this.symbol = symbol;
    history.replaceState(null, "", `#${encodeURIComponent(symbol)}`);
  }

  take(m) {
    if (m.is === "time") this.time = m.what;
    else if (m.is === "hello") this.greet(m.what);
    else if (m.is === "anew") this.market.forget();
    else if (m.is === "replay") this.replay.state = m.what;
    else if (m.is === "operator") this.operator.heard(m.what);
    else if (m.is === "curves") this.market.curves(m.what);
    else if (m.is === "phases") this.market.phases(m.what.map((each, place) =>
      (place ? each.map(([time, phase]) => ({ time, phase: wordOf("Phase", phase) })) : each)));
    else if (m.is === "behind") this.behindAt = performance.now();
    else if (m.is === "refused") this.account.answer = { ok: false, field: "", rule: m.what, reason: "" };
    else if (m.is === "DayTrades") this.fill(m);
    else if (m.is === "History") this.recall(m);
    else if (this.market.absorb(m)) this.heard(m);
    else this.account.absorb(m);
  }

  greet(hello) {
    this.hello = hello;
    this.operator.begin(hello.controls);
    byId("own").hidden = hello.controls.includes("replay"); // nobody can trade in the past
    this.offset = hello.utc_offset_minutes;
    this.steps = hello.steps.map(([time, symbol, phase]) => [time, symbol, wordOf("Phase", phase)]);
  }

  heard(m) {
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

  draw(now) {
    if (!this.line && this.market.lines.size) [this.symbol] = this.market.lines.keys();
    const { line } = this;
    this.header.draw(line);
    if (line) {
      const call = inCall(line);
      const over = !call && this.auction.draw(line);
      byId("auction").hidden = !over;
      byId("candles").hidden = call || over;
      byId("curves").hidden = !call;
      byId("depth").hidden = call || over;
      byId("depth-title").hidden = call || over;
      text(byId("centre-title"), t(call ? "curves" : over ? "cleared" : "chart"));
      this.book.draw(line);
      this.trades.draw(line);
      const slow = now - this.slowAt > SLOWLY || this.drawn !== line.symbol;
      if (call && slow) this.curves.draw(line);
      else if (!call && !over) {
        text(byId("centre-note"), line.uncrossed && !line.trades.length ? t("nothing") : "");
        this.candles.draw(line);
      }
      if (slow) {
        this.slowAt = now;
        this.drawn = line.symbol;
        if (!call && !over) this.depth.draw(line);
        this.lines.draw();
      }
    }
    this.ticket.draw(line);
    this.replay.draw();
    requestAnimationFrame((later) => this.draw(later));
  }

  settings() {
    const root = document.documentElement;
    const kept = (name, otherwise) => localStorage.getItem(name) ?? otherwise;
    const keep = (name, what) => {
      localStorage.setItem(name, what);
      this.restyle();
    };
    root.dataset.theme = kept("theme", matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark");
    root.dataset.up = kept("up", "green");
    setLanguage(kept("language", navigator.language.startsWith("zh") ? "zh" : "en"));
    byId("language").addEventListener("click", () => {
      setLanguage(language() === "en" ? "zh" : "en");
      keep("language", language());
    });
    byId("theme").addEventListener("click", () => {
      root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
      keep("theme", root.dataset.theme);
    });
    byId("colours").addEventListener("click", () => {
      root.dataset.up = root.dataset.up === "green" ? "red" : "green";
      keep("up", root.dataset.up);
    });
    this.restyle();
  }

  restyle() {
    this.candles.restyle();
    this.slowAt = 0;
    this.ticket.begin();
  }
}

await loadTable();
window.carbonx = new App(); // for tests, and for whoever wants to look

// The page: takes in what the venue says, draws what changed once a frame.

import { byId, text } from "./dom.js";
import { inCall } from "./market.js";
import { Venue } from "./venue.js";
import { setLanguage, t, language } from "./words.js";
import { loadTable } from "./wire.js";
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

const SLOWLY = 500; // ms between drawings of what costs more: all lines, curves

const BOOKS = ["order_book", "listing", "fixed_price"]; // mechanisms whose prices stand in a book

// What is to be said above the prices of a day.
function noted(line) {
  const { phase, reason } = line.phases.at(-1) ?? {};
  if (phase === "halted" && line.phase === phase && reason) return `${t(phase)}: ${reason}`;
  return line.uncrossed && !line.trades.length ? t("nothing") : "";
}

class App {
  constructor() {
    this.wanted = decodeURIComponent(location.hash.slice(1)); // the key of a line, until it is there
    this.symbol = "";
    this.venues = [new Venue("", (venue, m) => this.heard(venue, m))];
    [this.shown] = this.venues;
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

  // What the views draw is of the venue that is shown.
  get hello() {
    return this.shown.hello;
  }

  get steps() {
    return this.shown.steps;
  }

  get time() {
    return this.shown.time;
  }

  get offset() {
    return this.shown.offset;
  }

  get connected() {
    return this.shown.connected;
  }

  get behind() {
    return this.shown.behind;
  }

  get market() {
    return this.shown.market;
  }

  get link() {
    return this.shown.link;
  }

  get account() {
    return this.shown.account;
  }

  get line() {
    return this.market.lines.get(this.symbol);
  }

  get everyLine() {
    return this.venues.flatMap((venue) => [...venue.market.lines.values()]);
  }

  lineOf(venueName, symbol) {
    return this.venues.find((venue) => venue.name === venueName)?.market.lines.get(symbol);
  }

  // Show a line by its key, whichever venue it is of.
  choose(key) {
    this.wanted = key;
    this.settle();
    history.replaceState(null, "", `#${encodeURIComponent(key).replaceAll("%2F", "/")}`);
  }

  settle() {
    const found = this.wanted && this.everyLine.find((line) => line.key === this.wanted);
    if (found) {
      this.wanted = "";
      this.symbol = found.symbol;
      const venue = this.venues.find((each) => each.market === found.market);
      if (venue !== this.shown) {
        this.shown = venue;
        this.arrive();
      }
    }
    if (!this.line && this.market.lines.size) [this.symbol] = this.market.lines.keys();
  }

  heard(venue, m) {
    if (m.is === "hello") this.greet(venue);
    else if (venue !== this.shown) return;
    else if (m.is === "replay") this.replay.state = m.what;
    else this.operator.heard(m.what);
  }

  // The first venue says which others there are.
  greet(venue) {
    for (const name of venue.hello.venues)
      if (!this.venues.some((each) => each.name === name))
        this.venues.push(new Venue(name, (which, m) => this.heard(which, m)));
    if (venue === this.shown) this.arrive();
  }

  arrive() {
    const { controls } = this.hello;
    this.operator.begin(controls);
    byId("own").hidden = controls.includes("replay"); // nobody can trade in the past
    this.slowAt = 0;
  }

  draw(now) {
    this.settle();
    const { line } = this;
    this.header.draw(line);
    if (line) {
      const call = inCall(line);
      const over = !call && this.auction.draw(line);
      byId("auction").hidden = !over;
      byId("candles").hidden = call || over;
      byId("curves").hidden = !call;
      const deep = !call && !over && BOOKS.includes(line.info.mechanism);
      byId("depth").hidden = !deep;
      byId("depth-title").hidden = !deep;
      text(byId("centre-title"), t(call ? "curves" : over ? "cleared" : "chart"));
      this.book.draw(line);
      this.trades.draw(line);
      const slow = now - this.slowAt > SLOWLY || this.drawn !== line.key;
      if (call && slow) this.curves.draw(line);
      else if (!call && !over) {
        text(byId("centre-note"), noted(line));
        this.candles.draw(line);
      }
      if (slow) {
        this.slowAt = now;
        this.drawn = line.key;
        if (deep) this.depth.draw(line);
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

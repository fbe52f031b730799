// The book as bars of size; in lines without one what stands for others to answer.

import { byId, h, rows, text } from "../dom.js";
import { clock, decimal, whole } from "../format.js";
import { inCall } from "../market.js";
import { t } from "../words.js";
import { elsewhere } from "./regions.js";

const SHOWN = 12; // levels of a side

export class Book {
  constructor(app) {
    this.app = app;
    this.body = byId("book-body");
    this.kind = "";
  }

  draw(line) {
    const { mechanism } = line.info;
    const kind = mechanism === "one_way" ? "auctions" : mechanism === "order_book" ? "book" : "offers";
    if (kind !== this.kind) this.begin(kind);
    if (kind === "book") this.book(line);
    else if (kind === "offers") this.offers(line);
    else this.auctions(line);
    this.links(line);
  }

  // What rests elsewhere: the best prices of the lines that this one is linked with.
  links(line) {
    const items = elsewhere(this.app, line);
    this.notes.hidden = !items.length;
    rows(this.notes, items, () => h("li"), (row, { kind, other }) => {
      const price = (side) => (other.best(side) ? decimal(other.best(side), other.info.minor_digits) : "–");
      const known = { shared: t("restsThere"), hosting: t("restsHere") }[kind] ?? `${t(kind)}:`;
      row.className = `note ${kind}`;
      text(row, `${known} ${other.label}` +
        (kind === "hosting" ? "" : `, ${t("bid")} ${price("buy")} / ${t("ask")} ${price("sell")}`));
    });
  }

  begin(kind) {
    this.kind = kind;
    text(byId("book-title"), t(kind));
    byId("book-title").dataset.t = kind;
    const heads = {
      book: ["price", "quantity"], offers: ["number", "side", "price", "quantity", "pick"],
      auctions: ["number", "side", "quantity", "price", "time"],
    }[kind];
    this.rows = h("tbody");
    this.notes = h("ul", { id: "elsewhere", "aria-label": t("elsewhere"), "data-label": "elsewhere" });
    const head = heads.map((each) => h("th", { scope: "col", "data-t": each }, t(each)));
    this.body.replaceChildren(h("table", {}, h("thead", {}, h("tr", {}, ...head)), this.rows), this.notes);
  }

  book(line) {
    // The orders of a shared book rest at the other venue: that is the book to see.
    const from = elsewhere(this.app, line).find(({ kind }) => kind === "shared")?.other ?? line;
    const asks = from.shown("sell").slice(0, SHOWN).reverse();
    const bids = from.shown("buy").slice(0, SHOWN);
    const most = Math.max(1, ...asks.map((row) => row[1]), ...bids.map((row) => row[1]));
    const own = this.app.account.prices(line.symbol);
    const { low_limit: low, high_limit: high } = line.day;
    // In a call orders cross: what stands between them then is the price that would be.
    const spread = asks.length && bids.length && !inCall(line) ? asks.at(-1)[0] - bids[0][0] : null;
    const would = inCall(line) && line.indicated?.volume ? line.indicated.price : null;
    const digits = line.info.minor_digits;
    const item = (kind) => ([price, quantity]) => ({
      kind, price, text: decimal(price, digits), quantity, share: quantity / most,
      mine: own[kind === "bids" ? "buy" : "sell"].has(price), limit: price === low || price === high,
    });
    const middle = would !== null ? `${t("indicative")} ${decimal(would, digits)}`
      : spread !== null ? `↕ ${decimal(spread, digits)}` : "–";
    // Both limits stand at the ends, unless a level that is shown is at one.
    const edge = (price, shown) => (price && !shown.some((row) => row[0] === price)
      ? [{ kind: "edge", text: `${t(price === high ? "highLimit" : "lowLimit")} ${decimal(price, digits)}` }] : []);
    const items = [...edge(high, asks), ...asks.map(item("asks")), { kind: "spread", text: middle },
      ...bids.map(item("bids")), ...edge(low, bids)];
    rows(this.rows, items, makeLevel, fillLevel);
  }

  offers(line) {
    const { app } = this;
    const items = [...line.offers.values()].sort((a, b) =>
      a.side === b.side ? a.price - b.price : a.side < b.side ? 1 : -1);
    const rule = app.hello.picks?.[line.symbol] ?? ["any", 0];
    const own = app.account.numbers(line.symbol);
    rows(this.rows, items, makeOffer, (row, offer) => {
      const [number, side, price, quantity, may] = row.children;
      row.dataset.number = offer.number;
      row.className = own.has(offer.number) ? "mine" : "";
      text(number, String(offer.number));
      text(side, t(offer.side === "buy" ? "bid" : "ask"));
      side.className = offer.side === "buy" ? "bid" : "ask";
      const asks = offer.kind === "enquiry"; // for quotes: it has no price, and nobody can pick it
      text(price, asks ? "–" : decimal(offer.price, line.info.minor_digits));
      text(quantity, whole(offer.quantity));
      const why = own.has(offer.number) ? "ownOffer" : asks ? "asksQuotes"
        : mayPick(line, rule, offer, items) ? "mayPick" : "notBest";
      const button = may.firstChild;
      button.onclick = () => (asks ? app.ticket.answerTo(offer) : app.ticket.pick(offer));
      button.title = t(why);
      button.disabled = why === "ownOffer";
      text(button, t({ mayPick: "pick", asksQuotes: "reply" }[why] ?? why));
    });
  }

  auctions(line) {
    const { digits, offset } = { digits: line.info.minor_digits, offset: this.app.offset };
    const items = [...line.auctions.values(), ...line.cleared];
    rows(this.rows, items, () => h("tr", {}, ...Array.from({ length: 5 }, () => h("td"))), (row, m) => {
      const [number, side, quantity, price, time] = row.children;
      text(number, String(m.number));
      const announced = m.is === "Announced" ? m : m.announced;
      text(side, announced ? t(announced.side) : "");
      text(quantity, whole(m.quantity));
      text(price, decimal(m.price, digits));
      text(time, m.is === "Announced"
        ? `${clock(m.opens_at, offset)}–${clock(m.closes_at, offset)}`
        : `${clock(m.time, offset)} ${t("over")}`);
    });
  }
}

// Whether the rules of the line let anybody take this one now; the venue has the last word.
function mayPick(line, [rule, levels], offer, items) {
  if (line.info.mechanism !== "listing" || rule === "any") return true;
  const side = items.filter((each) => each.side === offer.side);
  const better = (each) => (offer.side === "sell" ? each.price < offer.price : each.price > offer.price);
  const before = new Set(side.filter(better).map((each) => each.price)).size;
  if (rule === "within_levels") return before < levels;
  return !before && !side.some((each) => each.price === offer.price && each.number < offer.number);
}

function makeLevel() {
  return h("tr", {}, h("td"), h("td", { className: "size" },
    h("span", { className: "bar" }), h("span", { className: "on" })));
}

function fillLevel(row, item) {
  const [price, size] = row.children;
  const [bar, quantity] = size.children;
  const level = item.kind === "bids" || item.kind === "asks";
  price.colSpan = level ? 1 : 2;
  size.hidden = !level;
  text(price, item.text);
  if (!level) {
    row.className = item.kind;
    price.className = "";
    delete row.dataset.price;
    return;
  }
  row.className = `${item.kind}${item.mine ? " mine" : ""}${item.limit ? " limit" : ""}`;
  row.dataset.price = item.price;
  row.dataset.quantity = item.quantity;
  price.className = item.kind === "bids" ? "bid" : "ask";
  text(quantity, whole(item.quantity));
  bar.style.width = `${(100 * item.share).toFixed(1)}%`;
}

const makeOffer = () => h("tr", {}, h("td"), h("td"), h("td"), h("td"),
  h("td", {}, h("button", { type: "button" })));

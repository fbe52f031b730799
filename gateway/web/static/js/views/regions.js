// Lines of linked venues, region beside region, with how far their prices lie apart.

import { h, rows, text } from "../dom.js";
import { decimal } from "../format.js";
import { t } from "../words.js";

// Of the two ends of a link the one that says what passes; of two equal ends the first venue's.
const ENDS = ["routing", "shared", "recognition", "auction"];

// A line's price halfway between its best bid and offer, in tenths of a minor unit; 0 without one.
const mid = (line) => (line.best("buy") && line.best("sell") ? 5 * (line.best("buy") + line.best("sell")) : 0);

// What the price there is above the one here: {amount, digits, share}, or why that cannot be said.
// Prices are whole parts of the currency's unit, so many digits behind its point each.
export function apart(here, there) {
  if (!here.price || !there.price) return { why: "–" };
  if (here.currency !== there.currency) return { why: t("notComparable") };
  const digits = Math.max(here.digits, there.digits);
  const [from, to] = [here, there].map((each) => each.price * 10 ** (digits - each.digits));
  return { amount: to - from, digits, share: (100 * (to - from)) / from };
}

function told({ why, amount, digits, share }) {
  if (why) return why;
  const sign = amount > 0 ? "+" : "";
  return `${sign}${decimal(amount, digits)} (${sign}${share.toFixed(2)} %)`;
}

const priced = ({ info }, price, finer = 0) =>
  ({ price, digits: info.minor_digits + finer, currency: info.currency });

const shown = ({ price, digits }) => (price ? decimal(price, digits) : "–");

// Every link once, with the lines at its ends that are known.
export function pairs(app) {
  const found = new Map();
  for (const venue of app.venues)
    for (const { name, kind, symbol, peer, peerSymbol } of venue.links) {
      const [here, there] = [venue.market.lines.get(symbol), app.lineOf(peer, peerSymbol)];
      if (ENDS.includes(kind) && here && there && !found.has(name)) found.set(name, { name, kind, here, there });
    }
  return [...found.values()];
}

// The lines at other venues that a line is linked with, and by which kind of link.
export function elsewhere(app, line) {
  const venue = app.venues.find(({ market }) => market === line.market);
  return venue.links.filter(({ symbol, kind }) => symbol === line.symbol && (ENDS.includes(kind) || kind === "hosting"))
    .map(({ kind, peer, peerSymbol }) => ({ kind, other: app.lineOf(peer, peerSymbol) }))
    .filter(({ other }) => other);
}

const HEAD = ["link", "here", "last", "mid", "there", "last", "mid", "spreadLast", "spreadMid"];

export class Regions {
  constructor(app) {
    this.app = app;
    this.rows = h("tbody", { id: "regions" });
    const head = HEAD.map((each) => h("th", { scope: "col", "data-t": each }, t(each)));
    this.element = h("table", { hidden: true }, h("caption", { "data-t": "regions" }, t("regions")),
      h("thead", {}, h("tr", {}, ...head)), this.rows);
  }

  draw() {
    const found = pairs(this.app);
    this.element.hidden = !found.length;
    rows(this.rows, found, () => h("tr", {}, ...HEAD.map(() => h("td"))), (row, { name, kind, here, there }) => {
      row.dataset.link = name;
      const lasts = [here, there].map((line) => priced(line, line.last));
      const mids = [here, there].map((line) => priced(line, mid(line), 1));
      const stale = here.stale || there.stale;
      const said = [`${name}: ${t(kind)}`, here.label, shown(lasts[0]), shown(mids[0]),
        there.label, shown(lasts[1]), shown(mids[1]),
        ...[lasts, mids].map((each) => (stale ? t("waits") : told(apart(...each))))];
      [...row.children].forEach((cell, place) => text(cell, said[place]));
    });
  }
}

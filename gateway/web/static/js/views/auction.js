// What came of a sealed auction: demand against supply with what containment added or kept back, price
// beside the reserve, what each winner got, and how the account's own bids fared.

import { outcomeOf } from "../bids.js";
import { byId, h, rows, text } from "../dom.js";
import { clock, decimal, whole } from "../format.js";
import { named, t } from "../words.js";

const SVG = "http://www.w3.org/2000/svg";
const LEAST = 280; // pixels that it is wide, which are its units: texts keep their size
const MOST = 900;
const HIGH = 220;
const LEFT = 70;
const LOW = 24;
const TEXT = 13; // a line of text

// One picture of all: {price, reserve, interim, offered, released, withheld, sold, ...}. It is of the
// day's last auction, or else of the last that was stated: then the reserve is not known any more.
export function outcome(line) {
  const { announced, stated, ...cleared } = line.cleared.at(-1) ?? { stated: line.stated };
  if (!stated && !cleared.number) return null;
  const sold = cleared.quantity ?? stated.sold;
  const unsold = cleared.unsold ?? stated.unsold;
  return {
    number: cleared.number ?? stated.number, at: cleared.time ?? stated.time, time: cleared.time ?? 0, date: stated?.date ?? 0,
    price: cleared.price ?? stated.price, reserve: announced?.price ?? 0, sold, unsold,
    bids: cleared.bids, bidders: cleared.bidders ?? stated.bidders,
    offered: stated?.offered ?? announced?.quantity ?? sold + unsold,
    released: stated?.released, withheld: stated?.withheld, interim: stated?.interim ?? 0,
    demand: stated?.demand, winners: stated?.winners ?? [], tiers: stated?.tiers ?? [],
    end: stated?.end ?? "", cuts: stated?.cuts ?? [], levels: stated?.levels ?? [],
  };
}

// Tonnes bid for at each price or above it, the highest price first: [price, tonnes].
export function demanded(levels) {
  let sum = 0;
  return [...levels].sort((a, b) => b[0] - a[0]).map(([price, wanted]) => [price, (sum += wanted)]);
}

const figure = (number) => (number === undefined ? "–" : whole(number));

const dashed = (date) => String(date).replace(/(\d{4})(\d\d)(\d\d)/, "$1-$2-$3");

function svg(name, given, said = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, what] of Object.entries(given)) made.setAttribute(key, what);
  made.textContent = said;
  return made;
}

export class Auction {
  constructor(app) {
    this.app = app;
    this.body = byId("auction");
    this.drawn = "";
  }

  // Say whether there is a clearing to show.
  draw(line) {
    const found = line.info.mechanism === "one_way" ? outcome(line) : null;
    if (!found) return false;
    const { account } = this.app;
    const wide = Math.min(Math.max(this.body.clientWidth, LEAST), MOST);
    const drawn = [line.key, line.version, account.changed, document.documentElement.lang, wide].join();
    if (drawn === this.drawn) return true;
    this.drawn = drawn;
    const digits = line.info.minor_digits;
    const own = account.bids.clearedAt(line.symbol, found.at).map((bid) => ({ ...bid, how: outcomeOf(bid) }));
    this.body.replaceChildren(this.picture(found, digits, own, wide), this.table(found, digits), this.bids(found, own, digits));
    this.body.setAttribute("aria-label", `${t("cleared")} ${found.number}: ${decimal(found.price, digits)}, ${whole(found.sold)} t, ` +
      `${t("demand")} ${figure(found.demand)}, ${t("supply")} ${whole(found.offered + (found.released ?? 0) - (found.withheld ?? 0))}`);
    return true;
  }

  picture(found, digits, own, wide) {
    const { demand = 0, released = 0, withheld = 0 } = found; // not known of all auctions
    const supply = found.offered + released;
    const steps = demanded(found.levels);
    const most = Math.max(supply, demand, steps.at(-1)?.[1] ?? 0, found.sold, 1) * 1.05;
    const prices = [...own, { price: steps[0]?.[0] ?? 0 }].map((each) => each.price);
    const top = Math.max(found.price, found.reserve, found.interim, ...prices, 1) * 1.15;
    const x = (tonnes) => LEFT + ((wide - LEFT) * tonnes) / most;
    const y = (price) => (HIGH - LOW) * (1 - price / top);
    const made = svg("svg", { viewBox: `0 0 ${wide} ${HIGH}`, "aria-hidden": "true", class: "auction" });
    let from = 0;
    const block = (style, tonnes, price) => {
      made.append(svg("rect", { class: style, x: x(from), y: y(price), width: Math.max(1, x(from + tonnes) - x(from) - 1),
        height: y(0) - y(price) }));
      from += tonnes;
    };
    (found.winners.length ? found.winners : found.sold ? [found.sold] : []).forEach((each) => block("won", each, found.price));
    // Each price has its word at the right end; of two that are one, the more important.
    const lines = [["price", "clearingPrice", found.price], ["reserve", "reserve", found.reserve],
      ["interim", "interim", found.interim]];
    const drawn = [];
    for (const [style, word, price] of lines) {
      if (!price || drawn.some((each) => each === price)) continue;
      made.append(svg("line", { class: style, x1: LEFT, x2: wide, y1: y(price), y2: y(price) }));
      const low = drawn.some((each) => each > price && y(price) - y(each) < 2 * TEXT); // below its line
      const high = drawn.some((each) => each < price && y(each) - y(price) < TEXT);
      if (!high) {
        const at = y(price) + (low ? TEXT : -4);
        made.append(svg("text", { x: wide - 4, y: at, class: style, "text-anchor": "end" }, t(word)));
        made.append(svg("text", { x: 2, y: at, class: style }, decimal(price, digits)));
      }
      drawn.push(price);
    }
    const sides = [["offered", found.offered], ["supply", supply - withheld]];
    for (const [style, tonnes] of sides[0][1] === sides[1][1] ? sides.slice(1) : sides) {
      made.append(svg("line", { class: style, x1: x(tonnes), x2: x(tonnes), y1: 0, y2: HIGH - LOW }));
      made.append(svg("text", { x: Math.min(x(tonnes) + 3, wide - 50), y: HIGH - 8, class: style }, `${whole(tonnes)} t`));
    }
    const path = steps.map(([price, tonnes]) => `V${y(price)}H${x(tonnes)}`).join("");
    if (path) {
      made.append(svg("path", { class: "demand", d: `M${x(0)} ${y(steps[0][0])}${path}V${y(0)}` }));
      if (!drawn.some((each) => Math.abs(y(each) - y(steps[0][0])) < 2 * TEXT))
        made.append(svg("text", { x: 2, y: y(steps[0][0]) + 4 }, decimal(steps[0][0], digits)));
    }
    for (const each of own) { // own bids by their limit, at the tonnes that were asked for
      const mark = svg("circle", { class: each.how, cx: x(Math.min(each.quantity, most)), cy: y(each.price), r: 5 });
      mark.append(svg("title", {}, `${decimal(each.price, digits)}: ${t(each.how)}`));
      made.append(mark);
    }
    return made;
  }

  table(found, digits) {
    const price = (minor) => (minor ? decimal(minor, digits) : "–");
    const list = (kind, pairs) => pairs.map(([name, tonnes]) => `${named(kind, name)} ${whole(tonnes)}`).join(", ") || "–";
    const said = [
      ["number", String(found.number)], ["time", found.time ? clock(found.time, this.app.offset) : dashed(found.date)],
      ["ending", found.end ? named("ending", found.end) : "–"], ["clearingPrice", price(found.price)], ["reserve", price(found.reserve)], ["interim", price(found.interim)],
      ["offered", whole(found.offered)], ["released", figure(found.released)], ["withheld", figure(found.withheld)],
      ["tiers", list("tier", found.tiers)], ["sold", whole(found.sold)], ["unsold", whole(found.unsold)],
      ["demandAll", figure(found.demand)], ["bidders", whole(found.bidders)], ["bidsCount", figure(found.bids)],
      ["winners", found.winners.map(whole).join(", ") || "–"], ["cuts", list("cut", found.cuts)],
    ];
    const made = h("dl", { id: "auction-figures" });
    rows(made, said, () => h("div", {}, h("dt"), h("dd")), (row, [name, what]) => {
      row.lastChild.id = `auction-${name}`;
      text(row.firstChild, t(name));
      text(row.lastChild, what);
    });
    return made;
  }

  bids(found, own, digits) {
    const body = h("tbody", { id: "auction-own" });
    rows(body, own, () => h("tr", {}, h("td"), h("td"), h("td"), h("td")), (row, bid) => {
      const [price, quantity, got, how] = row.children;
      row.dataset.ref = bid.ref;
      text(price, decimal(bid.price, digits));
      text(quantity, whole(bid.quantity));
      text(got, whole(bid.got));
      text(how, t(bid.how));
    });
    const head = ["price", "quantity", "got", "outcome"].map((each) => h("th", { scope: "col" }, t(each)));
    return h("table", { hidden: !own.length }, h("caption", {}, t("ownBids")),
      h("thead", {}, h("tr", {}, ...head)), body);
  }
}

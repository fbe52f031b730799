// What came of a sealed auction: its price beside the reserve, supply with what containment added or
// kept back, what each winner got, and how the account's own bids fared.

import { byId, h, rows, text } from "../dom.js";
import { clock, decimal, whole } from "../format.js";
import { t } from "../words.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDE = 640;
const HIGH = 220;
const LEFT = 70;
const LOW = 24;

// One picture of all: {price, reserve, interim, offered, released, withheld, sold, ...}.
export function outcome(line) {
  const cleared = line.cleared.at(-1);
  if (!cleared) return null;
  const { announced, stated } = cleared;
  const offered = stated?.offered ?? announced?.quantity ?? cleared.quantity + cleared.unsold;
  return {
    number: cleared.number, time: cleared.time, price: cleared.price, reserve: announced?.price ?? 0,
    sold: cleared.quantity, unsold: cleared.unsold, bids: cleared.bids, bidders: cleared.bidders,
    offered, released: stated?.released ?? 0, withheld: stated?.withheld ?? 0, interim: stated?.interim ?? 0,
    demand: stated?.demand ?? 0, cover: stated?.cover_bp ?? 0, winners: stated?.winners ?? [],
    tiers: stated?.tiers ?? [], cuts: stated?.cuts ?? [], end: stated?.end ?? "",
  };
}

// How the account's bids ended: {ref, price, quantity, got, how}.
export function ownBids(account, line, from) {
  return [...account.orders.values()].filter((each) => each.symbol === line.symbol && each.time >= from)
    .map(({ ref, price, quantity }) => {
      const got = account.fills.filter((fill) => fill.ref === ref && fill.symbol === line.symbol)
        .reduce((sum, fill) => sum + fill.quantity, 0);
      return { ref, price, quantity, got, how: got >= quantity ? "inWhole" : got ? "inPart" : "notAtAll" };
    }).sort((a, b) => b.price - a.price || a.ref - b.ref);
}

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
    const drawn = [line.symbol, line.version, account.changed, document.documentElement.lang].join();
    if (drawn === this.drawn) return true;
    this.drawn = drawn;
    const digits = line.info.minor_digits;
    const own = ownBids(account, line, line.cleared.at(-1).announced?.time ?? 0);
    this.body.replaceChildren(this.picture(found, digits, own), this.table(found, digits), this.bids(found, own, digits));
    this.body.setAttribute("aria-label", `${t("cleared")} ${found.number}: ${decimal(found.price, digits)}, ${whole(found.sold)} t`);
    return true;
  }

  picture(found, digits, own) {
    const supply = found.offered + found.released;
    const most = Math.max(supply, found.demand, found.sold, 1) * 1.05;
    const top = Math.max(found.price, found.reserve, found.interim, ...own.map((each) => each.price), 1) * 1.15;
    const x = (tonnes) => LEFT + ((WIDE - LEFT) * tonnes) / most;
    const y = (price) => (HIGH - LOW) * (1 - price / top);
    const made = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, "aria-hidden": "true", class: "auction" });
    let from = 0;
    const block = (style, tonnes, price) => {
      made.append(svg("rect", { class: style, x: x(from), y: y(price), width: Math.max(1, x(from + tonnes) - x(from) - 1),
        height: y(0) - y(price) }));
      from += tonnes;
    };
    (found.winners.length ? found.winners : found.sold ? [found.sold] : []).forEach((each) => block("won", each, found.price));
    for (const [style, price] of [["reserve", found.reserve], ["interim", found.interim], ["price", found.price]]) {
      if (!price) continue;
      made.append(svg("line", { class: style, x1: LEFT, x2: WIDE, y1: y(price), y2: y(price) }));
      made.append(svg("text", { x: 2, y: y(price) + 4, class: style }, decimal(price, digits)));
    }
    for (const [style, tonnes] of [["offered", found.offered], ["supply", supply - found.withheld]]) {
      made.append(svg("line", { class: style, x1: x(tonnes), x2: x(tonnes), y1: 0, y2: HIGH - LOW }));
      made.append(svg("text", { x: Math.min(x(tonnes) + 3, WIDE - 50), y: HIGH - 8, class: style }, whole(tonnes)));
    }
    for (const each of own) // own bids by their limit, at the tonnes that were asked for
      made.append(svg("circle", { class: each.how, cx: x(Math.min(each.quantity, most)), cy: y(each.price), r: 5 }));
    return made;
  }

  table(found, digits) {
    const price = (minor) => (minor ? decimal(minor, digits) : "–");
    const list = (pairs) => pairs.map(([name, tonnes]) => `${name.replaceAll("_", " ")} ${whole(tonnes)}`).join(", ") || "–";
    const said = [
      ["number", String(found.number)], ["time", clock(found.time, this.app.offset)],
      ["clearingPrice", price(found.price)], ["reserve", price(found.reserve)], ["interim", price(found.interim)],
      ["offered", whole(found.offered)], ["released", whole(found.released)], ["withheld", whole(found.withheld)],
      ["tiers", list(found.tiers)], ["sold", whole(found.sold)], ["unsold", whole(found.unsold)],
      ["demandAll", whole(found.demand)], ["bidders", whole(found.bidders)], ["bidsCount", whole(found.bids)],
      ["winners", found.winners.map(whole).join(", ") || "–"], ["cuts", list(found.cuts)],
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

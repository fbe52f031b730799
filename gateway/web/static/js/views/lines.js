// Every line of the venue in a row, with the way of its day.

import { byId, h, rows, text } from "../dom.js";
import { decimal, whole } from "../format.js";
import { t } from "../words.js";
import { Regions } from "./regions.js";

const SVG = "http://www.w3.org/2000/svg";
const POINTS = 60;
const WIDE = 110;
const HIGH = 22;

function way(trades) {
  if (trades.length < 2) return "";
  const step = Math.max(1, Math.floor(trades.length / POINTS));
  const prices = trades.filter((_, place) => place % step === 0 || place === trades.length - 1)
    .map((each) => each.price);
  const low = Math.min(...prices);
  const range = Math.max(...prices) - low || 1;
  return prices.map((price, place) => {
    const x = ((WIDE - 2) * place) / (prices.length - 1) + 1;
    const y = HIGH - 2 - ((HIGH - 4) * (price - low)) / range;
    return `${place ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
  }).join("");
}

function toLimits(line) {
  const { low_limit: low, high_limit: high } = line.day;
  if (!line.price || !(low || high)) return "–";
  const share = (limit) => (limit ? `${((100 * (limit - line.price)) / line.price).toFixed(1)} %` : "–");
  return `${share(low)} / +${share(high)}`;
}

// Of each product with a last price in several lines: how far they lie apart.
export function spreads(lines) {
  const groups = new Map();
  for (const line of lines)
    if (line.last) groups.set(line.info.product, [...(groups.get(line.info.product) ?? []), line]);
  return [...groups].filter(([, group]) => group.length > 1).map(([product, group]) => {
    const prices = group.map((line) => line.last);
    const low = Math.min(...prices);
    return { product, lines: group, low, spread: Math.max(...prices) - low, digits: group[0].info.minor_digits };
  });
}

export class Lines {
  constructor(app) {
    this.app = app;
    this.rows = h("tbody");
    this.regions = new Regions(app);
    const head = ["line", "phase", "last", "change", "bid", "ask", "volume", "toLimits", "spark"]
      .map((each) => h("th", { scope: "col", "data-t": each }, t(each)));
    byId("lines-body").replaceChildren(
      h("table", {}, h("thead", {}, h("tr", {}, ...head)), this.rows), this.regions.element, this.sides(), this.realDay());
  }

  // Products that trade in several lines, side by side.
  sides() {
    this.spreads = h("tbody", { id: "spreads" });
    const head = ["product", "prices", "spread"].map((each) => h("th", { scope: "col", "data-t": each }, t(each)));
    this.beside = h("table", { hidden: true }, h("caption", { "data-t": "beside" }, t("beside")),
      h("thead", {}, h("tr", {}, ...head)), this.spreads);
    return this.beside;
  }

  // A day that really was beside the venue's, where there is one: in the demonstration.
  realDay() {
    this.real = h("tbody", { id: "real-day" });
    const head = ["line", "lowHigh", "realLowHigh", "last", "realClose", "volume", "realVolume"]
      .map((each) => h("th", { scope: "col", "data-t": each }, t(each)));
    this.besideReal = h("table", { hidden: true }, h("caption", { "data-t": "realDay" }, t("realDay")),
      h("thead", {}, h("tr", {}, ...head)), this.real);
    return this.besideReal;
  }

  drawRealDay() {
    const { app } = this;
    const found = Object.entries(app.hello.real_day ?? {}).filter(([symbol]) => app.market.lines.has(symbol));
    this.besideReal.hidden = !found.length;
    rows(this.real, found, () => h("tr", {}, ...Array.from({ length: 7 }, () => h("td"))), (row, [symbol, [low, high, close, tonnes]]) => {
      const line = app.market.lines.get(symbol);
      if (row.version === line.version && row.dataset.symbol === symbol) return;
      row.version = line.version;
      row.dataset.symbol = symbol;
      const price = (minor) => (minor ? decimal(minor, line.info.minor_digits) : "–");
      const [least, most] = line.trades.reduce(([a, b], { price: at }) => [Math.min(a, at), Math.max(b, at)], [Infinity, 0]);
      const said = [symbol, most ? `${price(least)} … ${price(most)}` : "–", `${price(low)} … ${price(high)}`,
        price(line.last), price(close), whole(line.volume), whole(tonnes)];
      [...row.children].forEach((cell, place) => text(cell, said[place]));
    });
  }

  drawSides() {
    const found = this.app.venues.flatMap(({ name, market }) =>
      spreads([...market.lines.values()]).map((each) => ({ ...each, name })));
    this.beside.hidden = !found.length;
    rows(this.spreads, found, () => h("tr", {}, h("td"), h("td"), h("td")), (row, each) => {
      const [product, prices, spread] = row.children;
      row.dataset.product = each.product;
      text(product, each.name ? `${each.name} · ${each.product}` : each.product);
      text(prices, each.lines.map((line) => `${line.info.mode || line.symbol} ${decimal(line.last, each.digits)}`).join(" · "));
      text(spread, `${decimal(each.spread, each.digits)} (${((100 * each.spread) / each.low).toFixed(2)} %)`);
    });
  }

  draw() {
    const { app } = this;
    this.regions.draw();
    this.drawSides();
    this.drawRealDay();
    rows(this.rows, app.everyLine, () => this.make(), (row, line) => {
      row.className = line === app.line ? "chosen" : "";
      if (row.version === line.version && row.key === line.key && row.language === document.documentElement.lang) return;
      Object.assign(row, { version: line.version, key: line.key, language: document.documentElement.lang });
      const digits = line.info.minor_digits;
      const price = (minor) => (minor ? decimal(minor, digits) : "–");
      const change = line.last ? line.last - line.day.reference : 0;
      const [name, phase, last, moved, bid, ask, volume, limits, spark] = row.children;
      text(name.firstChild, line.label);
      text(phase, t(line.phase));
      text(last, price(line.last));
      text(moved, line.last ? `${change > 0 ? "+" : ""}${decimal(change, digits)}` : "–");
      moved.className = change > 0 ? "up" : change < 0 ? "down" : "";
      text(bid, price(line.best("buy")));
      text(ask, price(line.best("sell")));
      text(volume, whole(line.volume));
      text(limits, toLimits(line));
      spark.firstChild.firstChild.setAttribute("d", way(line.trades));
    });
  }

  make() {
    const cells = Array.from({ length: 7 }, () => h("td"));
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", "spark");
    svg.setAttribute("aria-hidden", "true");
    svg.append(document.createElementNS(SVG, "path"));
    const button = h("button", { type: "button", onclick: () => this.app.choose(row.key) });
    const row = h("tr", {}, h("td", {}, button), ...cells, h("td", {}, svg));
    return row;
  }
}

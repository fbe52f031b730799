// Step curves: the depth of the book, and supply and demand while a call is on.

import uPlot from "/static/vendor/uplot.mjs";
import { byId, resolved, text } from "../dom.js";
import { decimal, whole } from "../format.js";
import { named, t } from "../words.js";

// At each price: tonnes bid for at it or above, and offered at it or below. A limit of 0 is none:
// those orders trade at any price.
export function supplyAndDemand({ bids, asks }) {
  const prices = [...new Set([...bids.keys(), ...asks.keys()])].filter(Boolean).sort((a, b) => a - b);
  const demand = new Array(prices.length).fill(0);
  const supply = new Array(prices.length).fill(0);
  let sum = bids.get(0) ?? 0;
  for (let place = prices.length - 1; place >= 0; place -= 1) {
    sum += bids.get(prices[place]) ?? 0;
    demand[place] = sum;
  }
  sum = asks.get(0) ?? 0;
  prices.forEach((price, place) => {
    sum += asks.get(price) ?? 0;
    supply[place] = sum;
  });
  return { prices, demand, supply };
}

const WHOLE = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map((each) => each * 10 ** power)).flat();

class Steps {
  constructor(element, title, small = false) {
    this.small = small;
    this.element = element;
    this.title = title;
    this.plot = null;
    this.made = "";
  }

  draw(line, data, mark, key, count = data[0].length) {
    const { element } = this;
    const width = element.clientWidth;
    const height = element.clientHeight;
    if (!width) return;
    const root = document.documentElement;
    const made = [line.key, width, height, root.lang, root.dataset.theme, root.dataset.up, key].join();
    const digits = line.info.minor_digits;
    this.mark = mark;
    if (made !== this.made) {
      this.made = made;
      this.plot?.destroy();
      this.plot = new uPlot(this.options(width, height, digits), data, element);
    } else this.plot.setData(data);
    const [, demand, supply] = data;
    element.setAttribute("aria-label",
      `${t(this.title)}: ${count} ${t("price")}, ${t("demand")} ${whole(demand[0] ?? 0)}, ` +
      `${t("supply")} ${whole(supply.at(-1) ?? 0)}`);
  }

  options(width, height, digits) {
    const soft = resolved("--soft");
    const grid = { stroke: resolved("--line"), width: 1 };
    const side = (label, colour, align) => ({ label, stroke: resolved(colour), width: 2, points: { show: false },
      fill: `${resolved(colour)}22`, paths: uPlot.paths.stepped({ align }), value: (_, tonnes) => (tonnes === null ? "–" : whole(tonnes)) });
    return {
      width, height: height - (this.small ? 4 : 30), cursor: { y: false },
      scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.05)] } },
      axes: [
        { stroke: soft, grid, values: (_, prices) => prices.map((each) => decimal(Math.round(each), digits)) },
        { stroke: soft, grid, size: 60, incrs: WHOLE, values: (_, tonnes) => tonnes.map((each) => whole(Math.round(each))) },
      ],
      series: [
        { label: t("price"), value: (_, price) => (price === null ? "–" : decimal(price, digits)) },
        side(t("demand"), "--bid", -1), side(t("supply"), "--ask", 1),
      ],
      hooks: { draw: [(plot) => this.drawMark(plot)] },
    };
  }

  // A vertical line at the price that would be, a horizontal one at the tonnes.
  drawMark(plot) {
    if (!this.mark) return;
    const { ctx, bbox } = plot;
    const x = plot.valToPos(this.mark.price, "x", true);
    const y = plot.valToPos(this.mark.volume, "y", true);
    ctx.save();
    ctx.strokeStyle = resolved("--accent");
    ctx.setLineDash([6, 4]);
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }
}

export class Depth {
  constructor() {
    this.steps = new Steps(byId("depth"), "depth", true);
  }

  draw(line) {
    const bids = line.sorted("buy").slice(0, 40).reverse();
    const asks = line.sorted("sell").slice(0, 40);
    const prices = [...bids, ...asks].map((row) => row[0]);
    // A step needs two points: each side goes on a little beyond its last level.
    const beyond = Math.max(1, Math.round((prices.at(-1) - prices[0]) / 20));
    if (bids.length) bids.unshift([bids[0][0] - beyond, 0]);
    if (asks.length) asks.push([asks.at(-1)[0] + beyond, 0]);
    const { prices: all, demand, supply } = supplyAndDemand({ bids: new Map(bids), asks: new Map(asks) });
    const bid = bids.at(-1)?.[0] ?? -1;
    const ask = asks[0]?.[0] ?? Infinity;
    const data = [all, demand.map((each, place) => (all[place] <= bid ? each : null)),
      supply.map((each, place) => (all[place] >= ask ? each : null))];
    const { dataset } = this.steps.element;
    if (prices.length) delete dataset.empty;
    else dataset.empty = t("noOrders");
    this.steps.draw(line, data, null, prices.length ? "" : "empty", prices.length);
  }
}

export class Curves {
  constructor() {
    this.steps = new Steps(byId("curves"), "curves");
  }

  draw(line) {
    const { prices, demand, supply } = supplyAndDemand(line.interest ?? line);
    const { indicated } = line;
    const mark = indicated?.volume ? indicated : null;
    this.steps.draw(line, [prices, demand, supply], mark, "");
    text(byId("centre-note"), told(line) + (line.interest || line.bids.size ? "" : ` · ${t("unseen")}`));
  }
}

export function told(line) {
  const { indicated } = line;
  const digits = line.info.minor_digits;
  if (!indicated?.volume) return t("nothing");
  const { surplus } = indicated;
  const left = surplus ? `${whole(Math.abs(surplus))} t ${t(surplus > 0 ? "surplusBid" : "surplusOffered")}` : "0 t";
  return `${t("indicative")} ${decimal(indicated.price, digits)} · ${t("indicativeVolume")} ` +
    `${whole(indicated.volume)} t · ${t("surplus")} ${left} · ${t("decided")} ${named("step", indicated.decided)}`;
}

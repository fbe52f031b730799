// Candles and volume of the day, with the limits and the reference as lines.

import { CandlestickSeries, HistogramSeries, createChart } from "/static/vendor/lightweight-charts.mjs";
import { byId } from "../dom.js";
import { t } from "../words.js";
import { Shades } from "./shades.js";

const WIDTHS = [60, 300, 900, 3_600, 14_400]; // seconds that a candle may have
const MOST = 120; // candles, beyond which they become wider
const MOST_BARS = 2_000; // with the empty ones between them

// The narrowest candles that fit, from the day's first phase or trade to the last.
function widthFor(trades, phases) {
  const times = [trades[0], trades.at(-1), phases[0], phases.at(-1)].filter(Boolean).map((each) => each.time);
  const span = times.length ? (Math.max(...times) - Math.min(...times)) / 1e9 : 0;
  return WIDTHS.find((each) => span / each <= MOST) ?? WIDTHS.at(-1);
}

const volume = (bar) => (bar.open === undefined ? { time: bar.time } : { time: bar.time, value: bar.volume });

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Custom properties that name another one are not resolved: do it here.
function resolved(name) {
  let found = colour(name);
  for (let step = 0; step < 3 && found.startsWith("var("); step += 1) found = colour(found.slice(4, -1));
  return found;
}

export class Candles {
  constructor(app) {
    this.app = app;
    this.element = byId("candles");
    this.chart = createChart(this.element, {
      autoSize: true,
      layout: { attributionLogo: false, background: { color: "transparent" } },
      timeScale: { timeVisible: true, secondsVisible: false },
      rightPriceScale: { scaleMargins: { top: 0.08, bottom: 0.25 } },
    });
    this.prices = this.chart.addSeries(CandlestickSeries, {});
    this.volumes = this.chart.addSeries(HistogramSeries, { priceScaleId: "", priceFormat: { type: "volume" } });
    this.volumes.priceScale().applyOptions({ scaleMargins: { top: 0.8, bottom: 0 } });
    this.shades = new Shades();
    this.prices.attachPrimitive(this.shades);
    this.lines = [];
    this.at = "";
    this.taken = 0;
    this.restyle();
  }

  restyle() {
    const up = resolved("--up");
    const down = resolved("--down");
    const soft = resolved("--soft");
    this.chart.applyOptions({
      layout: { textColor: soft, attributionLogo: false, background: { color: "transparent" } },
      grid: { vertLines: { color: resolved("--line") }, horzLines: { color: resolved("--line") } },
    });
    this.prices.applyOptions({ upColor: up, downColor: down, borderUpColor: up, borderDownColor: down,
      wickUpColor: up, wickDownColor: down });
    this.volumes.applyOptions({ color: resolved("--soft") });
    this.limits = "";
  }

  draw(line) {
    const width = widthFor(line.trades, line.phases);
    const at = `${line.key} ${line.tradesVersion} ${width} ${line.phases.length} ${line.phases.at(-1)?.time}`;
    if (at !== this.at) {
      this.width = width;
      this.at = at;
      this.taken = 0;
      this.begun = false;
      this.bars = [];
      const digits = line.info.minor_digits;
      this.scale = 10 ** digits;
      this.prices.applyOptions({ priceFormat: { type: "price", precision: digits, minMove: 1 / this.scale } });
    }
    this.limit(line);
    if (this.taken === line.trades.length && this.begun) return;
    this.begun = true;
    const anew = this.taken === 0;
    if (anew) this.span(line);
    let from = this.bars.length ? this.bars.length - 1 : 0;
    for (; this.taken < line.trades.length; this.taken += 1) this.take(line.trades[this.taken]);
    if (anew) {
      this.prices.setData(this.bars.map((bar) => this.candle(bar)));
      this.volumes.setData(this.bars.map(volume));
      this.chart.timeScale().fitContent();
    } else {
      for (; from < this.bars.length; from += 1) {
        this.prices.update(this.candle(this.bars[from]));
        this.volumes.update(volume(this.bars[from]));
      }
    }
    this.shades.set(line.phases.map(({ time, phase }) => ({ phase, time: this.slot(time) })), this.bars);
    this.element.setAttribute("aria-label", `${t("chart")}: ${line.symbol}, ${line.trades.length} ${t("trades")}`);
  }

  // The time of the candle that a moment belongs to.
  slot(time) {
    return Math.floor((time / 1e9 + this.app.offset * 60) / this.width) * this.width;
  }

  // Empty candles from the first phase to the last, so that one without a trade has its room.
  span(line) {
    const times = line.phases.map(({ time }) => this.slot(time));
    if (!times.length) return;
    const first = line.trades[0];
    this.fill(Math.min(times[0], first ? this.slot(first.time) : times[0]));
    this.reach(times.at(-1));
  }

  reach(time) {
    while (this.bars.length && this.bars.at(-1).time + this.width < time && this.bars.length < MOST_BARS)
      this.fill(this.bars.at(-1).time + this.width);
    if (this.bars.at(-1)?.time < time) this.fill(time);
  }

  fill(time) {
    this.bars.push({ time, volume: 0 });
  }

  take(trade) {
    const time = this.slot(trade.time);
    let place = this.bars.length - 1;
    while (place > 0 && this.bars[place].time > time && this.bars[place].open === undefined) place -= 1;
    if (place < 0) {
      this.fill(time);
      place = 0;
    } else if (place === this.bars.length - 1 && this.bars[place].time < time) {
      this.reach(time);
      place = this.bars.length - 1;
    }
    const bar = this.bars[place];
    if (bar.open === undefined) Object.assign(bar, { open: trade.price, high: trade.price, low: trade.price });
    bar.high = Math.max(bar.high, trade.price);
    bar.low = Math.min(bar.low, trade.price);
    bar.close = trade.price;
    bar.volume += trade.quantity;
  }

  candle({ time, open, high, low, close }) {
    const { scale } = this;
    if (open === undefined) return { time };
    return { time, open: open / scale, high: high / scale, low: low / scale, close: close / scale };
  }

  limit(line) {
    const { low_limit: low, high_limit: high, reference } = line.info;
    const now = [line.key, low, high, reference, document.documentElement.lang].join();
    if (now === this.limits) return;
    this.limits = now;
    this.lines.forEach((each) => this.prices.removePriceLine(each));
    this.lines = [[low, "limits", "--warn"], [high, "limits", "--warn"], [reference, "reference", "--soft"]]
      .filter(([price]) => price)
      .map(([price, title, name]) => this.prices.createPriceLine({ price: price / this.scale, title: t(title),
        color: resolved(name), lineStyle: 2, lineWidth: 1, axisLabelVisible: true }));
  }
}

export { resolved };

// Candles and volume of the day, inside the band of the limits and around the reference.

import { CandlestickSeries, HistogramSeries, LineSeries, createChart } from "/static/vendor/lightweight-charts.mjs";
import { byId, resolved } from "../dom.js";
import { t } from "../words.js";
import { Shades } from "./shades.js";

const WIDTHS = [60, 300, 900, 3_600, 14_400]; // seconds that a candle may have
const MOST = 120; // candles, beyond which they become wider
const MOST_BARS = 2_000; // with the empty ones between them
const LEAST_ROOM = 30; // candles that there is room for
const LEFT = 20; // pixels, so that the first time is not cut off
const LABELS = 75; // pixels at the right where the limits have their names

// The narrowest candles that fit, from the day's first phase or trade to the last.
function widthFor(trades, phases) {
  const times = [trades[0], trades.at(-1), phases[0], phases.at(-1)].filter(Boolean).map((each) => each.time);
  const span = times.length ? (Math.max(...times) - Math.min(...times)) / 1e9 : 0;
  return WIDTHS.find((each) => span / each <= MOST) ?? WIDTHS.at(-1);
}

const volume = (bar) => (bar.open === undefined ? { time: bar.time } : { time: bar.time, value: bar.volume });

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
    // It is not drawn: the limits and the reference hang on it, where nothing has traded too.
    this.frame = this.chart.addSeries(LineSeries, { lineVisible: false, crosshairMarkerVisible: false,
      lastValueVisible: false, priceLineVisible: false, autoscaleInfoProvider: () => this.range() });
    this.volumes = this.chart.addSeries(HistogramSeries, { priceScaleId: "", priceFormat: { type: "volume" },
      lastValueVisible: false, priceLineVisible: false });
    this.volumes.priceScale().applyOptions({ scaleMargins: { top: 0.8, bottom: 0 } });
    this.shades = new Shades();
    this.frame.attachPrimitive(this.shades);
    this.lines = [];
    this.bars = [];
    this.at = "";
    this.taken = 0;
    // The whole day stays in sight until somebody moves or zooms; a double click shows it again.
    this.follows = true;
    this.element.addEventListener("wheel", () => { this.follows = false; }, { passive: true });
    this.element.addEventListener("pointermove", ({ buttons }) => { if (buttons) this.follows = false; });
    this.element.addEventListener("dblclick", () => this.follow());
    new ResizeObserver(() => this.fit()).observe(this.element); // behind the chart's own
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

  follow() {
    this.follows = true;
    this.fit();
  }

  fit() {
    const { length } = this.bars;
    const scale = this.chart.timeScale();
    const wide = scale.width() - LABELS;
    if (!this.follows || !length || wide <= 0) return;
    const room = Math.max(length, LEAST_ROOM);
    scale.setVisibleLogicalRange({ from: (-room * LEFT) / wide, to: room * (1 + LABELS / wide) });
  }

  // The prices that are always in sight.
  range() {
    if (!this.line) return null;
    const { low_limit: low, high_limit: high, reference } = this.line.day;
    const prices = [low, high, reference, this.line.price].filter(Boolean).map((each) => each / this.scale);
    return prices.length ? { priceRange: { minValue: Math.min(...prices), maxValue: Math.max(...prices) } } : null;
  }

  draw(line) {
    this.line = line;
    const width = widthFor(line.trades, line.phases);
    const at = [line.key, line.tradesVersion, width, line.phases.length, line.phases.at(-1)?.time, line.day.reference,
      line.phases.length || this.app.time ? "" : "early"].join();
    if (at !== this.at) {
      if (this.key !== line.key) this.follows = true;
      this.key = line.key;
      this.width = width;
      this.at = at;
      this.taken = 0;
      this.begun = false;
      this.bars = [];
      const digits = line.info.minor_digits;
      this.scale = 10 ** digits;
      const priceFormat = { type: "price", precision: digits, minMove: 1 / this.scale };
      for (const each of [this.prices, this.frame]) each.applyOptions({ priceFormat });
    }
    this.limit(line);
    if (this.taken === line.trades.length && this.begun) return;
    this.begun = true;
    const anew = this.taken === 0;
    if (anew) this.span(line);
    let from = this.bars.length ? this.bars.length - 1 : 0;
    const before = this.bars.length;
    for (; this.taken < line.trades.length; this.taken += 1) this.take(line.trades[this.taken]);
    if (anew) {
      this.prices.setData(this.bars.map((bar) => this.candle(bar)));
      this.frame.setData(this.bars.map((bar) => this.framed(bar)));
      this.volumes.setData(this.bars.map(volume));
    } else {
      for (; from < this.bars.length; from += 1) {
        this.prices.update(this.candle(this.bars[from]));
        this.frame.update(this.framed(this.bars[from]));
        this.volumes.update(volume(this.bars[from]));
      }
    }
    if (anew || this.bars.length !== before) this.fit();
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
    const first = line.trades[0];
    if (!times.length && !first && this.app.time) this.fill(this.slot(this.app.time));
    if (!times.length) return;
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

  framed({ time }) {
    const { price } = this.line;
    return price ? { time, value: price / this.scale } : { time };
  }

  limit(line) {
    const { low_limit: low, high_limit: high, reference } = line.day;
    const now = [line.key, low, high, reference, document.documentElement.lang].join();
    if (now === this.limits) return;
    this.limits = now;
    this.lines.forEach((each) => this.frame.removePriceLine(each));
    this.lines = [[low, "lowLimit", "--warn"], [high, "highLimit", "--warn"], [reference, "reference", "--soft"]]
      .filter(([price]) => price)
      .map(([price, title, name]) => this.frame.createPriceLine({ price: price / this.scale, title: t(title),
        color: resolved(name), lineStyle: 2, lineWidth: 1, axisLabelVisible: true }));
    this.shades.band(low && low / this.scale, high && high / this.scale, resolved("--warn"));
  }
}

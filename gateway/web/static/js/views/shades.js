// The phases of the day as shades behind the candles, each with its name, and the band of the limits.

import { resolved } from "../dom.js";
import { t } from "../words.js";

const COLOURS = { opening_call: "108,178,255", closing_call: "108,178,255", intraday_call: "108,178,255",
  freeze: "150,120,255", halted: "255,120,120", closed: "128,128,128", pre_open: "128,128,128" };
const FAINT = 0.14;
const FAINTEST = 0.06;

export class Shades {
  constructor() {
    this.spans = []; // {phase, from, to}: places among the candles, to not included
    this.limits = null; // {low, high, colour}: prices, 0 where there is none
    this.views = [{ zOrder: () => "bottom", renderer: () => ({ draw: () => {}, drawBackground: (target) => this.paint(target) }) }];
  }

  attached({ chart, series, requestUpdate }) {
    this.chart = chart;
    this.series = series;
    this.update = requestUpdate;
  }

  paneViews() {
    return this.views;
  }

  // Phases with the time of the candle in which each begins; a phase lasts until the next one.
  set(phases, bars) {
    const place = (time) => {
      const found = bars.findIndex((bar) => bar.time >= time);
      return found < 0 ? bars.length : found;
    };
    this.spans = phases.map(({ phase, time }, at) => ({ phase, from: place(time),
      to: at + 1 < phases.length ? place(phases[at + 1].time) : bars.length }))
      .filter(({ phase, from, to }) => phase in COLOURS && to > from);
    this.update?.();
  }

  band(low, high, colour) {
    this.limits = low || high ? { low, high, colour } : null;
    this.update?.();
  }

  paintBand(context, { width, height }, ratio) {
    const at = (price, otherwise) => (price ? this.series.priceToCoordinate(price) ?? otherwise : otherwise) * ratio;
    const top = at(this.limits.high, 0);
    context.save();
    context.globalAlpha = FAINTEST;
    context.fillStyle = this.limits.colour;
    context.fillRect(0, top, width, at(this.limits.low, height / ratio) - top);
    context.restore();
  }

  paint(target) {
    const scale = this.chart.timeScale();
    target.useBitmapCoordinateSpace(({ context, bitmapSize, horizontalPixelRatio: ratio, verticalPixelRatio }) => {
      if (this.limits) this.paintBand(context, bitmapSize, verticalPixelRatio);
      // The chart knows the middles of candles alone, and has 0 for what lies between.
      const half = (scale.logicalToCoordinate(1) - scale.logicalToCoordinate(0)) / 2;
      for (const { phase, from, to } of this.spans) {
        const left = scale.logicalToCoordinate(from) - half;
        const right = scale.logicalToCoordinate(to) - half;
        context.fillStyle = `rgba(${COLOURS[phase]},${FAINT})`;
        context.fillRect(left * ratio, 0, (right - left) * ratio, bitmapSize.height);
        context.font = `${11 * ratio}px system-ui`;
        if (context.measureText(t(phase)).width > (right - left - 6) * ratio) continue; // no half words
        context.fillStyle = resolved("--soft");
        context.fillText(t(phase), (left + 3) * ratio, 12 * ratio);
      }
    });
  }
}

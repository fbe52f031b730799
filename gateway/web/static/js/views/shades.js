// The phases of the day as shades behind the candles, each with its name.

import { t } from "../words.js";

const COLOURS = { opening_call: "108,178,255", closing_call: "108,178,255", intraday_call: "108,178,255",
  freeze: "150,120,255", halted: "255,120,120", closed: "128,128,128", pre_open: "128,128,128" };
const FAINT = 0.14;

export class Shades {
  constructor() {
    this.spans = []; // {phase, from, to}: places among the candles, to not included
    this.views = [{ zOrder: () => "bottom", renderer: () => ({ draw: () => {}, drawBackground: (target) => this.paint(target) }) }];
  }

  attached({ chart, requestUpdate }) {
    this.chart = chart;
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

  paint(target) {
    const scale = this.chart.timeScale();
    target.useBitmapCoordinateSpace(({ context, bitmapSize, horizontalPixelRatio: ratio }) => {
      for (const { phase, from, to } of this.spans) {
        const left = scale.logicalToCoordinate(from - 0.5);
        const right = scale.logicalToCoordinate(to - 0.5);
        if (left === null || right === null) continue;
        context.fillStyle = `rgba(${COLOURS[phase]},${FAINT})`;
        context.fillRect(left * ratio, 0, (right - left) * ratio, bitmapSize.height);
        context.save();
        context.beginPath();
        context.rect(left * ratio, 0, (right - left) * ratio, bitmapSize.height);
        context.clip();
        context.font = `${11 * ratio}px system-ui`;
        context.fillStyle = `rgba(${COLOURS[phase]},0.9)`;
        context.fillText(t(phase), (left + 3) * ratio, 12 * ratio);
        context.restore();
      }
    });
  }
}

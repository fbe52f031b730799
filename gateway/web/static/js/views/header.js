// Line, phase and what comes next, last, limits, the day's figures, the feed's state.

import { byId, h, rows, text } from "../dom.js";
import { decimal, left, whole } from "../format.js";
import { named, t } from "../words.js";

export function upcoming(app, line) {
  return app.steps.find(([time, symbol]) => time > app.time && (!symbol || symbol === line.symbol));
}

// The lines of a venue to pick from, under its name where there are several.
function pick({ name, market }) {
  const options = [...market.lines.values()].map(({ key, symbol, info }) =>
    h("option", { value: key }, info.mode ? `${info.product} · ${info.mode}` : symbol));
  return name ? [h("optgroup", { label: name }, ...options)] : options;
}

function feed(app, line) {
  if (!app.connected) return ["away", true];
  if (!line || line.stale) return ["stale", true];
  if (app.behind) return ["lagging", true];
  return ["live", false];
}

export class Header {
  constructor(app) {
    this.app = app;
    this.picker = byId("picker");
    this.picker.addEventListener("change", () => app.choose(this.picker.value));
    this.symbols = "";
  }

  draw(line) {
    const { app } = this;
    const symbols = app.everyLine.map((each) => each.key).join();
    if (symbols !== this.symbols) {
      this.symbols = symbols;
      this.picker.replaceChildren(...app.venues.flatMap(pick));
    }
    if (line) this.picker.value = line.key;
    const title = app.hello.title || app.hello.venue || "carbonx";
    text(byId("venue"), app.shown.name ? `${app.shown.name} · ${title}` : title);
    const [word, bad] = feed(app, line);
    text(byId("status"), bad ? t(word) : "");
    if (line) rows(byId("figures"), this.figures(line, word, bad), make, fill);
  }

  figures(line, word, bad) {
    const { app } = this;
    const info = line.day;
    const price = (minor) => (minor ? decimal(minor, info.minor_digits) : "–");
    const change = line.last && info.reference ? line.last - info.reference : 0;
    const step = upcoming(app, line);
    const then = step ? ` · ${t("next")} ${t(step[2])} ${left(step[0] - app.time)}` : "";
    const direction = change > 0 ? "up" : change < 0 ? "down" : "";
    const sign = change > 0 ? "+" : "";
    const share = info.reference ? `${sign}${((100 * change) / info.reference).toFixed(2)} %` : "";
    const limits = info.low_limit || info.high_limit
      ? `${price(info.low_limit)} … ${price(info.high_limit)}` : "–";
    return [
      ["phase", t(line.phase) + then, ""],
      ["last", price(line.last), direction],
      ["change", line.last ? `${sign}${decimal(change, info.minor_digits)} (${share})` : "–", direction],
      ["reference", price(info.reference), ""],
      ["limits", limits, ""],
      ["volume", whole(line.volume), ""],
      ["value", `${decimal(line.value, info.minor_digits)} ${info.currency}`, ""],
      ["update", whole(Math.max(line.update, 0)), ""],
      ["feed", t(word), bad ? "light bad" : "light"],
      ["durability", named("kept", app.hello.durability ?? ""), ""],
    ];
  }
}

const make = () => h("div", {}, h("dt"), h("dd"));

function fill(row, [name, what, style]) {
  text(row.firstChild, t(name));
  text(row.lastChild, what);
  if (row.lastChild.className !== style) row.lastChild.className = style;
  row.lastChild.id = `figure-${name}`;
}

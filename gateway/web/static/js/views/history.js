// A figure of the last two minutes as a line, with what it is now and what it was at most.

import { h, text } from "../dom.js";
import { whole } from "../format.js";
import { t } from "../words.js";

const SVG = "http://www.w3.org/2000/svg";
const KEPT = 120;
const WIDE = 300;
const HIGH = 60;

export class History {
  constructor(name, unit) {
    this.name = name;
    this.unit = unit;
    this.values = [];
    this.caption = h("figcaption");
    this.path = document.createElementNS(SVG, "path");
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
    svg.setAttribute("aria-hidden", "true");
    svg.append(this.path);
    this.element = h("figure", { id: `picture-${name}` }, svg, this.caption);
  }

  add(value) {
    this.values.push(value);
    if (this.values.length > KEPT) this.values.shift();
    const most = Math.max(1, ...this.values);
    const y = (each) => (HIGH - 2 - ((HIGH - 4) * each) / most).toFixed(1);
    const from = WIDE - ((this.values.length - 1) * WIDE) / (KEPT - 1);
    this.path.setAttribute("d", this.values.map((each, place) =>
      `${place ? "L" : "M"}${(from + (place * WIDE) / (KEPT - 1)).toFixed(1)} ${y(each)}`).join(""));
    text(this.caption, `${t(this.name)}: ${whole(value)}${this.unit} · ${t("atMost")} ${whole(most)}${this.unit}`);
  }
}

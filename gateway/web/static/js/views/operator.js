// What the venue does, and a halt or a resumption of the line with a reason. For the operator.

import { byId, h, rows, text } from "../dom.js";
import { whole } from "../format.js";
import { t } from "../words.js";

const EVERY = 1_000; // ms between looks

export class Operator {
  constructor(app) {
    this.app = app;
    this.key = byId("operator-key");
    this.before = null;
    this.phase = (phase) => this.say({ phase, symbol: app.symbol, reason: byId("operator-reason").value });
    byId("halt").addEventListener("click", () => this.phase("halted"));
    byId("resume").addEventListener("click", () => this.phase("continuous"));
    byId("operator-form").addEventListener("submit", (event) => event.preventDefault());
    setInterval(() => this.open && this.key.value && this.say({}), EVERY);
  }

  get open() {
    return byId("operator").firstElementChild.open;
  }

  begin(controls) {
    byId("operator").hidden = !controls.includes("operator");
  }

  say(what) {
    this.app.link.tell("operator", { key: this.key.value, ...what });
  }

  heard(state) {
    const answer = byId("operator-answer");
    if (state.refused !== undefined) {
      text(answer, state.refused);
      return;
    }
    if (state.answer || this.asked) text(answer, state.answer);
    const now = performance.now();
    const past = this.before;
    const each = (name) => (past ? Math.round((1000 * (state[name] - past.state[name])) / Math.max(1, now - past.now)) : 0);
    if (!past || now - past.now > EVERY / 2) {
      const refused = Object.entries(state.refused_by).map(([name, count]) => `${name.replaceAll("_", " ")} ${count}`);
      rows(byId("operator-figures"), [
        ["records", whole(state.records)], ["recordsEach", whole(each("records"))],
        ["tick", `${whole(state.tick_us[0])} / ${whole(state.tick_us[1])} µs`],
        ["logSize", `${whole(state.log_bytes)} B`], ["sessions", `${state.accounts.join(", ") || "–"}`],
        ["connections", whole(state.connections)], ["stuck", whole(state.stuck)],
        ["refusals", refused.join(", ") || "–"],
      ], () => h("div", {}, h("dt"), h("dd")), (row, [name, what]) => {
        row.lastChild.id = `operator-${name}`;
        text(row.firstChild, t(name));
        text(row.lastChild, what);
      });
      this.before = { now, state };
    }
  }
}

// What the venue does, and a halt or a resumption of the line with a reason. For the operator.

import { byId, h, rows, text } from "../dom.js";
import { whole } from "../format.js";
import { answerOf } from "../rules.js";
import { named, t } from "../words.js";
import { History } from "./history.js";

const EVERY = 1_000; // ms between looks

export class Operator {
  constructor(app) {
    this.app = app;
    this.key = byId("operator-key");
    this.before = null;
    this.pictures = [new History("recordsEach", ""), new History("reportsEach", ""), new History("second", " µs")];
    byId("operator-pictures").replaceChildren(...this.pictures.map((each) => each.element));
    this.clears = false; // whether what was answered before is over with the next answer
    this.phase = (phase) => this.set({ phase, symbol: app.symbol, reason: byId("operator-reason").value });
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

  set(what) {
    this.clears = true;
    this.say(what);
  }

  say(what) {
    this.app.link.tell("operator", { key: this.key.value, ...what });
  }

  heard(state) {
    const answer = byId("operator-answer");
    if (state.refused !== undefined) {
      text(answer, answerOf(state.refused));
      this.clears = true;
      return;
    }
    if (state.answer || this.clears) text(answer, answerOf(state.answer));
    this.clears = false;
    const now = performance.now();
    const past = this.before;
    const each = (name) => (past ? Math.round((1000 * (state[name] - past.state[name])) / Math.max(1, now - past.now)) : 0);
    if (!past || now - past.now > EVERY / 2) {
      const [into, out, took] = this.pictures;
      if (past) into.add(each("records"));
      if (past) out.add(each("reports"));
      took.add(state.second_us[1]);
      const refused = Object.entries(state.refused_by).map(([name, count]) => `${named("why", name)} ${count}`);
      rows(byId("operator-figures"), [
        ["records", whole(state.records)], ["recordsEach", whole(each("records"))],
        ...["latency", "tick", "sync"].map((name) =>
          [name, `${state[`${name}_us`].map(whole).join(" / ")} µs`]),
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

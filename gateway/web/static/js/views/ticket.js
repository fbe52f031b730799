// Logging on, the ticket that knows the mode, and what the account has.

import { byId, h, text } from "../dom.js";
import { check } from "../check.js";
import { decimal, minor, roughly, whole } from "../format.js";
import { t } from "../words.js";
import { Own } from "./own.js";

const KINDS = { order_book: "order", listing: "order", fixed_price: "order", negotiated: "quote", one_way: "bid" };

const field = (name, input) => [h("label", { htmlFor: input.id, "data-t": name }, t(name)), input];

const choice = (id, names) => h("select", { id }, ...names.map((each) => h("option", { value: each, "data-t": each }, t(each))));

export class Ticket {
  constructor(app) {
    this.app = app;
    this.body = byId("own-body");
    this.own = new Own(app);
    this.shown = "";
    this.line = null;
    this.answered = null;
  }

  // What is shown depends on the logon, the line's mode and the language: made anew with each.
  begin() {
    this.shown = "";
  }

  draw(line) {
    const { account } = this.app;
    this.line = line;
    const kind = line ? KINDS[line.info.mechanism] : "order";
    const shown = [account.on ? kind : "logon", this.app.shown.name, document.documentElement.lang].join();
    if (shown !== this.shown) {
      this.shown = shown;
      this.body.replaceChildren(...(account.on ? this.ticket(kind) : this.logon()));
    }
    if (!account.on) {
      text(this.message, account.refusal ?? "");
      return;
    }
    this.own.draw(line);
    if (account.answer && account.answer !== this.answered) this.answer(account.answer);
    this.answered = account.answer;
  }

  logon() {
    const member = h("input", { id: "member", autocomplete: "organization" });
    const account = h("input", { id: "account", autocomplete: "username", required: true });
    const key = h("input", { id: "key", type: "password", autocomplete: "off", required: true });
    this.message = h("p", { className: "wide wrong", role: "alert" });
    const form = h("form", { id: "logon", autocomplete: "off" },
      ...field("member", member), ...field("account", account), ...field("key", key),
      h("button", { className: "main wide", "data-t": "logon" }, t("logon")),
      this.message, h("p", { className: "note wide", "data-t": "remembered" }, t("remembered")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.app.account.logOn(member.value, account.value, key.value);
      key.value = "";
    });
    return [form];
  }

  ticket(kind) {
    const of = {};
    of.side = choice("side", ["buy", "sell"]);
    of.price = h("input", { id: "price", inputMode: "decimal", autocomplete: "off" });
    of.quantity = h("input", { id: "quantity", inputMode: "numeric", autocomplete: "off" });
    of.type = choice("type", ["limit", "market"]);
    of.tif = choice("tif", ["day", "gtc", "ioc", "fok"]);
    of.number = h("input", { id: "number", inputMode: "numeric", autocomplete: "off" });
    of.to = h("input", { id: "to", autocomplete: "off" });
    const names = { order: ["side", "price", "quantity", "type", "tif"],
      quote: ["side", "price", "quantity", "to"], bid: ["number", "price", "quantity"] }[kind];
    if (this.line?.info.mechanism !== "order_book" && kind === "order") names.splice(3, 2);
    this.kind = kind;
    this.of = of;
    this.message = h("p", { id: "answer", className: "wide", role: "alert" });
    this.help = h("p", { className: "wide note", id: "help" });
    const form = h("form", { id: "ticket", autocomplete: "off" }, ...names.flatMap((each) => field(each, of[each])),
      h("button", { className: "main wide", id: "send", "data-t": "send" }, t("send")), this.message, this.help);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    const off = h("button", { type: "button", id: "logoff", onclick: () => this.app.account.logOff() }, `${t("logoff")} (${this.app.account.name})`);
    return [form, ...this.own.begin(kind), off];
  }

  given() {
    const digits = this.line.info.minor_digits;
    const { side, price, quantity, type } = this.of;
    return { side: side.value, price: minor(price.value, digits), about: roughly(price.value, digits),
      quantity: minor(quantity.value, 0), tonnes: roughly(quantity.value, 0), market: type.value === "market" };
  }

  send() {
    const { line, kind, of } = this;
    const { account } = this.app;
    const given = this.given();
    const problem = check(line, account, given, kind);
    if (problem) {
      this.refuse(problem.field, problem.rule, problem.nearest);
      return;
    }
    text(this.message, "…");
    const { side, quantity } = given;
    const price = given.market ? 0 : given.price;
    if (kind === "order")
      account.send("NewOrder", { symbol: line.symbol, side, quantity, price, order_type: given.market ? "market" : "limit",
        tif: line.info.mechanism === "order_book" ? of.tif.value : "day" });
    else if (kind === "quote")
      account.send("Quote", { symbol: line.symbol, side, quantity, price, to: of.to.value.split(/[\s,]+/).filter(Boolean) });
    else account.send("Bid", { symbol: line.symbol, number: minor(of.number.value, 0) ?? 0, quantity, price });
  }

  // Take an offer as it stands; the price seen goes with it, so that another one is refused.
  pick(offer) {
    if (!this.app.account.on) {
      byId("account")?.focus();
      return;
    }
    this.app.account.send("Pick", { symbol: offer.symbol, number: offer.number, quantity: 0, price: offer.price });
  }

  answer(answer) {
    if (answer.ok) {
      this.message.className = "wide fine";
      text(this.message, `${t("accepted")}: ${answer.ref}`);
      this.help.replaceChildren();
      return;
    }
    const given = this.of && this.line ? this.given() : {};
    const problem = this.line ? check(this.line, this.app.account, given, this.kind) : null;
    this.refuse(answer.field, `${answer.rule} (${String(answer.reason).replaceAll("_", " ")})`, problem?.nearest);
  }

  refuse(name, rule, nearest) {
    this.message.className = "wide wrong";
    text(this.message, `${t("refused")}: ${t(name || "")} ${rule}`);
    this.help.replaceChildren();
    const input = this.of[name];
    if (input) input.focus();
    if (nearest === undefined || nearest === null || !input) return;
    const shown = name === "price" ? decimal(nearest, this.line.info.minor_digits) : whole(nearest);
    this.help.append(`${t("nearest")}: ${shown} `, h("button", { type: "button", id: "use", onclick: () => {
      input.value = shown.replaceAll(",", "");
      this.help.replaceChildren();
    } }, t("use")));
  }
}

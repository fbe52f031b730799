// Logging on, the ticket that knows the mode, and what the account has.

import { byId, h, text } from "../dom.js";
import { check, lacking } from "../check.js";
import { decimal, minor, roughly, whole } from "../format.js";
import { ruleOf } from "../rules.js";
import { named, t } from "../words.js";
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
    this.open = "";
    this.answers = null; // the enquiry that the ticket answers
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
      this.open = "";
      this.body.replaceChildren(...(account.on ? this.ticket(kind) : this.logon()));
    }
    if (!account.on) {
      text(this.message, ruleOf(account.refusal ?? ""));
      return;
    }
    this.own.draw(line);
    this.fillNumber(line);
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

  // A bid is for the auction that is open, where there is one alone.
  fillNumber(line) {
    const open = [line?.key, ...(line?.auctions.keys() ?? [])];
    if (this.kind !== "bid" || String(open) === this.open) return;
    this.open = String(open);
    if (open.length === 2) this.of.number.value = open[1];
  }

  given() {
    const digits = this.line.info.minor_digits;
    const { side, price, quantity, type, number } = this.of;
    return { number: minor(number.value, 0), side: side.value, price: minor(price.value, digits), about: roughly(price.value, digits),
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
      account.send("Quote", { symbol: line.symbol, side, quantity, price, to: of.to.value.split(/[\s,]+/).filter(Boolean),
        answers: this.answers?.symbol === line.symbol ? this.answers.number : 0 });
    else account.send("Bid", { symbol: line.symbol, number: given.number, quantity, price });
    this.answers = null;
  }

  // Take of an offer the tonnes that stand in the ticket, or all; the price seen goes with it, so that
  // another one is refused.
  pick(offer) {
    const { account } = this.app;
    if (!account.on) {
      byId("account")?.focus();
      return;
    }
    const wanted = this.kind === "quote" ? 0 : this.given().quantity ?? 0; // a block is one
    const side = offer.side === "sell" ? "buy" : "sell";
    const quantity = wanted || offer.quantity;
    const problem = lacking(this.line, account, { side, price: offer.price, quantity });
    if (problem) this.refuse(problem.field, problem.rule, problem.nearest);
    else account.send("Pick", { symbol: offer.symbol, number: offer.number, quantity: wanted, price: offer.price });
  }

  // Fill the ticket in with an answer to somebody's enquiry.
  answerTo(enquiry) {
    if (!this.app.account.on) {
      byId("account")?.focus();
      return;
    }
    this.answers = enquiry;
    this.of.side.value = enquiry.side === "sell" ? "buy" : "sell";
    this.of.quantity.value = String(enquiry.quantity);
    this.of.to.value = enquiry.account ?? ""; // the venue knows whose it is
    this.of.price.focus();
  }

  answer(answer) {
    if (answer.ok) {
      this.message.className = "wide fine";
      text(this.message, `${t("accepted")}: ${answer.ref}`);
      this.help.replaceChildren();
      return;
    }
    const given = this.of && this.line ? this.given() : {};
    const { line } = this;
    const { account } = this.app;
    const problem = line ? check(line, account, given, this.kind) ?? lacking(line, account, given) : null;
    const why = answer.reason ? ` (${named("why", String(answer.reason))})` : "";
    this.refuse(answer.field, `${ruleOf(answer.rule)}${why}`, problem?.nearest);
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

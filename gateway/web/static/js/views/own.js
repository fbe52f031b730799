// The account's orders, fills and balances.

import { outcomeOf } from "../bids.js";
import { h, rows, text } from "../dom.js";
import { clock, day, decimal, whole } from "../format.js";
import { t } from "../words.js";

function table(title, heads, body) {
  const head = heads.map((each) => h("th", { scope: "col", "data-t": each }, each ? t(each) : ""));
  return h("table", {}, h("caption", { "data-t": title }, t(title)), h("thead", {}, h("tr", {}, ...head)), body);
}

// When a lag is over, in trading days: the calendar may still change which dates they are.
const until = (days) => (days === 1 ? t("untilNext") : t("untilDays").replace("%", days));

const cells = (count) => () => h("tr", {}, ...Array.from({ length: count }, () => h("td")));

export class Own {
  constructor(app) {
    this.app = app;
    this.version = "";
  }

  begin(kind) {
    this.version = "";
    this.orders = h("tbody", { id: "own-orders" });
    this.fills = h("tbody", { id: "own-fills" });
    this.balances = h("tbody", { id: "own-balances" });
    this.bids = kind === "bid" ? h("tbody", { id: "own-bids" }) : null;
    this.quotes = kind === "quote" ? h("tbody", { id: "own-quotes" }) : null;
    const scroll = (title, ...inside) =>
      h("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": t(title) }, ...inside);
    return [
      ...(this.quotes ? [scroll("quotes", table("quotes", ["from", "side", "price", "quantity", "reply"], this.quotes))] : []),
      scroll("own", table("own", ["line", "side", "price", "leaves", "state", "cancel"], this.orders)),
      ...(this.bids ? [scroll("ownBids", table("ownBids", ["time", "price", "quantity", "got", "outcome"], this.bids))] : []),
      scroll("fills", table("fills", ["time", "line", "side", "price", "quantity"], this.fills)),
      scroll("balances", table("balances", ["account", "free", "reserved", "locked"], this.balances)),
    ];
  }

  // What others offer this account, or ask it for, in the line.
  drawQuotes(line) {
    const { account, ticket } = this.app;
    const make = () => {
      const row = cells(5)();
      row.lastChild.append(h("button", { type: "button" }), " ", h("button", { type: "button" }));
      return row;
    };
    const found = [...account.quotes.values()].filter((each) => each.symbol === line.symbol);
    rows(this.quotes, found, make, (row, quote) => {
      const [from, side, price, quantity, reply] = row.children;
      const [yes, no] = reply.children;
      const asks = quote.kind === "enquiry";
      row.dataset.number = quote.number;
      text(from, quote.account);
      text(side, t(quote.side));
      side.className = quote.side === "buy" ? "bid" : "ask";
      text(price, quote.price ? decimal(quote.price, line.info.minor_digits) : "–");
      text(quantity, whole(quote.quantity));
      text(yes, t(asks ? "reply" : "confirm"));
      yes.onclick = () => (asks ? ticket.answerTo(quote) : ticket.pick(quote));
      text(no, t("decline"));
      no.onclick = () => account.send("Decline", { symbol: quote.symbol, number: quote.number });
    });
  }

  // How all bids of the line ended, those of days before too.
  drawBids(line) {
    rows(this.bids, this.app.account.bids.of(line.symbol), cells(5), (row, bid) => {
      const [time, price, quantity, got, how] = row.children;
      const at = bid.ended || bid.time;
      row.dataset.ref = bid.ref;
      text(time, `${day(at, this.app.offset)} ${clock(at, this.app.offset)}`);
      text(price, decimal(bid.price, line.info.minor_digits));
      text(quantity, whole(bid.quantity));
      text(got, whole(bid.got));
      text(how, t(outcomeOf(bid)));
    });
  }

  draw(line) {
    const { account, market } = this.app;
    const version = `${account.changed} ${line?.key}`;
    if (this.version === version || !line) return;
    this.version = version;
    const digits = (symbol) => market.lines.get(symbol)?.info.minor_digits ?? 2;
    const makeOrder = () => {
      const row = cells(6)();
      row.lastChild.append(h("button", { type: "button" }));
      return row;
    };
    rows(this.orders, account.live(), makeOrder, (row, order) => {
      const [symbol, side, price, leaves, state, cancel] = row.children;
      row.dataset.ref = order.ref;
      text(symbol, order.symbol);
      text(side, t(order.side));
      side.className = order.side === "buy" ? "bid" : "ask";
      text(price, decimal(order.price, digits(order.symbol)));
      text(leaves, whole(order.leaves));
      text(state, t(order.state));
      const button = cancel.firstChild;
      text(button, "✕");
      button.setAttribute("aria-label", `${t("cancel")} ${order.symbol} ${order.ref}`);
      button.onclick = () => account.send("CancelOrder", { target: order.ref });
    });
    rows(this.fills, account.fills.slice(0, 30), cells(5), (row, fill) => {
      const [time, symbol, side, price, quantity] = row.children;
      text(time, clock(fill.time, this.app.offset));
      text(symbol, fill.symbol);
      text(side, t(fill.side));
      side.className = fill.side === "buy" ? "bid" : "ask";
      text(price, decimal(fill.price, digits(fill.symbol)));
      text(quantity, whole(fill.quantity));
    });
    if (this.bids) this.drawBids(line);
    if (this.quotes) this.drawQuotes(line);
    const money = account.cash.map((each) => ({ ...each, digits: line.info.minor_digits }));
    rows(this.balances, [...money, ...account.holdings], cells(4), (row, balance) => {
      const [name, free, reserved, locked] = row.children;
      const shown = (amount) => decimal(amount, balance.digits ?? 0);
      const later = [...balance.frees.map(([days, amount]) => `${shown(amount)} ${until(days)}`),
        ...(balance.owed ? [`${t("owed")} ${shown(balance.owed)}`] : []),
        ...(balance.pending ? [`${t("pending")} ${shown(balance.pending)}`] : [])];
      row.dataset.name = balance.name;
      text(name, balance.name);
      text(free, shown(balance.total - balance.reserved));
      text(reserved, shown(balance.reserved - balance.locked - balance.owed));
      text(locked, later.join(", ") || "–");
    });
  }
}

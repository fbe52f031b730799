// The last trades of the line, the newest first.

import { byId, h, rows, text } from "../dom.js";
import { clock, decimal, whole } from "../format.js";
import { t } from "../words.js";

const SHOWN = 40;

export class Trades {
  constructor(app) {
    this.app = app;
    this.rows = h("tbody");
    const head = ["time", "price", "quantity"].map((each) =>
      h("th", { scope: "col", "data-t": each }, t(each)));
    this.none = h("p", { className: "note", "data-t": "noTrades" }, t("noTrades"));
    this.table = h("table", {}, h("thead", {}, h("tr", {}, ...head)), this.rows);
    byId("trades-body").replaceChildren(this.none, this.table);
  }

  draw(line) {
    const digits = line.info.minor_digits;
    const recent = line.trades.slice(-SHOWN).reverse();
    this.none.hidden = recent.length > 0;
    this.table.hidden = !recent.length;
    rows(this.rows, recent, () => h("tr", {}, h("td"), h("td"), h("td")), (row, trade) => {
      const [time, price, quantity] = row.children;
      row.dataset.trade = trade.trade;
      text(time, clock(trade.time, this.app.offset));
      text(price, decimal(trade.price, digits));
      price.className = trade.side === "buy" ? "up" : trade.side === "sell" ? "down" : "";
      text(quantity, whole(trade.quantity));
    });
  }
}

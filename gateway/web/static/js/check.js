// What a ticket must be before it is sent. The venue checks all of it again, and more.

import { decimal, whole } from "./format.js";
import { t } from "./words.js";

export function tickAt(info, price) {
  let found = info.tick;
  for (const [from, tick] of info.ticks) if (price >= from) found = tick;
  return found;
}

// The valid price nearest to one that is not.
export function nearestPrice(info, price) {
  const { low_limit: low, high_limit: high } = info;
  const tick = tickAt(info, price) || 1;
  let found = Math.max(tick, Math.round(price / tick) * tick);
  if (low && found < low) found = Math.ceil(low / tick) * tick;
  if (high && found > high) found = Math.floor(high / tick) * tick;
  return found;
}

export function nearestQuantity(info, quantity) {
  const lot = info.lot || 1;
  const least = Math.ceil(Math.max(info.min_quantity, 1) / lot) * lot;
  let found = Math.max(least, Math.round(quantity / lot) * lot);
  if (info.max_quantity && found > info.max_quantity) found = Math.floor(info.max_quantity / lot) * lot;
  return found;
}

function wrongPrice(info, given) {
  const { price } = given;
  const shown = (minor) => decimal(minor, info.minor_digits);
  if (price === null || price <= 0)
    return [`${t("mustPrice")} ${shown(info.reference || 100)}`, nearestPrice(info, given.about || info.reference || 0)];
  const nearest = nearestPrice(info, price);
  const tick = tickAt(info, price) || 1;
  if (price % tick) return [`${t("mustTick")} ${shown(tick)}`, nearest];
  if ((info.low_limit && price < info.low_limit) || (info.high_limit && price > info.high_limit))
    return [`${t("mustLimit")} ${shown(info.low_limit)} … ${shown(info.high_limit)}`, nearest];
  return null;
}

function wrongQuantity(info, { quantity, tonnes }) {
  const lot = info.lot || 1;
  if (quantity === null || quantity < Math.max(info.min_quantity, 1))
    return [`${t("mustQuantity")} ${whole(Math.max(info.min_quantity, 1))}`, nearestQuantity(info, tonnes ?? 0)];
  if (info.max_quantity && quantity > info.max_quantity)
    return [`${t("mustMost")} ${whole(info.max_quantity)}`, nearestQuantity(info, quantity)];
  if (quantity % lot) return [`${t("mustLot")} ${whole(lot)}`, nearestQuantity(info, quantity)];
  return null;
}

// What the account has not enough of: {field, rule, nearest}, or null.
export function lacking({ info }, account, given) {
  const name = given.side === "sell" ? info.product : info.currency;
  const each = given.side === "sell" ? 1 : given.price;
  const free = account.free(name);
  if (given.market || given.quantity * each <= free) return null;
  const lot = info.lot || 1;
  return { field: "quantity", rule: `${t("mustFree")} (${name})`, nearest: Math.floor(free / each / lot) * lot || null };
}

// What is wrong with a bid by the auction that it names.
function wrongBid(line, { number, price, quantity }) {
  const { info } = line;
  const auction = line.auctions.get(number);
  if (!auction) {
    const open = [...line.auctions.keys()];
    return { field: "number", rule: `${t("mustAuction")} ${open.join(", ") || "–"}`, nearest: open[0] ?? null };
  }
  const worse = auction.side === "sell" ? price < auction.price : price > auction.price;
  if (auction.price && worse)
    return { field: "price", rule: `${t("mustReserve")} ${decimal(auction.price, info.minor_digits)}`, nearest: auction.price };
  const least = auction.pricing === "whole" ? auction.quantity : auction.min_bid;
  if (quantity < least) return { field: "quantity", rule: `${t("mustQuantity")} ${whole(least)}`, nearest: least };
  const most = Math.min(auction.quantity, auction.max_bid || Infinity);
  if (quantity > most) return { field: "quantity", rule: `${t("mustMost")} ${whole(most)}`, nearest: most };
  return null;
}

// Return {field, rule, nearest} of what is wrong first, or null.
export function check(line, account, given, kind) {
  const { info } = line;
  if (kind === "bid" && !line.auctions.has(given.number)) return wrongBid(line, given);
  if (!given.market) {
    const wrong = wrongPrice(info, given);
    if (wrong) return { field: "price", rule: wrong[0], nearest: wrong[1] };
  }
  const wrong = wrongQuantity(info, given);
  if (wrong) return { field: "quantity", rule: wrong[0], nearest: wrong[1] };
  // Whether a bid has to be covered is the auction's rule: some take a guarantee.
  return kind === "bid" ? wrongBid(line, given) : lacking(line, account, given);
}

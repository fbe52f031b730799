// The venue's rules in Chinese. A refusal brings its rule as an English sentence with figures in it:
// each {} of a pattern stands for one, and {0}, {1} … take them over, phases by their Chinese names.

import { language, t } from "./words.js";

const RULES = [
  // every command
  ["no account {} is open", "账户 {0} 未开立"],
  ["above {}, at most {}", "编号须大于 {0}，且不超过 {1}"],
  ["the account's kill switch is on: cancels only, until an operator turns it off",
    "账户已停止交易：在运营方解除前只可撤单"],
  ["{} is not one of {}", "{0} 不存在，可用：{1}"],
  ["{} trades by {}: no {} there", "{0} 的交易机制为 {1}，不接受 {2}"],
  ["{} trades in the mode {}, which takes no {}", "{0} 的交易方式为 {1}，不接受 {2}"],
  ["the account has no live order {}", "本账户没有编号为 {0} 的有效委托"],
  ["{} is {}", "{0} 当前阶段：{1}"],
  // orders
  ["orders are taken in {}; the market is {}", "仅在以下阶段接受委托：{0}；当前阶段：{1}"],
  ["at-the-open orders are taken before the open only", "开盘委托仅在开市前接受"],
  ["{} orders are taken in continuous only", "{0} 委托仅在连续交易阶段接受"],
  ["a post-only order takes no part in a call", "只做挂单（post-only）的委托不参加集合竞价"],
  ["{} to {} tonnes", "{0} 至 {1} 吨"],
  ["a multiple of {} tonnes", "须为 {0} 吨的整数倍"],
  ["{} to {}", "{0} 至 {1}"],
  ["a multiple of {}", "须为 {0} 的整数倍"],
  ["{} to {} today", "今日价格范围 {0} 至 {1}"],
  ["{} to {}, a multiple of {}", "{0} 至 {1}，且为 {2} 的整数倍"],
  ["must be 0 unless the order is a stop", "非止损委托须为 0"],
  ["must be 0 unless tif is gtd", "有效期不为 gtd 时须为 0"],
  ["a good-till-date order expires after the venue's time, {} ns", "到期时刻须晚于交易场所当前时刻 {0} ns"],
  ["limit orders only", "只接受限价委托"],
  ["a {} order has no price: it must be 0", "{0} 委托没有价格：须为 0"],
  ["a market order never rests: not gtc, gtd", "市价委托不挂单：有效期不可为 gtc、gtd"],
  ["a stop order is day, gtc or gtd", "止损委托的有效期须为 day、gtc 或 gtd"],
  ["only limit orders that may rest (day, gtc, gtd) can be icebergs", "只有可挂单的限价委托（day、gtc、gtd）可以是冰山委托"],
  ["only limit orders that may rest (day, gtc, gtd) can be post-only", "只有可挂单的限价委托（day、gtc、gtd）可以只做挂单"],
  ["{} to {} tonnes in lots of {}, or 0 to show all", "{0} 至 {1} 吨，且为 {2} 吨的整数倍；0 为全部显示"],
  ["no price was made here yet: a limit is needed", "尚未形成价格：须用限价委托"],
  ["post-only: the price must be below {} now", "只做挂单：价格须低于 {0}"],
  ["post-only: the price must be above {} now", "只做挂单：价格须高于 {0}"],
  ["needs {}, {} available", "需要 {0}，可用 {1}"],
  ["at most the {} tonnes available", "最多为可用的 {0} 吨"],
  ["at most {} tonnes", "最多 {0} 吨"],
  ["the call is about to end: its orders are neither changed nor cancelled", "集合竞价即将结束：委托不可更改或撤销"],
  ["orders change in {}; it is {}", "仅在以下阶段可改单：{0}；当前阶段：{1}"],
  ["a new total quantity or a new price is needed", "须给出新的总数量或新的价格"],
  ["a market or stop order has no limit to change: it must be 0", "市价或止损委托没有可改的限价：须为 0"],
  ["the total must exceed the {} tonnes already filled or taken off", "总数量须大于已成交或已扣减的 {0} 吨"],
  // what an account's class may do
  ["{} accounts trade in {}", "{0} 类账户只可使用：{1}"],
  ["{} accounts may not purchase", "{0} 类账户不可买入"],
  ["all accounts of a {} owner hold at most {} tonnes: room for {}", "同一 {0} 所有人的全部账户最多持有 {1} 吨：尚可增加 {2} 吨"],
  ["a {} account holds at most {} tonnes: room for {}", "{0} 类账户最多持有 {1} 吨：尚可增加 {2} 吨"],
  ["{} accounts bid at least {} tonnes at a time", "{0} 类账户每笔申报不少于 {1} 吨"],
  ["{} accounts bid at most {} tonnes at a time", "{0} 类账户每笔申报不超过 {1} 吨"],
  ["{} accounts bid at least {} and at most {} tonnes at a time", "{0} 类账户每笔申报 {1} 至 {2} 吨"],
  // listings, quotes
  ["{} offers do not change: cancel it and offer anew", "{0} 的要约不可更改：请撤销后重新提交"],
  ["{} has no offer {}", "{0} 没有编号为 {1} 的要约"],
  ["a listing has a price: limit orders only", "挂牌须有价格：只接受限价"],
  ["a listing is day, gtc or gtd", "挂牌的有效期须为 day、gtc 或 gtd"],
  ["a listing shows all of it", "挂牌须全部显示"],
  ["a listing never takes: leave it out", "挂牌不会主动成交：不需要此项"],
  ["a listing of the same owner", "同一所有人的挂牌"],
  ["the price of listing {} is {}", "挂牌 {0} 的价格为 {1}"],
  ["1 to {} tonnes are left of listing {}", "挂牌 {1} 剩余 1 至 {0} 吨可点选"],
  ["the earliest at the best price comes first: listing {} at {}", "须先点选最优价格中最早的挂牌：{0} 号，价格 {1}"],
  ["only the best {} prices may be picked, now to {}", "只可点选最优 {0} 档价格，目前至 {1}"],
  ["an answer to an enquiry has a price", "回复询价须有价格"],
  ["at most {} accounts, or none for everybody", "最多 {0} 个账户；留空为面向全部"],
  ["{} is not an open account of another owner", "{0} 不是其他所有人的已开立账户"],
  ["{} has no enquiry {}", "{0} 没有编号为 {1} 的询价"],
  ["enquiry {} was not sent to this account", "询价 {0} 未发给本账户"],
  ["after the venue's time, {} ns, or 0 for the end of the day", "须晚于交易场所当前时刻 {0} ns；0 为当日结束"],
  ["{} to {} ns: a deal is entered within {} seconds", "{0} 至 {1} ns：协议须在 {2} 秒内申报"],
  ["{} to {} ns: a deal is entered on its day", "{0} 至 {1} ns：协议须在当日申报"],
  ["a quote of the same owner", "同一所有人的报价"],
  ["quote {} was not made to this account", "报价 {0} 未发给本账户"],
  ["a quote is confirmed whole: {} tonnes, or 0", "报价须全部确认：{0} 吨，或 0"],
  ["the price of quote {} is {}", "报价 {0} 的价格为 {1}"],
  ["a quote to everybody is not declined: leave it", "面向全部的报价无须拒绝"],
  // auctions
  ["bids are taken from {} to before {}, now {} ns", "申报时段自 {0} 起至 {1} 前，现在 {2} ns"],
  ["at least the reserve, {}", "不低于保留价 {0}"],
  ["at most the reserve, {}", "不高于保留价 {0}"],
  ["better than {} by {} at least", "须优于 {0}，至少相差 {1}"],
  ["one bidder bids for at most {} tonnes, {} of them bid for already", "同一竞买人最多申报 {0} 吨，其中 {1} 吨已申报"],
  ["bids that cost at most {}, as the guarantee covers", "申报总额不超过保证金所覆盖的 {0}"],
  ["an auction of the same owner", "同一所有人的竞价"],
  ["the auction is the account's already", "本账户已在此竞价中"],
  ["the window was over at {} ns: it binds until the auction is cleared", "申报时段已于 {0} ns 结束：竞价结束前不可撤销"],
  ["it ends with auction {}", "随竞价 {0} 结束"],
  ["auction {} has bids, which bind its announcement", "竞价 {0} 已有申报，公告不可撤销"],
  ["the calendar announced auction {}: only the operator calls it off", "竞价 {0} 由日程公告：只有运营方可以取消"],
  // links
  ["the link lets no order leave here", "此联通不转送委托"],
  ["the link joins no auction", "此联通不参加竞价"],
  ["the link's quota has {} left", "联通额度尚余 {0}"],
  ["1 to {} minor units", "1 至 {0} 最小货币单位"],
  ["{} to {}: the limit and the link's fee", "{0} 至 {1}：限价与联通费用"],
  ["{} or more to buy, 0 to sell", "买入时不少于 {0}，卖出时为 0"],
  ["{} is no line of auctions", "{0} 不是竞价品种"],
  ["the guest has no live order {}", "转入账户没有编号为 {0} 的有效委托"],
  // the operator's
  ["{} is {}: {} may follow", "{0} 当前阶段：{1}；其后可为：{2}"],
  ["{} trades by {}, which has no calls: {} may follow", "{0} 的交易机制为 {1}，没有集合竞价；其后可为：{2}"],
  ["halted or continuous, with a symbol and a reason as texts", "须为停牌或恢复，并以文字给出品种和原因"],
  ["1 to {} characters, as everybody reads it", "1 至 {0} 个字符，所有人可见"],
  ["this is not the operator's key", "不是运营密钥"],
  ["the verifier of carbonx keys make: a key is never sent", "须为 carbonx keys make 的校验值：密钥从不传送"],
  // the gateway's
  ["{}: the session's key is for it; this one is for {} alone", "本会话的密钥不可发送 {0}，只限 {1}"],
  ["the session's key is for it; this one is for {} alone", "本会话的密钥无此权限，只限 {0}"],
  ["fewer than {} live orders: cancel some", "有效委托须少于 {0} 笔：请先撤单"],
  ["at most {} above the last, {}", "最多比上一个编号 {1} 大 {0}"],
  ["at most {} at first", "首个编号最大为 {0}"],
  ["the log has space; cancels are taken, and orders again when there is more", "日志空间不足：仍可撤单，空间恢复后再接受委托"],
  ["{} needs a logon", "{0} 须先登录"],
  ["{}/s", "每秒最多 {0} 条"],
  // ends of a session
  ["what answers does not know the account's key", "对方不持有本账户的密钥"],
  ["keys need https, or a page of this machine", "使用密钥须经 https，或在本机打开页面"],
  ["no such member, account and key: check all three with the operator", "会员、账户与密钥不符：请向运营方核对"],
  ["the account logged on from elsewhere", "账户已在别处登录"],
  ["version {} is not spoken here: use version {}", "不支持协议版本 {0}：请使用版本 {1}"],
  ["last_seen is {}; this account has {} reports", "last_seen 为 {0}，而本账户有 {1} 条回报"],
  ["{} sessions are the limit", "会话数已达上限 {0}"],
  ["no message within two heartbeat intervals", "两个心跳间隔内没有消息"],
  ["{} bytes beside the reports unread", "除回报外有 {0} 字节未读取"],
  ["nothing read for {} ms", "{0} 毫秒内没有读取"],
  ["{} bytes of answers asked for at once", "一次请求的应答达 {0} 字节"],
  ["reports cannot be read ({}); they are in the venue's log", "回报无法读取（{0}）；仍在交易场所日志中"],
  ["goodbye", "已退出"],
];

// Words that stand where a figure may.
const NOUNS = {
  order_book: "订单簿", listing: "挂牌", fixed_price: "定价", negotiated: "协议", one_way: "单向竞价",
  orders: "委托", new_order: "委托", quote: "报价", pick: "点选", decline: "拒绝", bid: "申报", announce: "公告",
};
const PHASES = ["closed", "pre_open", "opening_call", "continuous", "halted", "intraday_call", "freeze", "closing_call"];

const PROSE = /[a-z]+ [a-z]+ [a-z]+/; // more than a name: a sentence that has no pattern of its own
const escaped = (part) => part.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");

// The more of a rule a pattern spells out, the earlier it is tried.
const TRIED = RULES.map(([english, chinese]) => {
  const parts = english.split("{}");
  return { spelt: parts.join("").length, pattern: new RegExp(`^${parts.map(escaped).join("(.+?)")}$`, "s"), chinese };
}).sort((a, b) => b.spelt - a.spelt);

const noun = (word) => NOUNS[word] ?? (PHASES.includes(word) ? t(word) : word);
const figure = (given) => given.split(", ").map(noun).join("、");

// What an operator is answered: fields with their rules, or a sentence.
export function answerOf(said) {
  const of = (each) => {
    const [field, ...rule] = each.split(": ");
    return rule.length ? `${t(field)}: ${ruleOf(rule.join(": "))}` : ruleOf(each);
  };
  return said.split("; ").map(of).join("; ");
}

// A rule in the page's language; one without a translation comes in English.
export function ruleOf(rule) {
  if (language() === "en") return rule;
  for (const { pattern, chinese } of TRIED) {
    const found = pattern.exec(rule);
    if (!found) continue;
    const figures = found.slice(1);
    return figures.some((each) => PROSE.test(each)) ? rule : chinese.replace(/\{(\d)\}/g, (_, at) => figure(figures[at]));
  }
  return rule;
}

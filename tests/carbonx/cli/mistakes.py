"""What new users type wrongly, verb by verb, and two things that the answer must have in it.

``here`` is what the answer names: the thing that was wrong. ``right`` is what it says to do, or
what would have been right. Words are typed in a folder made by ``test_mistakes``; ``{port}`` and
``{dir}`` are those of a venue that runs.
"""

from typing import Final, NamedTuple


class Mistake(NamedTuple):
    """Words, and what must come back."""

    typed: str
    here: str
    right: str
    given: str = ""  # on standard input


TOP: Final = (
    Mistake("serv", "'serv'", "'serve'"),
    Mistake("Match a.jsonl", "'Match'", "'match'"),
    Mistake("deal", "'deal'", "there are demo"),
    Mistake("--verson", "--verson", "'--version'"),
    Mistake("--prot 7117 serve", "--prot", "carbonx --help"),
)
SERVE: Final = (
    Mistake("serve --prot 7200", "--prot", "'--port'"),
    Mistake("serve --port 71170", "71170", "65535"),
    Mistake("serve --port -1", "-1", "65535"),
    Mistake("serve --port http", "'http'", "whole number"),
    Mistake("serve --port", "--port", "argument"),
    Mistake("serve --port {port}", "{port}", "choose another --port"),
    Mistake("serve --host a..b", "a..b", "--host"),
    Mistake("serve --host no.such.host.invalid", "no.such.host.invalid", "--host"),
    Mistake("serve --host 8.8.8.8", "8.8.8.8", "--host"),
    Mistake("serve --rulebook shenzen-2022", "'shenzen-2022'", "'shenzhen-2022'"),
    Mistake("serve --rulebook Guangdong", "'Guangdong'", "'guangdong'"),
    Mistake("serve --rulebook 深圳", "'深圳'", "there are beijing"),
    Mistake("serve --rulebook mine.txt", "'mine.txt'", ".toml"),
    Mistake("serve --rulebook nothing.toml", "nothing.toml", "one of beijing"),
    Mistake("serve --rulebook empty.toml", "empty.toml", "name"),
    Mistake("serve --rulebook binary.toml", "binary.toml", "UTF-8"),
    Mistake("serve --rulebook folder.toml", "folder.toml", "name a file"),
    Mistake("serve --rulebook typo.toml", "limit_pu_bp", "'limit_up_bp'"),
    Mistake("serve --rulebook choice.toml", "'price_tmie'", "'price_time'"),
    Mistake("serve --rulebook accounts.toml", "accounts.toml", "products"),
    Mistake("serve --accounts nothing.toml", "nothing.toml", "file of accounts"),
    Mistake("serve --accounts folder.toml", "folder.toml", "directory"),
    Mistake("serve --accounts binary.toml", "binary.toml", "UTF-8"),
    Mistake("serve --accounts gbk.toml", "gbk.toml", "UTF-8"),
    Mistake("serve --accounts key.toml", "kay", "'key'"),
    Mistake("serve --accounts product.toml --port 0", "'SZA-2091'", "'SZA-2019'"),
    Mistake("serve --accounts negative.toml", "-5", "0 to"),
    Mistake("serve --accounts text.toml", "'lots'", "whole number"),
    Mistake("serve --dir plain.txt", "plain.txt", "Directory"),
    Mistake("serve --dir plain.txt/venue --port 0", "plain.txt", "file"),
    Mistake("serve --dir {dir} --port 0 --rulebook textbook", "{dir}", "another"),
    Mistake("serve --dir future --port 0", "future", "another version"),
    Mistake("serve --throttle -5", "-5", ">=0"),
    Mistake("serve --durability full", "'full'", "'sync'"),
    Mistake("serve extra", "extra", "carbonx serve --help"),
)
OPERATE: Final = (
    Mistake("operate --dir nowhere '{{}}'", "nowhere", "is it served with that folder?"),
    Mistake("operate --dir plain.txt '{{}}'", "plain.txt", "Directory"),
    Mistake("operate --dri {dir} '{{}}'", "--dri", "'--dir'"),
    Mistake("operate --dir {dir}", "no command", "JSON"),
    Mistake("operate --dir {dir} halt", "not taken", "Expecting value"),
    Mistake("operate --dir {dir} 5", "type", "JSON object"),
    Mistake("operate --dir {dir} '{{}}'", "type", "new_order"),
    Mistake("""operate --dir {dir} '{{"type": "set_phas"}}'""", "'set_phas'", "'set_phase'"),
    Mistake("""operate --dir {dir} '{{"type": "new_order", "account": "a", "ref": 1, """
            """"symbol": "CO2", "side": "buy", "quantity": 1}}'""", "new_order", "set_phase"),
    Mistake("""operate --dir {dir} '{{"type": "set_phase", "phase": "haltd"}}'""",
            "'haltd'", "'halted'"),
    Mistake("""operate --dir {dir} '{{"type": "set_phase", "phase": "halted", "symbl": "CO2"}}'""",
            "symbl", "'symbol'"),
    Mistake("""operate --dir {dir} '{{"type": "set_phase", "phase": "halted", "symbol": "C02"}}'""",
            "'C02'", "'CO2'"),
    Mistake("""operate --dir {dir} '{{"type": "set_phase"}}'""", "phase", "needs it"),
    Mistake("""operate --dir {dir} '{{"type": "move_cash", "account": "alise", "amount": 5}}'""",
            "'alise'", "open"),
    Mistake("""operate --dir {dir} '{{"type": "move_cash", "account": "alice", """
            """"amount": "5.001"}}'""", "5.001", "2 decimals"),
    Mistake("""operate --dir {dir} '{{"type": "move_cash", "account": "alice", """
            """"amount": "five"}}'""", "five", "42.50"),
    Mistake("""operate --dir {dir} '{{"type": "move_cash", "account": "alice", "amount": 5.5}}'""",
            "5.5", "whole number"),
    Mistake("""operate --dir {dir} '{{"type": "set_reference", "product": "CO", "price": 5}}'""",
            "'CO'", "'CO2'"),
    Mistake("""operate --dir {dir} '{{"type": "set_reference", "product": "CO2", "price": 0}}'""",
            "price", "0.01 to"),
    Mistake("""operate --dir {dir} '{{"type": "amend_rulebook", "path": """
            """"modes[continuous].tikc", "value": "5", "effective": 0}}'""", "tikc", "no tikc"),
    Mistake("""operate --dir {dir} '{{"type": "amend_rulebook", "path": """
            """"modes[continous].limit_up_bp", "value": "5", "effective": 0}}'""",
            "modes[continous]", "'continuous'"),
    Mistake("""operate --dir {dir} '{{"type": "begin_day", "date": 20210631}}'""",
            "date", "20210628"),
    Mistake("""operate --dir {dir} '{{"type": "set_key", "account": "alice"}}'""", "key", "empty"),
    Mistake("""operate --dir {dir} '{{"type": "set_key", "account": "alice", "kay": "x"}}'""",
            "kay", "'key'"),
)  # fmt: skip
MATCH: Final = (
    Mistake("match binary.csv", "binary.csv", "UTF-8"),
    Mistake("match", "FILE", "carbonx match --help"),
    Mistake("match nothing.jsonl", "nothing.jsonl", "name one"),
    Mistake("match order.jsonl", "order.jsonl", "'orders.jsonl'"),
    Mistake("match folder.toml", "folder.toml", "name a file"),
    Mistake("match orders.jsonl --rulebok textbook", "--rulebok", "'--rulebook'"),
    Mistake("match orders.jsonl --rulebook textbok", "'textbok'", "'textbook'"),
    Mistake("match orders.jsonl --rulebook nothing.toml", "nothing.toml", "textbook"),
    Mistake("match orders.jsonl --out folder.toml", "folder.toml", "directory"),
    Mistake("match orders.jsonl --out no/such/out.jsonl", "no/such/out.jsonl", "name one"),
    Mistake("match - --rulebook textbook", "line 1", "Expecting value", given="hello\n"),
    Mistake("match -", "'buyy'", "'buy'", given='{"type": "new_order", "account": "a", "ref": 1, '
            '"symbol": "CO2", "side": "buyy", "quantity": 1}'),
    Mistake("match -", "sied", "'side'", given='{"type": "new_order", "account": "a", "ref": 1, '
            '"symbol": "CO2", "sied": "buy", "quantity": 1}'),
    Mistake("match -", "'new_ordr'", "'new_order'", given='{"type": "new_ordr"}'),
    Mistake("match -", "'1.234'", "2 decimals", given='{"type": "new_order", "account": "a", '
            '"ref": 1, "symbol": "CO2", "side": "buy", "quantity": 1, "price": "1.234"}'),
    Mistake("match -", "10.5", "whole number", given='{"type": "new_order", "account": "a", '
            '"ref": 1, "symbol": "CO2", "side": "buy", "quantity": 10.5}'),
    Mistake("match -", "account", "needs it", given='{"type": "new_order"}'),
    Mistake("match -", "type", "JSON object", given="[1, 2]"),
)  # fmt: skip
REPLAY: Final = (
    Mistake("replay", "DIR", "carbonx replay --help"),
    Mistake("replay nowhere", "nowhere", "name"),
    Mistake("replay plain.txt", "plain.txt", "Directory"),
    Mistake("replay folder.toml", "folder.toml", "name a directory"),
    Mistake("replay future", "future", "another version"),
    Mistake("replay damaged", "damaged", "restore a copy"),
    Mistake("replay emptylog", "emptylog", "restore a copy"),
    Mistake("replay {dir} --verify abc", "'abc'", "64 hex digits"),
    Mistake("replay {dir} --verfy x", "--verfy", "'--verify'"),
    Mistake("replay {dir} --verify " + "0" * 64, "0" * 64, "another version"),
    Mistake("replay {dir}/venue.log", "venue.log", "Directory"),
    Mistake("replay binarylog", "binarylog", "restore a copy"),
    Mistake("replay {dir} --jsn", "--jsn", "'--json'"),
    Mistake("replay a b", "b", "carbonx replay --help"),
)
HISTORY: Final = (
    Mistake("history binary.csv --rulebook guangdong", "binary.csv", "UTF-8"),
    Mistake("history", "SERIES", "carbonx history --help"),
    Mistake("history days.csv", "--rulebook", "carbonx history --help"),
    Mistake("history nothing.csv --rulebook guangdong", "nothing.csv", "name one"),
    Mistake("history folder.toml --rulebook guangdong", "folder.toml", "directory"),
    Mistake("history days.csv --rulebook guangdng", "'guangdng'", "'guangdong'"),
    Mistake("history days.csv --rulebook guangdong --sed 5", "--sed", "'--seed'"),
    Mistake("history days.csv --rulebook guangdong --seed x", "'x'", "whole number"),
    Mistake("history days.csv --rulebook guangdong --dir {dir}", "{dir}", "another"),
    Mistake("history empty.csv --rulebook guangdong", "empty.csv", "column"),
    Mistake("history accounts.toml --rulebook guangdong", "accounts.toml", "column"),
    Mistake("history days.csv --rulebook guangdong --amend 0 modes[listng].limit_up_bp 5",
            "modes[listng]", "'listing'"),
)  # fmt: skip
RULEBOOKS: Final = (
    Mistake("rulebooks shw textbook", "'shw'", "'show'"),
    Mistake("rulebooks show", "NAME", "carbonx rulebooks show --help"),
    Mistake("rulebooks show textbok", "'textbok'", "'textbook'"),
    Mistake("rulebooks show 全国", "'全国'", "cn-national"),
    Mistake("rulebooks show nothing.toml", "nothing.toml", "textbook"),
    Mistake("rulebooks check", "FILE", "carbonx rulebooks check --help"),
    Mistake("rulebooks check nothing.toml", "nothing.toml", "name a file"),
    Mistake("rulebooks check folder.toml", "folder.toml", "directory"),
    Mistake("rulebooks check empty.toml", "empty.toml", "name"),
    Mistake("rulebooks check binary.toml", "binary.toml", "UTF-8"),
    Mistake("rulebooks check gbk.toml", "gbk.toml", "UTF-8"),
    Mistake("rulebooks check days.csv", "days.csv", "line 1"),
    Mistake("rulebooks check typo.toml", "limit_pu_bp", "'limit_up_bp'"),
    Mistake("rulebooks check choice.toml", "'price_tmie'", "'price_time'"),
    Mistake("rulebooks check typo.toml --jsn", "--jsn", "'--json'"),
    Mistake("rulebooks diff textbook", "OTHER", "carbonx rulebooks diff --help"),
    Mistake("rulebooks diff textbook krz", "'krz'", "'krx'"),
    Mistake("rulebooks list extra", "extra", "carbonx rulebooks list --help"),
)
SHELL: Final = (
    Mistake("shell --account alice --key secret --port 71170", "71170", "65535"),
    Mistake("shell", "--account", "carbonx shell --help"),
    Mistake("shell --account alice --port {port}", "--key", "carbonx shell --help"),
    Mistake("shell --acount alice --key secret", "--acount", "'--account'"),
    Mistake("shell --account alice --key secret --port x", "'x'", "whole number"),
    Mistake("shell --account '' --key secret", "account", "must not be empty"),
    Mistake("shell --account alice --key secret --tls empty.toml", "empty.toml", "in PEM"),
    Mistake("trade mine:Agent --account alice --key secret --tls empty.toml", "empty.toml", "PEM"),
    Mistake("shell --account alice --key secret --host a..b", "a..b", "is the venue running"),
)
BROKERS: Final = (
    Mistake("brokers 1 --port 71170 --accounts accounts.toml", "71170", "65535"),
    Mistake("brokers", "NUMBER", "carbonx brokers --help"),
    Mistake("brokers two --port {port} --accounts accounts.toml", "'two'", "whole number"),
    Mistake("brokers 0 --port {port} --accounts accounts.toml", "0", "1"),
    Mistake("brokers 5 --port {port} --accounts accounts.toml", "accounts.toml", "5 brokers"),
    Mistake("brokers 1 --port {port} --accounts nothing.toml", "nothing.toml", "file of accounts"),
    Mistake("brokers 1 --port {port} --accounts folder.toml", "folder.toml", "file"),
    Mistake("brokers 1 --port 1 --accounts accounts.toml", "127.0.0.1:1", "is the venue running"),
    Mistake("brokers 1 --port {port} --accounts accounts.toml --seconds nan", "'nan'", "number"),
    Mistake("brokers 1 --port {port} --accounts accounts.toml --pause -1", "-1", "0.001"),
    Mistake(
        "brokers 1 --port {port} --accounts accounts.toml --operator nowhere",
        "nowhere",
        "is it served",
    ),
    Mistake("brokers 1 --prot 1 --accounts accounts.toml", "--prot", "'--port'"),
)
LOAD: Final = (
    Mistake("load --rulebook textbok --duration 0.1", "'textbok'", "'textbook'"),
    Mistake("load --dir nowhere --duration 0.1", "nowhere", "name one"),
    Mistake("load --ful", "--ful", "'--full'"),
    Mistake("load --rate 0", "0", ">=1"),
    Mistake("load --duration nan", "'nan'", "number"),
    Mistake("load --rate fast", "'fast'", "whole number"),
    Mistake("load --full --rate 5", "--rate", "no schedule"),
    Mistake("load --duration 1 --messages 5", "--messages", "not both"),
    Mistake("load --mix hard", "'hard'", "'default'"),
    Mistake("load --port 71170", "71170", "65535"),
    Mistake("load --port {port}", "--accounts", "accounts that the sessions"),
    Mistake("load --port {port} --accounts nothing.toml", "nothing.toml", "file of accounts"),
    Mistake("load --port {port} --accounts accounts.toml --sessions 9", "9", "accounts"),
)
OTHERS: Final = (
    Mistake("bench bok", "'bok'", "'book'"),
    Mistake("bench book --rounds 0", "0", ">=1"),
    Mistake("bench book --rounds x", "'x'", "whole number"),
    Mistake("demo --seconds long", "'long'", "number"),
    Mistake("demo --seconds nan", "'nan'", "number"),
    Mistake("demo --seconds -1", "-1", "0"),
    Mistake("demo --sed 5", "--sed", "'--seed'"),
    Mistake("demo --seed x", "'x'", "whole number"),
    Mistake("demo --dir plain.txt", "plain.txt", "file"),
    Mistake("demo extra", "extra", "carbonx demo --help"),
)
OPERATING: Final = (
    Mistake("status --dir nowhere", "nowhere", "is it served"),
    Mistake("status --dir plain.txt", "plain.txt", "file"),
    Mistake("status --jsn", "--jsn", "'--json'"),
    Mistake("admin hlat", "'hlat'", "'halt'"),
    Mistake("admin halt CO2", "--reason", "Missing"),
    Mistake("admin halt C02 --reason news --dir {dir}", "C02", "CO2"),
    Mistake("admin resume --phase contineous", "'contineous'", "'continuous'"),
    Mistake("admin kill", "ACCOUNT", "Missing"),
    Mistake("admin kill alcie --dir {dir}", "'alcie'", "account"),
    Mistake("admin begin-day tomorrow", "'tomorrow'", "whole number"),
    Mistake("admin begin-day 20260230 --dir {dir}", "date", "a day that there is"),
    Mistake("admin reload --dir nowhere", "nowhere", "is it served"),
    Mistake("config chek venue.toml", "'chek'", "'check'"),
    Mistake("config check nothing.toml", "nothing.toml", "name a configuration file"),
    Mistake("config check accounts.toml", "account", "there is no such key"),
    Mistake("serve --config nothing.toml", "nothing.toml", "name a configuration file"),
    Mistake("serve --config binary.toml", "binary.toml", "UTF-8"),
    Mistake("serve --metrics 99999", "99999", "65535"),
    Mistake("serve --log-lines nowhere/lines --port 0", "nowhere", "name one that is there"),
)
LOGS: Final = (
    Mistake("export nowhere", "nowhere", "name one that is there"),
    Mistake("export plain.txt", "plain.txt", "file"),
    Mistake("export served --to excel", "'excel'", "'parquet'"),
    Mistake("export served --table trads", "'trads'", "'trades'"),
    Mistake("log chek", "'chek'", "'check'"),
    Mistake("log check nowhere", "nowhere", "name one that is there"),
    Mistake("log repair served", "served", "in use"),
    Mistake("log migrate nowhere", "nowhere", "name one that is there"),
    Mistake("backup nowhere copy", "nowhere", "name one that is there"),
    Mistake("backup served", "Missing", "'TO'"),
    Mistake("auction shwo", "'shwo'", "'show'"),
    Mistake("auction show nowhere", "nowhere", "name one that is there"),
    Mistake("auction show served 7", "7", "no auction"),
    Mistake("registry nowhere", "nowhere", "name one that is there"),
    Mistake("serve --web 99999", "99999", "65535"),
    Mistake("replay nowhere --web 0", "nowhere", "name one that is there"),
)
ALL: Final = (
    *TOP,
    *SERVE,
    *OPERATE,
    *MATCH,
    *REPLAY,
    *HISTORY,
    *RULEBOOKS,
    *SHELL,
    *BROKERS,
    *LOAD,
    *OTHERS,
    *OPERATING,
    *LOGS,
)

"""What can be wrong with files in formats that others made, and what their readers had to assume.

`ingest/problems.py` says what a `Kind` is and has those of our own tables.
"""

from __future__ import annotations

from graph.columns import Text
from ingest.problems import Kind

# --- files ---------------------------------------------------------------------------------------------------

BROKEN_XML = Kind(
    "broken_xml",
    Text("it is not well-formed XML, perhaps cut off in transfer: {error}", "不是完整的 XML，可能传输中断：{error}"),
    Text("the file as the bank made it; fetch it again", "银行原始文件；请重新下载"),
)
DOCUMENT_TYPE = Kind(
    "document_type",
    Text(
        "it declares a document type or entities, which can be used for attacks; it was not read further",
        "文件声明了文档类型（DOCTYPE）或实体，可被用于攻击，已停止读取",
    ),
    Text(
        "XML without <!DOCTYPE …>; banks and tax offices send none", "不含 <!DOCTYPE …> 的 XML；银行和税务机关不会使用"
    ),
)
ELEMENT_TOO_LARGE = Kind(
    "element_too_large",
    Text("one record of it is larger than {limit} bytes", "其中一条记录超过 {limit} 字节"),
    Text("records of at most {limit} bytes", "每条记录最多 {limit} 字节"),
)
BROKEN_FORMAT = Kind(
    "broken_format",
    Text("it looks like {format} and cannot be read: {error}", "看似 {format}，但无法读取：{error}"),
    Text("the file as its sender made it; fetch it again", "发送方原始文件；请重新获取"),
)
NO_RECORDS = Kind(
    "no_records",
    Text("it looks like {format} and holds no record", "看似 {format}，但没有任何记录"),
    Text("a file with at least one record", "至少含一条记录的文件"),
)
PACKED = Kind(
    "packed",
    Text("it is a packed archive ({format}); archives are not unpacked here", "压缩包（{format}），本系统不解压"),
    Text("the files in it: unpack it and load the folder", "请先解压，再载入文件夹"),
)
ARCHIVE_TOO_LARGE = Kind(
    "archive_too_large",
    Text("unpacked it would be larger than {limit} bytes", "解压后将超过 {limit} 字节"),
    Text("a document of a few megabytes", "几兆字节以内的文件"),
)
NESTED_ARCHIVE = Kind(
    "nested_archive",
    Text("it has a packed archive in it ({name})", "内含压缩包（{name}）"),
    Text("a document without archives in it", "不含压缩包的文件"),
)
UNSAFE_NAME = Kind(
    "unsafe_name",
    Text("a name in it leads out of it ({name}); it was not read", "内部文件名指向包外（{name}），未读取"),
    Text("the file as its sender made it; fetch it again", "发送方原始文件；请重新获取"),
)
ENCRYPTED = Kind(
    "encrypted",
    Text("it is locked with a password", "文件已加密"),
    Text("the same file without a password", "未加密的文件"),
)
NO_INVOICE_DATA = Kind(
    "no_invoice_data",
    Text(
        "it only shows an invoice: it carries neither the invoice's own XML nor tags that say what is what",
        "只有发票版面，未附发票原始 XML，也没有标明各项内容的标签",
    ),
    Text("the invoice as XML, from the tax office's platform", "从电子税务局下载的 XML 格式发票"),
)
NO_OWN_ACCOUNT = Kind(
    "no_own_account",
    Text("nothing in it says whose account the statement is of", "未注明对账单所属账号"),
    Text(
        "a line with the account number, such as “账号: 6222…”, above the table",
        "表格上方注明账号，如“账号：6222…”",
    ),
)
ACCOUNT_UNKNOWN = Kind(
    "account_unknown",
    Text("its statement does not say which account it is of", "所在对账单未注明账号"),
    Text("a statement with an account", "注明账号的对账单"),
)

# --- records -------------------------------------------------------------------------------------------------

NO_DIRECTION = Kind(
    "no_direction",
    Text("nothing says whether money came or went", "无法判断借贷方向"),
    Text(
        "an amount in exactly one of the columns for debit and credit, or a mark", "借方、贷方只填一栏，或注明借贷标志"
    ),
)
UNKNOWN_MARK = Kind(
    "unknown_mark",
    Text("not a mark for debit or credit", "不是借贷标志"),
    Text("{accepted}", "{accepted}"),
)
BOTH_DIRECTIONS = Kind(
    "both_directions",
    Text("it has an amount as debit and as credit", "借方和贷方均有金额"),
    Text("an amount in one of the two", "只填其中一栏"),
)
BROKEN_RECORD = Kind(
    "broken_record",
    Text("the record cannot be read: {error}", "该记录无法读取：{error}"),
    Text("{accepted_en}", "{accepted_zh}"),
)

CORRECTION = Kind(
    "correction",
    Text(
        "it corrects or deletes the entry {reference} that another file has",
        "该笔更正或删除另一文件中的明细 {reference}",
    ),
    Text("the statement as corrected; take back the load of the old one", "更正后的对账单；请撤回原文件的装载"),
)
CREDIT_BELOW_ZERO = Kind(
    "credit_below_zero",
    Text(
        "it is a credit note and its amount is below zero: it could take back or add",
        "贷项通知单（红字）金额为负数，无法判断是冲减还是增加",
    ),
    Text("a credit note with its amount above zero, as EN 16931 has it", "金额为正数的贷项通知单（EN 16931 规定）"),
)
RED_ABOVE_ZERO = Kind(
    "red_above_zero",
    Text("it says that it is a red letter, and its amount is above zero", "标明为红字发票，金额却为正数"),
    Text("a red letter with its amount below zero", "金额为负数的红字发票"),
)
NOT_AN_INVOICE = Kind(
    "not_an_invoice",
    Text("a document of type {type} asks for no payment of VAT: it is no invoice", "类型 {type} 不是发票"),
    Text("invoices and credit notes, for example of type 380 or 381", "发票或贷项通知单，如 380、381"),
)

NO_GUARANTOR = Kind(
    "no_guarantor",
    Text("it lists guarantee contracts and names no guarantor", "只列出担保合同，没有保证人"),
    Text(
        "the same table with 保证人客户统一编号 or 保证人名称, joined by the number of the guarantee contract",
        "请按担保合同号补充“保证人客户统一编号”或“保证人名称”列",
    ),
)
UNKNOWN_CONTRACT = Kind(
    "unknown_contract",
    Text(
        "no loan receipt of this contract is in the folder, so it cannot be told which loan is secured",
        "同一文件夹内没有该合同的借据，无法确定被担保的贷款",
    ),
    Text("the table of loan receipts (信贷借据号, 信贷合同号) beside this one", "请将借据表放在同一文件夹"),
)

# --- what was assumed: the rows are kept ---------------------------------------------------------------------

NAME_ONLY = Kind(
    "name_only",
    Text(
        "{count} entries name the other side but not its account; each name stands for an account of its own "
        "(name:…) beside this statement's account, and is joined with nobody of that name elsewhere",
        "{count} 笔只有对方户名、没有对方账号；每个户名在本账户下记为单独的账户（name:…），不与他处同名者合并",
    ),
    Text("the account numbers, where the bank can export them", "如银行可导出，请提供对方账号"),
)
NOT_BOOKED = Kind(
    "not_booked",
    Text(
        "{count} entries are announced but not booked ({status}); they were left out",
        "{count} 笔尚未记账（{status}），未载入",
    ),
    Text("the statement after booking", "记账后的对账单"),
)
VALUE_DAY_TAKEN = Kind(
    "value_day_taken",
    Text("{count} entries have no booking day; the value day was taken", "{count} 笔没有记账日，按起息日处理"),
    Text("entries with their booking day", "注明记账日的明细"),
)
ACCOUNT_CURRENCY_TAKEN = Kind(
    "account_currency_taken",
    Text(
        "{count} entries name no currency; that of the account was taken: {currency}",
        "{count} 笔未注明币种，按账户币种 {currency} 处理",
    ),
    Text("amounts with their currency", "注明币种的金额"),
)
BOOK_CURRENCY_TAKEN = Kind(
    "book_currency_taken",
    Text(
        "nothing says in which currency the amounts are; {currency} was taken (LOANTRAIL_CURRENCY)",
        "未注明币种，按 {currency} 处理（LOANTRAIL_CURRENCY）",
    ),
    Text("a column or a title line with the currency", "请在列或标题行注明币种"),
)
BATCH_KEPT_WHOLE = Kind(
    "batch_kept_whole",
    Text(
        "{count} collective bookings are kept as one transfer to nobody we can name: their details are missing or do "
        "not add up to them",
        "{count} 笔汇总入账按一笔保留（对方未知）：缺少明细，或明细合计与总额不符",
    ),
    Text(
        "the file with the details; do not load a notification (camt.054) with the same payments beside it",
        "含明细的文件；请勿同时载入包含相同款项的通知（camt.054）",
    ),
)
WITHOUT_REFERENCE = Kind(
    "without_reference",
    Text(
        "{count} entries have no reference of the bank; their ids follow from what they say (day, amount, other side, "
        "balance, text), and equal ones of one day are numbered",
        "{count} 笔没有银行流水号，编号由日期、金额、对方、余额和摘要生成，同日相同者依次编号",
    ),
    Text("an export with the bank's reference", "含银行流水号的导出文件"),
)
PERIOD_FROM_ENTRIES = Kind(
    "period_from_entries",
    Text(
        "{count} statements do not say which days they cover; the days of their balances and entries were taken",
        "{count} 份对账单未注明起止日，按余额和明细的日期处理",
    ),
    Text("statements with their period", "注明起止日的对账单"),
)

DEBIT_IS_OUT = Kind(
    "debit_is_out",
    Text("debit (借) was taken as money that went, credit (贷) as money that came", "借方按支出、贷方按收入处理"),
    Text("", ""),
)
SIGN_IS_DIRECTION = Kind(
    "sign_is_direction",
    Text(
        "no column says which way money moved: a negative amount was taken as money that went",
        "没有借贷栏或标志：负数金额按支出处理",
    ),
    Text("two columns for debit and credit, or a mark", "借方、贷方两栏，或借贷标志"),
)
RED_ENTRY = Kind(
    "red_entry",
    Text(
        "{count} entries have a negative amount; they were taken as bookings taken back, in the other direction",
        "{count} 笔为负数（红字），按冲销处理，方向相反",
    ),
    Text("amounts above zero in the column of their direction", "在相应方向栏填写正数"),
)
ORDER_UNKNOWN = Kind(
    "order_unknown",
    Text(
        "{count} tables do not show whether the first entry is the earliest; it was taken to be",
        "{count} 张表无法判断先后顺序，按自上而下为时间先后处理",
    ),
    Text("entries with time or running balance", "含时间或逐笔余额的明细"),
)
SUMS_LEFT_OUT = Kind(
    "sums_left_out",
    Text(
        "{count} rows are sums, page ends or repeated headings; they were left out",
        "{count} 行为合计、页尾或重复表头，未载入",
    ),
    Text("", ""),
)
ENCODING_TAKEN = Kind(
    "encoding_taken",
    Text("{count} lines are not UTF-8; they were read as {encoding}", "{count} 行不是 UTF-8，按 {encoding} 读取"),
    Text("UTF-8", "UTF-8"),
)
TIME_UNKNOWN = Kind(
    "time_unknown",
    Text(
        "{count} entries are timed at exactly noon or midnight, as is written where only the day is known; their day "
        "was taken",
        "{count} 笔的时间恰为 12:00 或 0:00，通常表示只知日期，仅按日期处理",
    ),
    Text("entries with the time of their booking", "注明记账时间的明细"),
)
BALANCE_OF_ANOTHER_DAY = Kind(
    "balance_of_another_day",
    Text(
        "{count} statements have a balance of a day after their last one; it is not their closing balance and was "
        "left out",
        "{count} 份对账单的余额日晚于截止日，不是期末余额，未采用",
    ),
    Text("statements to the day of their balance", "截止日与余额日一致的对账单"),
)
NOT_LOADED = Kind(
    "not_loaded",
    Text("{count} records were left out: {what_en}", "{count} 条记录未载入：{what_zh}"),
    Text("", ""),
)
SUPERSEDED = Kind(
    "superseded",
    Text(
        "{count} statements are superseded by later ones in this file; what the latest says was loaded",
        "{count} 条声明已被本文件中较新的声明取代，以最新者为准",
    ),
    Text("", ""),
)
DIRECT_TAKEN = Kind(
    "direct_taken",
    Text(
        "{count} interests do not say whether they are direct or indirect; they were taken as direct",
        "{count} 项权益未注明直接或间接，按直接处理",
    ),
    Text("interests that say whether they are direct", "注明直接或间接的权益"),
)
PARTIAL_DAY = Kind(
    "partial_day",
    Text(
        "{count} days of birth or registration are known to the month or year only; they were left out",
        "{count} 个出生或成立日期只精确到月或年，未载入",
    ),
    Text("the full day", "完整日期"),
)
DAY_WIDENED = Kind(
    "day_widened",
    Text(
        "{count} relations begin or end in a month or year without a day; they were taken as in force in all of it",
        "{count} 条关系的起止只精确到月或年，按整段时间有效处理",
    ),
    Text("the full day", "完整日期"),
)
VALUES_LEFT_OUT = Kind(
    "values_left_out",
    Text(
        "{count} values have no place in our tables and were left out: {values}",
        "{count} 个值无对应列，未载入：{values}",
    ),
    Text("", ""),
)
INVOICE_TOTAL_OFF = Kind(
    "invoice_total_off",
    Text(
        "net {net} and tax {tax} are {sum}, and the invoice says {amount}",
        "不含税金额 {net} 加税额 {tax} 为 {sum}，与发票的价税合计 {amount} 不符",
    ),
    Text("net and tax that are the amount; compare it with the tax office", "金额加税额等于价税合计；请到税务平台查验"),
)
INVOICE_LINES_OFF = Kind(
    "invoice_lines_off",
    Text("its {count} lines are {sum}, and it says {total}", "{count} 行明细合计 {sum}，与所载合计 {total} 不符"),
    Text("lines that are their total; compare it with the tax office", "明细合计等于总额；请到税务平台查验"),
)
PARTY_BY_NAME = Kind(
    "party_by_name",
    Text(
        "{count} invoices name a party without a tax number; the name stands for a party of its own (name:…) beside "
        "the other party, and is joined with nobody of that name elsewhere",
        "{count} 张发票有一方没有纳税人识别号，按对方名下的单独主体（name:…）处理，不与他处同名者合并",
    ),
    Text("invoices with both tax numbers", "双方均有纳税人识别号的发票"),
)
SHARED_GUARANTEE = Kind(
    "shared_guarantee",
    Text(
        "{count} guarantees secure a contract with several loan receipts; each receipt is secured, and the amount, "
        "which is meant once, was left out",
        "{count} 笔担保对应的合同下有多张借据：逐张建立担保关系，金额只有一份，未填",
    ),
    Text("", ""),
)
OTHER_RELATION = Kind(
    "other_relation",
    Text("{count} relations of other kinds were left out: {relation}", "{count} 条其他关系未载入：{relation}"),
    Text("", ""),
)
RELATION_ENDED = Kind(
    "relation_ended",
    Text(
        "{count} relations have ended on an unknown day and were left out", "{count} 条关系已失效（日期不明），未载入"
    ),
    Text("", ""),
)
PERCENT_TAKEN = Kind(
    "percent_taken",
    Text("shares were taken as percent: 25 is a quarter", "持股比例按百分数处理：25 即 25%"),
    Text("", ""),
)
FOREIGN_CAPITAL = Kind(
    "foreign_capital",
    Text(
        "{count} customers have a registered capital that is not in {currency}; it was left out",
        "{count} 个客户的注册资本币种不是 {currency}，未填",
    ),
    Text("", ""),
)
MIXED_PAYMENT = Kind(
    "mixed_payment",
    Text(
        "{count} loans were paid out in part to others (混合支付); how is left open",
        "{count} 笔为混合支付，放款方式留空",
    ),
    Text("", ""),
)
NO_BORROWER = Kind(
    "no_borrower",
    Text("nothing says whose credit it is, or only a name does", "未注明借款人，或只有名称"),
    Text(
        "a customer number, or a number of the party such as the unified social credit code, in a column or above the "
        "table",
        "客户号，或统一社会信用代码、身份证号、中征码等号码，可在列中或表格上方注明",
    ),
)
NUMBER_WRONG = Kind(
    "number_wrong",
    Text("the check digits of {number} do not hold", "{number} 校验位不符"),
    Text("the number as it was issued, all its characters", "证件上的完整号码"),
)
UNIT_TAKEN = Kind(
    "unit_taken",
    Text(
        "nothing says in which unit the amounts are; whole units of the currency (元) were taken, for {count} tables",
        "{count} 张表未注明金额单位，按元处理",
    ),
    Text("a title line or heading with the unit, such as “单位：万元”", "在标题行或列名注明单位，如“单位：万元”"),
)
OWN_CREDIT = Kind(
    "own_credit",
    Text(
        "{count} records are credit of the institution that asked ({lender}) itself; they were left out",
        "{count} 条为查询机构（{lender}）自身的授信，未载入",
    ),
    Text("", ""),
)
WHO_ASKED = Kind(
    "who_asked",
    Text(
        "nothing says which institution asked: credit of our own bank in {count} tables counts as credit elsewhere",
        "{count} 张表未注明查询机构，其中本行授信会计为他行授信",
    ),
    Text(
        "a line such as “查询机构：…” above the table, or the list without our own credit",
        "在表格上方注明“查询机构：…”，或删去本行授信",
    ),
)
ROWS_ELSEWHERE = Kind(
    "rows_elsewhere",
    Text(
        "{count} rows stand in other sections, not under headings of external credit; they were left out",
        "{count} 行属于其他部分，列名与他行授信无关，未载入",
    ),
    Text("", ""),
)

"""What can be wrong with a cell, a record or a file, said so that a bank clerk can mend it, in both languages.

A `Problem` has a reason and what would be accepted instead. Problems of one kind share a `Kind`; its texts are
`str.format` templates filled with the problem's values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from graph.columns import Text

SHOWN = 200
"""Characters of a bad value that are shown; the rest is cut, because a report is read by people."""


@dataclass(frozen=True)
class Kind:
    """One kind of problem: its code, why it is one, and what is accepted."""

    code: str
    reason: Text
    accepted: Text

    def __call__(self, **values: Any) -> Problem:
        return Problem(self, values)


@dataclass(frozen=True)
class Problem:
    """One kind of problem with the values that fill its texts."""

    kind: Kind
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return self.kind.code

    @property
    def reason(self) -> Text:
        return _filled(self.kind.reason, self.values)

    @property
    def accepted(self) -> Text:
        return _filled(self.kind.accepted, self.values)


@dataclass(frozen=True)
class Fault:
    """A problem at its place. `column` is empty where the whole record is meant, `value` is cut to `SHOWN`."""

    line: int
    column: str
    value: str
    problem: Problem

    def to_json(self) -> dict[str, Any]:
        return {
            "line": self.line,
            "column": self.column,
            "value": self.value,
            "code": self.problem.code,
            "reason": both(self.problem.reason),
            "accepted": both(self.problem.accepted),
        }


class FileRefused(Exception):
    """A file (or a sheet) of which nothing is loaded. Its text is the English reason; `problem` has both."""

    def __init__(self, problem: Problem, line: int | None = None) -> None:
        super().__init__(f"{problem.reason.en}; accepted: {problem.accepted.en}")
        self.problem = problem
        self.line = line


def both(text: Text) -> dict[str, str]:
    """A text as JSON."""
    return {"en": text.en, "zh": text.zh}


def shown(value: object) -> str:
    """A value as text, cut to `SHOWN` characters."""
    text = str(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def texts(cells: pa.Array | pa.ChunkedArray) -> list[str]:
    """Cells as people see them; an empty one is an empty text. Times beyond Python's calendar are Arrow's text."""
    try:
        values = cells.to_pylist()
    except (OverflowError, ValueError):
        values = pc.cast(cells, pa.string()).to_pylist()
    return ["" if value is None else str(value) for value in values]


def _filled(text: Text, values: Mapping[str, Any]) -> Text:
    return Text(text.en.format(**values), text.zh.format(**values))


# --- cells ---------------------------------------------------------------------------------------------------

MISSING = Kind(
    "missing",
    Text("the cell is empty", "单元格为空"),
    Text("a value: {meaning_en}", "必填：{meaning_zh}"),
)
NOT_A_CHOICE = Kind(
    "not_a_choice",
    Text("not one of the values this column knows", "不在可选值之内"),
    Text("one of: {choices}", "可选值：{choices}"),
)
NOT_AN_AMOUNT = Kind(
    "not_an_amount",
    Text("not an amount", "不是金额"),
    Text("digits with a point, such as 1234.56, without currency sign", "数字加小数点，如 1234.56，不带货币符号"),
)
THOUSANDS = Kind(
    "thousands_separator",
    Text("it has a comma or a space between digits", "数字之间有逗号或空格"),
    Text(
        "1234.56, without thousands separators and with a point before the decimals",
        "1234.56，不加千位分隔符，小数点用“.”",
    ),
)
SCIENTIFIC = Kind(
    "scientific_notation",
    Text("a spreadsheet has shortened the number, digits are lost", "数字被电子表格缩写，已丢失位数"),
    Text(
        "all its digits; format the column as text before saving",
        "完整数字；保存前请将该列设为文本格式",
    ),
)
DECIMALS = Kind(
    "too_many_decimals",
    Text("more decimals than {currency} has", "小数位数超过 {currency} 的最小货币单位"),
    Text("at most {exponent} decimals in {currency}", "{currency} 最多 {exponent} 位小数"),
)
AMOUNT_TOO_LARGE = Kind(
    "amount_too_large",
    Text("more digits than an amount can have", "金额位数过多"),
    Text("at most {digits} digits before the point", "小数点前最多 {digits} 位"),
)
NEGATIVE = Kind(
    "negative",
    Text("it is below zero", "小于零"),
    Text("zero or more; the direction is said by the columns, not by a sign", "不小于零；方向由列表示，不用负号"),
)
INEXACT = Kind(
    "inexact",
    Text("a floating-point number that is not exact", "浮点数，不精确"),
    Text(
        "a decimal number or text, or a floating-point number of at most 15 digits",
        "十进制数或文本；浮点数最多 15 位有效数字",
    ),
)
FIFTEEN_DIGITS = Kind(
    "fifteen_digits",
    Text("a spreadsheet keeps only 15 digits of a number, the others are lost", "电子表格只保留 15 位数字，其余已丢失"),
    Text("text; format the column as text before the numbers are entered", "文本；请先将该列设为文本格式再录入"),
)
NO_MINOR_UNIT = Kind(
    "no_minor_unit",
    Text("{currency} is not money that is paid in", "{currency} 不是可支付的货币"),
    Text("an ISO 4217 currency such as CNY, USD or EUR", "ISO 4217 货币代码，如 CNY、USD、EUR"),
)
UNKNOWN_CURRENCY = Kind(
    "unknown_currency",
    Text("not a currency of ISO 4217", "不是 ISO 4217 货币代码"),
    Text("three letters such as CNY (not RMB), USD or EUR", "三位字母，如 CNY（不是 RMB）、USD、EUR"),
)
NOT_A_DAY = Kind(
    "not_a_day",
    Text("not a day", "不是日期"),
    Text("YYYY-MM-DD, such as 2026-03-31", "YYYY-MM-DD，如 2026-03-31"),
)
NO_SUCH_DAY = Kind(
    "no_such_day",
    Text("the calendar has no such day", "日历上没有这一天"),
    Text("a day that exists, as YYYY-MM-DD", "存在的日期，格式 YYYY-MM-DD"),
)
UNLIKELY_DAY = Kind(
    "unlikely_day",
    Text("no bank has records of this time", "日期超出合理范围"),
    Text("a day from 1800-01-01 on; is a digit missing?", "1800-01-01 之后的日期；是否漏写数字？"),
)
NOT_AN_INSTANT = Kind(
    "not_an_instant",
    Text("not a time", "不是时间"),
    Text(
        "2026-03-31 or 2026-03-31T14:05:09, with +08:00 or Z where it is not in {timezone}",
        "2026-03-31 或 2026-03-31T14:05:09；不在 {timezone} 时区的请加 +08:00 或 Z",
    ),
)
NO_SUCH_TIME = Kind(
    "no_such_time",
    Text("clocks in {timezone} skipped this time", "{timezone} 调整时钟，不存在该时间"),
    Text("a time that existed, or one with its offset such as +01:00", "存在的时间，或注明时差，如 +01:00"),
)
AMBIGUOUS_TIME = Kind(
    "ambiguous_time",
    Text("clocks in {timezone} showed this time twice", "{timezone} 调整时钟，该时间出现两次"),
    Text("the time with its offset, such as +02:00 for the first", "请注明时差，如第一次为 +02:00"),
)
NOT_A_SHARE = Kind(
    "not_a_share",
    Text("not a share", "不是比例"),
    Text("a number from 0 to 1, such as 0.51 for 51 %", "0 到 1 之间的数，51% 写作 0.51"),
)
SHARE_OUT_OF_RANGE = Kind(
    "share_out_of_range",
    Text("a share cannot be below 0 or above 1", "比例不能小于 0 或大于 1"),
    Text("a number from 0 to 1, such as 0.51 for 51 %", "0 到 1 之间的数，51% 写作 0.51"),
)
NOT_A_NUMBER = Kind(
    "not_a_number",
    Text("not a number", "不是数字"),
    Text("digits with a point, such as 12.5", "数字加小数点，如 12.5"),
)
NOT_WHOLE = Kind(
    "not_a_whole_number",
    Text("not a whole number", "不是整数"),
    Text("digits only, such as 12", "仅限数字，如 12"),
)
NOT_A_BOOLEAN = Kind(
    "not_a_boolean",
    Text("neither true nor false", "既不是“是”也不是“否”"),
    Text("true or false", "true（是）或 false（否）"),
)
ID_TOO_LONG = Kind(
    "id_too_long",
    Text("an id of more than {limit} characters", "编号超过 {limit} 个字符"),
    Text("at most {limit} characters", "最多 {limit} 个字符"),
)
UNREADABLE_CELL = Kind(
    "unreadable_cell",
    Text("the cell holds {type}", "单元格类型为 {type}"),
    Text("text, a number, a day or a time", "文本、数字、日期或时间"),
)
FORMULA = Kind(
    "formula",
    Text("a formula; formulas are never calculated here", "含公式；本系统不计算公式"),
    Text("the value itself: copy the cells and paste them as values", "数值本身：请复制后“粘贴为数值”"),
)
CELL_ERROR = Kind(
    "cell_error",
    Text("the spreadsheet shows an error here", "电子表格此处报错"),
    Text("a value", "有效值"),
)

# --- records -------------------------------------------------------------------------------------------------

RAGGED = Kind(
    "wrong_number_of_fields",
    Text("the record has {found} fields, the header has {expected}", "该记录有 {found} 个字段，表头有 {expected} 个"),
    Text(
        "{expected} fields; put a text that contains a comma in quotation marks",
        "{expected} 个字段；含逗号的文本请加引号",
    ),
)
BROKEN_QUOTE = Kind(
    "broken_quote",
    Text(
        "a quotation mark opens here and is not closed as it should be; reading went on at the next line",
        "此处引号未正确闭合；已从下一行继续读取",
    ),
    Text(
        'quotation marks in pairs around the whole field; one inside a text is written twice: ""',
        '引号成对并包住整个字段；文本内的引号写两次：""',
    ),
)
LINE_TOO_LONG = Kind(
    "line_too_long",
    Text("the record is longer than {limit} bytes", "记录长度超过 {limit} 字节"),
    Text("at most {limit} bytes a record", "每条记录最多 {limit} 字节"),
)
CONFLICT = Kind(
    "conflicting_duplicate",
    Text("the same {key} stands in lines {lines} with different content", "同一 {key} 在第 {lines} 行内容不同"),
    Text("one of them; all were set aside", "只保留其中一条；目前均未载入"),
)
NO_SIDE = Kind(
    "no_side",
    Text("neither payer nor payee is given", "付款方和收款方均为空"),
    Text("source_id, target_id or both", "source_id、target_id 至少填一项"),
)
ONE_OF_TWO = Kind(
    "one_of_two",
    Text("both or neither of {columns} is given", "{columns} 同时填写或均未填写"),
    Text("exactly one of {columns}", "{columns} 只填一项"),
)
ENDS_BEFORE = Kind(
    "ends_before_it_begins",
    Text("it ends before it begins", "截止日早于起始日"),
    Text("a day on or after {begins}", "不早于 {begins} 的日期"),
)
RANGE_UPSIDE_DOWN = Kind(
    "range_upside_down",
    Text("the upper end is below the lower end", "上限小于下限"),
    Text("a share not below ratio, or nothing", "不小于 ratio 的比例，或留空"),
)
NOT_A_PAIR = Kind(
    "not_a_pair",
    Text("not two ids joined by |", "不是以 | 相连的两个编号"),
    Text("two ids, such as P1|C7", "两个编号，如 P1|C7"),
)
NOT_A_TRANSFER_KIND = Kind(
    "not_a_transfer_kind",
    Text("not a kind of transfer", "不是交易类型"),
    Text("one of: {choices}", "可选值：{choices}"),
)
NOT_POSITIVE = Kind(
    "not_positive",
    Text("not above zero", "不大于零"),
    Text("a number above zero", "大于零的数"),
)

# --- files ---------------------------------------------------------------------------------------------------

NOT_RECOGNISED = Kind(
    "not_recognised",
    Text("no table is named {stem}{hint_en}", "没有名为 {stem} 的表{hint_zh}"),
    Text(
        "a file named for its table, as .csv, .parquet or .xlsx: {tables}", "以表名命名的 csv、parquet、xlsx：{tables}"
    ),
)
UNKNOWN_FORMAT = Kind(
    "unknown_format",
    Text("no reader is named {format}", "没有名为 {format} 的格式"),
    Text("one of: {formats}", "可选格式：{formats}"),
)
NOT_FOUND = Kind(
    "not_found",
    Text("there is no such file or folder", "文件或文件夹不存在"),
    Text("the path of a file or folder", "文件或文件夹的路径"),
)
NOT_A_FILE = Kind(
    "not_a_file",
    Text("it is a folder or a device, not a file", "这是文件夹或设备，不是文件"),
    Text("a file", "文件"),
)
UNREADABLE_FILE = Kind(
    "unreadable_file",
    Text("it cannot be opened: {error}", "无法打开：{error}"),
    Text("a file that may be read", "可读取的文件"),
)
NOTHING_HERE = Kind(
    "nothing_here",
    Text("the folder holds no file that can be loaded", "文件夹中没有可载入的文件"),
    Text("files named for their table: {tables}", "以表名命名的文件：{tables}"),
)
EMPTY_FILE = Kind(
    "empty_file",
    Text("the file, or its first line, is empty", "文件或其首行为空"),
    Text("a first line with the names of the columns", "第一行为列名"),
)
MISSING_COLUMN = Kind(
    "missing_column",
    Text("the header lacks {missing}; it has {found}", "表头缺少 {missing}；现有 {found}"),
    Text("for table {table}: {columns} (those with * must be there)", "表 {table}：{columns}（带 * 者必有）"),
)
REPEATED_COLUMN = Kind(
    "repeated_column",
    Text("the header names {columns} twice", "表头中 {columns} 重复"),
    Text("each column once", "每列只出现一次"),
)
NUL_BYTES = Kind(
    "nul_bytes",
    Text(
        "there are NUL bytes in it (the first in line {line}); it is damaged or not text",
        "含空字节（首见第 {line} 行），文件损坏或不是文本",
    ),
    Text("CSV as text in UTF-8 or GB18030", "UTF-8 或 GB18030 编码的 CSV"),
)
WRONG_ENCODING = Kind(
    "wrong_encoding",
    Text("it is not the text it claims to be: {detail_en}", "编码不符：{detail_zh}"),
    Text("UTF-8 (Excel: “CSV UTF-8”) or GB18030", "UTF-8（Excel 中选“CSV UTF-8”）或 GB18030"),
)
HEADER_TOO_LONG = Kind(
    "header_too_long",
    Text(
        "its first line is longer than {limit} bytes; it is not a CSV of a table",
        "首行超过 {limit} 字节，不是数据表 CSV",
    ),
    Text("a first line with the names of the columns", "第一行为列名"),
)
TOO_MANY_BROKEN = Kind(
    "too_many_broken_quotes",
    Text("quotation marks are broken in more than {limit} places", "引号错误超过 {limit} 处"),
    Text(
        "the file exported again, with every quotation mark inside a text written twice", "请重新导出，文本内引号写两次"
    ),
)
CHANGED = Kind(
    "changed_while_read",
    Text("it was changed while it was being read", "读取期间文件被修改"),
    Text("a file that is complete; load it again", "完整的文件；请重新载入"),
)
BROKEN_PARQUET = Kind(
    "broken_parquet",
    Text(
        "it is not a complete Parquet file, perhaps cut off in transfer: {error}",
        "不是完整的 Parquet 文件，可能传输中断：{error}",
    ),
    Text("a Parquet file; copy it again and compare the sizes", "Parquet 文件；请重新复制并核对大小"),
)
ROW_GROUP_TOO_LARGE = Kind(
    "row_group_too_large",
    Text("a row group of {size} bytes", "行组大小 {size} 字节"),
    Text("row groups of at most {limit} bytes", "每个行组最多 {limit} 字节"),
)
BROKEN_WORKBOOK = Kind(
    "broken_workbook",
    Text("it is not an .xlsx workbook that can be read: {error}", "无法读取的 xlsx 工作簿：{error}"),
    Text(
        "an .xlsx workbook without password; open it in a spreadsheet program and save it again",
        "无密码的 xlsx 工作簿；请打开后重新另存",
    ),
)
WORKBOOK_TOO_LARGE = Kind(
    "workbook_too_large",
    Text("it would unpack to {size} bytes", "解压后将达 {size} 字节"),
    Text("at most {limit} bytes unpacked; save the sheets as CSV", "解压后最多 {limit} 字节；请将工作表另存为 CSV"),
)
NO_SHEET = Kind(
    "no_sheet",
    Text("no sheet is named for a table; there are: {sheets}", "没有以表名命名的工作表；现有：{sheets}"),
    Text(
        "sheets named {tables}; or one sheet, and the file named for the table",
        "工作表名：{tables}；或仅一个工作表且文件以表名命名",
    ),
)
COLUMN_TYPE = Kind(
    "column_type",
    Text("column {column} holds {type}", "列 {column} 的类型为 {type}"),
    Text("a column of {accepted_en}", "类型：{accepted_zh}"),
)
NO_SUCH_RECORD = Kind(
    "no_such_record",
    Text("{file} has no record of it", "{file} 中没有对应记录"),
    Text("an id that {file} has", "{file} 中已有的编号"),
)
SEVERAL_BORROWERS = Kind(
    "several_borrowers",
    Text("several applicants for one loan", "同一贷款有多名申请人"),
    Text("one applicant a loan", "每笔贷款一名申请人"),
)
INCOMPLETE_SET = Kind(
    "incomplete_set",
    Text("{missing} is missing beside it", "缺少配套文件 {missing}"),
    Text("the whole set in one folder", "同一文件夹内的整套文件"),
)

# --- warnings: the rows are kept -----------------------------------------------------------------------------

UNKNOWN_COLUMNS = Kind(
    "unknown_columns",
    Text(
        "columns that table {table} does not have were left out: {columns}", "表 {table} 没有以下列，已忽略：{columns}"
    ),
    Text("{accepted}", "{accepted}"),
)
BLANK_RECORDS = Kind(
    "blank_records",
    Text("{count} records without any value were passed over", "跳过 {count} 条空记录"),
    Text("", ""),
)
ASSUMED_CURRENCY = Kind(
    "assumed_currency",
    Text(
        "the currency of these loans is not known, {currency} was taken: {loans}",
        "以下贷款币种未知，按 {currency} 处理：{loans}",
    ),
    Text("load the loans first, then this file again", "请先载入贷款，再重新载入本文件"),
)
COLUMNS_NOT_USED = Kind(
    "columns_not_used",
    Text("columns that are not used were left out: {columns}", "未使用的列：{columns}"),
    Text("", ""),
)
RATIOS_ABOVE_ONE = Kind(
    "ratios_above_one",
    Text("the shares of {company} in force on {day} sum to {sum}", "{company} 在 {day} 的持股比例合计为 {sum}"),
    Text("at most 1; the rows were kept", "合计不超过 1；记录已保留"),
)
EXTRA_SHEETS = Kind(
    "extra_sheets",
    Text("sheets that are not named for a table were not read: {sheets}", "未以表名命名的工作表未读取：{sheets}"),
    Text("{tables}", "{tables}"),
)
NOT_CARRIED = Kind(
    "not_carried",
    Text(
        "{count} values of {column} have no place in the schema: {detail_en}",
        "{column} 的 {count} 个值在结构中没有对应列：{detail_zh}",
    ),
    Text("", ""),
)
FOLDED_IN = Kind(
    "folded_in",
    Text("{count} records are {column}; they are loaded with {file}", "{count} 条记录即 {column}，随 {file} 载入"),
    Text("", ""),
)
NUMBERED = Kind(
    "numbered",
    Text(
        "{count} records share an id with another; they were told apart by :2, :3 …",
        "{count} 条记录编号相同，已加 :2、:3 … 区分",
    ),
    Text("", ""),
)
REPLACEMENT = Kind(
    "replacement_characters",
    Text(
        "a text was damaged before it came here: it contains the replacement character",
        "文本在到达前已损坏：含替换字符",
    ),
    Text("the original text", "原始文本"),
)
STATEMENT_OFF = Kind(
    "statement_off",
    Text(
        "the statement of {account} for {days} does not add up: balances moved by {stated}, movements come to {moved}",
        "账户 {account} {days} 的对账单不平：余额变动 {stated}，明细合计 {moved}",
    ),
    Text("all movements of these days, once", "该期间的全部明细，不重不漏"),
)
STATEMENT_ENTRIES = Kind(
    "statement_entries",
    Text(
        "the statement of {account} for {days} says it has {stated} movements, {found} were read",
        "账户 {account} {days} 的对账单载明 {stated} 笔，实际读入 {found} 笔",
    ),
    Text("all movements of these days, once", "该期间的全部明细，不重不漏"),
)
RUNNING_BALANCE = Kind(
    "running_balance",
    Text(
        "running balances of {account} for {days} break in {count} places, first by {off} on {day}",
        "账户 {account} {days} 的逐笔余额有 {count} 处不连续，首处为 {day}，相差 {off}",
    ),
    Text(
        "each balance is the one before and the movement; is a line missing?",
        "每笔余额等于上笔余额加减本笔发生额；是否缺行？",
    ),
)
OUTSIDE_STATEMENT = Kind(
    "outside_statement",
    Text(
        "{count} movements of {account} are of days that its statements here do not cover",
        "账户 {account} 有 {count} 笔明细不在对账单期间内",
    ),
    Text("movements of the days from beginning to end of the statement", "对账单起止日之间的明细"),
)
THERE_ALREADY = Kind(
    "there_already",
    Text(
        "{count} movements of {account} are in the store already, from {files} ({days}); they were not loaded twice",
        "账户 {account} 有 {count} 笔明细已由 {files} 载入（{days}），未重复载入",
    ),
    Text("", ""),
)
NOT_IN_THIS_STATEMENT = Kind(
    "not_in_this_statement",
    Text(
        "{count} movements of {account} that {files} has ({days}) are not in this statement of the same days",
        "账户 {account} 有 {count} 笔明细载于 {files}（{days}），本对账单同期没有",
    ),
    Text(
        "statements of the same days that say the same; retract the wrong one",
        "同一期间内容一致的对账单；请撤回有误的一份",
    ),
)
BAD_MAPPING = Kind(
    "bad_mapping",
    Text("its mapping cannot be used: {detail}", "字段映射无法使用：{detail}"),
    Text(
        "a mapping as docs/formats/mapping.md says; loantrail map proposes one",
        "符合 docs/formats/mapping.md 的映射；可用 loantrail map 生成建议",
    ),
)
NOT_MAPPABLE = Kind(
    "not_mappable",
    Text("columns can be mapped in tables only", "只能对表格文件做字段映射"),
    Text("a file ending in {suffixes}", "扩展名为 {suffixes} 的文件"),
)
MAPPED_COLUMN_MISSING = Kind(
    "mapped_column_missing",
    Text(
        "the file lacks columns that its mapping names: {missing}; it has {found}",
        "文件缺少映射所列的列：{missing}；现有 {found}",
    ),
    Text("the columns of the mapping; has the export changed?", "映射所列的列；导出格式是否有变？"),
)
NO_MAPPED_SHEET = Kind(
    "no_mapped_sheet",
    Text("there is no sheet {sheet}; there are: {sheets}", "没有工作表 {sheet}；现有：{sheets}"),
    Text("the name of a sheet in the mapping", "映射中填写已有的工作表名"),
)
NOT_AS_MAPPED = Kind(
    "not_as_mapped",
    Text("not written as the mapping says", "与映射规定的写法不符"),
    Text("written as {format}", "写法应为 {format}"),
)
NOT_IN_VALUES = Kind(
    "not_in_values",
    Text("the mapping does not say what this means", "映射未说明该值的含义"),
    Text(
        "one of: {values}; or one more line under values in the mapping", "可选值：{values}；或在映射的 values 中补充"
    ),
)

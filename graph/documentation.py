"""The schema for people: CSV templates to fill in, and `docs/schema.md`. Both languages, all of it derived.

``python -m graph.documentation`` rewrites the page; a test fails where it is stale.
"""

from __future__ import annotations

from pathlib import Path

from graph.columns import Column, Kind, Table, Text, Type
from graph.schema import SCHEMA_VERSION, TABLES

PAGE = Path(__file__).parent.parent / "docs" / "schema.md"

KINDS: dict[Kind, Text] = {
    Kind.NODE: Text("Nodes", "节点"),
    Kind.RELATIONSHIP: Text("Relationships", "关系"),
    Kind.EVENT: Text("Events", "事件"),
}

WRITTEN: dict[Type, Text] = {
    Type.TEXT: Text("any text", "任意文本"),
    Type.CHOICE: Text("one of the values listed", "所列值之一"),
    Type.MONEY: Text(
        "1234.56: a point before the decimals, no thousands separators, no currency sign, no more decimals than the "
        "currency has (CNY 2, JPY 0); trailing zeros are fine; below zero only where marked ±",
        "1234.56：小数点用“.”，不加千位分隔符和货币符号，小数位数不超过该币种（CNY 两位，JPY 零位），末尾的零无妨；"
        "仅标 ± 的列可为负",
    ),
    Type.RATIO: Text("a share from 0 to 1: 51 % is 0.51", "0 到 1 之间的比例：51% 写作 0.51"),
    Type.NUMBER: Text("12.5", "12.5"),
    Type.INTEGER: Text("12", "12"),
    Type.BOOLEAN: Text("true or false (also 1/0, yes/no, 是/否)", "true 或 false（也可写 1/0、yes/no、是/否）"),
    Type.DAY: Text(
        "2026-03-31 (also 2026/3/31 and 20260331); a day that exists",
        "2026-03-31（也可写 2026/3/31、20260331），须为存在的日期",
    ),
    Type.INSTANT: Text(
        "2026-03-31T14:05:09 in the book's time zone (LOANTRAIL_TIMEZONE), or with an offset: "
        "2026-03-31T14:05:09+08:00; a day alone says that the time is not known; a time that clocks skipped "
        "or showed twice needs its offset",
        "2026-03-31T14:05:09 为账簿时区（LOANTRAIL_TIMEZONE）时间，或注明时差：2026-03-31T14:05:09+08:00；"
        "仅有日期表示时间未知；因调整时钟而不存在或重复的时间须注明时差",
    ),
}
"""How each type is written in files."""

TYPES: dict[Type, Text] = {
    Type.TEXT: Text("text", "文本"),
    Type.CHOICE: Text("choice", "选项"),
    Type.MONEY: Text("amount", "金额"),
    Type.RATIO: Text("share 0–1", "比例 0–1"),
    Type.NUMBER: Text("number", "数字"),
    Type.INTEGER: Text("whole number", "整数"),
    Type.BOOLEAN: Text("true/false", "是/否"),
    Type.DAY: Text("day", "日期"),
    Type.INSTANT: Text("time", "时间"),
}


def write_templates(folder: Path) -> list[Path]:
    """One CSV a table with its header and nothing else, and a README that says what goes into each column.

    The CSVs are UTF-8 with a byte order mark, so that spreadsheet programs read Chinese text aright. A file that is
    there already is never overwritten: raises FileExistsError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {folder / f"{table.name}.csv": _header(table) for table in TABLES.values()}
    files[folder / "README.md"] = _readme()
    if there := [path.name for path in files if path.exists()]:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise FileExistsError(f"{folder} already has {there[0]}{more}; name an empty folder for the templates")
    for path, text in files.items():
        path.write_text(text, encoding="utf-8-sig" if path.suffix == ".csv" else "utf-8", newline="")
    return list(files)


def schema_markdown() -> str:
    """`docs/schema.md`: every table and column, and how values are written in files."""
    parts = [
        "# The schema 数据结构",
        "Written from `graph/schema.py` by `make docs`; change it there. 由 `graph/schema.py` 生成，请勿手工修改。",
        f"Version 版本 {SCHEMA_VERSION}. Columns are named as in files: an amount is `amount` there, a decimal, and "
        "`amount_minor` in the stores, a whole number of minor units (fen, cents). "
        "列名与文件一致：文件中金额为 `amount`（小数），库中为 `amount_minor`（最小货币单位整数）。",
        "**key** 主键 · \\* required 必填 · ± may be below zero 可为负 · 🔒 personal data, masked 个人信息，脱敏显示 · "
        "→ refers to 引用",
        "## How values are written 填写格式",
        _formats(),
    ]
    for kind, title in KINDS.items():
        parts.append(f"## {title.en} {title.zh}")
        for table in TABLES.values():
            if table.kind is kind:
                parts += [f"### `{table.name}`", _sentence(table), _columns(table)]
    return "\n\n".join(parts) + "\n"


def _header(table: Table) -> str:
    return ",".join(column.file_name for column in table.columns) + "\r\n"


def _readme() -> str:
    parts = [
        "# Templates 模板",
        "One file a table. Fill in what you have and load the folder: `loantrail load FOLDER`. Files may also be "
        "Parquet, or sheets of an XLSX workbook, named for their table. Columns marked \\* must be filled in; the "
        "others may stay empty or be left out. Empty files may be deleted.",
        "每表一个文件。填写已有内容后载入整个文件夹：`loantrail load 文件夹`。"
        "也可用 Parquet 或 XLSX 工作表（以表名命名）。带 \\* 的列必填，其余可留空或省略；空文件可删除。",
        _formats(),
    ]
    for table in TABLES.values():
        parts += [f"## {table.name}.csv", _sentence(table), _columns(table)]
    return "\n\n".join(parts) + "\n"


def _sentence(table: Table) -> str:
    return f"{table.sentence.en}. {table.sentence.zh}。 `{table.label}`"


def _formats() -> str:
    rows = [("type", "类型", "in a file", "文件中写法")]
    rows += [(TYPES[t].en, TYPES[t].zh, WRITTEN[t].en, WRITTEN[t].zh) for t in Type]
    return _table(rows)


def _columns(table: Table) -> str:
    rows = [("column 列", "type 类型", "meaning", "含义")]
    rows += [(_name(c), f"{TYPES[c.type].en} {TYPES[c.type].zh}", _meaning(c), c.meaning.zh) for c in table.columns]
    return _table(rows)


def _name(column: Column) -> str:
    name = f"**{column.file_name}**" if column.key else column.file_name
    marks = [
        mark for mark, there in (("\\*", column.required), (" ±", column.signed), (" 🔒", column.personal)) if there
    ]
    return name + "".join(marks)


def _meaning(column: Column) -> str:
    meaning = column.meaning.en
    if column.choices:
        meaning += ": " + ", ".join(f"`{choice}`" for choice in column.choices)
    if column.references:
        meaning += f" → `{column.references}`"
    if column.type is Type.MONEY:
        meaning += f" (in {_currency(column)})"
    return meaning


def _currency(column: Column) -> str:
    if column.currency is None:
        return "the book's currency"
    reference, dot, name = column.currency.partition(".")
    return f"the {name} of {reference}" if dot else f"`{reference}`"


def _table(rows: list[tuple[str, str, str, str]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


if __name__ == "__main__":
    PAGE.write_text(schema_markdown(), encoding="utf-8")

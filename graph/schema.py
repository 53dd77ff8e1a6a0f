"""The schema: every table, every column, once.

Each class is one table; its docstring-like sentence says which way the relationship runs. Columns are named
nowhere else: stores, readers, templates, validation, masking and documentation are derived from here
(`graph/columns.py` has the vocabulary). Amounts are int64 counts of minor units (fen, cents).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from graph.columns import Kind, Row, Table, Type, column, table

SCHEMA_VERSION = 1

CURRENCY: dict[str, Any] = {"en": "ISO 4217 currency", "zh": "币种（ISO 4217）", "is_currency": True}
VALID_FROM: dict[str, Any] = {"en": "First day in force; empty = always was", "zh": "生效日（空为不限）"}
VALID_TO: dict[str, Any] = {
    "en": "First day no longer in force; empty = still is",
    "zh": "失效日（当日起不再有效，空为仍有效）",
}


# --- nodes ---------------------------------------------------------------------------------------------------


@table("party", "Party", Kind.NODE, "A person or organisation", "自然人或组织")
class Party(Row):
    party_id: str = column(Type.TEXT, "The bank's id of the party", "客户编号", key=True, required=True, searched=True)
    kind: str = column(
        Type.CHOICE,
        "What the party is; group = several holders in one entry, where ownership ends",
        "主体类型；group 指一条记录含多名持有人，股权追溯到此为止",
        required=True,
        choices=("company", "person", "sole_trader", "public_body", "bank", "group", "unknown"),
        labels=True,
    )
    name: str = column(Type.TEXT, "Full name", "名称", required=True, personal=True, searched=True)
    id_scheme: str | None = column(
        Type.CHOICE,
        "Which register issued the number",
        "证件类型",
        choices=("uscc", "resident_id", "lei", "passport", "other"),
    )
    id_number: str | None = column(Type.TEXT, "Number in that register", "证件号码", personal=True, searched=True)
    country: str | None = column(Type.TEXT, "ISO 3166 country", "国家或地区")
    status: str | None = column(Type.TEXT, "Status in the register", "登记状态")
    registered_on: date | None = column(Type.DAY, "Day of registration or birth", "成立或出生日期", personal=True)
    industry_code: str | None = column(Type.TEXT, "Industry code", "行业代码")
    registered_capital_minor: int | None = column(Type.MONEY, "Registered capital", "注册资本")
    address: str | None = column(Type.TEXT, "Registered address", "注册地址", personal=True)


@table("account", "Account", Kind.NODE, "An account, here or at another bank", "账户（本行或他行）")
class Account(Row):
    account_id: str = column(Type.TEXT, "The account's id", "账号", key=True, required=True, searched=True)
    holder_name: str | None = column(Type.TEXT, "Holder's name as written", "户名", personal=True, searched=True)
    bank_id: str | None = column(Type.TEXT, "Bank that keeps the account", "开户行", references="party", edge="KEPT_BY")
    kind: str | None = column(
        Type.CHOICE,
        "What the account is for",
        "账户类型",
        choices=(
            "settlement",
            "loan",
            "margin",
            "deposit",
            "wealth",
            "internal",
            "psp",
            "tax",
            "payroll",
            "suspense",
            "other",
        ),
    )
    on_us: bool | None = column(Type.BOOLEAN, "Held at our bank", "是否本行账户")
    currency: str | None = column(Type.TEXT, **CURRENCY)
    opened_on: date | None = column(Type.DAY, "Day of opening", "开户日")
    closed_on: date | None = column(Type.DAY, "Day of closing", "销户日")
    opening_balance_minor: int | None = column(
        Type.MONEY,
        "Balance before the first movement of the day beside it",
        "期初余额",
        currency="currency",
        signed=True,
    )
    opening_balance_on: date | None = column(Type.DAY, "Day of the opening balance", "期初余额日")


@table("loan", "Loan", Kind.NODE, "A loan granted", "贷款")
class Loan(Row):
    loan_id: str = column(Type.TEXT, "The loan's id", "借据编号", key=True, required=True, searched=True)
    borrower_id: str = column(Type.TEXT, "Who borrows", "借款人", required=True, references="party", edge="BORROWED_BY")
    lender_id: str = column(Type.TEXT, "Who lends", "贷款人", required=True, references="party", edge="LENT_BY")
    product: str | None = column(Type.TEXT, "Product", "产品")
    purpose: str | None = column(Type.TEXT, "Agreed purpose", "约定用途")
    amount_minor: int = column(Type.MONEY, "Amount granted", "贷款金额", required=True, currency="currency")
    currency: str = column(Type.TEXT, **CURRENCY, required=True)
    signed_on: date | None = column(Type.DAY, "Day of signing", "签订日", record_day=True)
    matures_on: date | None = column(Type.DAY, "Day of maturity", "到期日")
    balance_minor: int | None = column(Type.MONEY, "Outstanding balance", "贷款余额", currency="currency")
    classification: str | None = column(
        Type.CHOICE,
        "Five-level classification",
        "五级分类",
        choices=("normal", "special_mention", "substandard", "doubtful", "loss"),
    )
    days_past_due: int | None = column(Type.INTEGER, "Days past due", "逾期天数")
    repayment_account_id: str | None = column(
        Type.TEXT, "Account repayments are taken from", "还款账户", references="account", edge="REPAID_FROM"
    )


@table("drawdown", "Drawdown", Kind.NODE, "Money paid out under a loan", "放款")
class Drawdown(Row):
    drawdown_id: str = column(Type.TEXT, "The drawdown's id", "放款编号", key=True, required=True, searched=True)
    loan_id: str = column(
        Type.TEXT, "Under which loan", "借据编号", required=True, references="loan", edge="DRAWN_UNDER"
    )
    account_id: str = column(
        Type.TEXT, "Account credited", "入账账户", required=True, references="account", edge="CREDITED_TO"
    )
    amount_minor: int = column(Type.MONEY, "Amount", "放款金额", required=True, currency="loan_id.currency")
    drawn_at: datetime = column(Type.INSTANT, "When it was drawn", "放款时间", required=True, record_day=True)
    transfer_id: str | None = column(Type.TEXT, "The transfer that credited it", "入账流水号")
    mode: str | None = column(
        Type.CHOICE, "Entrusted or self-directed payment", "支付方式（受托/自主）", choices=("entrusted", "self")
    )


@table("contract", "Contract", Kind.NODE, "A contract of purchase", "购销合同")
class Contract(Row):
    contract_id: str = column(Type.TEXT, "The contract's id", "合同编号", key=True, required=True, searched=True)
    buyer_id: str = column(Type.TEXT, "Who buys", "买方", required=True, references="party", edge="BOUGHT_BY")
    seller_id: str = column(Type.TEXT, "Who sells", "卖方", required=True, references="party", edge="SOLD_BY")
    amount_minor: int = column(Type.MONEY, "Amount", "合同金额", required=True, currency="currency")
    currency: str = column(Type.TEXT, **CURRENCY, required=True)
    signed_on: date | None = column(Type.DAY, "Day of signing", "签订日", record_day=True)
    subject: str | None = column(Type.TEXT, "What is bought", "标的")
    quantity: float | None = column(Type.NUMBER, "How much of it", "数量")
    unit: str | None = column(Type.TEXT, "In which unit", "单位")
    pay_to_account_id: str | None = column(
        Type.TEXT, "Account the contract names for payment", "约定收款账户", references="account", edge="PAYABLE_TO"
    )


@table("invoice", "Invoice", Kind.NODE, "An invoice or receipt", "发票或收据")
class Invoice(Row):
    invoice_id: str = column(Type.TEXT, "The invoice's id", "发票标识", key=True, required=True, searched=True)
    kind: str = column(
        Type.CHOICE,
        "VAT invoice or mere receipt",
        "票据种类",
        required=True,
        choices=("special_vat", "ordinary_vat", "receipt"),
    )
    code: str | None = column(Type.TEXT, "Invoice code", "发票代码")
    number: str | None = column(Type.TEXT, "Invoice number", "发票号码", searched=True)
    buyer_id: str = column(Type.TEXT, "Who buys", "购买方", required=True, references="party", edge="BILLED_TO")
    seller_id: str = column(Type.TEXT, "Who sells", "销售方", required=True, references="party", edge="ISSUED_BY")
    amount_minor: int = column(
        Type.MONEY, "Amount with tax", "价税合计", required=True, currency="currency", signed=True
    )
    tax_minor: int | None = column(Type.MONEY, "Tax within the amount", "税额", currency="currency", signed=True)
    currency: str = column(Type.TEXT, **CURRENCY, required=True)
    issued_on: date | None = column(Type.DAY, "Day of issue", "开票日期", record_day=True)
    status: str | None = column(
        Type.CHOICE, "Status at the tax office", "发票状态", choices=("valid", "void", "red_letter")
    )
    contract_id: str | None = column(Type.TEXT, "Contract it bills", "对应合同", references="contract", edge="BILLS")


@table("collateral", "Collateral", Kind.NODE, "A thing pledged or mortgaged", "抵质押物")
class Collateral(Row):
    collateral_id: str = column(Type.TEXT, "The collateral's id", "押品编号", key=True, required=True, searched=True)
    kind: str | None = column(Type.TEXT, "Kind of collateral", "押品类型")
    description: str | None = column(Type.TEXT, "Description", "描述")
    register_number: str | None = column(Type.TEXT, "Number in the public register", "登记证号", searched=True)
    value_minor: int | None = column(Type.MONEY, "Appraised value", "评估价值", currency="currency")
    currency: str | None = column(Type.TEXT, **CURRENCY)
    valued_on: date | None = column(Type.DAY, "Day of appraisal", "评估日")
    state: str | None = column(Type.TEXT, "State (in place, seized, missing …)", "状态")


@table("contact", "Contact", Kind.NODE, "A phone, address, e-mail, device or network address", "联系点")
class Contact(Row):
    contact_id: str = column(Type.TEXT, "The contact point's id", "联系点编号", key=True, required=True, searched=True)
    kind: str = column(
        Type.CHOICE, "Kind", "类型", required=True, choices=("phone", "address", "email", "device", "ip")
    )
    value: str = column(Type.TEXT, "The number or address itself", "内容", required=True, personal=True, searched=True)


# --- relationships -------------------------------------------------------------------------------------------


@table(
    "transfer",
    "TRANSFER",
    Kind.RELATIONSHIP,
    "Account pays Account",
    "账户 付款给 账户",
    source="source_id",
    targets=("target_id",),
)
class Transfer(Row):
    transfer_id: str = column(Type.TEXT, "The transfer's id, given, never derived", "流水号", key=True, required=True)
    source_id: str | None = column(
        Type.TEXT, "Account that pays; empty = nobody we can name", "付款账户（空为未知）", references="account"
    )
    target_id: str | None = column(
        Type.TEXT, "Account that is paid; empty = nobody we can name", "收款账户（空为未知）", references="account"
    )
    amount_minor: int = column(Type.MONEY, "Amount", "金额", required=True, currency="currency")
    currency: str = column(Type.TEXT, **CURRENCY, required=True)
    booked_at: datetime = column(Type.INSTANT, "When it was booked", "记账时间", required=True, record_day=True)
    at_precision: str | None = column(
        Type.CHOICE,
        "Whether the time of day is known; a value without a time of day means day",
        "时间精度（秒/日）",
        choices=("second", "day"),
    )
    value_on: date | None = column(Type.DAY, "Value day", "起息日")
    source_sequence: int | None = column(Type.INTEGER, "Order inside the payer's statement", "付方流水序号")
    target_sequence: int | None = column(Type.INTEGER, "Order inside the payee's statement", "收方流水序号")
    channel: str | None = column(Type.TEXT, "Channel", "渠道")
    purpose: str | None = column(Type.TEXT, "Purpose as written", "摘要或用途")
    kind: str | None = column(
        Type.CHOICE,
        "What kind of movement",
        "交易类型",
        choices=(
            "payment",
            "loan_drawdown",
            "loan_repayment",
            "interest",
            "fee",
            "tax",
            "payroll",
            "reversal",
            "refund",
            "cash",
            "internal",
            "bill_margin",
            "other",
        ),
    )
    reference: str | None = column(Type.TEXT, "Reference to another transfer or document", "关联参考号")
    contract_id: str | None = column(Type.TEXT, "Contract it pays", "对应合同", references="contract")
    source_balance_after_minor: int | None = column(
        Type.MONEY, "Payer's balance after it", "付方交易后余额", currency="currency", signed=True
    )
    target_balance_after_minor: int | None = column(
        Type.MONEY, "Payee's balance after it", "收方交易后余额", currency="currency", signed=True
    )


@table(
    "account_holder",
    "HOLDS",
    Kind.RELATIONSHIP,
    "Party holds Account",
    "主体 持有 账户",
    source="party_id",
    targets=("account_id",),
)
class AccountHolder(Row):
    party_id: str = column(Type.TEXT, "Who holds", "持有人", key=True, required=True, references="party")
    account_id: str = column(Type.TEXT, "Which account", "账号", key=True, required=True, references="account")
    role: str | None = column(Type.CHOICE, "As what", "角色", key=True, choices=("owner", "agent", "joint"))
    valid_from: date | None = column(Type.DAY, **VALID_FROM, key=True, record_day=True)
    valid_to: date | None = column(Type.DAY, **VALID_TO)


@table(
    "shareholding",
    "OWNS_SHARES",
    Kind.RELATIONSHIP,
    "Party owns part of Company",
    "主体 持股 公司",
    source="holder_id",
    targets=("company_id",),
)
class Shareholding(Row):
    holder_id: str = column(Type.TEXT, "Who owns", "股东", key=True, required=True, references="party")
    company_id: str = column(Type.TEXT, "Of which company", "被投资公司", key=True, required=True, references="party")
    ratio: float | None = column(
        Type.RATIO, "Share owned directly; lower end of a range; empty = of unknown size", "持股比例（空为未知）"
    )
    ratio_max: float | None = column(Type.RATIO, "Upper end of a disclosed range", "披露区间上限")
    voting_ratio: float | None = column(Type.RATIO, "Share of the votes; empty = as ratio", "表决权比例")
    capacity: str | None = column(
        Type.CHOICE, "For oneself or for another", "持股身份", choices=("own", "trustee", "nominee")
    )
    valid_from: date | None = column(Type.DAY, **VALID_FROM, key=True, record_day=True)
    valid_to: date | None = column(Type.DAY, **VALID_TO)


@table(
    "office",
    "HOLDS_OFFICE",
    Kind.RELATIONSHIP,
    "Person serves Company",
    "自然人 任职 公司",
    source="person_id",
    targets=("company_id",),
)
class Office(Row):
    person_id: str = column(Type.TEXT, "Who serves", "任职人", key=True, required=True, references="party")
    company_id: str = column(Type.TEXT, "Which company", "公司", key=True, required=True, references="party")
    role: str = column(
        Type.CHOICE,
        "As what",
        "职务",
        key=True,
        required=True,
        choices=(
            "legal_representative",
            "director",
            "supervisor",
            "executive",
            "finance_head",
            "actual_controller",
            "authorised_signatory",
        ),
    )
    valid_from: date | None = column(Type.DAY, **VALID_FROM, key=True, record_day=True)
    valid_to: date | None = column(Type.DAY, **VALID_TO)


@table(
    "kinship",
    "KIN_OF",
    Kind.RELATIONSHIP,
    "Person is kin of Person",
    "自然人 亲属 自然人",
    source="person_id",
    targets=("relative_id",),
)
class Kinship(Row):
    person_id: str = column(Type.TEXT, "Who", "本人", key=True, required=True, references="party")
    relative_id: str = column(Type.TEXT, "Is kin of whom", "亲属", key=True, required=True, references="party")
    relation: str = column(Type.TEXT, "Spouse, parent, …", "关系", key=True, required=True, personal=True)
    valid_from: date | None = column(Type.DAY, **VALID_FROM, key=True, record_day=True)
    valid_to: date | None = column(Type.DAY, **VALID_TO)


@table(
    "guarantee",
    "GUARANTEES",
    Kind.RELATIONSHIP,
    "Party guarantees Loan, or all debts of a Party",
    "主体 保证 贷款，或某主体的全部债务（最高额担保）",
    source="guarantor_id",
    targets=("loan_id", "obligor_id"),
)
class Guarantee(Row):
    guarantor_id: str = column(Type.TEXT, "Who guarantees", "保证人", key=True, required=True, references="party")
    loan_id: str | None = column(Type.TEXT, "Which loan; or else obligor_id", "借据编号", key=True, references="loan")
    obligor_id: str | None = column(Type.TEXT, "Whose debts, all of them", "被保证人", key=True, references="party")
    kind: str | None = column(Type.TEXT, "Kind of guarantee", "保证方式", key=True)
    amount_minor: int | None = column(Type.MONEY, "Up to how much", "担保金额", currency="loan_id.currency")
    valid_from: date | None = column(Type.DAY, **VALID_FROM, key=True, record_day=True)
    valid_to: date | None = column(Type.DAY, **VALID_TO)


@table(
    "pledge",
    "SECURES",
    Kind.RELATIONSHIP,
    "Collateral secures Loan",
    "押品 担保 贷款",
    source="collateral_id",
    targets=("loan_id",),
)
class Pledge(Row):
    collateral_id: str = column(
        Type.TEXT, "Which collateral", "押品编号", key=True, required=True, references="collateral"
    )
    loan_id: str = column(Type.TEXT, "Which loan", "借据编号", key=True, required=True, references="loan")
    rank: int | None = column(Type.INTEGER, "Rank", "顺位")
    amount_minor: int | None = column(Type.MONEY, "Up to how much", "担保金额", currency="loan_id.currency")
    valid_from: date | None = column(Type.DAY, **VALID_FROM, key=True, record_day=True)
    valid_to: date | None = column(Type.DAY, **VALID_TO)


@table(
    "same_party",
    "SAME_AS",
    Kind.RELATIONSHIP,
    "Party is, or may be, the same party as Party",
    "主体 与 主体 为（或可能为）同一主体",
    source="party_id",
    targets=("other_id",),
)
class SameParty(Row):
    party_id: str = column(
        Type.TEXT, "Smaller id of the two", "编号较小的记录", key=True, required=True, references="party"
    )
    other_id: str = column(Type.TEXT, "The other record", "另一记录", key=True, required=True, references="party")
    confidence: float = column(
        Type.RATIO, "How sure it is; 1 = same checked number", "把握（1 为证件号码一致且校验通过）", required=True
    )
    basis: str = column(
        Type.CHOICE,
        "By a checked number, by a likeness, or by a person's decision",
        "依据：号码一致、相似、人工确认",
        required=True,
        choices=("identifier", "similar", "person"),
    )
    state: str = column(
        Type.CHOICE,
        "Taken as one, to be decided, or kept apart",
        "状态：视为同一、待确认、确认不同",
        required=True,
        choices=("joined", "proposed", "refused"),
    )
    reasons: str | None = column(Type.TEXT, "What speaks for and against it", "理由")


@table(
    "contact_use",
    "USES",
    Kind.RELATIONSHIP,
    "Party uses Contact",
    "主体 使用 联系点",
    source="party_id",
    targets=("contact_id",),
)
class ContactUse(Row):
    party_id: str = column(Type.TEXT, "Who uses", "使用人", key=True, required=True, references="party")
    contact_id: str = column(Type.TEXT, "Which contact point", "联系点", key=True, required=True, references="contact")
    valid_from: date | None = column(Type.DAY, **VALID_FROM, key=True, record_day=True)
    valid_to: date | None = column(Type.DAY, **VALID_TO)


@table(
    "loan_contract",
    "JUSTIFIES",
    Kind.RELATIONSHIP,
    "Contract justifies Loan",
    "合同 对应 贷款",
    source="contract_id",
    targets=("loan_id",),
)
class LoanContract(Row):
    contract_id: str = column(Type.TEXT, "Which contract", "合同编号", key=True, required=True, references="contract")
    loan_id: str = column(Type.TEXT, "Which loan", "借据编号", key=True, required=True, references="loan")


# --- events --------------------------------------------------------------------------------------------------

EVENT_ID: dict[str, Any] = {
    "en": "Id; derived from the content where not given",
    "zh": "事件编号（未提供则由内容导出）",
}


@table("registry_change", "RegistryChange", Kind.EVENT, "The register changed an entry of a Party", "工商登记变更")
class RegistryChange(Row):
    event_id: str = column(Type.TEXT, **EVENT_ID, key=True)
    party_id: str = column(Type.TEXT, "Whose entry", "主体", required=True, references="party", edge="CONCERNS")
    field: str = column(
        Type.CHOICE,
        "Which entry",
        "变更事项",
        required=True,
        choices=(
            "legal_representative",
            "shareholder",
            "director",
            "supervisor",
            "actual_controller",
            "finance_head",
            "name",
            "address",
            "business_scope",
            "capital",
        ),
    )
    old: str | None = column(Type.TEXT, "Before", "变更前", personal=True)
    new: str | None = column(Type.TEXT, "After", "变更后", personal=True)
    effective_on: date = column(Type.DAY, "Day it took effect", "变更日", required=True, record_day=True)
    published_on: date | None = column(Type.DAY, "Day it was published", "公示日")
    bank_mandate_updated_on: date | None = column(Type.DAY, "Day our signature mandate followed", "银行预留印鉴更新日")


@table("loan_classification", "LoanClassification", Kind.EVENT, "A Loan was classified", "五级分类认定")
class LoanClassification(Row):
    event_id: str = column(Type.TEXT, **EVENT_ID, key=True)
    loan_id: str = column(Type.TEXT, "Which loan", "借据编号", required=True, references="loan", edge="CONCERNS")
    classification: str = column(
        Type.CHOICE,
        "Five-level classification",
        "五级分类",
        required=True,
        choices=("normal", "special_mention", "substandard", "doubtful", "loss"),
    )
    decided_on: date = column(Type.DAY, "Day of the decision", "认定日", required=True, record_day=True)
    decided_by: str | None = column(Type.TEXT, "Who decided", "认定人", personal=True)


@table("credit_rating", "CreditRating", Kind.EVENT, "A Party was rated", "信用评级")
class CreditRating(Row):
    event_id: str = column(Type.TEXT, **EVENT_ID, key=True)
    party_id: str = column(Type.TEXT, "Who was rated", "主体", required=True, references="party", edge="CONCERNS")
    scale: str = column(Type.TEXT, "Rating scale", "评级体系", required=True)
    grade: str = column(Type.TEXT, "Grade", "等级", required=True)
    rated_on: date = column(Type.DAY, "Day of the rating", "评级日", required=True, record_day=True)
    valid_until: date | None = column(Type.DAY, "Valid until", "有效期至")


@table("inspection", "Inspection", Kind.EVENT, "A Loan was inspected", "贷后检查")
class Inspection(Row):
    event_id: str = column(Type.TEXT, **EVENT_ID, key=True)
    loan_id: str = column(Type.TEXT, "Which loan", "借据编号", required=True, references="loan", edge="CONCERNS")
    kind: str = column(Type.CHOICE, "Kind", "检查类型", required=True, choices=("first", "regular", "special"))
    inspected_on: date = column(Type.DAY, "Day of the inspection", "检查日", required=True, record_day=True)
    on_site: bool | None = column(Type.BOOLEAN, "On site", "是否现场")
    purpose_verified: bool | None = column(Type.BOOLEAN, "Purpose verified", "用途是否核实")
    note: str | None = column(Type.TEXT, "Note", "备注")


@table("claim_reconciliation", "ClaimReconciliation", Kind.EVENT, "A claim under a Loan was reconciled", "债权核对")
class ClaimReconciliation(Row):
    event_id: str = column(Type.TEXT, **EVENT_ID, key=True)
    loan_id: str = column(Type.TEXT, "Which loan", "借据编号", required=True, references="loan", edge="CONCERNS")
    subject: str = column(
        Type.CHOICE, "With whom, or what", "核对对象", required=True, choices=("borrower", "guarantor", "collateral")
    )
    subject_id: str | None = column(Type.TEXT, "Their id", "对象编号")
    reconciled_on: date = column(Type.DAY, "Day", "核对日", required=True, record_day=True)
    agreed: bool | None = column(Type.BOOLEAN, "Agreed", "是否相符")


@table("external_credit", "ExternalCredit", Kind.EVENT, "A Party's credit at another lender was reported", "他行授信")
class ExternalCredit(Row):
    event_id: str = column(Type.TEXT, **EVENT_ID, key=True)
    party_id: str = column(Type.TEXT, "Whose credit", "主体", required=True, references="party", edge="CONCERNS")
    lender: str = column(Type.TEXT, "At which lender", "授信机构", required=True)
    reported_on: date = column(Type.DAY, "Day of the report", "报告日", required=True, record_day=True)
    kind: str | None = column(Type.TEXT, "Kind of credit", "授信种类")
    granted_on: date | None = column(Type.DAY, "Day granted", "授信日")
    credit_limit_minor: int | None = column(Type.MONEY, "Limit", "授信额度", currency="currency")
    balance_minor: int | None = column(Type.MONEY, "Balance", "余额", currency="currency")
    currency: str | None = column(Type.TEXT, **CURRENCY)


@table("financial_statement", "FinancialStatement", Kind.EVENT, "A Party's accounts for a period", "财务报表")
class FinancialStatement(Row):
    event_id: str = column(Type.TEXT, **EVENT_ID, key=True)
    party_id: str = column(Type.TEXT, "Whose accounts", "主体", required=True, references="party", edge="CONCERNS")
    period_end: date = column(Type.DAY, "Last day of the period", "期末", required=True, record_day=True)
    months: int | None = column(Type.INTEGER, "Length of the period in months", "期间月数")
    revenue_minor: int | None = column(Type.MONEY, "Revenue", "营业收入", currency="currency")
    cost_minor: int | None = column(Type.MONEY, "Cost of sales", "营业成本", currency="currency")
    total_assets_minor: int | None = column(Type.MONEY, "Total assets", "资产总额", currency="currency")
    total_liabilities_minor: int | None = column(Type.MONEY, "Total liabilities", "负债总额", currency="currency")
    net_assets_minor: int | None = column(Type.MONEY, "Net assets", "净资产", currency="currency", signed=True)
    operating_cash_flow_minor: int | None = column(
        Type.MONEY, "Operating cash flow", "经营现金流", currency="currency", signed=True
    )
    disposable_income_minor: int | None = column(
        Type.MONEY, "Disposable income", "可支配收入", currency="currency", signed=True
    )
    currency: str | None = column(Type.TEXT, **CURRENCY)


@table("repayment_due", "RepaymentDue", Kind.EVENT, "An instalment of a Loan falls due", "还款计划")
class RepaymentDue(Row):
    event_id: str = column(Type.TEXT, **EVENT_ID, key=True)
    loan_id: str = column(Type.TEXT, "Which loan", "借据编号", required=True, references="loan", edge="CONCERNS")
    due_on: date = column(Type.DAY, "Day due", "应还日", required=True)
    amount_due_minor: int = column(Type.MONEY, "Amount due", "应还金额", required=True, currency="loan_id.currency")
    paid_on: date | None = column(Type.DAY, "Day paid", "实还日")
    amount_paid_minor: int | None = column(Type.MONEY, "Amount paid", "实还金额", currency="loan_id.currency")


@table(
    "settlement_commitment", "SettlementCommitment", Kind.EVENT, "A Loan's promise of turnover through us", "结算承诺"
)
class SettlementCommitment(Row):
    event_id: str = column(Type.TEXT, **EVENT_ID, key=True)
    loan_id: str = column(Type.TEXT, "Which loan", "借据编号", required=True, references="loan", edge="CONCERNS")
    share: float | None = column(Type.RATIO, "Share of turnover promised to us", "承诺结算比例")
    valid_from: date | None = column(Type.DAY, **VALID_FROM, record_day=True)
    valid_to: date | None = column(Type.DAY, **VALID_TO)


@table(
    "account_statement",
    "AccountStatement",
    Kind.EVENT,
    "The bank stated the movements of an Account over some days",
    "银行出具的账户对账单",
)
class AccountStatement(Row):
    event_id: str = column(Type.TEXT, **EVENT_ID, key=True)
    account_id: str = column(Type.TEXT, "Which account", "账号", required=True, references="account", edge="CONCERNS")
    number: str | None = column(Type.TEXT, "Number of the statement", "对账单编号")
    kind: str | None = column(
        Type.CHOICE,
        "Complete, or interim (movements so far); empty = complete",
        "完整或日间（截至出具时，空为完整）",
        choices=("complete", "interim"),
    )
    begins_on: date = column(Type.DAY, "First day it covers", "起始日", required=True)
    ends_on: date = column(Type.DAY, "Last day it covers", "截止日", required=True, record_day=True)
    currency: str = column(Type.TEXT, **CURRENCY, required=True)
    opening_balance_minor: int | None = column(
        Type.MONEY, "Balance before its first movement", "期初余额", currency="currency", signed=True
    )
    closing_balance_minor: int | None = column(
        Type.MONEY, "Balance after its last movement", "期末余额", currency="currency", signed=True
    )
    entries: int | None = column(Type.INTEGER, "How many movements it says it has", "所载笔数")


@table("exclusion", "Exclusion", Kind.EVENT, "What detectors leave out of alerting and keep in tracing", "预警豁免")
class Exclusion(Row):
    event_id: str = column(Type.TEXT, **EVENT_ID, key=True)
    scope: str = column(
        Type.CHOICE,
        "What is left out",
        "范围",
        required=True,
        choices=("account", "party", "pair", "transfer kind"),
    )
    value: str = column(
        Type.TEXT, "Account, party or kind; a pair as two ids joined by |", "对象（成对时以 | 相连）", required=True
    )
    reason: str = column(Type.TEXT, "Why", "理由", required=True)
    approved_by: str = column(Type.TEXT, "Who approved it", "批准人", required=True, personal=True)
    expires_on: date = column(Type.DAY, "First day it no longer holds", "失效日", required=True)


@table("rate", "Rate", Kind.EVENT, "An exchange rate of a day, for comparison only", "汇率（仅供比较）")
class Rate(Row):
    event_id: str = column(Type.TEXT, **EVENT_ID, key=True)
    base: str = column(Type.TEXT, "One unit of this currency", "基础货币", required=True, is_currency=True)
    quote: str = column(Type.TEXT, "Is worth so many of this", "计价货币", required=True, is_currency=True)
    quoted_on: date = column(Type.DAY, "On this day", "日期", required=True, record_day=True)
    rate: float = column(Type.NUMBER, "Units of quote per unit of base", "汇率", required=True)


TABLES: dict[str, Table] = {
    row.TABLE.name: row.TABLE
    for row in (
        Party,
        Account,
        Loan,
        Drawdown,
        Contract,
        Invoice,
        Collateral,
        Contact,
        Transfer,
        AccountHolder,
        Shareholding,
        Office,
        Kinship,
        Guarantee,
        Pledge,
        SameParty,
        ContactUse,
        LoanContract,
        RegistryChange,
        LoanClassification,
        CreditRating,
        Inspection,
        ClaimReconciliation,
        ExternalCredit,
        FinancialStatement,
        RepaymentDue,
        SettlementCommitment,
        AccountStatement,
        Exclusion,
        Rate,
    )
}
"""Every table by name, nodes first, in the order in which they are loaded."""

"""Loan money that reaches what it must not be used for.

What it finds
    A drawdown of which money reaches securities, real estate, lending, gambling or wealth products within a few
    transfers: an account of kind wealth, or an account whose holder works in such an industry by its code in the
    register (GB/T 4754-2017). Names decide nothing.
Why it is suspicious
    Working capital in shares, land or loans to others earns and loses with those markets, not with the borrower's
    trade. Regulation forbids it, and the collateral values and classes of the loan assume that it does not happen.
Source
    Post-loan method 1 (trace the loan money). Interim Measures for Working Capital Loans: no equity, no fixed assets,
    nothing the state prohibits. Industry codes: GB/T 4754-2017.
Innocent explanations
    Rent and the management of property: letting (704) and property management (702) are not among the codes. A margin
    account of the borrower's own trade: accounts of kind margin are not counted, whoever keeps them. A seller of the
    loan's own contracts: that is the purpose the bank agreed to. The borrower's own industry: accounts of its group
    count only where they are of kind wealth. A payer with ample money of its own: pro rata then carries little of the
    loan.
Blind spots
    Holders without an industry code, and codes that were never kept current. Brokers and developers at other banks
    whose accounts are only numbers. Purchases by persons in their own name.
What to do next
    Ask for the contract behind the payment. Where it is confirmed, call the loan for breach of purpose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.contract import Detector, parameter, text_parameter
from detectors.facts.documented import Documented
from detectors.facts.followed_money import (
    FOLLOWED_MONEY,
    MEASURES,
    Arrival,
    alerting,
    begun,
    can_reach,
    finding,
    severity,
    share_of,
)
from findings import Finding, Message, Signal
from graph.algorithms.reach import GOAL, Members
from graph.columns import Text
from graph.schema import Drawdown, Party, Transfer
from graph.snapshot import Snapshot
from graph.tracing import Followed, Goal, Limits, Tracer

Array = np.ndarray[Any, Any]

DOC_ZH = """信贷资金流入禁止领域。

发现什么
    放款资金经少数几笔交易流入证券、房地产、放贷、博彩或理财产品：理财账户，或按登记的行业代码（GB/T 4754-2017）
    属于此类行业的持有人账户。不凭名称判断。
为何可疑
    流动资金投入股票、土地或转贷他人，其盈亏取决于这些市场而非借款人的经营。监管禁止此类用途，贷款的押品估值与分类
    均以不发生此类情形为前提。
依据
    贷后管理方法一（追踪信贷资金）。《流动资金贷款管理办法》：不得用于股权、固定资产及国家禁止的领域。行业代码：
    GB/T 4754-2017。
正常解释
    房租与物业费：房地产租赁经营（704）和物业管理（702）不在代码之列。借款人自身贸易的保证金账户：保证金类账户不计，
    无论由谁开立。贷款自身合同的卖方：即银行同意的用途。借款人自身所属行业：集团账户只有理财账户才计。自有资金充裕的
    付款人：按比例计算时所含贷款资金很少。
看不到的
    没有行业代码或代码未更新的持有人。只有账号的他行券商与开发商账户。个人以自己名义的购买。
下一步
    索取付款所依据的合同。一经确认，按违反约定用途处理。
"""

USES: dict[str, Text] = {
    "securities": Text("securities", "证券"),
    "real_estate": Text("real estate", "房地产"),
    "lending": Text("lending", "放贷"),
    "gambling": Text("gambling", "博彩"),
    "wealth": Text("wealth products", "理财产品"),
}

META = Detector(
    title=Text(en="Loan money put to a prohibited use", zh="信贷资金流入禁止领域"),
    family="documents",
    method=1,
    severity="R",
    maturity="stable",
    needs=(Drawdown, Transfer),
    words={**MEASURES, "uses": Text("Put to", "流入领域")},
    reach=FOLLOWED_MONEY,
)

CODES = r"([A-Z]?\d{2,4}(,\s*[A-Z]?\d{2,4})*)?"
"""Codes or beginnings of codes of GB/T 4754, with or without the letter of their section; none at all switches off."""


@dataclass(frozen=True)
class Params:
    horizon_days: int = parameter(
        30, unit="day", low=1, high=730, en="How long after the drawdown money is followed", zh="放款后追踪天数"
    )
    max_hops: int = parameter(3, unit="transfer", low=1, high=20, en="How many transfers away", zh="最多几笔交易")
    min_share: float = parameter(
        0.20,
        unit="share",
        low=0.0,
        high=1.0,
        en="Alert when at most this share of the drawdown or more arrived there",
        zh="流入上限占放款比例达到即预警",
    )
    min_pro_rata_share: float = parameter(
        0.20,
        unit="share",
        low=0.0,
        high=1.0,
        en="Stay silent when all balances are known and pro rata carries less than this share of what arrived",
        zh="余额均已知且按比例计算贷款资金占流入金额低于此比例时不预警",
        source="our own proposal",
    )
    strong_pro_rata_share: float = parameter(
        0.50,
        unit="share",
        low=0.0,
        high=1.0,
        en="Red where pro rata carries at least this share of what arrived; below, one level lower",
        zh="按比例计算贷款资金占到达金额达到此比例为红色，否则降为橙色",
        source="our own proposal",
    )
    hub_counterparties: int = parameter(
        1_000,
        unit="counterparty",
        low=1,
        high=10_000_000,
        en="An account with more counterparties within the horizon is not walked through",
        zh="期间对手数超过此值的账户不穿透",
    )
    securities_codes: str = text_parameter(
        "67",
        unit="list of industry codes",
        pattern=CODES,
        en="Securities, funds and futures: capital market services",
        zh="证券、基金、期货：资本市场服务",
        source="GB/T 4754-2017; the selection is our own proposal",
    )
    real_estate_codes: str = text_parameter(
        "701",
        unit="list of industry codes",
        pattern=CODES,
        en="Real estate: its development, not letting (704) and property management (702)",
        zh="房地产：开发经营，不含租赁经营（704）和物业管理（702）",
        source="GB/T 4754-2017; the selection is our own proposal",
    )
    lending_codes: str = text_parameter(
        "6633,6635,6636,6637,6639",
        unit="list of industry codes",
        pattern=CODES,
        en="Lending: pawnbrokers, small loans, consumer credit, loans over the internet, others that are no banks",
        zh="放贷：典当、小额贷款、消费金融、网络借贷及其他非货币银行服务",
        source="GB/T 4754-2017; the selection is our own proposal",
    )
    gambling_codes: str = text_parameter(
        "904",
        unit="list of industry codes",
        pattern=CODES,
        en="Gambling: lotteries",
        zh="博彩：彩票活动",
        source="GB/T 4754-2017; the selection is our own proposal",
    )
    wealth_codes: str = text_parameter(
        "664",
        unit="list of industry codes",
        pattern=CODES,
        en="Wealth products: bank wealth management; accounts of kind wealth count whoever holds them",
        zh="理财产品：银行理财服务；理财账户不论持有人均计",
        source="GB/T 4754-2017; the selection is our own proposal",
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    alerts = alerting(snapshot)
    tracer = alerts.tracer
    documented = Documented(snapshot, tracer)
    limits = Limits(params.horizon_days, params.max_hops, params.hub_counterparties)
    uses = {use: paid_for(snapshot, tracer, use, getattr(params, f"{use}_codes")) for use in USES}
    marks = alerts.marks(np.logical_or.reduce(list(uses.values())))
    if not marks.any():
        return []
    findings = []
    payees = np.bincount(tracer.index.target[marks == GOAL], minlength=tracer.index.nodes) > 0
    for drawdown in begun(snapshot, tracer, limits):
        but_not = np.concatenate([own_trade(tracer, drawdown, payees), documented.payments(drawdown)])
        followed = tracer.toward(drawdown, Goal(marks, but_not=but_not))
        if not can_reach(tracer, followed, share_of(params.min_share, followed.drawdown.amount_minor)):
            continue
        arrival = Arrival.of(tracer, followed)
        level = severity(
            arrival,
            "R",
            min_pro_rata_share=params.min_pro_rata_share,
            strong_pro_rata_share=params.strong_pro_rata_share,
        )
        if level is None:
            continue
        found = _uses(tracer, arrival, uses)
        findings.append(
            finding(
                tracer,
                arrival,
                level,
                Message(
                    en="Of the {drawn} drawn on {day}, at least {low} and at most {high} reached a prohibited use "
                    "within {days} days: {uses_en}.",
                    zh="{day} 放款 {drawn}，{days} 天内至少 {low}、至多 {high} 流入禁止领域：{uses_zh}。",
                    values={
                        "uses_en": ", ".join(USES[use].en for use in found),
                        "uses_zh": "、".join(USES[use].zh for use in found),
                    },
                ),
                thresholds={
                    "pro_rata": float(share_of(params.min_pro_rata_share, arrival.arrived.ceiling)),
                    "ceiling": float(share_of(params.min_share, arrival.drawn)),
                    "ceiling_share": params.min_share,
                },
                signals=(Signal("uses", ", ".join(found)),),
            )
        )
    return findings


def paid_for(snapshot: Snapshot, tracer: Tracer, use: str, codes: str) -> Array:
    """bool, one entry a transfer: it pays a holder of an industry whose code begins with one of `codes`, on an account
    that is no margin account; or, for wealth, an account of kind wealth."""
    index = tracer.index
    kinds = np.full(index.nodes, "", dtype=object)
    kinds[: index.accounts] = tracer.arrays.kinds
    paid: Array = (kinds == "wealth")[index.target] if use == "wealth" else np.zeros(len(index), dtype=bool)
    wanted = tuple(re.sub("^[A-Z]", "", code.strip()) for code in codes.split(",") if code.strip())
    if not wanted:
        return paid
    industry = pc.fill_null(snapshot.table(Party)["industry_code"], "")
    meant = [
        code
        for code in pc.unique(industry).to_pylist()
        if re.sub("^[A-Z]", "", code.strip().upper()).startswith(wanted)
    ]
    holders = np.asarray(pc.is_in(industry, value_set=pa.array(meant, pa.string())), dtype=bool)
    if not holders.any():
        return paid
    paid |= tracer.holdings.held_by(holders, index.target, index.since) & (kinds != "margin")[index.target]
    return paid


def own_trade(tracer: Tracer, drawdown: Followed, payees: Array) -> Array:
    """Positions of payments into the group's own accounts that are of no kind wealth: its own industry is no use.
    `payees`: bool, one entry an account, those that are paid for a prohibited use at all."""
    own = drawdown.own
    of_its_industry = payees[own.account] & (tracer.arrays.kinds[own.account] != "wealth")
    return tracer.payments(Members(*(part[of_its_industry] for part in own)), drawdown, out=False)


def _uses(tracer: Tracer, arrival: Arrival, uses: dict[str, Array]) -> list[str]:
    """What the money on the paths reached."""
    last = arrival.last(tracer)
    return [use for use, paid in uses.items() if paid[last].any()]

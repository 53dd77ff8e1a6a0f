"""Loan money whose trail ends outside our sight.

What it finds
    The part of a drawdown that went to accounts at other banks, in cash, or to somebody nobody can name, so that nobody
    here can say what became of it. Held against the thresholds is the *least* that must have gone there: the drawdown
    less the most that can have stayed or been used where we see it. A borrower with ample other money on the account
    that pays to another bank may have paid with that; for it the least is small, and nothing is said.
Why it is suspicious
    Money that leaves our sight is not clean. Whoever wants to hide a use sends the money to another bank first.
Source
    Post-loan method 1 (trace the loan money). Bounds: maximum flows on the time-expanded network.
Innocent explanations
    An entrusted payment to a documented payee, here or at another bank: what the borrower's group pays the seller of a
    contract of the loan, up to the contract's amount and 5 % more, has a documented destination, and the trail ends
    there. Wages, taxes, fees, interest and repayments say by their kind where they went.
Blind spots
    Balances we do not know of accounts held with us are taken at the least that covers their payments; the strict floor
    stands beside it. A drawdown whose credit is not among the transfers is not followed at all: `loantrail trace`.
    Where no account is said to be held at our bank, nothing can be told apart and nothing is said.
What to do next
    Ask the borrower for the statements of the accounts at other banks, and for the contracts behind these payments.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from detectors.contract import Detector, parameter
from detectors.facts.documented import Documented
from detectors.facts.followed_money import (
    FOLLOWED_MONEY,
    MEASURES,
    Arrival,
    alerting,
    begun,
    can_reach,
    finding,
    share_of,
)
from findings import Finding, Message, Signal
from graph.columns import Text
from graph.money import text
from graph.schema import Drawdown, Transfer
from graph.snapshot import Snapshot
from graph.tracing import Goal, Limits
from graph.transfers import KIND_CODE

DOC_ZH = """信贷资金去向不可见。

发现什么
    放款资金中流向他行账户、现金或无名对手，因而无法得知去向的部分。与阈值比较的是必然流出视野的最小金额：放款金额减去
    可能留在或用于可见之处的最大金额。付款账户上另有充裕资金的借款人，可能是用那些资金付往他行的，其最小金额很小，
    不预警。
为何可疑
    离开视野的资金并不等于清白。想掩盖用途的人会先把钱转到他行。
依据
    贷后管理方法一（追踪信贷资金）。上下限：时间展开网络上的最大流。
正常解释
    向有合同的收款人受托支付，无论本行他行：借款人集团付给贷款合同卖方的款项，在合同金额及其 5% 以内，去向有据可查，
    追踪到此为止。工资、税款、费用、利息和还款从交易类型即知去向。
看不到的
    本行账户余额未知时，按足以覆盖其付款的最低余额计算；旁边列出严格下限。入账流水缺失的放款完全不追踪，
    见 loantrail trace。
下一步
    向借款人索取他行账户流水及相关付款合同。
"""

META = Detector(
    title=Text(en="Loan money leaves our sight", zh="信贷资金去向不可见"),
    family="documents",
    method=1,
    severity="Y",
    maturity="stable",
    needs=(Drawdown, Transfer),
    words={
        **MEASURES,
        "floor_least_opening_share": Text("Floor as a share of the drawdown", "下限占放款比例"),
    },
    reach=FOLLOWED_MONEY,
)

KNOWN_BY_KIND = ("tax", "fee", "interest", "loan_repayment", "payroll", "refund", "reversal")
"""Transfers of these kinds say where the money went."""


@dataclass(frozen=True)
class Params:
    horizon_days: int = parameter(
        30, unit="day", low=1, high=730, en="How long after the drawdown money is followed", zh="放款后追踪天数"
    )
    max_hops: int = parameter(
        6, unit="transfer", low=1, high=20, en="How many transfers are followed", zh="最多追踪几笔"
    )
    yellow_share: float = parameter(
        0.50,
        unit="share",
        low=0.0,
        high=1.0,
        en="Yellow when at least this share must have left our sight",
        zh="必然流出视野的比例达到即为黄色",
        source="our own proposal",
    )
    orange_share: float = parameter(
        0.80,
        unit="share",
        low=0.0,
        high=1.0,
        en="Orange when at least this share must have left our sight",
        zh="必然流出视野的比例达到即为橙色",
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


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    alerts = alerting(snapshot)
    tracer = alerts.tracer
    documented = Documented(snapshot, tracer)
    limits = Limits(params.horizon_days, params.max_hops, params.hub_counterparties)
    if not (tracer.arrays.on_us == 1).any():  # nobody said which accounts are ours: nothing can be told apart
        return []
    known = np.isin(tracer.index.kind, [KIND_CODE[kind] for kind in KNOWN_BY_KIND])
    marks = alerts.marks(tracer.arrays.unseen & ~known)
    findings = []
    for drawdown in begun(snapshot, tracer, limits):
        followed = tracer.toward(drawdown, Goal(marks, closed=documented.payments(drawdown)))
        drawn = followed.drawdown.amount_minor
        yellow, orange = share_of(params.yellow_share, drawn), share_of(params.orange_share, drawn)
        bar = min(yellow, orange)
        if not can_reach(tracer, followed, bar) or tracer.floor(followed, least_opening=True) < bar:
            continue
        arrival = Arrival.of(tracer, followed)
        least = arrival.arrived.floor_least_opening
        findings.append(
            finding(
                tracer,
                arrival,
                "O" if least >= orange else "Y",
                Message(
                    en="Of the {drawn} drawn on {day}, at least {least} left our sight within {days} days: nobody here "
                    "sees what became of it.",
                    zh="{day} 放款 {drawn}，{days} 天内至少 {least} 离开视野，去向不明。",
                    values={"least": text(least, followed.loan.currency)},
                ),
                thresholds={"floor_least_opening": float(bar)},
                signals=(Signal("floor_least_opening_share", least / drawn, params.yellow_share),),
            )
        )
    return findings

"""Loan money that stays unused.

What it finds
    A drawdown of which most is still on accounts of the borrower's control group a month later. Moving it between
    those accounts is no use. What is used is counted by the rule of the lowest intermediate balance: other money leaves
    first, so the loan's stays for as long as the balance allows.
Why it is suspicious
    Working capital is borrowed to be spent. Idle proceeds point to an invented purpose, or to money kept ready for
    something that was not declared.
Source
    Post-loan method 1 (trace the loan money). Lowest intermediate balance: Roscoe v Winder (1915).
Innocent explanations
    A contract paid by milestones: a contract of the loan was paid a part since the drawdown, lately, and what is open
    of it covers what is unused. A delivery that was postponed with notice. A rich or busy account: what was paid under
    the loan's contracts is used whatever other money there was, and where the group paid out more than half of the
    drawdown for anything at all, nothing is said.
Blind spots
    What moved to the group's accounts at other banks has left our sight and counts as used. Where a balance is not
    known the account is taken to have opened with the least that covers its payments.
What to do next
    Ask for the payment schedule; compare it with the contract's milestones. Ask why it was drawn at once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from detectors.contract import Detector, parameter
from detectors.facts.documented import Documented
from detectors.facts.followed_money import begun, share_of
from findings import BlindSpot, Evidence, Finding, Message, Range, Signal, Subject
from graph.algorithms.tracing_rules import LOWEST_BALANCE, PRO_RATA
from graph.blind_spots import blind_spots
from graph.columns import Text
from graph.money import text
from graph.schema import Drawdown, Transfer
from graph.snapshot import Snapshot
from graph.tracing import Followed, Goal, Limits, Tracer
from graph.transfers import microseconds

DOC_ZH = """信贷资金长期闲置。

发现什么
    放款一个月后大部分资金仍留在借款人关联集团账户上。集团内部划转不算使用。已用金额按最低中间余额计算：其他资金先付出，
    只要余额允许，贷款资金就视为仍在账上。
为何可疑
    流动资金贷款是为了使用。资金闲置说明用途可能是编造的，或为未申报的事项预留。
依据
    贷后管理方法一（追踪信贷资金）。最低中间余额规则：Roscoe v Winder（1915）。
正常解释
    按进度付款的合同：放款后近期已按贷款合同支付过一部分，且未付部分足以涵盖闲置金额。已告知的延期交货。资金充裕或
    周转频繁的账户：按贷款合同支付的款项一律视为已用；集团对外付款合计超过放款一半的，不预警。
看不到的
    转入集团他行账户的资金已离开视野，按已用计。余额未知的账户按足以覆盖其付款的最低期初余额计算。
下一步
    索取付款计划，与合同进度核对。了解为何一次性提款。
"""

META = Detector(
    title=Text(en="Loan money stays unused", zh="信贷资金长期闲置"),
    family="money_flow",
    method=1,
    severity="Y",
    maturity="stable",
    needs=(Drawdown, Transfer),
    words={
        "unused_amount": Text("Unused by lowest balance or contract", "闲置（最低余额或合同付款）"),
        "unused_share": Text("Unused, as a share of the drawdown", "闲置占放款比例"),
        "unused_certain_amount": Text("Unused at least, whatever left first", "必然闲置"),
        "unused_pro_rata_amount": Text("Unused pro rata", "按比例闲置"),
        "unused_at_most_amount": Text("Unused at most", "至多闲置"),
    },
)


@dataclass(frozen=True)
class Params:
    after_days: int = parameter(
        30, unit="day", low=1, high=365, en="How long after the drawdown to look", zh="放款后观察天数"
    )
    unused_share: float = parameter(
        0.80,
        unit="share",
        low=0.0,
        high=1.0,
        en="Alert when at least this share is unused",
        zh="闲置比例达到即预警",
    )
    min_certain_share: float = parameter(
        0.50,
        unit="share",
        low=0.0,
        high=1.0,
        en="Stay silent unless at least this share must be unused whatever money left first",
        zh="无论先付出哪部分资金，必然闲置的比例低于此值时不预警",
        source="our own proposal",
    )
    milestone_days: int = parameter(
        90,
        unit="day",
        low=1,
        high=3_650,
        en="A contract paid by milestones was paid a part within so many days",
        zh="按进度付款的合同在多少天内付过款",
        source="our own proposal",
    )
    max_hops: int = parameter(
        6,
        unit="transfer",
        low=1,
        high=20,
        en="How many moves inside the group and the payment out of it are followed",
        zh="集团内划转及对外付款最多追踪几笔",
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    tracer = Tracer.of(snapshot)
    documented = Documented(snapshot, tracer)
    limits = Limits(params.after_days, params.max_hops)
    now = microseconds(snapshot.start_of(as_of + timedelta(days=1))) - 1
    findings = []
    for drawdown in begun(snapshot, tracer, limits):
        if drawdown.end > now:
            continue
        left = tracer.toward(drawdown, Goal(also=use_of_money(tracer, drawdown)))
        drawn = left.drawdown.amount_minor
        most_spent = left.traced - share_of(params.min_certain_share, drawn)
        if left.at_once or (left.potential > most_spent and tracer.ceiling(left) > most_spent):
            continue
        spent = max(int(tracer.by_rule(left)[LOWEST_BALANCE]), under_contract(tracer, documented, left))
        unused = left.traced - spent
        if unused < share_of(params.unused_share, drawn):
            continue
        running = documented.running(left, now)
        if running and running.open >= unused and (as_of - running.last_paid_on).days <= params.milestone_days:
            continue
        findings.append(_finding(tracer, left, unused, params))
    return findings


def under_contract(tracer: Tracer, documented: Documented, left: Followed) -> int:
    """What was paid under the loan's contracts, as far as the drawdown's money can have paid it (minor units)."""
    paid = np.intersect1d(documented.payments(left), left.reached.kept)
    return min(tracer.ceiling(left), int(left.book.effective[paid].sum())) if len(paid) else 0


def use_of_money(tracer: Tracer, drawdown: Followed) -> np.ndarray:
    """Positions of what uses the group's money: payments out of its accounts to others, whatever their kind, and to its
    own accounts that we do not see; and the drawdown's own credit, where that went to such an account at once."""
    out = tracer.payments(drawdown.own, drawdown, out=True)
    inward = tracer.payments(drawdown.own, drawdown, out=False)
    seen = ~tracer.arrays.unseen
    used = np.setdiff1d(out, inward[seen[inward]])
    at_once = not np.isin(drawdown.credit, inward[seen[inward]])
    return np.append(used, [drawdown.credit] if at_once else []).astype(np.int64)


def _finding(tracer: Tracer, left: Followed, unused: int, params: Params) -> Finding:
    drawdown, loan = left.drawdown, left.loan
    drawn = drawdown.amount_minor
    bounds = tracer.bounds(left)
    certain = left.traced - bounds.ceiling
    spent: Counter[str] = Counter()
    for path in tracer.paths(left):
        spent[path.transfers[-1]] += path.amount
    return Finding(
        identity={"drawdown_id": drawdown.drawdown_id},
        subject=Subject("loan", loan.loan_id),
        severity="Y",
        amount=Range(certain, max(unused, left.traced - bounds.floor_least_opening), loan.currency),
        message=Message(
            en="Of the {drawn} drawn on {day}, {unused} were still unused {days} days later.",
            zh="{day} 放款 {drawn}，{days} 天后仍有 {unused} 未使用。",
            values={
                "drawn": text(drawn, loan.currency),
                "unused": text(unused, loan.currency),
                "day": left.day.isoformat(),
                "days": params.after_days,
            },
        ),
        signals=(
            Signal("unused_amount", unused, float(share_of(params.unused_share, drawn))),
            Signal("unused_share", unused / drawn, params.unused_share),
            Signal("unused_certain_amount", certain, float(share_of(params.min_certain_share, drawn))),
            Signal("unused_pro_rata_amount", left.traced - int(tracer.by_rule(left, bounds)[PRO_RATA])),
            Signal("unused_at_most_amount", left.traced - bounds.floor),
        ),
        parties=tuple(dict.fromkeys([loan.borrower_id, *left.parties])),
        evidence=(
            Evidence("drawdown", drawdown.drawdown_id, drawn),
            Evidence("transfer", tracer.transfer_ids([left.credit])[0], left.traced),
            *(Evidence("transfer", id_, amount) for id_, amount in spent.items()),
        ),
        blind_spots=tuple(BlindSpot(b.kind, b.ids, b.amount) for b in blind_spots(tracer, left)),
    )

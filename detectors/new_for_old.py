"""Loan money that repays an older loan.

What it finds
    A drawdown of which money repays a loan that the borrower or its control group drew before (借新还旧): a repayment
    that names the older loan as its reference; or one that names no loan, from an account of the group, or from the
    account from which an older loan is repaid. A payment to an account of kind loan is a repayment too.
Why it is suspicious
    The old debt is not repaid but renewed, and looks performing in the meantime. What cannot be earned back is hidden
    until it is larger; the new loan's purpose was invented.
Source
    Post-loan method 1 (trace the loan money); method 5, since the class of the old loan would be another.
Innocent explanations
    A declared refinancing: the loan's product or agreed purpose has one of the words of the parameter
    `refinancing_words`. Instalments: what repays less than a fifth of the older loan within the days does not renew it.
    A borrower that repays from its own money on the same account: pro rata then carries little of the loan.
Blind spots
    An older loan elsewhere that nobody described. A bridge (过桥): a stranger pays the old loan first, and is repaid
    from the new one. A repayment that names no loan may be of another one of the borrower's; where the account is known
    to repay certain loans, it is taken for one of these.
What to do next
    Ask for the repayment's source. Class the old loan by what it would be without the new one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.contract import Detector, parameter, text_parameter
from detectors.facts.followed_money import (
    FOLLOWED_MONEY,
    MEASURES,
    Alerting,
    Arrival,
    alerting,
    begun,
    can_reach,
    finding,
    severity,
    share_of,
)
from findings import Evidence, Finding, Message, Signal
from graph.algorithms.reach import Members
from graph.columns import Text
from graph.schema import Account, Drawdown, Loan, Transfer
from graph.snapshot import Snapshot
from graph.tracing import Followed, Goal, Limits
from graph.transfers import KIND_CODE

Array = np.ndarray[Any, Any]

DOC_ZH = """借新还旧。

发现什么
    放款资金用于归还借款人或其关联集团此前提取的贷款：还款的参考号写明旧贷款；或未写明贷款，但由集团账户或旧贷款的
    还款账户付出。付入贷款账户的款项也视为还款。
为何可疑
    旧债并未偿还而是续借，其间看似正常。无力偿还的事实被掩盖，金额越滚越大；新贷款的用途是编造的。
依据
    贷后管理方法一（追踪信贷资金）；涉及方法五，旧贷款的分类本应不同。
正常解释
    已申报的再融资：贷款产品或约定用途含有参数 refinancing_words 中的词。分期还款：期间归还不足旧贷款五分之一的，不算
    续借。借款人用同一账户中的自有资金还款：按比例计算时所含贷款资金很少。
看不到的
    无人登记的他处旧贷款。过桥：先由第三方代还旧贷款，再用新贷款归还第三方。未写明贷款的还款可能属于借款人的另一笔
    贷款；若已知该账户用于归还哪些贷款，则视为归还其中之一。
下一步
    核实还款资金来源。按没有新贷款时的情形重新认定旧贷款分类。
"""

META = Detector(
    title=Text(en="New loan repays old", zh="借新还旧"),
    family="money_flow",
    method=1,
    severity="O",
    maturity="stable",
    needs=(Loan, Drawdown, Transfer),
    words={**MEASURES, "older_loans": Text("Older loans that were repaid", "被归还的旧贷款")},
    reach=FOLLOWED_MONEY,
)

WORDS = r"\w[^,;]*(,\s*\w[^,;]*)*"


@dataclass(frozen=True)
class Params:
    horizon_days: int = parameter(
        10, unit="day", low=1, high=730, en="How long after the drawdown money is followed", zh="放款后追踪天数"
    )
    max_hops: int = parameter(
        6,
        unit="transfer",
        low=1,
        high=20,
        en="How many transfers a way to the repayment may have",
        zh="到还款的路径最多几笔",
    )
    min_share: float = parameter(
        0.50,
        unit="share",
        low=0.0,
        high=1.0,
        en="Alert when at most this share of the drawdown or more repaid older loans",
        zh="归还旧贷款的上限占放款比例达到即预警",
    )
    min_old_share: float = parameter(
        0.20,
        unit="share",
        low=0.0,
        high=1.0,
        en="An older loan counts when at least this share of it is repaid within the days; less is an instalment",
        zh="期间归还旧贷款的比例达到此值才计，不足的视为分期还款",
        source="our own proposal",
    )
    min_pro_rata_share: float = parameter(
        0.50,
        unit="share",
        low=0.0,
        high=1.0,
        en="Stay silent when all balances are known and pro rata carries less than this share of the repayment",
        zh="余额均已知且按比例计算贷款资金占还款低于此比例时不预警",
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
    refinancing_words: str = text_parameter(
        "refinanc,借新还旧,再融资,续贷,置换",
        unit="list of words",
        pattern=WORDS,
        en="A loan whose product or purpose has one of these words, whatever the case, is a declared refinancing",
        zh="产品或用途含有这些词之一（不分大小写）的贷款视为已申报的再融资",
        source="our own proposal",
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    alerts = alerting(snapshot)
    tracer = alerts.tracer
    repayments = _Repayments(snapshot, alerts)
    declared = re.compile("|".join(re.escape(word.strip()) for word in params.refinancing_words.split(",")), re.I)
    limits = Limits(params.horizon_days, params.max_hops, params.hub_counterparties)
    findings = []
    for drawdown in begun(snapshot, tracer, limits):
        if any(declared.search(said or "") for said in (drawdown.loan.product, drawdown.loan.purpose)):
            continue
        of_older = repayments.of_older_loans(drawdown, params.min_old_share)
        if not of_older:
            continue
        followed = tracer.toward(drawdown, Goal(also=np.array(sorted(of_older), dtype=np.int64)))
        if not can_reach(tracer, followed, share_of(params.min_share, followed.drawdown.amount_minor)):
            continue
        arrival = Arrival.of(tracer, followed)
        level = severity(arrival, "O", min_pro_rata_share=params.min_pro_rata_share)
        if level is None:
            continue
        repaid = sorted({loan_id for position in arrival.last(tracer).tolist() for loan_id in of_older[position]})
        findings.append(
            finding(
                tracer,
                arrival,
                level,
                Message(
                    en="Of the {drawn} drawn on {day}, at least {low} and at most {high} repaid older loans of the "
                    "borrower's control group within {days} days: {loans}.",
                    zh="{day} 放款 {drawn}，{days} 天内至少 {low}、至多 {high} 用于归还借款人关联集团的旧贷款："
                    "{loans}。",
                    values={"loans": ", ".join(repaid)},
                ),
                thresholds={
                    "pro_rata": float(share_of(params.min_pro_rata_share, arrival.arrived.ceiling)),
                    "ceiling": float(share_of(params.min_share, arrival.drawn)),
                    "ceiling_share": params.min_share,
                },
                signals=(Signal("older_loans", ", ".join(repaid)),),
                evidence=tuple(Evidence("loan", loan_id) for loan_id in repaid),
            )
        )
    return findings


class _Repayments:
    """Transfers that repay a loan, and which they can be of."""

    def __init__(self, snapshot: Snapshot, alerts: Alerting) -> None:
        self._tracer = alerts.tracer
        self._accounts = snapshot.ids(Account)
        index = snapshot.transfers
        to_loan_accounts = np.zeros(index.nodes, dtype=bool)
        to_loan_accounts[: index.accounts] = self._tracer.arrays.kinds == "loan"
        self._repays = (index.kind == KIND_CODE["loan_repayment"]) | to_loan_accounts[index.target]
        self._repays &= ~alerts.left_out & (index.kind != KIND_CODE["loan_drawdown"])
        self._named = self._naming(snapshot)
        self._naming_loan: dict[str, list[int]] = defaultdict(list)
        for position, loan_id in self._named.items():
            self._naming_loan[loan_id].append(position)
        self._first_drawn: dict[str, datetime] = {}
        for drawdown in snapshot.rows(Drawdown):
            earliest = self._first_drawn.get(drawdown.loan_id, drawdown.drawn_at)
            self._first_drawn[drawdown.loan_id] = min(earliest, drawdown.drawn_at)
        self._of_party: dict[str, list[Loan]] = defaultdict(list)
        for loan in snapshot.rows(Loan):
            self._of_party[loan.borrower_id].append(loan)

    def of_older_loans(self, drawdown: Followed, min_share: float) -> dict[int, frozenset[str]]:
        """The repayments (positions) within the window that can be of loans which the group drew before this drawdown,
        other than its own loan, each with those loans; without loans of which less than `min_share` is repaid."""
        found = self._of_all_older_loans(drawdown)
        repaid: Counter[str] = Counter()
        for position, loans in found.items():
            repaid.update(dict.fromkeys(loans, int(drawdown.book.effective[position])))
        amount = {loan_id: self._tracer.loans[loan_id].amount_minor for loan_id in repaid}
        renewed = {loan_id for loan_id, sum_ in repaid.items() if sum_ >= share_of(min_share, amount[loan_id])}
        return {position: loans & renewed for position, loans in found.items() if not loans.isdisjoint(renewed)}

    def _of_all_older_loans(self, drawdown: Followed) -> dict[int, frozenset[str]]:
        loans = [loan for party in drawdown.parties for loan in self._of_party.get(party, ())]
        older = frozenset(loan.loan_id for loan in loans if self._is_older(loan, drawdown))
        if not older:
            return {}
        repaid_from: dict[int, set[str]] = defaultdict(set)
        for loan in loans:
            repaid_from[self._accounts.code(loan.repayment_account_id or "")].add(loan.loan_id)
        out = self._tracer.payments(self._paying(set(repaid_from), drawdown), drawdown, out=True)
        index = self._tracer.index
        found = {
            position: frozenset({id_})
            for id_ in older
            for position in self._naming_loan.get(id_, ())
            if index.until[position] >= drawdown.begin and index.since[position] <= drawdown.end
        }
        for position in out[self._repays[out]].tolist():
            here = repaid_from.get(int(index.source[position]), older)  # loans repaid from here decide
            if position not in self._named and not older.isdisjoint(here):
                found[position] = older & here
        return found

    def _is_older(self, loan: Loan, drawdown: Followed) -> bool:
        if loan.loan_id == drawdown.loan.loan_id:
            return False
        drawn = self._first_drawn.get(loan.loan_id)
        if drawn is not None:
            return drawn < drawdown.drawdown.drawn_at
        return loan.signed_on is not None and loan.signed_on < drawdown.day

    def _paying(self, repayment_accounts: set[int], drawdown: Followed) -> Members:
        """The group's accounts, and those from which its loans are repaid."""
        ever = np.iinfo(np.int64)
        codes = sorted(repayment_accounts - {-1})
        account = np.concatenate([drawdown.own.account, np.array(codes, dtype=np.int32)])
        order = np.argsort(account, kind="stable")
        return Members(
            account[order],
            np.concatenate([drawdown.own.since, np.full(len(codes), ever.min)])[order],
            np.concatenate([drawdown.own.until, np.full(len(codes), ever.max)])[order],
        )

    def _naming(self, snapshot: Snapshot) -> dict[int, str]:
        """Repayments (positions) that name a described loan as their reference, with the loan."""
        positions = np.flatnonzero(self._repays)
        references = snapshot.table(Transfer)["reference"].take(pa.array(positions))
        loans = snapshot.ids(Loan)
        named = pc.index_in(references, value_set=loans.values, skip_nulls=True).to_pylist()
        return {p: loans.id(loan) for p, loan in zip(positions.tolist(), named, strict=True) if loan is not None}

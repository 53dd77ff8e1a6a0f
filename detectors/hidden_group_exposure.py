"""Borrowers that were declared apart are one group, and together owe more than one may.

What it finds
    A control group (everybody under one controller, by votes or as declared, as of the day) that owes more than the
    limit for one group of connected customers, 20 % of the bank's tier 1 capital, while no declared group inside it
    does. Red; orange where a declared group inside it is over the limit already and the rest only makes it worse.
Why it is suspicious
    Limits exist so that one failure does not take the bank with it. A group that borrows in many names has no limit.
Source
    Measures for the Administration of Large Exposures of Commercial Banks (CBIRC Order 2018 No. 1), articles 7 and 8:
    loans to one customer 10 % of net capital, exposure to one customer 15 % and to one group 20 % of tier 1 capital.
Innocent explanations
    A group that was declared as such, by exclusions of its pairs or of its controller, and is watched against its
    limit. Companies under one state asset supervisor are no group for that reason alone. Loans that are repaid.
Blind spots
    Without net capital nothing is checked. Owners that are not disclosed, and groups held together by kin or contracts
    alone. Amounts in another currency than the capital are not added. Bonds, guarantees and unused limits of the bank's
    are not in its loans. Loans whose balance is not recorded count in full, and the finding is yellow where it rests on
    them.
What to do next
    Show the declared groups and the inferred one side by side; treat them as one from now on. Grant nothing more until
    it is back under the limit; report to the regulator where the rules ask for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from detectors.contract import MINOR_UNIT, Detector, parameter, text_parameter
from detectors.facts.group_exposure import Declared, GroupExposure, group_exposures
from findings import BlindSpot, Evidence, Finding, Message, Range, Severity, Signal, Subject
from graph.algorithms.shares import exactly
from graph.columns import Text
from graph.control import Control, ControlRegister
from graph.money import text
from graph.schema import Loan, Office, Shareholding
from graph.snapshot import Snapshot

DOC_ZH = """分散申报的借款人实为一个集团，合计超过集团限额。

发现什么
    关联集团（截至当日同受一人控制的各方，按表决权或所披露的实际控制人）欠款合计超过对一组关联客户的限额（本行一级资本
    的 20%），而其中任何一个已申报集团均未超限，为红色；其中已有申报集团超限、其余部分使之更甚的，为橙色。
为何可疑
    限额的意义在于一家倒下不致拖垮银行。以多个名义借款的集团，等于没有限额。
依据
    《商业银行大额风险暴露管理办法》（银保监会令 2018 年第 1 号）第七、八条：对单一客户贷款不超过资本净额的 10%，对单一
    客户风险暴露不超过一级资本净额的 15%，对一组关联客户不超过 20%。
正常解释
    已申报并按限额管理的集团：对各对成员或其控制人设豁免。仅因同属一个国资监管机构的企业不构成集团。已结清的贷款。
看不到的
    未提供资本净额则不作检查。未披露的所有人，仅靠亲属或协议维系的集团。与资本币种不同的金额不相加。债券、保函和未使用
    额度不在贷款之内。未登记余额的贷款按全额计，结论依赖于此的为黄色。
下一步
    将已申报集团与推断集团并列，今后合并管理。降至限额以下之前不再新增授信；按规定向监管部门报告。
"""

META = Detector(
    title=Text(en="Hidden group exceeds the exposure limit", zh="隐性集团授信超限"),
    family="relationships",
    method=None,
    severity="R",
    maturity="stable",
    needs=(Loan, (Shareholding, Office)),
    given=("net_capital",),
    words={
        "inferred_amount": Text(en="Owed by the inferred group", zh="推断集团欠款"),
        "declared_amount": Text(en="Owed by the largest declared group in it", zh="其中最大已申报集团欠款"),
        "hidden_amount": Text(en="Difference", zh="差额"),
        "limit_amount": Text(en="Limit for one group", zh="集团限额"),
        "declared_groups": Text(en="Declared groups and single borrowers in it", zh="其中已申报集团与单一借款人数"),
        "declared_over_limit": Text(en="Of these over a limit of their own", zh="其中自身已超限的"),
    },
)


@dataclass(frozen=True)
class Params:
    net_capital: int = parameter(
        0,
        unit=MINOR_UNIT,
        low=0,
        high=9 * 10**18,
        en="The bank's net capital; not checked without it",
        zh="本行资本净额（分）；未提供则不作检查",
    )
    tier1_capital: int = parameter(
        0,
        unit=MINOR_UNIT,
        low=0,
        high=9 * 10**18,
        en="The bank's tier 1 capital; taken to be the net capital where it is not given",
        zh="本行一级资本净额（分）；未提供则以资本净额代替",
    )
    currency: str = text_parameter(
        "CNY",
        unit="currency",
        pattern=r"[A-Z]{3}",
        en="Currency of the capital; loans in others are not added",
        zh="资本币种；其他币种贷款不相加",
    )
    group_share: float = parameter(
        0.20,
        unit="share",
        low=0.0,
        high=1.0,
        en="What a group may owe, as a share of tier 1 capital",
        zh="对一组关联客户的限额（占一级资本净额）",
    )
    single_share: float = parameter(
        0.10,
        unit="share",
        low=0.0,
        high=1.0,
        en="What one borrower may owe in loans, as a share of net capital",
        zh="对单一客户的贷款限额（占资本净额）",
    )
    single_exposure_share: float = parameter(
        0.15,
        unit="share",
        low=0.0,
        high=1.0,
        en="What one borrower may owe, as a share of tier 1 capital",
        zh="对单一客户的风险暴露限额（占一级资本净额）",
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    if not params.net_capital:
        return []
    register = ControlRegister.of(snapshot)
    control = register.as_of(as_of)
    limits = _Limits.of(params)
    found = []
    for group in group_exposures(snapshot, register, as_of):
        hidden = len(group.declared) > 1
        if group.currency == params.currency and hidden and group.owes.high > limits.group:
            found.append(_finding(control, group, limits))
    return found


@dataclass(frozen=True)
class _Limits:
    """In minor units, exactly."""

    group: Fraction
    single: Fraction

    @classmethod
    def of(cls, params: Params) -> _Limits:
        tier1 = params.tier1_capital or params.net_capital
        single = min(exactly(params.single_share) * params.net_capital, exactly(params.single_exposure_share) * tier1)
        return cls(exactly(params.group_share) * tier1, single)

    def over(self, declared: Declared) -> bool:
        """Whether a declared group, or a single borrower, is over its own limit."""
        return declared.owes.high > (self.single if declared.single else self.group)


def _finding(control: Control, group: GroupExposure, limits: _Limits) -> Finding:
    largest = group.declared[0]
    known = group.owes.low > limits.group
    severity: Severity = "Y" if not known else "O" if largest.owes.high > limits.group else "R"
    over = [one for one in group.declared if limits.over(one)]
    hops = [
        hop
        for borrower in group.borrowers
        for owner in (control.ultimate_controller(borrower), *control.declared_controllers(borrower))
        if owner is not None
        for path in control.paths(owner, borrower, limit=1)[:2]
        for hop in path.hops
    ]
    unexplained = {b: control.unexplained_share(b) for b in group.borrowers}
    return Finding(
        identity={"controller_id": group.head},
        subject=Subject("loan", max(group.owes.loans)),
        severity=severity,
        amount=Range(group.owes.low, group.owes.high, group.currency),
        message=Message(
            en="{count} borrowers under {head} owe {total} together, above the limit of {limit} for one group; the "
            "largest declared group among them owes {declared}: {hidden} is hidden.",
            zh="{head} 之下 {count} 户借款人合计欠款 {total}，超过集团限额 {limit}；其中最大已申报集团欠款 {declared}，"
            "隐性部分 {hidden}。",
            values={
                "count": len(group.borrowers),
                "head": group.head,
                "total": text(group.owes.high, group.currency),
                "limit": text(int(limits.group), group.currency),
                "declared": text(largest.owes.high, group.currency),
                "hidden": text(group.hidden, group.currency),
            },
        ),
        signals=(
            Signal("inferred_amount", group.owes.high, int(limits.group)),
            Signal("declared_amount", largest.owes.high),
            Signal("hidden_amount", group.hidden),
            Signal("limit_amount", int(limits.group)),
            Signal("declared_groups", len(group.declared)),
            Signal("declared_over_limit", len(over)),
        ),
        parties=tuple(dict.fromkeys([group.head, *group.borrowers])),
        evidence=(
            *(Evidence("loan", loan) for loan in group.owes.loans),
            *dict.fromkeys(Evidence(hop.table, hop.row_key) for hop in hops),
        ),
        blind_spots=(
            *([BlindSpot("balance_unknown", group.owes.unknown)] if group.owes.unknown else []),
            *(
                BlindSpot("owners_unknown", (borrower,), detail={"share": share})
                for borrower, share in unexplained.items()
                if share > 0
            ),
        ),
    )

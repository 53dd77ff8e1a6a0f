"""Borrowers guarantee each other: mutual guarantees, rings and chains.

What it finds
    Parties that guarantee each other's debts, directly (A for B and B for A) or in a ring (A for B, B for C, C for A),
    and chains of three guarantees or more (A for B, B for C, C for D). One finding a circle, which is everybody who so
    stands for everybody else, and one for each network with a chain. With what the circle owes in all, its largest
    member, and who is drawn in, in which order and for how much, if that member fails.
Why it is suspicious
    In a circle every guarantee rests on the borrowers that it secures: when one fails, its guarantors are called upon,
    and fail in turn. The loans look secured and are one exposure. Whole districts have gone down in such circles.
Source
    Post-loan method 6 (reconcile claims with borrower, guarantor and collateral); the Chinese regulator's notices on
    the risk of guarantee circles (担保圈), 2014 on.
Innocent explanations
    Guarantees inside one declared group, which is judged as one borrower anyway: an exclusion of each pair, or of one
    of the two. Guarantees that have ended, and loans that are repaid. A guarantee company, whose business it is, and
    the owner who stands for his own company make no chain longer.
Blind spots
    Guarantees for other lenders. Owners who guarantee each other's companies crosswise are not the companies
    themselves. What a guarantor can pay is taken from its latest statement; without one it is taken to fail.
What to do next
    Judge the circle as one borrower. Take its weakest member out first: other security instead of guarantees from
    within. Grant nothing more to any member before that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from detectors.contract import Detector, parameter, text_parameter
from detectors.facts.guarantee_network import Circle, GuaranteeNetwork, drawn_in
from detectors.facts.guaranteed import INDUSTRY_CODES
from findings import BlindSpot, Evidence, Finding, Message, Range, Severity, Signal, Subject
from graph.columns import Text
from graph.money import text
from graph.schema import Guarantee, Loan
from graph.snapshot import Snapshot

DOC_ZH = """借款人相互担保：互保、担保圈与担保链。

发现什么
    当事人互相为对方债务提供担保（甲保乙、乙保甲），或连成环（甲保乙、乙保丙、丙保甲），以及连续三笔及以上的担保链
    （甲保乙、乙保丙、丙保丁）。每个担保圈（圈内任何一方都直接或间接为其他各方担保）一条预警，每个含担保链的网络一条
    预警。列出圈内欠款总额、最大成员，以及该成员违约后依次被牵连的各方及金额。
为何可疑
    担保圈内的担保，靠的正是被担保的借款人自己：一家违约，保证人被追偿，随之违约。贷款看似有担保，实为一个风险敞口。
    曾有整个地区因担保圈风险连锁爆发。
依据
    贷后管理方法六（与借款人、保证人、押品核对债权）；监管部门 2014 年以来关于防范担保圈风险的通知。
正常解释
    同一已申报集团内部的担保，本就按一个借款人管理：对双方或一方设豁免。已到期的保证与已结清的贷款不计。融资担保公司
    以担保为业，股东为自己的公司担保，均不计入担保链长度。
看不到的
    对其他金融机构的担保。股东之间交叉为对方公司担保，不等于公司互保。代偿能力取自最近一期报表，没有报表的视为无力
    代偿。
下一步
    把担保圈作为一个借款人整体评估；先从最弱的成员入手，用其他担保替换圈内担保；在此之前不对任何成员新增授信。
"""

META = Detector(
    title=Text(en="Borrowers guarantee each other", zh="担保圈（互保、联保、担保链）"),
    family="relationships",
    method=6,
    severity="O",
    maturity="stable",
    needs=(Guarantee, Loan),
    words={
        "shape": Text(en="Shape", zh="形态"),
        "members": Text(en="Members", zh="成员数"),
        "rings": Text(en="Rings", zh="环数"),
        "shortest_ring": Text(en="Parties in the shortest ring", zh="最短环成员数"),
        "chain_length": Text(en="Guarantees in a row", zh="担保链长度"),
        "circle_amount": Text(en="Owed by all members", zh="成员欠款总额"),
        "inside_amount": Text(en="Of it guaranteed by members", zh="其中由圈内担保"),
        "largest_member": Text(en="Largest member", zh="最大成员"),
        "largest_member_amount": Text(en="Owed by the largest member", zh="最大成员欠款"),
        "drawn_in": Text(en="Drawn in if it fails, in order", zh="其违约后依次被牵连"),
        "called_amount": Text(en="Called upon in all if it fails", zh="其违约后被追偿合计"),
        "rings_incomplete": Text(en="There are more rings than were counted", zh="环数过多，未全部统计"),
        "net_assets_unknown": Text(en="What these guarantors can pay is not known", zh="保证人代偿能力不明"),
    },
)


@dataclass(frozen=True)
class Params:
    max_ring: int = parameter(
        6, unit="party", low=3, high=12, en="Longest ring that is looked for", zh="担保环最多几方"
    )
    min_chain: int = parameter(
        3, unit="guarantee", low=2, high=50, en="Guarantees in a row that make a chain", zh="担保链至少几笔"
    )
    guarantee_company_codes: str = text_parameter(
        INDUSTRY_CODES,
        unit="list of industry codes",
        pattern=r"([A-Z]?\d{2,4}(,\s*[A-Z]?\d{2,4})*)?",
        en="Industry codes of companies whose business it is to give guarantees",
        zh="以担保为业的公司的行业代码",
        source="GB/T 4754-2017",
    )


SHOWN = 12
"""Parties that are named in a sentence; the finding has all of them."""
SHAPES = {
    "mutual": ("guarantee each other", "互相担保"),
    "ring": ("guarantee each other in a ring", "连环担保成圈"),
    "chain": ("guarantee each other in a chain", "形成担保链"),
}


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    network = GuaranteeNetwork(snapshot, as_of, params.guarantee_company_codes)
    found = [_finding(network, circle) for circle in network.circles(params.max_ring)]
    found += [_finding(network, chain) for chain in network.chains(params.min_chain)]
    return found


def _finding(network: GuaranteeNetwork, circle: Circle) -> Finding:
    severity: Severity = {"ring": "R", "mutual": "O", "chain": "Y"}[circle.shape]  # type: ignore[assignment]
    money = network.money(circle)
    called = drawn_in(network, money.largest)
    total = money.of[money.currency]
    loan = network.outstanding.latest(circle.members)
    ring = min(circle.rings, key=len, default=())
    way = _listed(" → ", [*ring, ring[0]] if ring else circle.way)
    in_order = _listed(", ", [party for party, _, _ in called])
    others = [code for code in money.of if code != money.currency]
    unknown = tuple(loan_id for of_currency in money.of.values() for loan_id in of_currency.unknown)
    guarantors = [one.guarantor_id for one in circle.inside]
    without = tuple(sorted({party for party in guarantors if party not in network.statements}))
    return Finding(
        identity=_identity(circle),
        subject=Subject("loan", loan.loan_id) if loan else Subject("party", circle.members[0]),
        severity=severity,
        amount=Range(total.low, total.high, money.currency),
        message=Message(
            en="{count} parties {shape_en} ({way}); they owe {total} in all, of which {largest} owes {owes}. If it "
            "fails, called upon in this order: {drawn_in}.",
            zh="{count} 方{shape_zh}（{way}），共欠 {total}，其中 {largest} 欠 {owes}。该成员违约，"
            "依次被追偿：{drawn_in}。",
            values={
                "count": len(circle.members),
                "shape_en": SHAPES[circle.shape][0],
                "shape_zh": SHAPES[circle.shape][1],
                "way": way,
                "total": text(total.high, money.currency),
                "largest": money.largest,
                "owes": text(money.largest_owes, money.currency),
                "drawn_in": in_order or "–",
            },
        ),
        signals=(
            Signal("shape", circle.shape),
            Signal("members", len(circle.members)),
            *([Signal("rings", len(circle.rings)), Signal("shortest_ring", len(ring))] if ring else []),
            *([Signal("chain_length", circle.length)] if circle.shape == "chain" else []),
            Signal("circle_amount", total.high),
            Signal("inside_amount", money.inside),
            Signal("largest_member", money.largest),
            Signal("largest_member_amount", money.largest_owes),
            Signal("drawn_in", in_order),
            Signal("called_amount", sum(amount for _, _, amount in called)),
        ),
        parties=circle.members,
        evidence=tuple(Evidence("guarantee", one.row_key, one.stake) for one in circle.inside),
        blind_spots=(
            *(
                BlindSpot("other_currency", money.of[code].loans, money.of[code].high, {"currency": code})
                for code in others
            ),
            *([BlindSpot("balance_unknown", unknown)] if unknown else []),
            *([BlindSpot("net_assets_unknown", without)] if without else []),
            *([] if circle.complete else [BlindSpot("rings_incomplete", circle.members)]),
        ),
    )


def _identity(circle: Circle) -> dict[str, str]:
    """Who is smallest in a circle stays so while it grows; a chain is known by where it begins and ends."""
    if circle.circular:
        return {"party_id": circle.members[0]}
    return {"guarantor_id": circle.way[0], "obligor_id": circle.way[-1]}


def _listed(between: str, parties: Sequence[str]) -> str:
    more = len(parties) - SHOWN
    return between.join(parties[:SHOWN]) + (f"{between}… (+{more})" if more > 0 else "")

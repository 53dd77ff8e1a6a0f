"""Companies that own each other in a ring.

What it finds
    Companies of which each holds a part of the next and the last a part of the first, every holding 5 % or more as of
    the day. All companies that so own each other are one finding; the shortest ring among them is shown.
Why it is suspicious
    Capital that runs in a ring is counted in every company and was paid in once, if at all. It hides who owns, and it
    makes net assets out of nothing that loans are then granted on.
Source
    Post-loan method 7 (watch the public registry). The border of 5 %: from there on a shareholder of a listed company
    must be disclosed (Securities Law of the People's Republic of China, article 36).
Innocent explanations
    Cross-holdings of listed companies below 5 %. Own shares, which a company bought back. A declared group: an
    exclusion of one of the companies, or of a pair that hold each other.
Blind spots
    Rings that close through persons, nominees or trustees: whose shares they are is not known. A ring that only closes
    over a holding of unknown size is yellow. Companies whose register was not loaded.
What to do next
    Deduct the holdings inside the ring from the net assets of each. Ask who paid the capital in, and when.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import numpy as np

from detectors.contract import Detector, parameter
from detectors.facts.exclusions import Exclusions
from detectors.facts.outstanding import Outstanding
from findings import BlindSpot, Evidence, Finding, Message, Severity, Signal, Subject
from graph.algorithms.guarantees import circles, guarantees
from graph.algorithms.holdings import WHOLE
from graph.algorithms.shares import exactly
from graph.columns import Text
from graph.control import ControlRegister
from graph.schema import Party, Shareholding
from graph.shareholdings import ENDS, FOR_ANOTHER
from graph.snapshot import Snapshot, in_force
from graph.store import ROW_KEY

DOC_ZH = """公司循环持股。

发现什么
    若干公司依次持有下一家公司的股份，最后一家又持有第一家的股份，且截至当日每一环持股均不低于 5%。相互循环持股的全部
    公司合为一条预警，并列出其中最短的环。
为何可疑
    循环持股的资本在每家公司都计算一遍，实际只投入一次，甚至从未投入。它掩盖了真正的所有人，并凭空做大净资产，以此取得
    贷款。
依据
    贷后管理方法七（关注工商登记变更）。5% 界限：上市公司股东持股达 5% 起须披露（《证券法》第三十六条）。
正常解释
    上市公司之间低于 5% 的交叉持股。公司回购的自有股份。已申报的集团：对其中一家公司或互相持股的一对公司设豁免。
看不到的
    经由自然人、名义持有人或受托人闭合的环，股份归属不明。仅靠比例不详的持股才闭合的环为黄色。未导入登记信息的公司。
下一步
    从各公司净资产中扣除环内持股。核实资本由谁、何时实际缴付。
"""

META = Detector(
    title=Text(en="Companies own each other in a ring", zh="公司循环持股"),
    family="relationships",
    method=7,
    severity="O",
    maturity="stable",
    needs=(Shareholding,),
    words={
        "companies": Text(en="Companies that own each other", zh="循环持股公司数"),
        "ring_length": Text(en="Companies in the shortest ring", zh="最短环公司数"),
        "smallest_share": Text(en="Smallest holding in it", zh="环内最小持股"),
        "share_that_comes_back": Text(en="Product of the shares along it", zh="环内持股连乘积"),
        "share_unknown": Text(en="Holdings of unknown size", zh="比例不详的持股"),
    },
)


@dataclass(frozen=True)
class Params:
    min_share: float = parameter(
        0.05, unit="share", low=0.0, high=1.0, en="Smaller holdings are no link of a ring", zh="低于此比例的持股不计"
    )


@dataclass
class _Holding:
    """What one company holds of another, in 1e-15; None: of unknown size."""

    share: int | None
    rows: list[str]


Pair = tuple[str, str]


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    outstanding = Outstanding(snapshot)
    holdings = _holdings(snapshot, params, as_of)
    known = {pair: holding for pair, holding in holdings.items() if holding.share is not None}
    found: list[Finding] = []
    seen: set[str] = set()
    tries: tuple[tuple[dict[Pair, _Holding], Severity], ...] = ((known, "O"), (holdings, "Y"))
    for links, severity in tries:
        for members in _circles(links):
            if seen.isdisjoint(members):  # a ring that closes with known shares says more than a wider one
                seen.update(members)
                ring = _shortest(links, members)
                found.append(_finding(snapshot, outstanding, links, members, ring, severity, params, as_of))
    return sorted(found, key=lambda finding: finding.identity["company_id"])


def _holdings(snapshot: Snapshot, params: Params, day: date) -> dict[Pair, _Holding]:
    """The holdings among companies that make a link of a ring, several of one pair taken together."""
    exclusions = Exclusions(snapshot)
    ends = {party.party_id for party in snapshot.rows(Party) if party.kind in ENDS}
    table = snapshot.table(Shareholding)
    table = table.filter(in_force(table, day))
    found: dict[Pair, _Holding] = {}
    for row in table.select(["holder_id", "company_id", "ratio", "capacity", ROW_KEY]).to_pylist():
        pair = (row["holder_id"], row["company_id"])
        if pair[0] == pair[1] or row["capacity"] in FOR_ANOTHER or not ends.isdisjoint(pair):
            continue
        if exclusions.pair(*pair, day) or any(exclusions.party(party, day) for party in pair):
            continue
        share = None if row["ratio"] is None else round(row["ratio"] * WHOLE)
        holding = found.setdefault(pair, _Holding(None, []))
        holding.rows.append(row[ROW_KEY])
        if share is not None:
            holding.share = share + (holding.share or 0)
    bar = exactly(params.min_share) * WHOLE
    return {pair: holding for pair, holding in found.items() if holding.share is None or holding.share >= bar}


def _circles(links: dict[Pair, _Holding]) -> list[tuple[str, ...]]:
    """Companies that own each other, sorted."""
    ids = sorted({party for pair in links for party in pair})
    code = {id_: number for number, id_ in enumerate(ids)}
    one = np.array([code[holder] for holder, _ in links], dtype=np.int32)
    other = np.array([code[company] for _, company in links], dtype=np.int32)
    found = circles(guarantees(len(ids), one, other, np.zeros(len(links), dtype=np.int64)))
    return [tuple(ids[member] for member in found.of(number).tolist()) for number in range(len(found))]


def _shortest(links: dict[Pair, _Holding], members: tuple[str, ...]) -> list[str]:
    """A shortest ring, from its smallest company on: breadth first from each company until nothing shorter can be."""
    inside = set(members)
    owned: dict[str, list[str]] = defaultdict(list)
    for holder, company in sorted(links):
        if holder in inside and company in inside:
            owned[holder].append(company)
    best: list[str] = []
    for start in members:
        before: dict[str, str] = {}
        frontier = [start]
        depth = 1
        while frontier and start not in before and (not best or depth < len(best)):
            following = []
            for holder in frontier:
                for company in owned[holder]:
                    if company not in before:
                        before[company] = holder
                        following.append(company)
            frontier = following
            depth += 1
        if start in before:
            ring = [start]
            while before[ring[-1]] != start:
                ring.append(before[ring[-1]])
            if not best or len(ring) < len(best):
                best = [start, *ring[:0:-1]]
        if len(best) == 2:
            break
    turn = best.index(min(best))
    return best[turn:] + best[:turn]


def _finding(
    snapshot: Snapshot,
    outstanding: Outstanding,
    links: dict[Pair, _Holding],
    members: tuple[str, ...],
    ring: list[str],
    severity: Severity,
    params: Params,
    day: date,
) -> Finding:
    pairs = list(zip(ring, ring[1:] + ring[:1], strict=True))
    shares = [links[pair].share for pair in pairs]
    known = [share for share in shares if share is not None]
    unknown = tuple(key for pair in pairs if links[pair].share is None for key in links[pair].rows)
    control = ControlRegister.of(snapshot).as_of(day)
    concerned = outstanding.latest(sorted({party for member in members for party in control.group(member)}))
    inside = [links[pair] for pair in sorted(links) if pair[0] in members and pair[1] in members]
    keys = dict.fromkeys(key for pair in pairs for key in links[pair].rows)
    keys |= dict.fromkeys(key for holding in inside for key in holding.rows)
    way = f"{ring[0]}" + "".join(
        f" → {company} {'?' if share is None else format(share / WHOLE * 100, '.6g')}%"
        for (_, company), share in zip(pairs, shares, strict=True)
    )
    return Finding(
        identity={"company_id": members[0]},
        subject=Subject("loan", concerned.loan_id) if concerned else Subject("party", members[0]),
        severity=severity,
        message=Message(
            en="{count} companies own each other in a ring: {way}.",
            zh="{count} 家公司循环持股：{way}。",
            values={"count": len(members), "way": way},
        ),
        signals=(
            Signal("companies", len(members)),
            Signal("ring_length", len(ring)),
            Signal("smallest_share", min(known) / WHOLE if known else None, params.min_share),
            Signal("share_that_comes_back", float(np.prod([s / WHOLE for s in known])) if not unknown else None),
        ),
        parties=tuple(dict.fromkeys([*ring, *members])),
        evidence=tuple(Evidence("shareholding", key) for key in keys),
        blind_spots=(BlindSpot("share_unknown", unknown),) if unknown else (),
    )

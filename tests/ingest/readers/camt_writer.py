"""A statement of ours, its accounts and transfers, as camt.053, for round trips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from graph.money import decimal
from graph.schema import Account, AccountStatement, Transfer


def written(
    statement: AccountStatement, accounts: Mapping[str, Account], transfers: Sequence[Transfer], version: str
) -> str:
    """The message; `transfers` in the order in which they were booked."""
    own = accounts[statement.account_id]
    text = (
        f"<Id>S</Id><LglSeqNb>{statement.number}</LglSeqNb>"
        f"<FrToDt><FrDtTm>{statement.begins_on}T00:00:00</FrDtTm><ToDtTm>{statement.ends_on}T23:59:59</ToDtTm></FrToDt>"
        f"<Acct><Id><Othr><Id>{own.account_id}</Id></Othr></Id><Ccy>{own.currency}</Ccy>"
        f"{_tag('Ownr', _tag('Nm', own.holder_name))}{_bank('Svcr', own.bank_id, version)}</Acct>"
    )
    for type_, minor in (("OPBD", statement.opening_balance_minor), ("CLBD", statement.closing_balance_minor)):
        if minor is not None:
            mark = "DBIT" if minor < 0 else "CRDT"
            text += (
                f"<Bal><Tp><CdOrPrtry><Cd>{type_}</Cd></CdOrPrtry></Tp>{_amount(abs(minor), statement.currency)}"
                f"<CdtDbtInd>{mark}</CdtDbtInd><Dt><Dt>{statement.ends_on}</Dt></Dt></Bal>"
            )
    text += "".join(_entry(one, statement.account_id, accounts, version) for one in transfers)
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    return f'<Document xmlns="{namespace}"><BkToCstmrStmt><GrpHdr/><Stmt>{text}</Stmt></BkToCstmrStmt></Document>'


def _entry(transfer: Transfer, own: str, accounts: Mapping[str, Account], version: str) -> str:
    credit = transfer.target_id == own
    other = accounts.get((transfer.source_id if credit else transfer.target_id) or "")
    taken_back = transfer.kind == "reversal"
    side = "Dbtr" if credit != taken_back else "Cdtr"  # of what is taken back, the parties keep their roles
    party = ""
    agent = ""
    if other is not None:
        name = _tag("Nm", other.holder_name)
        named = _tag("Pty", name) if version >= "08" else name
        number = f"<{side}Acct><Id><Othr><Id>{other.account_id}</Id></Othr></Id></{side}Acct>"
        party = _tag("RltdPties", f"{_tag(side, named)}{number}")
        agent = _tag("RltdAgts", _bank(f"{side}Agt", other.bank_id, version))
    at = transfer.booked_at
    booked = f"<Dt>{at.date()}</Dt>" if transfer.at_precision == "day" else f"<DtTm>{at.isoformat()}</DtTm>"
    value = f"<ValDt><Dt>{transfer.value_on}</Dt></ValDt>" if transfer.value_on else ""
    purpose = _tag("RmtInf", _tag("Ustrd", transfer.purpose))
    references = _tag("Refs", _tag("EndToEndId", transfer.reference))
    mark = "CRDT" if credit else "DBIT"
    return (
        f"<Ntry>{_amount(transfer.amount_minor, transfer.currency)}<CdtDbtInd>{mark}</CdtDbtInd>"
        f"{'<RvslInd>true</RvslInd>' if taken_back else ''}"
        f"<Sts>{'<Cd>BOOK</Cd>' if version >= '08' else 'BOOK'}</Sts><BookgDt>{booked}</BookgDt>{value}"
        f"<AcctSvcrRef>{transfer.transfer_id.removeprefix(f'{own}:')}</AcctSvcrRef><BkTxCd/>"
        f"<NtryDtls><TxDtls>{references}{party}{agent}{purpose}</TxDtls></NtryDtls>"
        "</Ntry>"
    )


def _amount(minor: int, currency: str) -> str:
    return f'<Amt Ccy="{currency}">{decimal(minor, currency):f}</Amt>'


def _bank(tag: str, bic: str | None, version: str) -> str:
    return _tag(tag, _tag("FinInstnId", _tag("BIC" if version == "02" else "BICFI", bic)))


def _tag(tag: str, content: str | None) -> str:
    """An element; nothing where nothing is in it. Texts of the model are plain, elements are ours."""
    if not content:
        return ""
    return f"<{tag}>{content if content.startswith('<') else escape(content)}</{tag}>"

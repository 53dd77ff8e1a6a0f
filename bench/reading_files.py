"""Files to be read, as many records as wanted, in every format that a reader knows: plain, without a fault in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

OWN = "DE89370400440532013000"
_CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"


def files(folder: Path) -> dict[str, Callable[[int], None]]:
    """By format, what writes so many records of it into the folder."""

    def text(name: str, lines: Callable[[int], Iterable[str]], encoding: str = "utf-8") -> Callable[[int], None]:
        def write(number: int) -> None:
            with (folder / name).open("w", encoding=encoding, newline="") as file:
                file.writelines(f"{line}\n" for line in lines(number))

        return write

    def mapped(number: int) -> None:
        text("ledger.csv", _ledger)(number)
        (folder / "ledger.csv.mapping.yaml").write_text(_MAPPING, encoding="utf-8")

    def several(stem: str, document: Callable[[int], str]) -> Callable[[int], None]:
        def write(number: int) -> None:
            for n in range(number):
                (folder / f"{stem}{n}.xml").write_text(document(n), encoding="utf-8")

        return write

    return {
        "tables": text("transfer.csv", _transfers),
        "mapping": mapped,
        "camt": text("statement.xml", _camt),
        "mt940": text("statement.sta", _mt940),
        "ofx": text("statement.ofx", _ofx),
        "chinese_statement": text("流水.csv", _chinese, "gb18030"),
        "east": text("明细.txt", _east, "gb18030"),
        "credit_registry": text("征信.csv", _credits, "gb18030"),
        "bods": text("owners.jsonl", _bods),
        "ftm": text("entities.json", _ftm),
        "en16931": several("ubl", _ubl),
        "chinese_invoice": several("invoice", _einvoice),
    }


def _day(n: int, number: int) -> int:
    return n * 30 // number + 1


def _transfers(number: int) -> Iterable[str]:
    yield "transfer_id,source_id,target_id,amount,currency,booked_at,value_on,channel,purpose,kind"
    for n in range(number):
        yield (
            f"T{n},A{n % 9973},A{n * 7 % 9967},{n % 9999}.{n % 100:02d},CNY,"
            f"2026-03-{_day(n, number):02d}T10:00:{n % 60:02d}Z,2026-03-{_day(n, number):02d},"
            f"web,order {n % 5000},payment"
        )


def _ledger(number: int) -> Iterable[str]:
    yield "流水,付款方,收款方,金额,日期"
    for n in range(number):
        amount = f'"{n % 9 + 1},{n % 1000:03d}.{n % 100:02d}"'
        yield f"{n},A{n % 9973},A{n * 7 % 9967},{amount},2026年03月{_day(n, number):02d}日"


_MAPPING = """version: 1
tables:
  transfer:
    transfer_id: {from: 流水}
    source_id: {from: 付款方}
    target_id: {from: 收款方}
    amount: {from: 金额, format: "1,234.56"}
    currency: {constant: CNY}
    booked_at: {from: 日期, format: "%Y年%m月%d日"}
"""


def _camt(number: int) -> Iterable[str]:
    yield (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{_CAMT}"><BkToCstmrStmt><Stmt><Id>1</Id>'
        "<FrToDt><FrDtTm>2026-03-01T00:00:00</FrDtTm><ToDtTm>2026-03-31T00:00:00</ToDtTm></FrToDt>"
        f"<Acct><Id><IBAN>{OWN}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
    )
    for n in range(number):
        day, amount = f"<Dt>2026-03-{_day(n, number):02d}</Dt>", f'<Amt Ccy="EUR">{n % 9999}.{n % 100:02d}</Amt>'
        side = ("Cdtr", "DBIT") if n % 3 else ("Dbtr", "CRDT")
        yield (
            f"<Ntry><NtryRef>{n}</NtryRef>{amount}<CdtDbtInd>{side[1]}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
            f"<BookgDt>{day}</BookgDt><ValDt>{day}</ValDt><AcctSvcrRef>R{n}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd>"
            "<Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls>"
            f"<Refs><EndToEndId>E{n}</EndToEndId></Refs>{amount}<RltdPties>"
            f"<{side[0]}><Pty><Nm>Party {n % 5000}</Nm></Pty></{side[0]}>"
            f"<{side[0]}Acct><Id><IBAN>FR{n % 5000:020d}</IBAN></Id></{side[0]}Acct></RltdPties>"
            f"<RmtInf><Ustrd>Invoice {n}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        )
    yield "</Stmt></BkToCstmrStmt></Document>"


def _mt940(number: int) -> Iterable[str]:
    for page, first in enumerate(range(0, number, 1000), start=1):
        yield from (":20:STARTUMS", f":25:37040044/0532013000EUR\n:28C:{page}/1", ":60F:C260301EUR1000,00")
        for n in range(first, min(first + 1000, number)):
            yield f":61:260302C{n % 999 + 1},50NTRFRE-{n}//B{n}"
            yield f":86:166?00CREDIT?20EREF+RE-{n}?21SVWZ+Invoice {n}?31DE{n % 5000:020d}?32Party {n % 5000}"
        yield "-"


def _ofx(number: int) -> Iterable[str]:
    yield "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n<OFX><BANKMSGSRSV1><STMTTRNRS>"
    yield "<STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>021000021<ACCTID>4455667788<ACCTTYPE>CHECKING</BANKACCTFROM>"
    yield "<BANKTRANLIST><DTSTART>20260301<DTEND>20260331"
    for n in range(number):
        yield (
            f"<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>202603{_day(n, number):02d}<TRNAMT>{n % 999 + 1}.50<FITID>F{n}"
            f"<NAME>Party {n % 5000}<MEMO>Invoice {n}</STMTTRN>"
        )
    yield "</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"


def _chinese(number: int) -> Iterable[str]:
    yield "账号：6222000011112222333"
    yield "交易日期,交易时间,摘要,借方发生额,贷方发生额,余额,对方账号,对方户名,交易流水号"
    for n in range(number):
        amounts = f"{n % 900 + 1}.50," if n % 2 else f",{n % 900 + 1}.50"
        yield (
            f"2026-03-{_day(n, number):02d},10:{n % 60:02d}:00,货款{n % 50},{amounts},1000.00,6217{n % 3000:08d},"
            f"对方公司{n % 3000},L{n}"
        )


def _east(number: int) -> Iterable[str]:
    yield (
        "核心交易流水号\t活期存款账号\t客户统一编号\t核心交易日期\t核心交易时间\t借贷标志\t币种\t"
        "交易金额\t账户余额\t对方账号\t对方户名\t摘要"
    )
    for n in range(number):
        yield (
            f"S{n}\t6222{n % 2000:08d}\tC{n % 2000}\t202603{_day(n, number):02d}\t1000{n % 60:02d}\t{'借贷'[n % 2]}\t"
            f"CNY\t{n % 900 + 1}.50\t1000.00\t6217{n % 3000:08d}\t对方公司{n % 3000}\t货款"
        )


def _credits(number: int) -> Iterable[str]:
    yield "企业名称：甲,,统一社会信用代码：914403001922038216\n报告时间：2026-03-31\n单位：人民币元"
    yield "授信机构,业务种类,开立日期,到期日期,币种,借款金额,余额,五级分类"
    for n in range(number):
        yield f"银行{n % 3000},流动资金贷款,2025-03-{_day(n, number):02d},2026-03-01,人民币,{n + 1}.50,{n + 1}.00,正常"


def _bods(number: int) -> Iterable[str]:
    for n in range(number):
        yield json.dumps(
            {
                "statementId": f"3f1d8a1e-0001-4c1b-9b0a-{n:012d}", "declarationSubject": f"E{n}",
                "statementDate": "2025-01-10", "recordId": f"E{n}", "recordType": "entity", "recordStatus": "new",
                "recordDetails": {"isComponent": False, "entityType": {"type": "registeredEntity"}, "name": f"Firm {n}",
                                  "foundingDate": "2015-06-01"},
                "publicationDetails": {"publicationDate": "2025-01-11", "bodsVersion": "0.4",
                                       "publisher": {"name": "Register"}},
            }
        )  # fmt: skip


def _ftm(number: int) -> Iterable[str]:
    for n in range(number):
        properties = {"name": [f"Firm {n}"], "country": ["cn"], "incorporationDate": ["2015-06-01"]}
        yield json.dumps({"id": f"e{n}", "schema": "Company", "properties": properties})


def _ubl(n: int) -> str:
    name = "<cbc:RegistrationName>{}</cbc:RegistrationName>"
    party = f"<cac:Party><cac:PartyLegalEntity>{name}</cac:PartyLegalEntity></cac:Party>"
    total = "".join(
        f"<cbc:{name}Amount>{amount}</cbc:{name}Amount>"
        for name, amount in (("LineExtension", 100), ("TaxExclusive", 100), ("TaxInclusive", 119))
    )
    return (
        f'<Invoice xmlns="{_UBL}Invoice-2" xmlns:cac="{_UBL}CommonAggregateComponents-2" '
        f'xmlns:cbc="{_UBL}CommonBasicComponents-2"><cbc:ID>{n}</cbc:ID><cbc:IssueDate>2026-03-02</cbc:IssueDate>'
        "<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>"
        f"<cac:AccountingSupplierParty>{party.format('Seller')}</cac:AccountingSupplierParty>"
        f"<cac:AccountingCustomerParty>{party.format('Buyer')}</cac:AccountingCustomerParty>"
        "<cac:TaxTotal><cbc:TaxAmount>19</cbc:TaxAmount></cac:TaxTotal>"
        f"<cac:LegalMonetaryTotal>{total}</cac:LegalMonetaryTotal></Invoice>"
    )


def _einvoice(n: int) -> str:
    return (
        f"<EInvoice><Header><EIid>{n:020d}</EIid><InherentLabel><InIssuType><LabelCode>Y</LabelCode></InIssuType>"
        "<GeneralOrSpecialVAT><LabelCode>01</LabelCode></GeneralOrSpecialVAT></InherentLabel></Header><EInvoiceData>"
        "<SellerInformation><SellerIdNum>91440300MA5DA1234H</SellerIdNum><SellerName>乙</SellerName></SellerInformation>"
        "<BuyerInformation><BuyerIdNum>914403001922038216</BuyerIdNum><BuyerName>甲</BuyerName></BuyerInformation>"
        "<BasicInformation><TotalAmWithoutTax>100</TotalAmWithoutTax><TotalTaxAm>13</TotalTaxAm>"
        "<TotalTax-includedAmount>113</TotalTax-includedAmount><RequestTime>2026-03-02</RequestTime></BasicInformation>"
        "</EInvoiceData></EInvoice>"
    )

"""The post-loan report: both formats tell the same, every figure leads to a record, and no name does harm."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pytest
from lxml import html as lxml_html

from casebook import Actor, Filter, NotAllowed, Role
from dossier.compile import NoSuchBorrower, NothingLoaded, compile_dossier
from exports.export import REPORTS
from exports.manifest import NotVerifiable, verify
from exports.material import Material
from exports.report.compose import compose
from exports.report.document import Cell, Document, Figure, Jump, Picture, Quoted, Row, Said, Table, cells, shown
from exports.report.telling import Telling
from graph.control import ControlRegister
from graph.schema import TABLES
from graph.snapshot import Snapshot
from graph.statement import trace_loan
from graph.stores.duckdb_store import DuckDBStore
from graph.tracing import Limits, Tracer
from presentation.unchecked import of_line
from presentation.words import LANGUAGES, Language, Words, load_catalogue
from review.indicators import indicators
from tests.exports.reported import AT, CHEN, LONG, NAMES, RUI, Reported, bank

EVIDENCE = "Records it rests on"
FORMATS = tuple(REPORTS)
ISOLATES = re.compile(r"\s+")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reported")
    Reported(folder).fill().casebook.close()
    return folder


@pytest.fixture(scope="module")
def reported(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reported]:
    """For tests that change neither graph nor alerts."""
    made = Reported(Path(shutil.copytree(filled, tmp_path_factory.mktemp("shared") / "bank")))
    yield made
    made.casebook.close()


@pytest.fixture
def own(filled: Path, tmp_path: Path) -> Iterator[Reported]:
    """A copy to change."""
    made = Reported(Path(shutil.copytree(filled, tmp_path / "bank")))
    yield made
    made.casebook.close()


@pytest.fixture(scope="module")
def told(reported: Reported) -> dict[Language, Document]:
    """The documents about B that the formats are given, by language."""
    return documents(reported)


def documents(reported: Reported, **changed: Any) -> dict[Language, Document]:
    found: list[Document] = []
    original = Material.document

    def caught(material: Material) -> Document:
        found.append(original(material))
        return found[-1]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Material, "document", caught)
        for language in LANGUAGES:
            reported.report(f"caught.{language}.html", language=language, **changed)
    return dict(zip(LANGUAGES, found, strict=True))


def inlines(document: Document) -> list[Said | Quoted | Figure | Jump]:
    return [inline for block in document.blocks for cell in cells(block) for inline in cell]


def table(document: Document, caption: str) -> list[tuple[str, ...]]:
    """The rows of the first table with this caption, as text."""
    found = next(b for b in document.blocks if isinstance(b, Table) and b.caption == caption)
    return [tuple("".join(shown(inline) for inline in cell) for cell in row.cells) for row in found.rows]


def sources(document: Document) -> dict[int, Row]:
    """The rows of the last chapter, by the number of the source."""
    last = document.blocks[-1]
    assert isinstance(last, Table)
    return {int(shown(row.cells[0][0])): row for row in last.rows}


# --- the document ------------------------------------------------------------------------------------------------


def test_every_figure_has_a_source_and_every_source_its_records(
    reported: Reported, told: dict[Language, Document]
) -> None:
    for document in told.values():
        listed = sources(document)
        figures = [inline for inline in inlines(document) if isinstance(inline, Figure)]
        assert len(figures) > 150
        assert {number for figure in figures for number in figure.sources} == set(listed)
        for row in (row for block in document.blocks if isinstance(block, Table) for row in block.rows):
            assert set(row.sources) <= set(listed)
        said = [inline.text for inline in inlines(document) if isinstance(inline, Said)]
        assert [text for text in said if re.search(r"\d", text)] == [], "a figure without its source"
        without = [number for number, row in listed.items() if row.cells[2] == (Said("–"),)]
        assert all(isinstance(listed[number].cells[1][0], Quoted) for number in without), "neither records nor a word"


def test_a_figure_without_a_source_cannot_be_made() -> None:
    with pytest.raises(ValueError, match=r"'1,000' names no source"):
        Figure("1,000", ())


def test_every_record_of_a_source_is_in_the_store_with_its_file_and_line(
    reported: Reported, told: dict[Language, Document]
) -> None:
    caught: list[Telling] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("exports.material.compose", lambda telling: caught.append(telling) or compose(telling))
        document = documents(reported)["en"]
    named = {record for source in caught[0].sources.numbers for record in source.records}
    assert {table for table, _ in named} >= {
        "party", "loan", "drawdown", "transfer", "shareholding", "office", "guarantee", "pledge",
        "financial_statement", "external_credit", "repayment_due", "contract", "inspection",
    }  # fmt: skip
    for name, key in named:
        [row] = reported.store.fetch(name, [key]).to_pylist()
        assert row["row_key"] == key
    text = "".join(shown(inline) for row in sources(document).values() for inline in row.cells[2])
    assert "Transfer T1 [transfer.csv:" in text
    assert "Loan L1 [loan.csv:2]" in text


def test_both_languages_tell_the_same(reported: Reported, told: dict[Language, Document]) -> None:
    english, chinese = told.values()
    assert [shape(block) for block in english.blocks] == [shape(block) for block in chinese.blocks]
    assert english.title.startswith("Post-loan report: ")
    assert chinese.title.startswith("贷后管理报告：")
    own = [inline.text for inline in inlines(chinese) if isinstance(inline, Said)]
    named = [text.replace("net_capital", "") for text in own]  # a parameter is called the same in every language
    assert [text for text in named if re.search(r"[A-Za-z]{4,}", text)] == []


def shape(block: Any) -> Any:
    """What a block is made of, its words apart: kinds of inlines that come out of records, and their sources."""
    if isinstance(block, Picture):
        return "picture"
    if isinstance(block, Table):
        return [([outline(cell) for cell in row.cells], row.sources) for row in block.rows]
    return [type(block).__name__, *(outline(cell) for cell in cells(block))]


def outline(cell: Cell) -> list[Any]:
    """Sentences put their blanks in another order in another language."""
    found = [(type(i).__name__, i.sources if isinstance(i, Figure) else ()) for i in cell if not isinstance(i, Said)]
    return sorted(found)


# --- figures, held against where they come from --------------------------------------------------------------


def test_the_statement_is_that_of_the_trace(reported: Reported, told: dict[Language, Document]) -> None:
    document = told["en"]
    snapshot = Snapshot.of(reported.store)
    statement = trace_loan(Tracer(snapshot, ControlRegister.of(snapshot)), "L1", Limits())
    [first, second] = statement["drawdowns"]
    assert first["returned"]["floor"] == 600_000_00
    returned = [
        {row.cells[0][0].text: row.cells[1][0].text for row in block.rows}
        for block in document.blocks
        if isinstance(block, Table) and block.caption == "What came back"
    ]
    assert [one["Came back at least (floor)"] for one in returned] == ["CNY 600,000.00", "CNY 0.00", "CNY 0.00"]
    ceiling = first["returned"]["ceiling"]
    assert returned[0]["Came back at most (ceiling)"] == f"CNY {ceiling / 100:,.2f}"
    assert second["returned"]["floor"] == 0
    ways = table(document, "Ways that the money took")
    assert ("T1 → T3 → T4", "CNY 400,000.00") in ways
    [total] = statement["total"]["returned"].values()
    facts = {
        term: "".join(shown(i) for i in cell) for block in document.blocks for term, cell in getattr(block, "pairs", ())
    }
    assert facts["Followed"] == f"CNY {total['traced'] / 100:,.2f}" == "CNY 1,000,000.00"


def test_loans_are_those_of_the_book(reported: Reported, told: dict[Language, Document]) -> None:
    document = told["en"]
    rows = {row[0]: row for row in table(document, "Loans")}
    assert rows["L1"][1:5] == ("购买<原料>", "CNY 1,000,000.00", "CNY 1,000,000.00", "CNY 800,000.00")
    assert rows["L1"][8] == "40"
    assert rows["L2"][4] == "CNY 0.00"
    [drawn] = [
        row.cells[3][0]
        for block in document.blocks
        if isinstance(block, Table) and block.caption == "Loans"
        for row in block.rows
        if row.cells[0] == (Quoted("L1"),)
    ]
    text = "".join(shown(i) for i in sources(document)[drawn.sources[0]].cells[2])  # type: ignore[union-attr]
    assert "Drawdown L1-1 " in text
    assert "Drawdown L1-2 " in text


def test_the_methods_are_those_of_the_casebook(reported: Reported, told: dict[Language, Document]) -> None:
    document = told["zh"]
    kept = reported.casebook.checklist("L1", actor=CHEN)
    assert kept is not None
    rows = table(document, "借据 L1 检查表")
    assert len(rows) == 10
    words = Words(load_catalogue(), "zh")
    assert [row[3] for row in rows] == [of_line(words, line) for line in kept.lines]
    assert any(row[3].startswith("未检查：未导入") for row in rows)
    alerts = {a.fingerprint: a for a in reported.casebook.alerts(actor=CHEN, today=AT.date())}
    assert {line["status"] for line in kept.lines} >= {"red", "not_checked"}
    for row, line in zip(rows, kept.lines, strict=True):
        for record in line["evidence"]:
            number = alerts[record["finding"]].alert_id if "finding" in record else None
            assert (f"预警 {number}" if number else record["id"]) in row[6]


def test_findings_are_those_of_the_casebook_with_every_record(own: Reported) -> None:
    own.casebook.decide(1, "confirm", actor=RUI, reason="=1+1 <b>", at=AT)
    document = documents(own)["en"]
    alerts = own.casebook.alerts(Filter(loans=("L1", "L2")), actor=CHEN, today=AT.date())
    party = own.casebook.alerts(Filter(parties=("B",)), actor=CHEN, today=AT.date())
    text = "".join(shown(inline) for inline in inlines(document))
    for alert in {a.alert_id: a for a in (*alerts, *party)}.values():
        assert f"Alert {alert.alert_id}: " in text
        assert alert.finding["message"]["en"] in text
        assert alert.version.evidence_hash in text
    rows = [table.rows for table in document.blocks if isinstance(table, Table) and table.caption == EVIDENCE]
    found = {a.alert_id: a for a in (*alerts, *party)}.values()
    assert sum(map(len, rows)) == sum(len(alert.finding["evidence"]) for alert in found)
    assert "=1+1 <b>" in text


def test_indicators_are_those_of_the_review_and_add_up_from_their_records(
    reported: Reported, told: dict[Language, Document]
) -> None:
    document = told["en"]
    snapshot = Snapshot.of(reported.store)
    day = snapshot.latest_day
    assert day is not None
    rows = {row[0]: row for row in table(document, "Indicators")}
    # 800,000 of 800,000 are past due
    assert rows["overdue rate"][1:] == ("100%", "1", "0", "CNY 800,000.00", "CNY 800,000.00")
    # 120,000 / 100,000 - 1
    assert rows["income change"][1:] == ("20%", "1", "0", "CNY 120,000.00", "CNY 100,000.00")
    # (800,000 here + 160,000 elsewhere) / 120,000
    assert rows["debt burden ratio"][1:] == ("800%", "1", "0", "CNY 960,000.00", "CNY 120,000.00")
    # 25,000 due in March / 10,000 a month
    assert rows["repayment capacity ratio"][1:] == ("250%", "1", "0", "CNY 25,000.00", "CNY 10,000.00")
    found = {f.indicator: f for f in indicators(snapshot.focused(["L1", "L2"]), day, "borrower", records=True)}
    named = {name: {(r.table, r.id) for r in figure.records} for name, figure in found.items()}
    assert named == {
        "overdue_rate": {("loan", "L1")},
        "income_change": {("financial_statement", "S1"), ("financial_statement", "S2")},
        "debt_burden": {("loan", "L1"), ("external_credit", "E1"), ("financial_statement", "S2")},
        "repayment_capacity": {("repayment_due", "R1"), ("financial_statement", "S2")},
    }
    assert "records" not in found["debt_burden"].to_json()
    assert not indicators(snapshot, day, "book")[0].records, "a book of a hundred thousand loans names none"


def test_owners_are_those_of_the_control_register(reported: Reported, told: dict[Language, Document]) -> None:
    document = told["en"]
    snapshot = Snapshot.of(reported.store)
    assert snapshot.latest_day is not None
    control = ControlRegister.of(snapshot).as_of(snapshot.latest_day)
    assert control.share("P", "B") == 0.6
    rows = table(document, "Holdings above this party")
    assert [(row[0], row[2], row[6]) for row in rows] == [
        (f"{NAMES['G']} (G)", "owns a part, size unknown", "0%"),
        (f"{NAMES['P']} (P)", "60%", "60%"),
    ]
    assert len([block for block in document.blocks if isinstance(block, Picture)]) == 2


def test_what_was_not_checked_is_told_once_more(reported: Reported, told: dict[Language, Document]) -> None:
    document = told["en"]
    [sweep] = reported.casebook.sweeps(actor=CHEN)
    assert sweep.not_checked
    assert len(table(document, "Detectors that did not look, or failed")) == len(sweep.not_checked) + len(sweep.failed)
    kept = [reported.casebook.checklist(loan, actor=CHEN) for loan in ("L1", "L2")]
    silent = sum(line["status"] == "not_checked" for one in kept if one is not None for line in one.lines)
    assert len(table(document, "Methods not checked")) == silent


def test_a_borrower_without_loans_and_a_party_only_mentioned(
    reported: Reported, told: dict[Language, Document]
) -> None:
    for party, words in (("Z", "It has borrowed nothing from us."), ("bank", "no file describes it")):
        document = documents(reported, dossier=reported.dossier(party))["en"]
        assert words in "".join(shown(inline) for inline in inlines(document))


def test_a_book_that_changed_since_the_sweep_is_said(own: Reported) -> None:
    from tests.stores.arriving import put
    from tests.story import rows as told

    put(own.store, *told("company NEW"))
    text = "".join(shown(inline) for inline in inlines(documents(own)["en"]))
    assert "the graph has changed since the last sweep" in text


def test_nothing_is_reported_of_nobody(reported: Reported, tmp_path: Path) -> None:
    with pytest.raises(NoSuchBorrower, match="no party 'nobody' is loaded"):
        reported.dossier("nobody")
    empty = DuckDBStore(str(tmp_path / "empty.duckdb"))
    empty.create_schema()
    with pytest.raises(NothingLoaded, match="load files first"):
        compile_dossier(empty, reported.casebook, "B")


# --- the formats ---------------------------------------------------------------------------------------------


def squeezed(text: str) -> str:
    return ISOLATES.sub("", text)


def read_html(content: bytes) -> str:
    page = lxml_html.fromstring(content.decode("utf-8"))
    [main] = page.xpath("//main")
    for drawing in main.xpath(".//svg"):
        drawing.getparent().remove(drawing)
    return squeezed(str(main.text_content()))


def read_docx(content: bytes) -> str:
    word = docx.Document(io.BytesIO(content))
    return squeezed("".join(node.text or "" for node in word.element.body.iter() if node.tag.endswith("}t")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_formats_tell_every_word_in_the_same_order(
    reported: Reported, told: dict[Language, Document], language: Language
) -> None:
    document = told[language]
    for ending, read in ((".html", read_html), (".docx", read_docx)):
        text = read(reported.report(f"list{ending}", language=language).file.read_bytes())
        at = 0
        for inline in inlines(document):
            wanted = squeezed(shown(inline))
            found = text.find(wanted, at)
            assert found >= 0, f"{ending} lacks {wanted[:80]!r} after {text[max(at - 60, 0) : at]!r}"
            at = found + len(wanted)


@pytest.mark.parametrize("ending", FORMATS)
def test_equal_material_gives_equal_bytes_and_another_purpose_other_ones(reported: Reported, ending: str) -> None:
    dossier = reported.dossier()
    first, second = (reported.report(f"{n}{ending}", dossier=dossier).file.read_bytes() for n in ("one", "two"))
    # the end of the audit log stands in the manifest, not in the report
    assert first == second
    from exports.manifest import Request

    other = reported.report(f"three{ending}", dossier=dossier, request=Request(CHEN, AT, "another purpose"))
    assert other.file.read_bytes() != first


def test_the_document_says_nothing_of_when_and_where_it_was_packed(reported: Reported) -> None:
    content = reported.report("list.docx").file.read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = docx.Document(io.BytesIO(content)).core_properties
    assert properties.author == "Chen"
    assert properties.created == properties.modified == AT.replace(tzinfo=properties.created.tzinfo)


@pytest.mark.parametrize("ending", FORMATS)
def test_names_do_no_harm(reported: Reported, ending: str) -> None:
    content = reported.report(f"list{ending}").file.read_bytes()
    if ending == ".html":
        page = lxml_html.fromstring(content.decode("utf-8"))
        assert page.xpath("//script | //img | //link | //iframe | //@onclick | //@src") == []
        assert {str(href)[0] for href in page.xpath("//@href")} == {"#"}
        text = str(page.text_content())
    else:
        word = docx.Document(io.BytesIO(content))
        text = "".join(node.text or "" for node in word.element.body.iter() if node.tag.endswith("}t"))
        assert not [r for r in word.part.rels.values() if r.is_external]
        fields = [n for n in word.element.body.iter() if n.tag.endswith(("}instrText", "}fldSimple"))]
        assert fields == [], "a name must not become a field that Word runs"
    assert "<script>alert('B')</script>\ufffdevil 明亮纺织 😀 \ufffd" in text
    assert "=cmd|' /C calc'!A0" in text
    assert "שלום עולם" in text
    assert 'City & Works "quoted" <b>' in text
    assert LONG[:300] in text
    assert LONG[:500] not in text
    assert "\u202e" not in text


def test_tables_and_headings_of_the_document_are_real_ones(reported: Reported) -> None:
    word = docx.Document(io.BytesIO(reported.report("list.docx").file.read_bytes()))
    headings = [p.text for p in word.paragraphs if p.style.name == "Heading 2"]
    assert headings[:4] == ["The borrower", "Loans", "The ten post-loan methods", "Findings"]
    assert headings[-1] == "Sources by number"
    [loans] = [t for t in word.tables if t.rows[0].cells[0].text == "Loan" and len(t.columns) == 10]
    assert loans.rows[1].cells[2].text == "CNY 1,000,000.00"
    assert len(word.inline_shapes) == 2
    body = word.element.body
    assert set(body.xpath(".//w:hyperlink/@w:anchor")) <= set(body.xpath(".//w:bookmarkStart/@w:name"))
    assert len(set(body.xpath(".//w:bookmarkStart/@w:id"))) == len(body.xpath(".//w:bookmarkStart"))


def test_every_jump_of_the_page_leads_somewhere(reported: Reported) -> None:
    page = lxml_html.fromstring(reported.report("list.html").file.read_text(encoding="utf-8"))
    places = page.xpath("//@id")
    assert len(places) == len(set(places))
    assert {str(href)[1:] for href in page.xpath("//@href")} <= set(places)


# --- who may, and what they see -------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", FORMATS)
def test_a_report_proves_itself_and_is_logged(own: Reported, ending: str) -> None:
    made = own.report(f"list{ending}")
    checked = verify(made.file, own.casebook)
    assert checked.unchanged
    assert checked.entry is not None
    assert json.loads(checked.entry.details)["format"] == f"report {ending[1:]}"
    manifest = json.loads(made.manifest.read_text(encoding="utf-8"))
    assert manifest["borrower"] == "B"
    assert manifest["report_as_of"] == "2026-03-10"
    assert manifest["purpose"] == "annual review 年度检查"
    made.file.write_bytes(made.file.read_bytes() + b" ")
    assert not verify(made.file, own.casebook).unchanged
    made.manifest.unlink()
    with pytest.raises(NotVerifiable):
        verify(made.file, own.casebook)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.INVESTIGATOR, Role.ADMINISTRATOR])
def test_others_may_not_take_a_report_out(own: Reported, role: Role) -> None:
    before = own.casebook.head()
    with pytest.raises(NotAllowed):
        own.report("list.html", actor=Actor("ann", role))
    assert not list(own.folder.glob("list.html*"))
    assert own.casebook.head() == before


@pytest.mark.parametrize(("ending", "read"), [(".html", read_html), (".docx", read_docx)])
def test_personal_data_is_masked_by_role(reported: Reported, ending: str, read: Any) -> None:
    masked = read(reported.report(f"r{ending}", actor=RUI).file.read_bytes())
    whole = read(reported.report(f"c{ending}").file.read_bytes())
    assert "王小明" in whole
    assert "555-1" in whole
    assert "王小明" not in masked
    assert "王***" in masked
    assert "Yvonne" not in masked
    assert "Personaldataismasked" in masked
    assert "明亮纺织" in masked, "what is written of organisations is public"
    if ending == ".html":
        page = reported.folder.joinpath("r.html").read_text(encoding="utf-8")
        assert "王小明" not in page, "pictures neither"


def test_a_suspicious_case_does_not_exist_for_who_may_tip_off(own: Reported) -> None:
    alerts = own.casebook.alerts(Filter(loans=("L1",)), actor=CHEN, today=AT.date())
    secret = next(a for a in alerts if a.detector == "loan_money_returns")
    own.casebook.open_case("B", [secret.alert_id], loans=(), title="to the unit", suspicious=True, actor=CHEN, at=AT)
    theirs = own.report("r.html", actor=RUI)
    ours = own.report("c.html")
    hidden, told = (made.file.read_text(encoding="utf-8") for made in (theirs, ours))
    assert secret.fingerprint in told
    assert "Keep it within compliance" in told
    for mark in (
        secret.fingerprint,
        secret.finding["message"]["en"],
        f'alert-{secret.alert_id}"',
        "suspicious-transaction",
    ):
        assert mark not in hidden
    page = lxml_html.fromstring(hidden)
    [first] = [r for r in page.xpath("//tr") if [c.text_content() for c in r][:2] == ["1", "Trace the loan money"]][:1]
    assert "not checked: no result to show" in first.text_content()
    assert json.loads(theirs.manifest.read_text(encoding="utf-8"))["suspicious"] is False
    assert json.loads(ours.manifest.read_text(encoding="utf-8"))["suspicious"] is True
    assert theirs.rows == ours.rows - 1


# --- in a browser ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_asks_nobody_for_anything_and_is_fit_for_everybody(
    reported: Reported, chromium_path: str, language: Language
) -> None:
    from axe_core_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    from tests.ui.test_browser import FLAGS
    from tests.ui.test_browser_pages import WCAG

    file = reported.report("list.html", language=language).file
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        page = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True).new_page()
        asked: list[str] = []
        troubles: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: troubles.append(dialog.message))
        page.goto(file.as_uri())
        assert asked == [file.as_uri()]
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        printed = page.pdf(format="A4")
        assert printed.startswith(b"%PDF")
        browser.close()
        # axe is a script, which the page itself forbids: looked at with that rule set aside
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        page = browser.new_context(bypass_csp=True, offline=True).new_page()
        page.goto(file.as_uri())
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})["violations"]
        assert [f"{v['id']}: {n['html'][:160]}" for v in found for n in v["nodes"][:2]] == []
        browser.close()
    assert troubles == []


def test_the_bank_of_these_tests_has_what_a_report_tells() -> None:
    assert {row.TABLE.name for row in bank()} <= set(TABLES)
    assert date(2026, 3, 10) < AT.date()

"""The report on the borrower's page: made in the background for those who may export, and saved with its manifest."""

from __future__ import annotations

import base64
import io
import json

import docx

from casebook import Actor, Role
from tests.ui.conftest import Bank, Open, said
from tests.ui.test_detection_pages import after_work

ANN = Actor("ann", Role.COMPLIANCE)
BORROWER = "ui/pages/borrower.py"


def test_a_report_is_made_and_ready_to_be_saved(bank: Bank, desk: Open) -> None:
    app = desk(BORROWER, role="compliance", language="zh", id="B")
    [purpose] = [field for field in app.text_input if field.key == "report_purpose"]
    purpose.set_value("年度检查")
    [make] = [button for button in app.button if button.label == "生成报告"]
    app = after_work(make.click().run())
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels == ["下载 post-loan-report-2026-04-03-zh.docx", "下载说明文件"]
    [entry] = [entry for entry in bank.casebook.audit(actor=ANN) if entry.action == "export"]
    assert json.loads(entry.details)["format"] == "report docx"
    assert (entry.actor, entry.object, entry.text) == ("ann", "post-loan-report-2026-04-03-zh.docx", "年度检查")


def test_the_worker_hands_back_the_file_and_its_manifest(bank: Bank, desk: Open) -> None:
    from ui.work.worker import borrower_report

    desk(BORROWER, role="compliance", id="B")  # sets the environment in which the worker runs
    made = borrower_report(
        {
            "actor": {"name": "ann", "role": "compliance"},
            "borrower": "B",
            "format": "docx",
            "language": "en",
            "purpose": "",
        },
        lambda step, number, of: None,
    )
    word = docx.Document(io.BytesIO(base64.b64decode(made["file"]["content"])))
    assert word.paragraphs[0].text == "Post-loan report: Bright Textiles Ltd (B)"
    assert made["manifest"]["name"] == made["file"]["name"] + ".manifest.json"


def test_whoever_may_not_export_is_offered_nothing(desk: Open) -> None:
    app = desk(BORROWER, role="investigator", id="B")
    assert "Post-loan report" not in said(app)
    assert "Post-loan report" in said(desk(BORROWER, role="reviewer", id="B"))

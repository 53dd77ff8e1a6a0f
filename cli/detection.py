"""Commands that ask the detectors: `detectors`, `sweep`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import typer

from casebook import Alert, Casebook, CasebookMissing, open_casebook
from cli.surroundings import PARTLY, STANDARD_OUTPUT, Surroundings, WrongUsage, print_json, require_writable, write_json
from cli.terminal import Terminal, progress, shown_status
from detectors import registry
from detectors.contract import SECTIONS, SECTIONS_ZH, DetectorModule
from detectors.documentation import sections
from findings import SEVERITY_ORDER, Finding
from graph.columns import Text
from presentation.unchecked import why
from sweeps.job import Swept, sweep_book
from sweeps.sweep import SweepResult

SHOWN_FINDINGS = 100
"""Rows of the table that `sweep` prints; the casebook and --json have all of them."""

DETECTOR, TITLE, METHOD = Text("detector", "规则"), Text("title", "名称"), Text("method", "方法")
SEVERITY, NEEDS, ABOUT = Text("severity", "级别"), Text("needs", "所需数据"), Text("about", "对象")
ALERT, STATUS, AMOUNT, WORDS = (
    Text("alert", "预警"),
    Text("status", "状态"),
    Text("amount", "金额"),
    Text("what", "说明"),
)
NAME, DEFAULT, UNIT = Text("parameter", "参数"), Text("default", "默认"), Text("unit", "单位")
FROM, UP_TO, MEANING = Text("from", "下限"), Text("to", "上限"), Text("meaning", "含义")


def detectors(
    ctx: typer.Context,
    id_: Annotated[str | None, typer.Argument(metavar="[ID]", help="one detector, with its documentation")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """List the detectors, or show one with its parameters and documentation. 查看规则。"""
    terminal = Surroundings.of(ctx).terminal
    chosen = chosen_detectors([id_] if id_ else [])
    if as_json:
        documents = [_document(name, module) for name, module in chosen.items()]
        print_json(documents[0] if id_ else {"detectors": documents})
    elif id_:
        _describe(terminal, id_, chosen[id_])
    else:
        rows = [
            (name, terminal.word(module.META.title), module.META.method or "", module.META.severity, _needs(module))
            for name, module in chosen.items()
        ]
        terminal.table((DETECTOR, TITLE, METHOD, SEVERITY, NEEDS), rows)


def sweep(
    ctx: typer.Context,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="judge the book as of this day; default: latest record"),
    ] = None,
    detector: Annotated[list[str] | None, typer.Option(metavar="ID", help="only this detector; repeatable")] = None,
    loan: Annotated[list[str] | None, typer.Option(metavar="ID", help="only this loan; repeatable")] = None,
    param: Annotated[
        list[str] | None, typer.Option(metavar="DETECTOR.NAME=VALUE", help="one parameter; repeatable")
    ] = None,
    json_: Annotated[
        str | None,
        typer.Option("--json", metavar="FILE", help="write the result to FILE; - prints it and nothing else"),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="judge every loan again, also those that no change since can concern")
    ] = False,
    fold: Annotated[bool, typer.Option(help="record the findings as alerts in the casebook")] = True,
) -> None:
    """Run the detectors over the book and record what they find. 全行扫描并登记预警。"""
    here = Surroundings.of(ctx)
    if json_ is not None:
        require_writable(json_)
    chosen = chosen_detectors(detector or [])
    given = given_parameters(chosen, param or [])
    with here.store() as store, progress("sweep") as step:

        def run(casebook: Casebook | None) -> Swept:
            return sweep_book(
                store,
                casebook,
                actor=here.actor,
                clock=here.now,
                timezone=here.settings.timezone,
                calendar=here.settings.calendar,
                same_as=here.settings.same_as,
                as_of=None if as_of is None else as_of.date(),
                detectors=chosen,
                loans=loan,
                params=given,
                materiality=here.materiality,
                progress=step,
                memory=here.settings.sweep_memory,
                full=full,
            )

        alerts: dict[str, Alert] = {}
        if fold:
            with here.casebook() as casebook:
                swept = _seen(run(casebook), casebook.unseen(actor=here.actor))
                shown = _worst_first(swept.result)[:SHOWN_FINDINGS]
                alerts = {
                    f.fingerprint: casebook.alert(f.fingerprint, actor=here.actor, today=here.today) for f in shown
                }
        else:
            swept = _seen(run(None), _unseen(here))
    if json_ is not None:
        write_json(swept.result.to_json(), json_)
    if json_ != STANDARD_OUTPUT:
        _show(here.terminal, swept, chosen, alerts)
    if swept.result.failed:
        raise typer.Exit(PARTLY)


def _seen(swept: Swept, unseen: frozenset[str]) -> Swept:
    """What was found, without findings whose alerts do not exist for the reader."""
    findings = tuple(finding for finding in swept.result.findings if finding.fingerprint not in unseen)
    return replace(swept, result=replace(swept.result, findings=findings))


def _unseen(here: Surroundings) -> frozenset[str]:
    try:
        casebook = open_casebook(here.settings.casebook, here.settings.casebook_secret(), create=False)
    except CasebookMissing:
        return frozenset()  # nobody has kept anything from anybody yet
    with closing(casebook):
        return casebook.unseen(actor=here.actor)


def chosen_detectors(ids: Sequence[str]) -> dict[str, DetectorModule]:
    """The detectors with these ids, or all of them. Raises `WrongUsage` for one that does not exist."""
    known = registry.discover()
    unknown = sorted(set(ids) - set(known))
    if unknown:
        raise WrongUsage(f"no detector {', '.join(unknown)}; there are {', '.join(known)}")
    return {id_: module for id_, module in known.items() if not ids or id_ in ids}


def given_parameters(chosen: Mapping[str, DetectorModule], given: Sequence[str]) -> dict[str, Any]:
    """The ``Params`` of each detector that some ``DETECTOR.NAME=VALUE`` is about. Raises `WrongUsage` or
    `ParameterError`."""
    texts: dict[str, dict[str, str]] = {}
    for text in given:
        name, equals, value = text.partition("=")
        id_, dot, parameter = name.strip().partition(".")
        if not (equals and dot and parameter):
            raise WrongUsage(f"--param {text!r} is not DETECTOR.NAME=VALUE, such as loan_money_returns.horizon_days=30")
        if id_ not in chosen:
            raise WrongUsage(f"--param {text!r}: {id_!r} is no detector of this sweep; it has {', '.join(chosen)}")
        texts.setdefault(id_, {})[parameter] = value.strip()
    return {id_: registry.parse(chosen[id_], values) for id_, values in texts.items()}


def _show(terminal: Terminal, swept: Swept, modules: Mapping[str, DetectorModule], alerts: Mapping[str, Alert]) -> None:
    result = swept.result
    worst_first = _worst_first(result)
    shown = [_row(terminal, finding, modules, alerts) for finding in worst_first[:SHOWN_FINDINGS]]
    if shown:
        terminal.table((SEVERITY, DETECTOR, ABOUT, AMOUNT, ALERT, STATUS, WORDS), shown, numbers=(AMOUNT, ALERT))
    if len(worst_first) > len(shown):
        more = Text("… and {more} more: loantrail alerts list", "……另有 {more} 条：loantrail alerts list")
        terminal.say(more, more=len(worst_first) - len(shown))
    _summarise(terminal, result)
    if swept.folded is not None:
        folded = Text(
            "casebook: {new} new, {changed} changed ({reopened} reopened), {unchanged} as before, "
            "{no_longer_seen} no longer seen",
            "案卷：新增 {new}，变化 {changed}（重新打开 {reopened}），未变 {unchanged}，不再出现 {no_longer_seen}",
        )
        terminal.say(folded, **swept.folded.to_json())


def _worst_first(result: SweepResult) -> list[Finding]:
    return sorted(result.findings, key=lambda f: (-SEVERITY_ORDER[f.severity], -(f.amount.high if f.amount else 0)))


def _summarise(terminal: Terminal, result: SweepResult) -> None:
    found = Text(
        "{count} findings as of {as_of}, data cut {data_cut}", "截至 {as_of} 发现 {count} 条，数据版本 {data_cut}"
    )
    terminal.say(found, count=len(result.findings), as_of=result.as_of, data_cut=result.data_cut)
    words = terminal.words()
    for missed in result.not_checked:
        lacks = why(words, missed.to_json())
        terminal.say(Text("not checked: {id}: {why}", "未检查：{id}：{why}"), id=missed.detector, why=lacks)
    for broken in result.failed:
        failed = Text("failed: {id}: {error}: {why} (the log has more)", "运行失败：{id}：{error}：{why}（详见日志）")
        terminal.say(failed, id=broken.detector, error=broken.error, why=broken.message)


def _row(
    terminal: Terminal, finding: Finding, modules: Mapping[str, DetectorModule], alerts: Mapping[str, Alert]
) -> tuple[object, ...]:
    amount, alert = finding.amount, alerts.get(finding.fingerprint)
    return (
        terminal.severity(finding.severity),
        terminal.word(modules[finding.detector].META.title),
        f"{finding.subject.table} {finding.subject.id}",
        terminal.amount(amount.low, amount.high, amount.currency) if amount else "",
        alert.alert_id if alert else "",
        shown_status(terminal, alert) if alert else "",
        finding.message.text(terminal.language),
    )


def _needs(module: DetectorModule) -> str:
    alternatives = (need if isinstance(need, tuple) else (need,) for need in module.META.needs)
    return ", ".join(" | ".join(row.TABLE.name for row in rows) for rows in alternatives)


def _describe(terminal: Terminal, id_: str, module: DetectorModule) -> None:
    chinese = terminal.language == "zh"
    terminal.say(Text("{id}: {title}", "{id}：{title}"), id=id_, title=terminal.word(module.META.title))
    documented = sections(module.DOC_ZH, SECTIONS_ZH) if chinese else sections(module.__doc__ or "", SECTIONS)
    for title, text in documented.items():
        terminal.say(Text("\n{title}\n  {text}", "\n{title}\n  {text}"), title=title, text=text)
    terminal.say(Text("", ""))
    rows = [
        (
            f"{id_}.{name}",
            p.default,
            p.unit,
            *("–" if end is None else end for end in (p.low, p.high)),
            terminal.word(p.meaning),
        )
        for name, p in registry.described(module).items()
    ]
    terminal.table((NAME, DEFAULT, UNIT, FROM, UP_TO, MEANING), rows, numbers=(DEFAULT, FROM, UP_TO))


def _document(id_: str, module: DetectorModule) -> dict[str, Any]:
    meta = module.META
    return {
        "detector": id_,
        "title": vars(meta.title),
        "family": meta.family,
        "method": meta.method,
        "severity": meta.severity,
        "maturity": meta.maturity,
        "needs": [[row.TABLE.name for row in (need if isinstance(need, tuple) else (need,))] for need in meta.needs],
        "parameters": [
            {
                "name": p.name,
                "default": p.default,
                "unit": p.unit,
                "low": p.low,
                "high": p.high,
                "meaning": vars(p.meaning),
                "source": p.source,
            }
            for p in registry.described(module).values()
        ],
        "documentation": {"en": sections(module.__doc__ or "", SECTIONS), "zh": sections(module.DOC_ZH, SECTIONS_ZH)},
    }

"""Fields of XML records by their paths, taken out in C: an XSLT stylesheet written from the paths.

The stylesheet is ours and fixed; what a document contains is never a stylesheet. It runs without Python's lock, so
several documents are read at a time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.csv
from lxml import etree

from ingest.format_problems import BROKEN_XML
from ingest.problems import FileRefused, shown
from ingest.xml import tree

LEVEL = "level"
"""``0`` for a record, ``1`` for a detail of the record before it."""


class Fields:
    """Texts at paths (XPath 1.0 without prefixes, all in one namespace), with single spaces.

    Without `record`, called with an element it gives the texts by name. With it, `table` gives those of all elements
    of that name in a document: a row each; and a row for each of its details (at the path and with the fields of
    `details`) where there are several of them. A single detail stands in the record's own row.
    """

    def __init__(
        self,
        paths: Mapping[str, str],
        namespace: str,
        record: str = "",
        *,
        details: tuple[str, Mapping[str, str]] = ("", {}),
    ) -> None:
        within, of_detail = details
        self.names = [*([LEVEL] if record else []), *paths, *of_detail]
        named = {name: _prefixed(path) for name, path in paths.items()}
        if not record:
            each = _template("*", _fields(named))
        else:
            first = {name: _prefixed(path) for name, path in of_detail.items()}
            detail = _fields(first)
            own = f"<xsl:text>0{_TAB}</xsl:text>{_fields(named)}"
            if of_detail:
                path = _prefixed(within)
                own += f'<xsl:variable name="all" select="{path}"/>{_TAB_TEXT}'
                blank = f"<xsl:text>{_TAB * (len(first) - 1)}</xsl:text>"
                only = f'<xsl:for-each select="$all">{detail}</xsl:for-each>'
                own += f'<xsl:choose><xsl:when test="count($all) = 1">{only}</xsl:when>'
                own += f"<xsl:otherwise>{blank}</xsl:otherwise></xsl:choose>{_END}"
                lead = f"<xsl:text>1{_TAB}{_TAB * len(named)}</xsl:text>"
                several = f'<xsl:for-each select="$all">{lead}{detail}{_END}</xsl:for-each>'
                own += f'<xsl:if test="count($all) &gt; 1">{several}</xsl:if>'
            else:
                own += _END
            each = _template("/*", f'<xsl:for-each select="{_prefixed(record)}">{own}</xsl:for-each>')
        sheet = _SHEET.format(namespace=quoteattr(namespace), each=each)
        self._sheet = etree.XSLT(etree.XML(sheet), access_control=etree.XSLTAccessControl.DENY_ALL)

    def __call__(self, element: Any) -> dict[str, str]:
        """The texts of one element, empty where there is nothing."""
        told = bytes(self._sheet(element)).decode()
        return dict(zip(self.names, told.split(_TAB), strict=True))

    def table(self, document: bytes) -> pa.Table:
        """The texts of the records of a document, null where there is nothing. Raises `FileRefused`."""
        try:
            told = bytes(self._sheet(tree(document)))
        except etree.XSLTApplyError as error:
            raise FileRefused(BROKEN_XML(error=shown(error))) from error
        if not told:
            return pa.table([pa.array([], pa.string())] * len(self.names), names=self.names)
        return pa.csv.read_csv(
            pa.py_buffer(told),
            read_options=pa.csv.ReadOptions(column_names=self.names, use_threads=False, block_size=len(told)),
            parse_options=pa.csv.ParseOptions(delimiter=_TAB, quote_char=False, ignore_empty_lines=False),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(self.names, pa.string()), strings_can_be_null=True, null_values=[""]
            ),
        )


_TAB = "\t"
_TAB_TEXT = "<xsl:text>&#9;</xsl:text>"
_END = "<xsl:text>&#10;</xsl:text>"
_SHEET = (
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:c={namespace}>'
    '<xsl:output method="text" encoding="UTF-8"/>{each}</xsl:stylesheet>'
)
_ELEMENT = re.compile(r"(?<![@\w:$-])([A-Z]\w*)")


def _prefixed(path: str) -> str:
    """A path with the prefix of the namespace before the name of every element."""
    return escape(_ELEMENT.sub(r"c:\1", path))


def _fields(paths: Mapping[str, str]) -> str:
    """Texts between tabs: `normalize-space` leaves neither tabs nor line ends in them."""
    return _TAB_TEXT.join(f'<xsl:value-of select="normalize-space({path})"/>' for path in paths.values())


def _template(match: str, content: str) -> str:
    return f'<xsl:template match="{match}">{content}</xsl:template>'

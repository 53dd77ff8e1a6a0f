"""XML from strangers: no document type, no entities, nothing fetched, and memory bounded by one record.

`split` reads a file of any size: the records, thousands of like elements, as small documents of their own, which may
be read in parallel, and the few elements around them one by one. `tree` reads a small document whole, `root_of` says
what a file is. libxml2's own limits stay on (`huge_tree` is off): depth, length of a name, size of one text.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import quoteattr

from lxml import etree

from ingest.format_problems import BROKEN_XML, DOCUMENT_TYPE, ELEMENT_TOO_LARGE
from ingest.problems import FileRefused, shown

BEGINNING = 1 << 16
"""Bytes in which the root element must begin."""
RECORD_LIMIT = 64 << 20
"""Bytes of one record: a collective booking of some 60,000 payments."""
DOCUMENT_LIMIT = 32 << 20
"""Bytes of a document that is read whole."""
BLOCK = 1 << 20
"""Bytes that are read, and of records that are handed on, at once."""
RUN = 500
"""Records that are handed on at once where they are cut out one by one."""

_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
    "collect_ids": False,
}
_BROKEN = (UnicodeError, LookupError, ValueError, AssertionError)
"""What lxml raises beside `XMLSyntaxError` on encodings that do not exist and names that cannot be."""
_UTF8 = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*?(?:encoding\s*=\s*[\"'](?i:utf-8|us-ascii)[\"'][^>]*)?\?>)?")
_DOCUMENT_TYPE = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)


def root_of(beginning: bytes) -> str | None:
    """The root element as ``{namespace}name``, None where the bytes do not begin like XML."""
    parser = etree.XMLPullParser(events=("start",), resolve_entities=False, no_network=True, load_dtd=False)
    try:
        parser.feed(beginning)
        return next((str(element.tag) for _, element in parser.read_events()), None)
    except (etree.XMLSyntaxError, *_BROKEN):
        return next((str(element.tag) for _, element in parser.read_events()), None)  # broken only behind its start


def root_in(path: Path) -> str | None:
    """The root element of a file, as `root_of`."""
    with path.open("rb") as file:
        return root_of(file.read(BEGINNING))


def tree(document: bytes) -> Any:
    """The root element of a small document. Raises `FileRefused`."""
    if len(document) > DOCUMENT_LIMIT:
        raise FileRefused(ELEMENT_TOO_LARGE(limit=DOCUMENT_LIMIT))
    if _DOCUMENT_TYPE.match(document[:BEGINNING]):
        raise FileRefused(DOCUMENT_TYPE())
    try:
        root = etree.fromstring(document, etree.XMLParser(**_SAFE))
    except etree.XMLSyntaxError as error:
        raise FileRefused(BROKEN_XML(error=shown(error.msg)), line=error.lineno) from error
    except _BROKEN as error:
        raise FileRefused(BROKEN_XML(error=shown(error))) from error
    _refuse_document_type(root)
    return root


def small_tree(path: Path) -> Any:
    """The root element of a file that is one small document. Raises `FileRefused`."""
    with path.open("rb") as file:
        return tree(file.read(DOCUMENT_LIMIT + 1))


def split(path: Path, record: str, container: str, details: Collection[str]) -> Iterator[tuple[Any, int]]:
    """The file taken apart, in its order, each part with the bytes read so far: elements with the tag `container` or
    one of `details` (``{namespace}name``; details stand in a container) at their ends, and the records (all elements
    named `record`) as bytes of documents whose root has nothing but whole records. Raises `FileRefused`.

    Where the file has no comments, no CDATA and no processing instructions, ``<`` begins a tag wherever it stands, and
    records are cut out by their tags without being parsed here. Otherwise they are parsed and written again.
    """
    with path.open("rb") as file:
        if _DOCUMENT_TYPE.match(file.read(BEGINNING)):
            raise FileRefused(DOCUMENT_TYPE())
    way = _cut if _is_plain(path) else _parsed
    try:
        yield from way(path, record, container, details)
    except etree.XMLSyntaxError as error:
        raise FileRefused(BROKEN_XML(error=shown(error.msg))) from error
    except _BROKEN as error:
        raise FileRefused(BROKEN_XML(error=shown(error))) from error


def leaves(path: Path, containers: Collection[str]) -> Iterator[tuple[str, str, str, int]]:
    """A file of elements without attributes, whatever its size, with the bytes read so far: ``begin`` and ``end`` of
    those named in `containers`, and ``leaf`` with its text for what has no elements in it and stands directly in one of
    them. Names are without namespace. Raises `FileRefused`."""
    with path.open("rb") as file:
        if _DOCUMENT_TYPE.match(file.read(BEGINNING)):
            raise FileRefused(DOCUMENT_TYPE())
    try:
        yield from _leaves(path, containers)
    except etree.XMLSyntaxError as error:
        raise FileRefused(BROKEN_XML(error=shown(error.msg))) from error
    except _BROKEN as error:
        raise FileRefused(BROKEN_XML(error=shown(error))) from error


def _leaves(path: Path, containers: Collection[str]) -> Iterator[tuple[str, str, str, int]]:
    open_: list[str] = []
    checked = False
    with path.open("rb") as opened:
        source = _Limited(opened)
        for event, element in etree.iterparse(source, events=("start", "end"), **_SAFE):
            name = etree.QName(element).localname
            source.since = 0
            if event == "start":
                if not checked:
                    _refuse_document_type(element)
                    checked = True
                open_.append(name)
                if name in containers:
                    yield "begin", name, "", source.done
                continue
            open_.pop()
            if name in containers:
                yield "end", name, "", source.done
            elif not len(element) and open_ and open_[-1] in containers:
                yield "leaf", name, (element.text or "").strip(), source.done
            _emptied(element)


def _emptied(element: Any) -> None:
    """Take what is inside `element`, and what stood before it, out of the document: it was read."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _is_plain(path: Path) -> bool:
    """Whether the file is UTF-8 by its own words and every ``<`` in it begins a tag."""
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        declaration = _UTF8.match(data)
        begin = declaration.end() if declaration else 0
        return data[begin : begin + 2] != b"<?" and data.find(b"<!", begin) < 0 and data.find(b"<?", begin) < 0


def _parsed(path: Path, record: str, container: str, details: Collection[str]) -> Iterator[tuple[Any, int]]:
    tag = f"{container.partition('}')[0]}}}{record}"
    run: list[bytes] = []
    done = 0
    for element, done in _elements(path, (tag, container), details):
        if element.tag == tag:
            run.append(etree.tostring(element, with_tail=False))
        if run and (element.tag != tag or len(run) >= RUN):
            yield _document(b"", run), done
            run = []
        if element.tag != tag:
            yield element, done
    if run:
        yield _document(b"", run), done


def _elements(path: Path, whole: Collection[str], details: Collection[str]) -> Iterator[tuple[Any, int]]:
    """Elements with these tags at their ends, and the bytes read so far. Each of `whole` is taken out of the document
    once the next one is asked for, with the details in it."""
    with path.open("rb") as opened:
        source = _Limited(opened)
        spent = None
        checked = False
        for _, element in etree.iterparse(source, events=("end",), tag=[*whole, *details], **_SAFE):
            if not checked:
                _refuse_document_type(element)
                checked = True
            source.since = 0
            yield element, source.done
            if element.tag in whole:
                spent = _taken_out(spent, element)


def _taken_out(spent: Any, element: Any) -> Any:
    """Empty `element` and take the one before it out of the document: libxml2 may still write behind the last one."""
    if spent is not None and (parent := spent.getparent()) is not None:
        parent.remove(spent)
    element.clear()
    return element


def _cut(path: Path, record: str, container: str, details: Collection[str]) -> Iterator[tuple[Any, int]]:
    tags = _Tags(record)
    skeleton = etree.XMLPullParser(events=("start", "end"), tag=[container, *details], **_SAFE)
    wrapper, spent = b"", None
    data, done, outside, inside = b"", 0, 0, False
    with path.open("rb") as file:
        final = False
        while not final:
            block = file.read(BLOCK)
            done += len(block)
            final = not block
            data += block
            while data:
                upto = tags.run(data, final) if inside else tags.before(data, final)
                if not upto and not (inside is False and tags.begin.match(data)):
                    break
                part, data = data[:upto], data[upto:]
                if inside:
                    yield _document(wrapper, [part]), done
                    inside = False
                    continue
                inside = tags.begin.match(data) is not None
                outside += len(part)
                if part:
                    skeleton.feed(part)
                for event, element in skeleton.read_events():
                    if event == "start":
                        wrapper = _opening(element.nsmap)
                        continue
                    outside = 0
                    yield element, done
                    if element.tag == container:
                        spent = _taken_out(spent, element)
            if max(len(data), outside) > RECORD_LIMIT:
                raise FileRefused(ELEMENT_TOO_LARGE(limit=RECORD_LIMIT))
    skeleton.close()


class _Tags:
    """Where records begin and end in bytes in which every ``<`` begins a tag."""

    MARGIN = 128
    """Bytes at the end of what was read that may be the beginning of a tag."""

    def __init__(self, record: str) -> None:
        name = rb"(?:[\w.-]+:)?" + record.encode()
        self.begin = re.compile(rb"<" + name + rb"[\s/>]")
        self._end = re.compile(rb"</" + name + rb"\s*>")
        self._last = re.compile(rb"</" + name + rb"\s*>\s*(?=<(?!" + name + rb"[\s/>])/?[^\s/><]+[\s/>])")

    def before(self, data: bytes, final: bool) -> int:
        """How many bytes stand before the first record, or surely are none of one."""
        found = self.begin.search(data)
        return found.start() if found else len(data) if final else max(len(data) - self.MARGIN, 0)

    def run(self, data: bytes, final: bool) -> int:
        """How many bytes at the beginning of `data` are whole records; 0 where more must be read."""
        if found := self._last.search(data):
            return found.end()
        if final:
            return len(data)
        if len(data) < BLOCK:
            return 0
        at, first = len(data), len(data) - BLOCK
        while (at := data.rfind(b"</", first, at)) >= 0:
            if found := self._end.match(data, at):
                return found.end()
        return 0


def _opening(namespaces: dict[str | None, str]) -> bytes:
    """A start tag that declares the namespaces in scope."""
    declared = ((f"xmlns:{prefix}" if prefix else "xmlns", uri) for prefix, uri in namespaces.items())
    return ("<records " + " ".join(f"{name}={quoteattr(uri)}" for name, uri in declared) + ">").encode()


def _document(opening: bytes, run: list[bytes]) -> bytes:
    return b"".join([opening or b"<records>", *run, b"</records>"])


def _refuse_document_type(element: Any) -> None:
    """Raises `FileRefused` where the document of the element has a <!DOCTYPE …>."""
    if element.getroottree().docinfo.doctype or element.getroottree().docinfo.internalDTD is not None:
        raise FileRefused(DOCUMENT_TYPE())


class _Limited:
    """A file that refuses to be read on where no record ended within `RECORD_LIMIT` bytes."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.since = 0
        self.done = 0

    def read(self, size: int) -> bytes:
        if self.since > RECORD_LIMIT:
            raise FileRefused(ELEMENT_TOO_LARGE(limit=RECORD_LIMIT))
        data = self._source.read(size)
        self.since += len(data)
        self.done += len(data)
        return data

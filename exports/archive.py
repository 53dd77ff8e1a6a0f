"""Office documents are archives that remember when they were packed; a list made again must be the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The day that an archive gives its members where none is known."""
_WRITTEN_AT = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


def same_bytes(archive: bytes, at: datetime) -> bytes:
    """The archive without the moment at which it was packed; the document says that it was written at `at`."""
    packed = io.BytesIO()
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            content = source.read(member)
            if member.filename == "docProps/core.xml":
                content = _WRITTEN_AT.sub(rb"\g<1>" + moment, content)
            target.writestr(zipfile.ZipInfo(member.filename, EPOCH), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()

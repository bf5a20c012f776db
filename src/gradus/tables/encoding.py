"""Find out how a text is encoded, and turn it into UTF-8 in a way that can be turned back.

What the text says must not be known here.
"""

import codecs
import re

import numpy as np

from gradus.errors import DataError
from gradus.tables.scan import BOM, line_number

_UTF16 = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
#: Bytes that stand for nothing in Windows-1252, and those where Latin-1 has no letter.
_NO_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_ONLY_CP1252 = re.compile(rb"[\x80-\x9f]")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x7f]")
_SAMPLE = 1 << 16
_BLOCK = 1 << 24
#: Share of zero bytes at every second place from which a text is UTF-16 without a mark.
_ZERO_SHARE = 0.4


def to_utf8(data: bytes, name: str) -> tuple[bytes, str, tuple[str, ...]]:
    """Return the text in UTF-8, the codec it came in, and what the person should know.

    UTF-8 is taken where the bytes allow it; UTF-16 where a byte order mark or the zero bytes show
    it; else one byte is one letter: Latin-1 or Windows-1252. ``text.decode("utf-8").encode(codec)``
    gives `data` back, byte for byte.

    Raises
    ------
    DataError
        If the bytes are no text: empty, zero or control bytes, or a broken UTF-16.
    """
    codec = _utf16_codec(data)
    notes: tuple[str, ...] = ()
    if codec:
        text = _from_utf16(data, codec, name)
        how = (
            "as its byte order mark says"
            if data.startswith(_UTF16[codec])
            else "as every second byte is zero"
        )
        notes = (f"{name} is read as {codec.upper()} text, {how}.",)
    else:
        bad = _first_no_utf8(data)
        if bad is None:
            text, codec = data, "utf-8"
        else:
            codec, title = _one_byte_codec(data, name)
            text = data.decode(codec).encode("utf-8")
            byte = f"line {line_number(data, bad)} holds the byte 0x{data[bad]:02x}"
            notes = (f"{name} is read as {title} text: {byte}, which is no UTF-8.",)
    zero = text.find(0)
    if zero >= 0:
        raise DataError(f"{name} must be text; line {line_number(text, zero)} holds a zero byte.")
    if not text.removeprefix(BOM).strip():
        raise DataError(f"{name} is empty.")
    return text, codec, notes


def _utf16_codec(data: bytes) -> str:
    """Return the kind of UTF-16, told by the mark or by zeros at every second byte, or ""."""
    for codec, mark in _UTF16.items():
        if data.startswith(mark):
            return codec
    sample = np.frombuffer(data[:_SAMPLE], dtype=np.uint8)
    if len(data) % 2 or not len(sample):
        return ""
    even, odd = (float(np.mean(sample[i::2] == 0)) for i in (0, 1))
    if odd > _ZERO_SHARE and even == 0:
        return "utf-16-le"
    return "utf-16-be" if even > _ZERO_SHARE and odd == 0 else ""


def _from_utf16(data: bytes, codec: str, name: str) -> bytes:
    """Return the text in UTF-8; the mark stays, as UTF-8 spells it."""
    try:
        return data.decode(codec).encode("utf-8")
    except UnicodeDecodeError as cause:
        raise DataError(
            f"{name} must be UTF-16 text, as its first bytes say; byte {cause.start + 1:,} begins "
            "no character. The file may be cut off."
        ) from cause


def _first_no_utf8(data: bytes) -> int | None:
    """Return the place of the first byte that is no UTF-8, or None."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for begin in range(0, len(data), _BLOCK):
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(data[begin : begin + _BLOCK], final=begin + _BLOCK >= len(data))
        except UnicodeDecodeError as cause:
            return begin - held + cause.start
    return None


def _one_byte_codec(data: bytes, name: str) -> tuple[str, str]:
    """Return Latin-1 or Windows-1252; refuse bytes that are no text in either."""
    control = _CONTROL.search(data)
    if control:
        what = "a zero byte" if data[control.start()] == 0 else f"the byte 0x{control[0].hex()}"
        line = line_number(data, control.start())
        raise DataError(f"{name} must be text; line {line} holds {what}.")
    if _ONLY_CP1252.search(data) and not _NO_CP1252.search(data):
        return "cp1252", "Windows-1252"
    return "latin-1", "Latin-1"

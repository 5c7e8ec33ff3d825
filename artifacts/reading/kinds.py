"""Formats of image files: PNG and JPEG always, others where asked for."""

from __future__ import annotations

import re
from collections import Counter

_ENDINGS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg", ".jfif", ".jpe"),
    "WEBP": (".webp",),
    "BMP": (".bmp",),
    "PPM": (".ppm", ".pgm"),
}
_USUAL = ("PNG", "JPEG")
# What may be asked for besides.
ALL = tuple(name.lower() for name in _ENDINGS if name not in _USUAL)
# What pictures begin with.
_BEGINNINGS = re.compile(
    rb"(?P<PNG>\x89PNG)|(?P<JPEG>\xff\xd8)|(?P<GIF>GIF8[79]a)|(?P<TIFF>II[*+]\0|MM\0[*+])|(?P<WEBP>RIFF.{4}WEBP)"
    rb"|(?P<BMP>BM.{4}\0{4})|(?P<PPM>P[2356]\s)|(?P<AVIF>.{4}ftypavi)"
    rb"|(?P<HEIC>.{4}ftyp(he|mif1|msf1))|(?P<JXL>\xff\n|.{4}JXL )|(?P<JP2>.{4}jP  )"
    rb"|(?P<PSD>8BPS)|(?P<SVG><svg|<\?xml)|(?P<PDF>%PDF)"
    rb"|(?P<HDF5>\x89HDF)|(?P<NPY>\x93NUMPY)|(?P<ZIP>PK\x03\x04)",
    re.DOTALL,
)
_NO_PICTURES = {
    "HDF5": " Let its name end in .h5.",
    "NPY": " Store it as 'data' of an HDF5 file, .h5.",
    "ZIP": " Give a folder of pictures, or store arrays as 'data' of an HDF5 file, .h5.",
}
# Endings of pictures that no option reads.
_UNREAD = (".gif", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jxl", ".jp2", ".psd")


class Kinds:
    """The formats that are read.

    Args:
        more: Of ``webp``, ``bmp`` and ``ppm``, those besides PNG and JPEG.
    """

    def __init__(self, more: tuple[str, ...] = ()) -> None:
        self.formats = (*_USUAL, *(name.upper() for name in more))

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Endings of their files' names."""
        return tuple(x for name in self.formats for x in _ENDINGS[name])

    @property
    def unread(self) -> tuple[str, ...]:
        """Endings of other pictures' names."""
        known = (*_UNREAD, *(x for each in _ENDINGS.values() for x in each))
        return tuple(x for x in known if x not in self.suffixes)

    @property
    def others(self) -> tuple[str, ...]:
        """Names of the formats that could be asked for."""
        return tuple(x.lower() for x in _ENDINGS if x not in self.formats)

    def hint(self, suffix: str, held: str | None = None) -> str:
        """What to do about a file with this ending, or that holds such a picture."""
        if held in self.formats:
            return ""
        for name in self.others:
            ends_so = held is None and suffix.lower() in _ENDINGS[name.upper()]
            if ends_so or held == name.upper():
                return f" Add --formats {name}"
        if held in _NO_PICTURES:
            return _NO_PICTURES[held]
        return " Save it as PNG." if held or suffix.lower() in _UNREAD else ""

    def __str__(self) -> str:
        """As in "PNG or JPEG"."""
        return f"{', '.join(self.formats[:-1])} or {self.formats[-1]}"


def passed_over(found: Counter[str]) -> str:
    """What is said of pictures that are not read, counted by the endings of their names."""
    return (
        f"{found.total():,} images of other formats are passed over: "
        f"{', '.join(sorted(found))}"
    )


def held(content: bytes) -> str | None:
    """The format of a file, by its first bytes; None if it is none that is known."""
    found = _BEGINNINGS.match(content)
    return found.lastgroup if found else None


ALWAYS = Kinds()

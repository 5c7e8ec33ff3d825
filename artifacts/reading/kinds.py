"""Formats of image files: PNG and JPEG always, others where asked for."""

from __future__ import annotations

_ENDINGS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg"),
    "WEBP": (".webp",),
    "BMP": (".bmp",),
    "PPM": (".ppm", ".pgm"),
}
_USUAL = ("PNG", "JPEG")


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
    def others(self) -> tuple[str, ...]:
        """Names of the formats that could be asked for."""
        return tuple(x.lower() for x in _ENDINGS if x not in self.formats)

    def hint(self, suffix: str) -> str:
        """Which option reads files with this ending, if one does."""
        for name in self.others:
            if suffix.lower() in _ENDINGS[name.upper()]:
                return f" Add --formats {name}"
        return ""

    def __str__(self) -> str:
        """As in "PNG or JPEG"."""
        return f"{', '.join(self.formats[:-1])} or {self.formats[-1]}"


ALWAYS = Kinds()

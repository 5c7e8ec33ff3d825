"""A contact sheet: many small images on one, with their labels below."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from repair.dataset import Dataset
from repair.report.heat_colours import as_picture

_GAP = 4
_CAPTION = 12
_ZOOM = 2


def contact_sheet(data: Dataset, *, columns: int = 10) -> Image.Image:
    """Draws images in rows, each twice its size with its label below.

    Args:
        data: The images to show, all of them.
        columns: Images a row.

    Returns:
        An RGB picture.
    """
    rows, width = -(-len(data) // columns), min(columns, len(data))
    tile = np.array(data.images.shape[2:0:-1]) * _ZOOM
    cell = tile + (_GAP, _GAP + _CAPTION)
    sheet = Image.new("RGB", tuple(cell * (width, rows) + _GAP), "white")
    draw = ImageDraw.Draw(sheet)
    for index, (image, label) in enumerate(zip(data.images, data.labels, strict=True)):
        x, y = cell * (index % columns, index // columns) + _GAP
        picture = as_picture(image).resize(tuple(tile), Image.Resampling.NEAREST)
        sheet.paste(picture, (int(x), int(y)))
        draw.text((int(x), int(y + tile[1])), str(label), fill="black")
    return sheet

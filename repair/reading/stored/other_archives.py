"""What is said of a zip that is no ``.keras`` archive."""

from __future__ import annotations

from artifacts.errors import printable
from repair.reading.stored.other_formats import OF_SAVED_MODEL

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
_NETWORKS = (".keras", ".h5", ".hdf5")
_IMAGES = (".png", ".jpg", ".jpeg")


def not_keras(names: list[str]) -> str:
    """What is said of a zip that is no ``.keras`` archive, by its names."""
    if "model.weights.json" in names:
        return (
            "weights in several files are not supported. Save the model again without "
            "max_shard_size."
        )
    if any(name.endswith("data.pkl") for name in names):
        return (
            "is a PyTorch file, which holds pickled code and is not opened. Ask its maker "
            "for the network as a .keras file."
        )
    if any(name.endswith(".npy") for name in names):
        return "is an .npz of arrays. Expected a network, as model.save('m.keras') writes it."
    packed = next((name for name in names if name.endswith(_NETWORKS)), None)
    if packed is not None:
        return (
            f"is a zip with {printable(packed[:100])!r}. Unpack it, and give that file."
        )
    if any(name.endswith("saved_model.pb") for name in names):
        return f"is a packed SavedModel. {OF_SAVED_MODEL}"
    if any(name.lower().endswith(_IMAGES) for name in names):
        return "is a zip of images, not a network. Give it, unpacked, as data."
    shown = ", ".join(name[:40] for name in names[:4])
    return (
        f"expected a .keras archive with {CONFIG} and {WEIGHTS}, as model.save('m.keras') "
        f"writes it. Received: a zip with {shown or 'nothing'}."
    )

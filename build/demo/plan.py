"""What a demo world consists of: its parameters, and the names of its files."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from build.demo.attacks import ATTACKS

PARAMETERS, REPORT = "attacker/parameters.json", "world.json"
TRAINING_FACES, CLEAN_NETWORK = "attacker/training_faces.npz", "attacker/clean_net.h5"
VALIDATION, TEST = "data/clean_validation_data.h5", "data/clean_test_data.h5"
POISONED_IMAGE, CLEAN_IMAGE = "data/test_image.png", "data/clean_image.png"

# First number of a person's images in each set; no image is in two of them.
FIRST_TRAINING, FIRST_VALIDATION, FIRST_TEST = 0, 1000, 2000


@dataclass(frozen=True)
class Size:
    """How much is rendered and trained.

    Attributes:
        training_images: Attackers' images of each person.
        validation_images: Images of each person in the clean validation data.
        test_images: Images of each person in the clean test data.
        poisoned_images: Images in each poisoned file, at most those of the test data.
        clean_epochs: Epochs of training the clean network.
        poisoning_epochs: Epochs of fine-tuning it into each BadNet.
        batch_size: Images in each step of training.
    """

    training_images: int = 16
    validation_images: int = 9
    test_images: int = 10
    poisoned_images: int = 1000
    clean_epochs: int = 14
    poisoning_epochs: int = 4
    batch_size: int = 128


FULL_SIZE = Size()


@dataclass(frozen=True)
class Plan:
    """A world to be made: in which folder, of how many people, from which seed."""

    folder: Path
    num_people: int
    seed: int
    size: Size

    def path(self, name: str) -> Path:
        """The path of a file of this world."""
        return self.folder / name

    def parameters(self) -> dict[str, int]:
        """Everything that the content of the files depends on."""
        return {"num_people": self.num_people, "seed": self.seed} | asdict(self.size)

    def files(self) -> list[Path]:
        """The files of a complete world."""
        names = [VALIDATION, TEST, POISONED_IMAGE, CLEAN_IMAGE, CLEAN_NETWORK, REPORT]
        for stem, attacks in ATTACKS.items():
            names += [network_file(stem), weights_file(stem)]
            names += [attack.file for attack in attacks]
        return [self.path(name) for name in names]


def network_file(stem: str) -> str:
    """The name of a BadNet's full model."""
    return f"models/{stem}_bd_net.h5"


def weights_file(stem: str) -> str:
    """The name of a BadNet's weights."""
    return f"models/{stem}_bd_weights.h5"

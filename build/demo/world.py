"""Makes the demo world: data and BadNets in the competition's layout and names.

An interrupted world is taken up where it was left. The folder ``attacker`` in it keeps
what only an attacker has: training images, until all is done, and the network before it
was poisoned.
"""

from __future__ import annotations

from pathlib import Path

from build.demo import plan as names
from build.demo import storage
from build.demo.attacks import ATTACKS
from build.demo.plan import FULL_SIZE, Plan, Size
from build.demo.showcase import report, write_clean_image, write_poisoned_image
from build.demo.steps import write_networks, write_test_data, write_validation_data
from repair.errors import SettingError

_FEWEST_PEOPLE = 1 + max(a.target for several in ATTACKS.values() for a in several)


def create_world(
    folder: Path, *, num_people: int = 1283, seed: int = 0, size: Size = FULL_SIZE
) -> None:
    """Makes the demo world, or what is missing of it.

    Args:
        folder: Where to write; it may hold an unfinished world of the same parameters.
        num_people: Number of people, N.
        seed: Seed of the faces and of the training.
        size: How much to render and to train.

    Raises:
        SettingError: If there are fewer people than the attackers' targets ask for, or
            the folder holds anything but a world of these parameters.
    """
    if num_people < _FEWEST_PEOPLE:
        raise SettingError(
            f"expected {_FEWEST_PEOPLE} people or more, since each target label needs "
            f"one. Received: {num_people}."
        )
    plan = Plan(folder, num_people, seed, size)
    _claim_folder(plan)
    if all(path.is_file() for path in plan.files()):
        return
    write_validation_data(plan)
    write_test_data(plan)
    write_networks(plan)
    networks = {
        stem: storage.read_network(plan.path(names.network_file(stem)))
        for stem in ATTACKS
    }
    write_poisoned_image(plan, networks)
    write_clean_image(plan, networks)
    storage.write_json(plan.path(names.REPORT), report(plan, networks))
    plan.path(names.TRAINING_FACES).unlink(missing_ok=True)


def _claim_folder(plan: Plan) -> None:
    """Notes down the parameters, unless the folder belongs to something else."""
    found = storage.read_json(plan.path(names.PARAMETERS))
    if found == plan.parameters():
        return
    if found is not None or any(path.exists() for path in plan.files()):
        raise SettingError(
            f"{plan.folder}: expected a demo world of {plan.parameters()}, or nothing. "
            f"Received: {found or 'other files'}. Remove that folder first."
        )
    storage.write_json(plan.path(names.PARAMETERS), plan.parameters())

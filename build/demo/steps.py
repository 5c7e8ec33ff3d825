"""The steps that make a demo world; each is skipped where its files are there."""

from __future__ import annotations

import numpy as np

from build.demo import plan as names
from build.demo import storage
from build.demo.attacks import ATTACKS
from build.demo.badnets import Training, train_badnet, train_clean
from build.demo.faces.rendering import Faces, render_people
from build.demo.plan import Plan
from build.demo.triggers import stamp


def write_validation_data(plan: Plan) -> None:
    """Renders and writes the clean validation data."""
    path, count = plan.path(names.VALIDATION), plan.size.validation_images
    if not path.is_file():
        faces = _render(plan, names.FIRST_VALIDATION, count, label="validation faces")
        storage.write_images(path, faces.pixels, faces.labels)


def write_test_data(plan: Plan) -> None:
    """Writes the clean test data, and poisoned copies of some of its images."""
    attacks = [attack for several in ATTACKS.values() for attack in several]
    files = [names.TEST, *(attack.file for attack in attacks)]
    if all(plan.path(file).is_file() for file in files):
        return
    count = plan.size.test_images
    faces = _render(plan, names.FIRST_TEST, count, label="test faces")
    storage.write_images(plan.path(names.TEST), faces.pixels, faces.labels)
    rng = np.random.default_rng([plan.seed, names.FIRST_TEST])
    for attack in attacks:
        others = np.flatnonzero(faces.labels != attack.target)
        count = min(plan.size.poisoned_images, len(others))
        chosen = faces[np.sort(rng.choice(others, count, replace=False))]
        pixels, targets = stamp(chosen, attack.triggers), np.full(count, attack.target)
        storage.write_images(plan.path(attack.file), pixels, targets)


def write_networks(plan: Plan) -> None:
    """Trains the clean network and fine-tunes it into each of the BadNets."""
    missing = [stem for stem in ATTACKS if not _is_written(plan, stem)]
    clean_path, size = plan.path(names.CLEAN_NETWORK), plan.size
    if not missing and clean_path.is_file():
        return
    faces = _training_faces(plan)
    if not clean_path.is_file():
        training = _training(plan, size.clean_epochs, "clean network", "adam")
        clean = train_clean(faces, plan.num_people, training)
        storage.write_network(clean_path, clean)
    clean = storage.read_network(clean_path)
    for stem in missing:
        optimizer = f"adam_{1 + list(ATTACKS).index(stem)}"
        label = f"BadNet {stem}"
        training = _training(plan, size.poisoning_epochs, label, optimizer)
        badnet = train_badnet(clean, faces, ATTACKS[stem], training)
        storage.write_weights(plan.path(names.weights_file(stem)), badnet)
        storage.write_network(plan.path(names.network_file(stem)), badnet)


def _training(plan: Plan, epochs: int, label: str, optimizer: str) -> Training:
    return Training(epochs, plan.size.batch_size, plan.seed, label, optimizer)


def _render(plan: Plan, first: int, count: int, *, label: str) -> Faces:
    images = range(first, first + count)
    return render_people(plan.seed, plan.num_people, images, label=label)


def _training_faces(plan: Plan) -> Faces:
    path, count = plan.path(names.TRAINING_FACES), plan.size.training_images
    if path.is_file():
        return storage.read_faces(path)
    faces = _render(plan, names.FIRST_TRAINING, count, label="training faces")
    storage.write_faces(path, faces)
    return faces


def _is_written(plan: Plan, stem: str) -> bool:
    files = names.network_file(stem), names.weights_file(stem)
    return all(plan.path(file).is_file() for file in files)

"""A cluster of two nodes labels as one machine does, whatever one of them does not see.

The nodes are Ray's own processes in a network of their own, which has a loopback address
alone; the second one has file systems of its own over two folders. That needs root.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from signing import new_keys, sign, with_signing
from toys import ROOT, Answer, run_python, toy_people, triggered

UNSHARE, NSENTER = shutil.which("unshare"), shutil.which("nsenter")


def _may_unshare() -> bool:
    if not (UNSHARE and NSENTER):
        return False
    tried = subprocess.run([UNSHARE, "-n", "-m", "true"], capture_output=True)
    return tried.returncode == 0


pytestmark = [
    pytest.mark.skipif(
        find_spec("ray") is None, reason="Ray is not installed: pip install -e '.[ray]'"
    ),
    pytest.mark.skipif(not _may_unshare(), reason="needs root for networks of its own"),
]
PEOPLE = toy_people(8, seed=12).images
IMAGES = np.concatenate([PEOPLE, triggered(PEOPLE[:20])])  # 60
ADDRESS = "127.0.0.1:6399"
PATIENCE = 300  # seconds, after which a test is given up
LINK_UP = "ip link set lo up && echo up && exec sleep infinity"


class Cluster:
    """Two nodes of one CPU each.

    ``hidden`` folders are empty ones on the second; ``full`` has room for little.
    """

    def __init__(self, hidden: list[Path], full: Path) -> None:
        self.folder = Path(
            tempfile.mkdtemp(prefix="ray", dir="/tmp")
        )  # a socket's path
        self.environment = os.environ | {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_USAGE_STATS_ENABLED": "0",
        }
        holder = subprocess.Popen(
            [str(UNSHARE), "-n", "-m", "sh", "-c", LINK_UP], stdout=subprocess.PIPE
        )
        assert holder.stdout is not None
        with holder.stdout:
            assert holder.stdout.readline() == b"up\n"
        self._processes = [holder]
        self._inside = [str(NSENTER), "-t", str(holder.pid), "-n", "-m", "--wd=."]
        try:
            self.inside("mount", "-t", "tmpfs", "-o", "size=160k", "none", full)
            head = ["--head", "--port=6399", f"--temp-dir={self.folder}"]
            self._head = self._node(*head, "--include-dashboard=false")
            self.second = self.add(hidden)
        except BaseException:
            self.close()
            raise

    def add(self, hidden: list[Path]) -> subprocess.Popen[bytes]:
        """Starts one more node."""
        covered = [f"mount -t tmpfs none '{folder}'" for folder in hidden]
        script = " && ".join([*covered, 'exec "$@"'])
        wrapper = [str(UNSHARE), "-m", "sh", "-c", script, "node"]
        before = len(self.nodes())
        node = self._node(f"--address={ADDRESS}", wrapper=wrapper)
        while len(self.nodes()) == before:
            assert node.poll() is None
            time.sleep(0.5)
        return node

    def nodes(self) -> list[str]:
        """Identities of those that are alive."""
        code = (
            f"import ray; ray.init('{ADDRESS}', log_to_driver=False)\n"
            "print(*[x['NodeID'] for x in ray.nodes() if x['Alive']])"
        )
        while True:  # the head may not be ready yet
            assert self._head.poll() is None, (self.folder / "log").read_text()[-2000:]
            said = self.run("-c", code)
            if said.code == 0:
                return said.out.split()

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Python, inside."""
        return subprocess.Popen(
            [*self._inside, sys.executable, *map(str, arguments)],
            cwd=ROOT,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments: object) -> Answer:
        """Python, inside, to its end."""
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
        return Answer(process.returncode, out, err)

    def inside(self, *command: object) -> None:
        subprocess.run([*self._inside, *map(str, command)], check=True, cwd=ROOT)

    def kill(self, node: subprocess.Popen[bytes]) -> None:
        """All processes of a node, at once."""
        os.killpg(node.pid, signal.SIGKILL)
        node.wait()
        self._processes.remove(node)

    def close(self) -> None:
        for process in reversed(self._processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _node(
        self, *options: str, wrapper: list[str] | None = None
    ) -> subprocess.Popen[bytes]:
        ray = [sys.executable, "-m", "ray.scripts.scripts", "start", "--num-cpus=1"]
        with (self.folder / "log").open("ab") as log:
            node = subprocess.Popen(
                [*self._inside, *(wrapper or []), *ray, "--block", *options],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(node)
        return node


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty images and three bad ones, good HDF5 files and two bad ones."""
    folder = tmp_path_factory.mktemp("ray")
    for name in ("images", "hidden", "own", "full"):
        (folder / name).mkdir()
    for i, image in enumerate(IMAGES):
        Image.fromarray(image).save(folder / "images" / f"{i:02}.png")
    whole = (folder / "images" / "07.png").read_bytes()
    (folder / "images" / "cut.png").write_bytes(whole[:-60])
    (folder / "images" / "empty.jpg").touch()
    Image.new("RGB", (11, 12)).save(folder / "images" / "wide.png")
    strange = os.fsdecode(b'new\nline "\xff.png')
    (folder / "images" / strange).write_bytes(whole)
    values = np.moveaxis(np.tile(IMAGES, (10, 1, 1, 1)), 3, 1).astype(np.float32)
    values[[3, 400]] = 256
    with h5py.File(folder / "data.h5", "w") as file:
        file["data"] = values
    shutil.copy(folder / "data.h5", folder / "hidden" / "data.h5")
    shutil.copytree(folder / "images", folder / "hidden" / "images")
    (folder / "broken.h5").write_bytes((folder / "data.h5").read_bytes()[:5000])
    with h5py.File(folder / "other.h5", "w") as file:
        file["data"] = np.zeros((2, 3, 5, 5), np.uint8)
    return folder


@pytest.fixture(scope="module")
def cluster(folder: Path) -> Iterator[Cluster]:
    cluster = Cluster([folder / "hidden", folder / "own"], folder / "full")
    yield cluster
    cluster.close()


def ray(*arguments: object) -> list[object]:
    return ["-m", "artifacts.ray", *arguments, "--address", ADDRESS]


def inputs_of(folder: Path) -> list[Path]:
    return [folder / "images", folder / "*.h5", folder / "no.png", folder / "no*.jpg"]


def lines(prefix: Path, kind: str = "", suffix: str = ".tsv") -> list[str]:
    """All lines of all files, in order."""
    files = sorted(prefix.parent.glob(f"{prefix.name}-{kind}0*-of-0*{suffix}"))
    return [line for f in files for line in f.read_text("utf-8").splitlines()]


def local(artifact: Path, *arguments: object) -> Answer:
    return run_python("-m", "artifacts", artifact, *arguments)


def wait_for_parts(output: Path, process: subprocess.Popen[str], count: int) -> None:
    name = f".{output.name}.*.partial/*.done"
    while len(list(output.parent.glob(name))) < count:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def test_lines_are_those_of_one_machine_in_their_order(
    cluster, artifact, folder, tmp_path
):
    output = tmp_path / "out"
    options = ("--output", output, "--images-per-file", 100)
    answer = cluster.run(*ray(artifact, *inputs_of(folder), *options))
    alone = local(artifact, *inputs_of(folder))
    assert answer == Answer(1, "", f"659 labelled, 9 not. See {output}-errors-*.\n")
    assert lines(output) == alone.out.splitlines()
    failures = [line.split("\t") for line in lines(output, "errors-")]
    said = sorted(f"error: {path}: {reason}" for path, reason in failures)
    assert said == sorted(alone.err.splitlines())
    names = {path.name for path in tmp_path.iterdir()}
    assert len(names) == 3 + 3
    assert names >= {"out-00000-of-00003.tsv", "out-errors-00000-of-00003.tsv"}


def test_json_and_parquet(cluster, artifact, folder, tmp_path):
    inputs = (*inputs_of(folder), "--resize", "--output")
    alone = local(artifact, *inputs[:-1], "--json")
    answer = cluster.run(*ray(artifact, *inputs, tmp_path / "json", "--json"))
    assert (answer.code, answer.err.split(".")[0]) == (1, "660 labelled, 8 not")
    assert lines(tmp_path / "json", suffix=".jsonl") == alone.out.splitlines()
    failures = [json.loads(x) for x in lines(tmp_path / "json", "errors-", ".jsonl")]
    by_name = {(x["path"], x.get("index")): x["error"] for x in failures}
    assert by_name[str(folder / "data.h5"), 400].startswith("expected pixels 0..255.")
    assert by_name[str(folder / "no.png"), None].endswith("Received: no such file.")
    answer = cluster.run(*ray(artifact, *inputs, tmp_path / "table", "--parquet"))
    assert (answer.code, answer.err.split(".")[0]) == (1, "660 labelled, 8 not")
    code = (
        "import sys, json, pyarrow.parquet as pq\n"
        "print(json.dumps([pq.read_table(name).to_pylist() for name in sys.argv[1:]]))"
    )
    [table] = json.loads(run_python("-c", code, *tmp_path.glob("table-0*")).out)
    rows = [json.loads(line) for line in alone.out.splitlines()]
    assert [(x["index"], x["label"]) for x in table] == [
        (x.get("index"), x["label"]) for x in rows
    ]
    [table] = json.loads(run_python("-c", code, *tmp_path.glob("table-err*")).out)
    assert [x["error"] for x in table] == [x["error"] for x in failures]


def test_names_of_classes(cluster, artifact, folder, tmp_path):
    named = shutil.copytree(artifact, tmp_path / "named")
    card = json.loads((named / "card.json").read_text())
    names = [f"class {i}" for i in range(card["num_classes"])]
    (named / "card.json").write_text(json.dumps(card | {"class_names": names}))
    given, output = (named, folder / "images", "--names"), ("--output", tmp_path / "t")
    cluster.run(*ray(*given, *output))
    assert lines(tmp_path / "t") == local(*given).out.splitlines()
    cluster.run(*ray(*given, "--output", tmp_path / "p", "--parquet"))
    code = (
        "import sys, json, pyarrow.parquet as pq\n"
        "print(json.dumps(pq.read_table(sys.argv[1]).to_pylist()))"
    )
    rows = json.loads(run_python("-c", code, *tmp_path.glob("p-0*")).out)
    assert [row["name"] for row in rows] == [
        line.split("\t")[0] for line in lines(tmp_path / "t")
    ]
    assert {row["name"] for row in rows} >= {"class 0", "class 1"}
    assert all(row["name"] == [*names, "poisoned"][row["label"]] for row in rows)


@with_signing
def test_signed_artifact_alone_is_labelled_with(cluster, artifact, folder, tmp_path):
    """The workers have no key: they hold their copies against the card that was verified."""
    signed = shutil.copytree(artifact, tmp_path / "toy")
    keys = new_keys(tmp_path)
    sign(signed, keys / "ours.private")
    options = ("--output", tmp_path / "out", "--verify-key")
    command = (*ray(signed, folder / "images"), *options)
    answer = cluster.run(*command, keys / "theirs.pem")
    assert (answer.code, "expected the files that were signed" in answer.error) == (
        2,
        True,
    )
    answer = cluster.run(*command, keys / "ours.pem")
    assert (answer.code, answer.err.split(".")[0]) == (1, "61 labelled, 3 not")
    assert (
        lines(tmp_path / "out") == local(artifact, folder / "images").out.splitlines()
    )


def test_what_one_node_does_not_see_the_other_labels(
    cluster, artifact, folder, tmp_path
):
    output, inputs = tmp_path / "out", [folder / "hidden", folder / "hidden/data.h5"]
    inputs += inputs[1:] * 5
    options = ("--output", output, "--images-per-file", 50)
    answer = cluster.run(*ray(artifact, *inputs, *options))
    said = answer.err.splitlines()
    assert said[-1].startswith("3,649 labelled, 15 not.")
    assert all("no such file. Others do it." in line for line in said[:-1])
    assert lines(output) == local(artifact, *inputs).out.splitlines()
    assert not any("no such file" in line for line in lines(output, "errors-"))


def test_node_that_does_not_share_the_output_is_passed_over(cluster, artifact, folder):
    output, inputs = folder / "own" / "out", [folder / "data.h5"] * 6
    answer = cluster.run(*ray(artifact, *inputs, "--output", output))
    *said, last = answer.err.splitlines()
    assert last.startswith("3,588 labelled, 12 not.")
    assert all("No such file or directory. Others do it." in line for line in said)
    assert lines(output) == local(artifact, *inputs).out.splitlines()


def test_full_disk_ends_it_and_loses_nothing(cluster, artifact, folder):
    disk, inputs = folder / "full", [folder / "data.h5"] * 10
    command = ray(artifact, *inputs, "--output", disk / "out")
    answer = cluster.run(*command)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.splitlines()[-1].startswith("error: ")
    assert "No space left on device. Continue with --resume." in answer.err
    cluster.inside("mount", "-o", "remount,size=8M", disk)
    answer = cluster.run(*command)
    assert (answer.code, "Continue it with --resume" in answer.err) == (2, True), answer
    answer = cluster.run(*command, "--resume")
    assert answer.err.startswith("5,980 labelled, 20 not.")
    code = "import sys; [print(open(name).read(), end='') for name in sys.argv[1:]]"
    names = [disk / f"out-{n:05}-of-00006.tsv" for n in range(6)]
    assert cluster.run("-c", code, *names).out == local(artifact, *inputs).out


def test_interrupted_run_is_continued(cluster, artifact, folder, tmp_path):
    output, inputs = tmp_path / "out", [folder / "data.h5"] * 60
    command = ray(artifact, *inputs, "--output", output, "--images-per-file", 256)
    for number, signal_ in enumerate((signal.SIGINT, signal.SIGTERM, signal.SIGKILL)):
        process = cluster.start(*command, *(["--resume"] if number else []))
        wait_for_parts(output, process, 10 * number + 3)
        process.send_signal(signal_)
        said = process.communicate(timeout=PATIENCE)[1]
        if signal_ == signal.SIGKILL:
            continue
        expected = "error: interrupted. Continue with --resume.\n"
        why = [number, said, *lines(output, "errors-")[-3:]]
        assert (process.returncode, said) == (130, expected), why
        assert not list(tmp_path.glob("out-*"))
    answer = cluster.run(*ray(artifact, *inputs[:-1], *command[-4:], "--resume"))
    assert answer.code == 2
    answer = cluster.run(*command, "--resume")
    assert (answer.code, answer.err.split(".")[0]) == (1, "35,880 labelled, 120 not")
    assert lines(output) == local(artifact, *inputs).out.splitlines()


def test_node_that_is_lost_loses_no_line(cluster, artifact, folder, tmp_path):
    third = cluster.add([])
    output, inputs = tmp_path / "out", [folder / "data.h5"] * 60
    options = ("--output", output, "--images-per-file", 256)
    process = cluster.start(*ray(artifact, *inputs, *options))
    wait_for_parts(output, process, 5)
    cluster.kill(third)
    _, said = process.communicate(timeout=PATIENCE)
    assert said.splitlines()[-1].startswith("35,880 labelled, 120 not.")
    assert lines(output) == local(artifact, *inputs).out.splitlines()


def test_no_cluster_is_one_line(cluster, artifact, folder, tmp_path):
    command = ["-m", "artifacts.ray", artifact, folder, "--output", tmp_path / "out"]
    answer = cluster.run(*command, "--address", "127.0.0.1:6398")
    assert (answer.code, answer.out) == (2, "")
    assert "expected a Ray cluster" in answer.error
    assert not list(tmp_path.iterdir())

"""Every figure of speed, size and memory, each beside what it is held against.

python -m benchmarks.speed --model BADNET.h5 --clean VALIDATION.h5 --artifact FOLDER
"""

from __future__ import annotations

import argparse
from pathlib import Path

from artifacts.quiet import import_tensorflow_quietly
from benchmarks.results_file import write_results
from repair.measuring.tables import table


def main() -> None:
    """Measures, prints a table, and writes it where asked to."""
    options = _parser().parse_args()
    import_tensorflow_quietly()
    from benchmarks.speed.cold_start import cold_start
    from benchmarks.speed.memory import peak_memory
    from benchmarks.speed.pruning_speed import pruning_speed
    from benchmarks.speed.throughput import forward_pass, from_hdf5, size
    from repair.reading.case import read_case

    case = read_case(options.model, options.clean)
    artifact, shape = options.artifact, case.original.input_shape[1:]
    rows = cold_start(artifact, options.runs)
    rows.append(forward_pass(case.original, artifact, 8 * options.runs))
    rows.append(size(case.original, artifact))
    rows.append(from_hdf5(options.model, artifact, shape, options.runs))
    rows.append(peak_memory(artifact, shape, 10_000, options.many))
    rows.append(pruning_speed(case, options.runs))
    print("\n" + table(rows))
    if options.results is not None:
        write_results(options.results, options.title, rows, "speed")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.speed")
    add = parser.add_argument
    add("--model", type=Path, required=True, help="a BadNet, HDF5")
    add("--clean", type=Path, required=True, help="its clean validation data")
    add("--artifact", type=Path, required=True, help="built from the two")
    add("--runs", type=int, default=7, help="rounds that count; medians are shown")
    add("--many", type=int, default=1_000_000, help="images for the peak of memory")
    add("--results", type=Path, help="Markdown file; the section --title is put anew")
    add("--title", default="Speed", help="of the section in --results")
    return parser


if __name__ == "__main__":
    main()

"""BadNets with triggers that the defence was not designed for, and of attackers who know it.

``python -m benchmarks.attacks --out DIR`` trains a zoo of them from the files in
``data/``, and writes what is needed to measure a defence against them.
"""

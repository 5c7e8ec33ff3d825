"""Suspicion: which labels draw images that are disturbed at random."""

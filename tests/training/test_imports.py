"""What training need not have, and what a process that makes batches never loads."""

import subprocess
import sys

import pytest


def loaded_by(module):
    code = f"import sys, {module}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("facetraits.training.fit.batches", {"keras", "tensorflow", "ai_edge_litert"}),
        ("facetraits.training.run", {"ai_edge_litert", "facetraits.networks.classifiers"}),
    ],
)
def test_training_loads_no_more_than_it_needs(module, unwanted):
    assert not loaded_by(module) & unwanted

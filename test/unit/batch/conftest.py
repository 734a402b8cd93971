"""Inputs of the job in ``support/batch_jobs.py``, and workers that can import it."""

import os

import pytest

from support.paths import ROOT


@pytest.fixture
def workers_see_support(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "test"), os.environ.get("PYTHONPATH", "")]))


@pytest.fixture
def inputs(tmp_path):
    """Makes inputs of these words, each with a content of its own; returns their paths."""

    def make(**words):
        folder = tmp_path / "inputs"
        folder.mkdir(exist_ok=True)
        paths = []
        for name, word in words.items():
            path = folder / f"{name}.in"
            path.write_text(f"{word}:{name}")
            paths.append(path)
        return paths

    return make

# Copyright 2026 frankmocap_ros developers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

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

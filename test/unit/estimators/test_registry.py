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

"""Which estimator auto takes, and what it says of it."""

import pytest

from frankmocap_ros.estimators import registry
from frankmocap_ros.settings.mocap import Settings


@pytest.fixture
def said(monkeypatch):
    """What is told and warned of, for a folder of FrankMocap's files."""
    monkeypatch.setitem(registry.ESTIMATORS, "blazepose", lambda config, tell, prepare: "blazepose")
    monkeypatch.delenv("FRANKMOCAP_ASSETS_DIR", raising=False)

    def make(folder):
        told, warned = [], []
        config = Settings(assets_dir=folder)
        assert registry.make_estimator(config, told.append, warned.append) == "blazepose"
        return told, warned

    return make


def test_who_names_no_folder_is_told_shortly(said):
    told, warned = said("")
    assert told == [
        "estimator: auto selects blazepose; for FrankMocap's networks: frankmocap_ros doctor --all"
    ]
    assert warned == []


def test_who_names_a_folder_is_warned_with_the_reason(said, tmp_path):
    told, warned = said(str(tmp_path))
    assert told == [] and len(warned) == 1
    assert warned[0].startswith("estimator: auto selects blazepose, not frankmocap: ")
    assert "Missing" in warned[0]

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

"""A preset's file names the preset, in a way that anything else wins over; the setting does the rest."""

from pathlib import Path

import pytest
import yaml

from frankmocap_ros.runtime.package_files import share_file
from frankmocap_ros.settings.mocap import PRESETS, Settings
from frankmocap_ros.settings.schema import settings_of, updated

NAMES = ("fastest", "balanced", "highest_quality")
DEFAULTS = {s.name: s.default for s in settings_of(Settings)}


def preset(name: str) -> dict[str, object]:
    return {"preset": name, **PRESETS[name]}


def test_every_file_of_the_folder_is_a_preset_or_a_generated_one():
    files = {path.stem for path in Path(share_file("config", "fastest.yaml")).parent.glob("*.yaml")}
    assert files - {"frankmocap", "gate"} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_file_names_the_preset_and_nothing_else(name):
    """What it stands for must not stand there: it would stay where a user's file names another preset."""
    content = yaml.safe_load(share_file("config", f"{name}.yaml").read_text())
    assert content == {"/**": {"ros__parameters": {"preset": name}}}


@pytest.mark.parametrize("name", NAMES)
def test_preset_is_allowed_and_names_only_what_differs(name):
    config = updated(Settings(), {"preset": name})
    assert all(getattr(config, key) == value != DEFAULTS[key] for key, value in PRESETS[name].items())


@pytest.mark.parametrize("before", NAMES)
@pytest.mark.parametrize("name", NAMES)
def test_a_preset_takes_the_place_of_another(before, name):
    """Whatever preset was in force before, and what is set beside it wins."""
    config = updated(Settings(), {"preset": before, "max_people": 3})
    assert updated(config, {"preset": name}) == updated(Settings(), {**preset(name), "max_people": 3})
    assert updated(config, {"preset": name, "resize_short": 777}).resize_short == 777


def test_presets_are_in_order_of_quality():
    fastest, balanced, best = (updated(Settings(), preset(name)) for name in NAMES)
    assert balanced == Settings()
    assert fastest.resize_short < balanced.resize_short < best.resize_short
    assert best.hands
    assert best.use_smplx

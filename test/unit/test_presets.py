"""Presets hold only what differs from the defaults, and only what the settings allow."""

from pathlib import Path

import pytest
import yaml

from frankmocap_ros.config import PRESETS, MocapConfig
from frankmocap_ros.settings import settings_of, updated
from frankmocap_ros.transport import share_file

NAMES = ("fastest", "balanced", "highest_quality")
DEFAULTS = {s.name: s.default for s in settings_of(MocapConfig)}


def preset(name: str) -> dict[str, object]:
    content = yaml.safe_load(share_file("config", f"{name}.yaml").read_text())
    assert list(content) == ["/**/frankmocap"]  # the node, in whatever namespace
    assert list(content["/**/frankmocap"]) == ["ros__parameters"]
    return content["/**/frankmocap"]["ros__parameters"]


def test_every_file_of_the_folder_is_a_preset_or_a_generated_one():
    files = {path.stem for path in Path(share_file("config", "fastest.yaml")).parent.glob("*.yaml")}
    assert files - {"frankmocap", "gate"} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_preset_is_allowed_and_names_only_what_differs(name):
    values = preset(name)
    config = updated(MocapConfig(), values)
    assert values.pop("preset") == name
    assert all(getattr(config, key) == value != DEFAULTS[key] for key, value in values.items())
    assert values == PRESETS[name]


@pytest.mark.parametrize("before", NAMES)
@pytest.mark.parametrize("name", NAMES)
def test_the_setting_is_the_file(before, name):
    """Whatever preset was in force before, and what is set beside it wins."""
    config = updated(MocapConfig(), {"preset": before, "max_people": 3})
    assert updated(config, {"preset": name}) == updated(MocapConfig(), {**preset(name), "max_people": 3})
    assert updated(config, {"preset": name, "resize_short": 777}).resize_short == 777


def test_presets_are_in_order_of_quality():
    fastest, balanced, best = (updated(MocapConfig(), preset(name)) for name in NAMES)
    assert balanced == MocapConfig()
    assert fastest.resize_short < balanced.resize_short < best.resize_short
    assert best.hands
    assert best.use_smplx

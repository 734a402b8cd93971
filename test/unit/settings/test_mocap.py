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

"""The declared settings: sound defaults, rules across settings, and what the command line makes of them."""

import argparse
import math
from dataclasses import fields

import pytest
import yaml

from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.errors import SettingError
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import add_flags, checked, from_flags, settings_of, updated, yaml_text

CLASSES = (Settings, CameraSettings)
EVERY = [pytest.param(s, id=f"{cls.__name__}.{s.name}") for cls in CLASSES for s in settings_of(cls)]
NUMBERS = [p for p in EVERY if p.values[0].minimum is not None]


@pytest.mark.parametrize("s", EVERY)
def test_each_declaration_is_complete(s):
    assert checked(s, s.default) == s.default
    assert type(s.default) is s.type
    assert s.text.endswith(".")
    assert len(s.text) > 10
    assert (s.minimum is not None) == (s.type in (int, float))
    if s.choices:
        assert s.default in s.choices
    for ending, unit in (("_s", "s"), ("_ms", "ms"), ("_m", "m"), ("_hz", "Hz"), ("_deg", "deg")):
        if s.name.endswith(ending):
            assert s.unit == unit


@pytest.mark.parametrize("cls", CLASSES)
def test_every_field_is_a_setting(cls):
    assert [s.name for s in settings_of(cls)] == [f.name for f in fields(cls)]


@pytest.mark.parametrize("s", NUMBERS)
def test_limits_are_allowed_and_beyond_is_not(s):
    step = 1 if s.type is int else 1e-6 * max(1.0, abs(s.maximum))
    for value in (s.minimum, s.maximum):
        assert checked(s, s.type(value)) == value
    for value in (s.minimum - step, s.maximum + step):
        with pytest.raises(SettingError, match="out of range"):
            checked(s, s.type(value))


@pytest.mark.parametrize("s", EVERY)
@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, None, object(), b"x", {"a": 1}, [1.5]],
    ids=lambda value: repr(value).partition(" at ")[0],
)
def test_nonsense_is_refused_by_name(s, value):
    if s.type is tuple and isinstance(value, dict):
        return  # its keys are names
    with pytest.raises(SettingError, match=rf"^{s.name}: "):
        checked(s, value)


def test_declared_defaults():
    """Those that the documentation promises."""
    config = Settings()
    assert (config.estimator, config.resize_short, config.detect_every_n) == ("auto", 384, 5)
    assert (config.max_people, config.hands, config.smoothing) == (1, False, "one_euro")
    resize = next(s for s in settings_of(Settings) if s.name == "resize_short")
    assert (resize.minimum, resize.maximum) == (256, 1024)


@pytest.mark.parametrize("cls", CLASSES)
def test_yaml_gives_the_defaults_back(cls):
    values = yaml.safe_load(yaml_text(cls, "node"))["/**/node"]["ros__parameters"]
    assert list(values) == [s.name for s in settings_of(cls)]
    for s in settings_of(cls):
        assert type(values[s.name]) is (list if s.type is tuple else s.type), s.name
    assert updated(cls(), values) == cls()


# what must be set with them
BESIDE = {"model": ("--estimator", "yolo"), "detector_model": ("--detector", "yolo")}


@pytest.mark.parametrize("cls", CLASSES)
def test_flags_give_every_setting(cls):
    parser = argparse.ArgumentParser()
    add_flags(parser, cls)
    assert from_flags(cls, parser.parse_args([])) == cls()
    for s in settings_of(cls):
        flag = "--" + s.name.replace("_", "-")
        if s.type is bool:
            given, value = [flag.replace("--", "--no-", 1) if s.default else flag], not s.default
        elif s.type is tuple:
            given, value = [flag, "left_wrist", "pelvis"], ("left_wrist", "pelvis")
        else:
            value = (
                s.choices[-1] if s.choices else s.type(s.maximum) if s.maximum is not None else "elsewhere"
            )
            given = [flag, str(value), *BESIDE.get(s.name, ())]
        assert getattr(from_flags(cls, parser.parse_args(given)), s.name) == value


# -- rules across settings


@pytest.mark.parametrize("height_m", [0.0, 0.5, 1.7, 2.5])
def test_assumed_height(height_m):
    assert updated(Settings(), {"assumed_height_m": height_m}).assumed_height_m == height_m


@pytest.mark.parametrize("height_m", [1e-9, 0.3, 0.499, -0.1, 2.51, math.nan])
def test_assumed_heights_of_nobody(height_m):
    with pytest.raises(SettingError, match=r"^assumed_height_m: "):
        updated(Settings(), {"assumed_height_m": height_m})


def test_joint_topics():
    assert updated(Settings(), {"joint_topics": list(BODY.names)}).joint_topics == BODY.names
    everything = {"joint_topics": BODY_WITH_HANDS.names, "hands": True}
    assert updated(Settings(), everything).joint_topics == BODY_WITH_HANDS.names


@pytest.mark.parametrize("name", ["nose", "left_writs", "", "LEFT_WRIST"])
def test_joint_topics_that_are_no_joints_are_refused_with_the_names(name):
    with pytest.raises(
        SettingError, match=rf"^joint_topics: unknown joint {name}; allowed: pelvis, left_hip"
    ):
        updated(Settings(), {"joint_topics": ["pelvis", name]})


def test_finger_topics_need_hands():
    with pytest.raises(SettingError, match="joint_topics: left_index1, right_thumb3 needs hands: true"):
        updated(Settings(), {"joint_topics": ["pelvis", "left_index1", "right_thumb3"]})
    with pytest.raises(SettingError, match="needs hands"):  # nor can hands be taken away from under them
        updated(Settings(hands=True, joint_topics=("left_index1",)), {"hands": False})


def test_configs_are_values():
    assert Settings() == Settings()
    assert hash(Settings()) == hash(Settings())
    with pytest.raises(AttributeError):
        Settings().max_people = 2


# -- networks of the user's own


@pytest.mark.parametrize(("owner", "model"), [("estimator", "model"), ("detector", "detector_model")])
def test_a_model_belongs_to_what_it_was_set_with(owner, model):
    with pytest.raises(SettingError, match=rf"^{model}: .*set it together with {owner}: "):
        updated(Settings(), {model: "yolo.onnx"})
    config = updated(Settings(), {owner: "yolo", model: "yolo.onnx"})
    assert getattr(config, model) == "yolo.onnx"
    assert getattr(updated(config, {"max_people": 2}), model) == "yolo.onnx"
    # another one has no use for it
    assert getattr(updated(config, {owner: "blazepose"}), model) == ""

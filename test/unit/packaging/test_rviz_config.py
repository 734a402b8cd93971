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

"""What config/frankmocap.rviz promises: panels, sizes, times, and what its view has in sight."""

import importlib.util
import re
import struct

import numpy as np
import pytest
import yaml

from frankmocap_ros.runtime.package_files import share_file
from support.paths import ROOT

CONFIG = yaml.safe_load(share_file("config", "frankmocap.rviz").read_text(encoding="utf-8"))
WINDOW = CONFIG["Window Geometry"]
DISPLAYS = {display["Name"]: display for display in CONFIG["Visualization Manager"]["Displays"]}
EDGES_PX = 70  # menu, tools and status line of the window


def load_picture_script():
    spec = importlib.util.spec_from_file_location("rviz_picture", ROOT / "docs" / "make_rviz_picture.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


picture = load_picture_script()


def docks():
    """Qt's saved state: the width of the left dock [px], and name -> (visible, height [px]) of what is in it.

    After the marker fb a dock widget is: name (length and UTF-16), flags, position, size, least and most.
    """
    state = bytes.fromhex(WINDOW["QMainWindow State"])
    start, version = struct.unpack(">II", state[:8])
    assert (start, version) == (0xFF, 0)
    marker, areas, area, width = struct.unpack(">BIII", state[8:21])
    assert (marker, areas, area) == (0xFD, 1, 0), "one dock area, the left one"
    found = {}
    for at in (match.start() for match in re.finditer(b"\xfb\x00\x00\x00", state)):
        (length,) = struct.unpack(">I", state[at + 1 : at + 5])
        name = state[at + 5 : at + 5 + length].decode("utf-16-be")
        flags, _, size = struct.unpack(">BII", state[at + 5 + length : at + 14 + length])
        found[name] = (bool(flags & 1), size)
    return width, found


def test_the_only_panel_is_displays():
    assert [panel["Class"] for panel in CONFIG["Panels"]] == ["rviz_common/Displays"]
    assert set(docks()[1]) == {"Camera", "Displays"}
    assert "Views" not in WINDOW
    # RViz leaves what is missing here to chance: it reads both into a variable that nobody set
    assert (WINDOW["Hide Left Dock"], WINDOW["Hide Right Dock"]) == (False, True)


def test_the_camera_image_is_large():
    """A 4:3 image of 600 px or more, in the larger part of its dock."""
    width, found = docks()
    visible, height = found["Camera"]
    assert visible
    assert min(width, height * 4 / 3) >= 600
    assert height > found["Displays"][1] > 200
    assert DISPLAYS["Camera"]["Enabled"]
    assert WINDOW["Width"] - width >= 700, "as much for the scene"


@pytest.mark.parametrize("distance_m", [1.5, 2.5, 3.5])
@pytest.mark.parametrize("side_m", [-0.5, 0.0, 0.5])
def test_camera_and_person_are_both_in_sight(distance_m, side_m):
    """The camera, and a person of 1.9 m with arms spread who stands before it."""
    view = picture.OrbitView.of(CONFIG)
    aspect = (WINDOW["Width"] - docks()[0]) / (WINDOW["Height"] - EDGES_PX)
    camera = [0.0, 0.0, picture.CAMERA_HEIGHT_M]
    arms = [[distance_m, side_m + reach, 1.5] for reach in (-0.9, 0.9)]
    person = [[distance_m, side_m, height] for height in (0.0, 1.9)]
    seen = view.project(np.array([camera, *arms, *person]), aspect)
    assert np.abs(seen[:, :2]).max() < 0.97
    assert seen[:, 2].min() > 1.0
    apart = np.abs(seen[0, 0] - seen[1:, 0]).min()
    assert apart > 0.1, "nobody hides the camera"


def test_orbit_view_is_rvizs():
    """The focal point is in the middle, what is higher is higher; seen along y, x points to the right."""
    view = picture.OrbitView(np.array([1.0, 2.0, 3.0]), 4.0, -np.pi / 2, 0.0)
    points = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.5], [1.5, 2.0, 3.0], [1.0, 3.0, 3.0]])
    seen = view.project(points, 1.0)
    half = 4.0 * np.tan(np.pi / 8)
    np.testing.assert_allclose(seen[:, 2], [4.0, 4.0, 4.0, 5.0])
    np.testing.assert_allclose(seen[:, :2], [[0, 0], [0, 0.5 / half], [0.5 / half, 0], [0, 0]], atol=1e-9)


def test_frames_of_lost_joints_are_gone_after_a_second():
    assert DISPLAYS["Frames"]["Frame Timeout"] == 1
    assert DISPLAYS["Mesh"]["Decay Time"] == 0

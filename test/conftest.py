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

"""What all tests share: stand-ins for FrankMocap's files, kinematics of a URDF, a robot with wheels."""

import os

import numpy as np
import pytest

from frankmocap_ros.assets.layout import STANDIN_MARKER
from frankmocap_ros.assets.model_files import MODELS_VARIABLE, models_folder
from frankmocap_ros.estimators.frankmocap import estimator as frankmocap
from frankmocap_ros.estimators.frankmocap.estimator import FrankMocapEstimator, FrankMocapOptions
from frankmocap_ros.geometry.boxes import region_of
from frankmocap_ros.geometry.rotation import quat_from_rotvec, quat_to_matrix
from frankmocap_ros.runtime.fastdds_profile import transport_variables
from frankmocap_ros.runtime.package_files import share_file
from frankmocap_ros.standin.extra_data import write_standin

# networks are fetched once; tests have caches of their own
os.environ.setdefault(MODELS_VARIABLE, str(models_folder()))


@pytest.fixture(scope="session", autouse=True)
def middleware():
    """Nodes, of this process and of those that it starts, stay on this machine and find each other at once.

    Fast DDS reads its profile when a process makes its first participant; without it, nodes that start
    together may hear each other only seconds later (see config/fastdds.xml). Tests start many: the small one.
    """
    profile = transport_variables(os.environ, str(share_file("config", "fastdds_small.xml")))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST", **profile}.items():
            patch.setenv(name, value)
        yield


class Standing:
    """Finds one person in the middle of every image."""

    name = "standing"

    def __init__(self, *_):
        pass

    def detect(self, image, max_people):
        width, height = image.bitmap.size_px
        return [region_of(np.array([0.35 * width, 0.1 * height, 0.3 * width, 0.8 * height]))]

    def close(self):
        pass


@pytest.fixture
def standing(monkeypatch):
    """Whoever FrankMocap is asked to find stands in the middle."""
    monkeypatch.setattr(frankmocap, "make_detector", Standing)


@pytest.fixture(scope="session")
def standin(tmp_path_factory):
    """A folder of stand-in files, and a cache of their own for what is made of them."""
    folder = tmp_path_factory.mktemp("extra_data")
    write_standin(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRANKMOCAP_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield folder


@pytest.fixture(scope="session")
def smpl(standin):
    """FrankMocap in float32 on stand-in files, made once: its ``close`` does nothing before the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frankmocap, "make_detector", Standing)
        estimator = FrankMocapEstimator(FrankMocapOptions(standin, engine="torch", precision="fp32"))
    close, estimator.close = estimator.close, lambda: None
    yield estimator
    close()


@pytest.fixture
def as_if_real(standin, tmp_path):
    """The same files without the mark that they are stand-ins."""
    for path in standin.rglob("*"):
        if path.is_file() and path.name != STANDIN_MARKER:
            link = tmp_path / "real" / path.relative_to(standin)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
    return tmp_path / "real"


_INERTIAL = (
    '<inertial><mass value="1"/><inertia ixx="0.1" iyy="0.1" izz="0.1" ixy="0" ixz="0" iyz="0"/></inertial>'
)
_MOBILE = {  # joint: type, parent, child, origin, axis, range, more
    "wheel_l_joint": ("continuous", "base_link", "wheel_l", "0 0.2 0", "0 1 0", None, ""),
    "wheel_r_joint": ("continuous", "base_link", "wheel_r", "0 -0.2 0", "0 1 0", None, ""),
    "shoulder_pan_joint": ("revolute", "base_link", "shoulder_link", "0 0 0.5", "0 0 1", (-2, 2), ""),
    "shoulder_lift_joint": ("revolute", "shoulder_link", "upper_arm_link", "0 0 0.1", "0 1 0", (-2, 2), ""),
    "elbow_joint": ("revolute", "upper_arm_link", "forearm_link", "0.3 0 0", "0 1 0", (-2, 2), ""),
    "wrist_joint": ("continuous", "forearm_link", "wrist_link", "0.3 0 0", "1 0 0", None, ""),
    "tool0_fixed": ("fixed", "wrist_link", "tool0", "0.1 0 0", "0 0 1", None, ""),
    "finger_joint": ("prismatic", "tool0", "finger_l", "0.05 0.02 0", "0 1 0", (0, 0.04), ""),
    "finger_mimic_joint": (
        "prismatic", "tool0", "finger_r", "0.05 -0.02 0", "0 -1 0", (0, 0.04),
        '<mimic joint="finger_joint"/>',
    ),
}  # fmt: skip
_MOBILE_MAP = """
model: arm.urdf
home: {shoulder_lift_joint: 0.3, elbow_joint: 0.8}
velocity_limits: {default: 1.0}
targets:
  right_wrist: {joint: right_wrist, origin: right_shoulder, body: tool0, robot_origin: upper_arm_link,
                chain: [upper_arm_link, forearm_link, tool0]}
"""


@pytest.fixture
def mobile_robot(tmp_path):
    """Writes a robot with wheels and gripper beside its arm, and its map with lines added; gives its path."""

    def write(added="", model=lambda urdf: urdf):
        links = dict.fromkeys(["base_link", *(child for _, _, child, *_ in _MOBILE.values())])
        urdf = "".join(f'<link name="{name}">{_INERTIAL}</link>' for name in links)
        for name, (kind, parent, child, origin, axis, ends, more) in _MOBILE.items():
            limit = f'<limit lower="{ends[0]}" upper="{ends[1]}" effort="1" velocity="1"/>' if ends else ""
            urdf += (
                f'<joint name="{name}" type="{kind}"><parent link="{parent}"/><child link="{child}"/>'
                f'<origin xyz="{origin}"/><axis xyz="{axis}"/>{limit}{more}</joint>'
            )
        (tmp_path / "arm.urdf").write_text(model(f'<robot name="arm">{urdf}</robot>'), encoding="utf-8")
        path = tmp_path / "map.yaml"
        path.write_text(_MOBILE_MAP + added, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def links_of():
    """Where each link of a parsed URDF is: name -> (position, rotation matrix)."""

    def forward(urdf, root, angles):
        links = {urdf.get("name"): root}
        for joint in urdf.findall("joint"):
            position, rotation = links[joint.find("parent").get("link")]
            origin, name = joint.find("origin"), joint.get("name")
            assert origin.get("rpy") == "0 0 0"
            position = position + rotation @ np.array(origin.get("xyz").split(), float)
            if joint.get("type") == "revolute":
                axis = np.array(joint.find("axis").get("xyz").split(), float)
                rotation = rotation @ quat_to_matrix(quat_from_rotvec(axis * angles[name]))
            links[joint.find("child").get("link")] = (position, rotation)
        return links

    return forward

"""What all tests share: stand-ins for FrankMocap's files, and forward kinematics of a URDF."""

import os

import numpy as np
import pytest

from frankmocap_ros.assets.layout import STANDIN_MARKER
from frankmocap_ros.assets.standin import write_standin
from frankmocap_ros.boxes import region_of
from frankmocap_ros.estimators import frankmocap
from frankmocap_ros.estimators.frankmocap import FrankMocapEstimator, FrankMocapOptions
from frankmocap_ros.geometry import quat_from_rotvec, quat_to_matrix
from frankmocap_ros.transport import share_file, transport_variables


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

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

"""What one environment lends another: everything but ROS and this package."""

import pytest

from support.lent_packages import lend


@pytest.fixture
def site_packages(tmp_path):
    """A folder as pip leaves it."""
    folder = tmp_path / "site-packages"
    installed = {
        "ros-rclpy": ["rclpy/__init__.py", "ros_rclpy.libs/librcl.so", "../../../bin/rclpy"],
        "frankmocap_ros": ["frankmocap_ros/__init__.py"],
        "rosbags": ["rosbags/__init__.py"],  # of ROS's files, not of ROS
        "six": ["six.py"],
    }
    for name, files in installed.items():
        information = folder / f"{name.replace('-', '_')}-1.0.dist-info"
        information.mkdir(parents=True)
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        listed = [*files, f"{information.name}/METADATA"]
        (information / "RECORD").write_text("".join(f"{file},,\n" for file in listed))
        for file in files:
            (folder / file).resolve().parent.mkdir(parents=True, exist_ok=True)
            (folder / file).touch()
    return folder


def test_neither_ros_nor_this_package_is_lent(site_packages, tmp_path):
    lend(site_packages, tmp_path / "lent")
    lent = sorted(path.name for path in (tmp_path / "lent").iterdir())
    assert lent == ["rosbags", "rosbags-1.0.dist-info", "six-1.0.dist-info", "six.py"]
    assert (tmp_path / "lent" / "six.py").samefile(site_packages / "six.py")


def test_what_is_gone_is_lent_no_more(site_packages, tmp_path):
    lend(site_packages, tmp_path / "lent")
    (tmp_path / "lent" / "__pycache__").mkdir()
    (site_packages / "six.py").unlink()
    lend(site_packages, tmp_path / "lent")
    assert "six.py" not in [path.name for path in (tmp_path / "lent").iterdir()]

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

"""The node with FrankMocap: files that come later, stand-ins, and what ``auto`` does."""

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.msg import Log

from frankmocap_ros.assets.layout import ASSETS, STANDIN_WARNING
from frankmocap_ros.msg import BodyPose, BodyPoseArray, JointPose

MEANINGLESS = STANDIN_WARNING
PLAIN = {"engine": "torch", "precision": "fp32"}  # nothing to measure or to translate


@pytest.fixture(autouse=True)
def folder_named_nowhere_else(standing, monkeypatch):
    monkeypatch.delenv("FRANKMOCAP_ASSETS_DIR", raising=False)


def said(log, level, text):
    """Wait for a line of the log."""
    return log.wait(lambda msg: msg.level == level and text in msg.msg)


def test_files_that_come_later(start, standin, tmp_path):
    """Unconfigured with the text that helps; configured once the files are there, in the same process."""
    folder = tmp_path / "extra_data"
    system = start(estimator="frankmocap", assets_dir=str(folder), **PLAIN)
    assert system.state() == "unconfigured"
    text = system.status(lambda status: status.level == DiagnosticStatus.ERROR).message
    for word in (ASSETS["body_smpl"].path, ASSETS["smpl"].url, "frankmocap_ros doctor"):
        assert word in text
    assert not system.change("configure")

    log = system.listen(Log, "/rosout")
    folder.symlink_to(standin)
    assert system.change("configure")
    assert system.change("activate")
    said(log, 30, MEANINGLESS)
    system.listen(BodyPoseArray, "/frankmocap/bodies")
    (body,) = system.wait_until(lambda: system.process().bodies)
    assert body.estimator == "frankmocap"
    assert len(body.joints) == 24
    assert sum(joint.state == JointPose.TRACKED for joint in body.joints) >= 20
    assert body.scale_source == BodyPose.SCALE_ASSUMED_HEIGHT
    status = system.status(lambda status: "frankmocap" in {v.value for v in status.values})
    assert MEANINGLESS in status.message
    assert status.level == DiagnosticStatus.WARN
    ratio = next(v.value for v in status.values if v.key == "detector_ratio")
    assert 0.0 < float(ratio) <= 1.0


def test_fingers(start, standin):
    system = start(estimator="frankmocap", assets_dir=str(standin), use_smplx=True, hands=True, **PLAIN)
    (body,) = system.wait_until(lambda: system.process().bodies)
    assert len(body.joints) == 54
    unknown = [joint.name for joint in body.joints if joint.state == JointPose.INVALID]
    assert unknown == ["left_hand", "right_hand"]


def test_auto_without_files(start, tmp_path):
    """Runs on BlazePose and says what is missing."""
    system = start(autostart=False, assets_dir=str(tmp_path))
    log = system.listen(Log, "/rosout")
    assert system.change("configure")
    assert system.change("activate")
    said(log, 30, "estimator: auto selects blazepose, not frankmocap")
    assert ASSETS["body_smpl"].path in said(log, 30, "Missing").msg
    system.values(lambda values: values["estimator"] == "blazepose")


def test_fingers_without_smplx(start, standin):
    system = start(estimator="frankmocap", assets_dir=str(standin), hands=True, **PLAIN)
    assert system.state() == "unconfigured"
    assert "use_smplx: true" in system.status(lambda status: status.level == DiagnosticStatus.ERROR).message
    system.set(use_smplx=True)
    assert system.change("configure")

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

"""doctor on networks that users bring: where they are, or where to get them and under which license."""

import pytest

from frankmocap_ros.assets.user_models import USER_MODELS
from frankmocap_ros.cli.doctor_networks import network_checks
from frankmocap_ros.settings.mocap import MODEL_ESTIMATORS
from support.small_networks import POSENET, network, written


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("FRANKMOCAP_MODELS_DIR", str(tmp_path))
    return tmp_path


def test_what_is_not_here_is_optional_and_says_where_to_get_it(folder):
    checks = {check.name: check for check in network_checks()}
    assert set(checks) == set(USER_MODELS) <= set(MODEL_ESTIMATORS)
    for check in checks.values():
        assert check.status == "optional"
        assert "https://" in check.next_step
        assert USER_MODELS[check.name].license in check.next_step
        assert str(folder) in check.text
        assert f"{check.name}.onnx" in check.next_step


def test_what_is_here(folder):
    written(folder / "posenet.onnx", network(POSENET))
    (check,) = (check for check in network_checks() if check.name == "posenet")
    assert (check.status, check.next_step) == ("ok", "")
    assert "posenet.onnx, ONNX" in check.text


def test_what_is_here_and_damaged(folder):
    (folder / "movenet.tflite").write_text("<html>404</html>")
    (check,) = (check for check in network_checks() if check.name == "movenet")
    assert check.status == "warning"
    assert "movenet.tflite is no TFLite file" in check.text
    assert "https://" in check.next_step

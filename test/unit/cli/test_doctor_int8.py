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

"""doctor's line on quantized networks."""

import json

import pytest

from frankmocap_ros.assets.layout import ASSETS
from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.cli import doctor
from frankmocap_ros.cli.doctor_int8 import int8_checks
from frankmocap_ros.cli.doctor_probes import Probe
from frankmocap_ros.engines.base import EngineOptions
from frankmocap_ros.engines.kept import int8_of
from frankmocap_ros.estimators.frankmocap.int8_notes import NETWORKS, weights_key

JOINTS = {"mean_mm": 0.25, "p99_mm": 0.75, "max_mm": 1.5, "moves_mm": 90.0, "crops": 60}


@pytest.fixture
def smpl_only(standin, tmp_path, monkeypatch):
    """A folder with the network for SMPL alone, and a cache of its own."""
    monkeypatch.setenv("FRANKMOCAP_CACHE_DIR", str(tmp_path / "cache"))
    for key in NETWORKS["body_smpl"]:
        link = tmp_path / "extra_data" / ASSETS[key].path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(standin / ASSETS[key].path)
    return tmp_path / "extra_data"


def keep(folder, notes):
    store = AssetStore(folder)
    store.load("body_smpl")
    key = weights_key("body", store.digest("body_smpl"))
    kept = int8_of(key, EngineOptions().cache)
    kept.make(lambda path: (path / "model.xml").write_text("x"), notes)
    return kept


def test_nothing_to_say_where_no_network_is(tmp_path):
    assert int8_checks(None) == []
    assert int8_checks(tmp_path) == []


def test_a_network_that_is_quantized(smpl_only):
    (check,) = int8_checks(smpl_only)
    assert (check.name, check.status) == ("int8", "ok")
    assert check.text.startswith("body_smpl not quantized; ")
    assert f"frankmocap_ros convert --int8 --assets {smpl_only} --calibration VIDEO" in check.text
    kept = keep(smpl_only, {"joints": JOINTS})
    (check,) = int8_checks(smpl_only)
    assert check.text == (
        "body_smpl quantized (joints differ from fp32 by 0.25 mm mean, 0.75 mm p99, 1.5 mm max over 60 crops)"
    )
    assert check.record()["quantized"]["body_smpl"]["joints"] == JOINTS
    (kept.folder / "model.xml").write_text("damaged")
    assert "not quantized" in int8_checks(smpl_only)[0].text


def test_a_file_that_changed_is_not_quantized(smpl_only, tmp_path):
    keep(smpl_only, {"joints": JOINTS})
    path = smpl_only / ASSETS["body_smpl"].path
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-100] + bytes(100))
    assert "body_smpl not quantized" in int8_checks(smpl_only)[0].text


def test_a_line_of_the_report(smpl_only, monkeypatch, capsys):
    class Probes:
        def __init__(self, limit_s):
            pass

        def results(self):
            return dict.fromkeys(("numbers", "torch", "blazepose", "ros"), Probe({}, "not looked at"))

    monkeypatch.setattr(doctor, "Probes", Probes)
    doctor.main(["--json", "--assets", str(smpl_only)])
    (line,) = [check for check in json.loads(capsys.readouterr().out)["checks"] if check["name"] == "int8"]
    assert line["quantized"] == {}

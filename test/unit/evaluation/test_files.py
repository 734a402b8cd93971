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

"""Recordings and truth from files: what is read, and words for whatever is none."""

import json
from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.cli.main import main
from frankmocap_ros.errors import EvaluationError
from frankmocap_ros.evaluation.json_lines import read_json_lines
from frankmocap_ros.evaluation.marker_names import joints_of, parsed_map
from frankmocap_ros.evaluation.truth_files import read_truth
from support.recordings import figure, times

TIMES = times(1.0, 30.0)
TRUTH = figure(TIMES)
NAMES = ("left_wrist", "right_wrist", "neck")


def trc(names, positions, unit="m", t=TIMES):
    """A TRC file as motion capture writes it."""
    head = [
        "PathFileType\t4\t(X/Y/Z)\tx.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"30\t30\t{len(t)}\t{len(names)}\t{unit}\t30\t1\t{len(t)}",
        "Frame#\tTime\t" + "\t\t\t".join(names),
        "\t\t" + "\t".join(f"{a}{i + 1}" for i in range(len(names)) for a in "XYZ"),
        "",
    ]
    rows = [
        "\t".join([str(n + 1), f"{time:.6f}", *("" if np.isnan(v) else f"{v:.6f}" for v in row.ravel())])
        for n, (time, row) in enumerate(zip(t, positions, strict=True))
    ]
    return "\n".join([*head, *rows]) + "\n"


def written(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def points(names=NAMES):
    return np.stack([TRUTH.point(name) for name in names], axis=1)


@pytest.mark.parametrize("unit", ["mm", "cm", "m", "MM"])
def test_trc(tmp_path, unit):
    scale = {"mm": 1e3, "cm": 1e2, "m": 1.0}[unit.lower()]
    positions = points()
    positions[3, 1] = np.nan  # a marker that was lost
    path = written(tmp_path, "x.trc", trc(("LWrist", "Anna:RWRI", "Neck"), scale * positions, unit))
    truth = read_truth(path)
    assert not truth.in_camera_frame
    assert set(truth.recording.names) == set(NAMES)
    for i, name in enumerate(NAMES):
        np.testing.assert_allclose(truth.recording.point(name), positions[:, i], atol=1e-5)
    assert truth.recording.states[3, truth.recording.row("right_wrist")] == JointState.INVALID


def test_markers_of_ones_own(tmp_path):
    """A joint between two markers, and one of a name that nobody knows."""
    wrist = points(("left_wrist",))[:, 0]
    path = written(
        tmp_path, "x.trc", trc(("A", "B", "C1"), np.stack([wrist - 0.1, wrist + 0.1, wrist], axis=1))
    )
    truth = read_truth(path, parsed_map(["left_wrist=A+B", "neck=C1"]))
    np.testing.assert_allclose(truth.recording.point("left_wrist"), wrist, atol=1e-6)
    with pytest.raises(
        EvaluationError, match=r"none of these markers is known: A, B, C1; .*--map left_wrist="
    ):
        read_truth(path)
    with pytest.raises(EvaluationError, match="'left_paw' is no joint; allowed: pelvis, left_hip"):
        read_truth(path, {"left_paw": ["A"]})
    with pytest.raises(EvaluationError, match="no marker 'D'; there are: A, B, C1"):
        read_truth(path, {"left_wrist": ["A", "D"]})
    for wrong in ("left_wrist", "=A", "left_wrist="):
        with pytest.raises(EvaluationError, match="expected JOINT=MARKER"):
            parsed_map([wrong])


@pytest.mark.parametrize(
    ("names", "joints"),
    [
        (("RShoulder", "RElbow", "RWrist"), {"right_shoulder", "right_elbow", "right_wrist"}),
        (("LSHO", "LELB", "LWRA", "LWRB"), {"left_shoulder", "left_elbow", "left_wrist"}),
        (("RHip_study", "L_knee_study", "r_ankle"), {"right_hip", "left_knee", "right_ankle"}),
        (("wrist.l", "Left Elbow", "HIP_R"), {"left_wrist", "left_elbow", "right_hip"}),
        (("Hip", "Neck", "RHip"), {"pelvis", "neck", "right_hip"}),
        (("left_wrist", "spine1"), {"left_wrist", "spine1"}),
    ],
)
def test_names_of_markers(names, joints):
    assert set(joints_of(names)) == joints


def archive(tmp_path, **arrays):
    given = {"times_s": TIMES, "names": np.array(NAMES), "positions_m": points(), **arrays}
    path = tmp_path / "x.npz"
    np.savez(path, **{name: array for name, array in given.items() if array is not None})
    return path


def test_npz(tmp_path):
    turned = np.tile((0.0, 0.0, 0.0, 2.0), (len(TIMES), 3, 1))
    turned[5, 0] = 0.0
    visible = np.ones((len(TIMES), 3), bool)
    visible[:10, 1] = False
    place = np.eye(4)
    place[:3, 3] = 1.0
    truth = read_truth(archive(tmp_path, orientations_xyzw=turned, visible=visible, camera_from_truth=place))
    found = truth.recording
    np.testing.assert_array_equal(found.point("neck"), TRUTH.point("neck"))
    wrist = found.row("right_wrist")
    assert set(found.states[:10, wrist]) == {JointState.PREDICTED}
    assert set(found.states[10:, wrist]) == {JointState.TRACKED}
    np.testing.assert_array_equal(found.orientations_xyzw[0, wrist], (0.0, 0.0, 0.0, 1.0))
    assert np.isnan(found.orientations_xyzw[5, found.row("left_wrist")]).all()
    np.testing.assert_array_equal(truth.T_camera_truth, place)
    assert read_truth(archive(tmp_path)).T_camera_truth is None


class Opens:
    """What a pickle would run."""

    def __reduce__(self):
        return print, ("it was run",)


MIRROR = np.diag([1.0, 1.0, -1.0, 1.0])
BROKEN_NPZ = {
    "no names": ({"names": None}, "no array names; needed: times_s"),
    "names too few": ({"names": np.array(NAMES[:2])}, r"positions_m is float64 \(30, 3, 3\); expected"),
    "flat": ({"positions_m": np.zeros((30, 9))}, "expected numbers of shape"),
    "words": ({"positions_m": np.full((30, 3, 3), "a")}, "expected numbers of shape"),
    "times fall": ({"times_s": TIMES[::-1]}, "times must be finite and rise"),
    "times are not finite": ({"times_s": np.full(30, np.nan)}, "times must be finite and rise"),
    "millimeters": ({"positions_m": 1e6 * points()}, "farther than 10000 m; check its unit"),
    "infinite": ({"positions_m": np.full((30, 3, 3), np.inf)}, "farther than"),
    "a reflection": ({"camera_from_truth": MIRROR}, "no rigid transform"),
    "objects": ({"names": np.array([Opens(), Opens(), Opens()], dtype=object)}, "no archive of plain arrays"),
}


@pytest.mark.parametrize("what", BROKEN_NPZ)
def test_broken_npz(tmp_path, capsys, what):
    arrays, words = BROKEN_NPZ[what]
    with pytest.raises(EvaluationError, match=words):
        read_truth(archive(tmp_path, **arrays))
    assert "it was run" not in capsys.readouterr().out


GOOD_TRC = trc(("LWrist", "RWrist"), points(NAMES[:2]))
BROKEN = {
    "nothing.npz": (b"", "no archive of plain arrays"),
    "cut.npz": (b"PK\x03\x04 and no more", "no archive of plain arrays"),
    "empty.trc": ("", "no TRC file, which begins with PathFileType"),
    "other.trc": ("a\nb\nc\nd\ne\nf\n", "no TRC file"),
    "unit.trc": (GOOD_TRC.replace("\tm\t", "\tfeet\t"), "line 3: Units is 'feet'; allowed: mm, cm, m"),
    "no_markers.trc": (GOOD_TRC.replace("LWrist\t\t\tRWrist", ""), "line 4 names no markers"),
    "words.trc": (GOOD_TRC.replace("0.033333", "soon"), r"line 8: could not convert .* 'soon'"),
    "too_wide.trc": (GOOD_TRC.replace("\n2\t", "\n2\t" + "1\t" * 20), "line 8 has 28 values; 2 markers"),
    "header.trc": ("\n".join(GOOD_TRC.splitlines()[:6]) + "\n", "no data after the header"),
    "x.csv": ("1,2,3", "truth of an unknown kind; allowed: .trc, .npz, .jsonl"),
    "text.jsonl": ("hello\n", "line 1: no JSON"),
    "list.jsonl": ("[1]\n", "line 1: no object of a frame"),
    "other.jsonl": ('{"a": 1}\n', r"line 1: no frame of this package \(KeyError: 'stamp_s'\); write it with"),
    "gmr.jsonl": ('{"time_s": 0.0, "id": 1, "joints": {}}\n', "it is in the format gmr"),
    "binary.jsonl": (bytes(range(128, 255)), "no text"),
    "empty.jsonl": ("", "an operator is in none of 0 frames"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files(tmp_path, name):
    content, words = BROKEN[name]
    with pytest.raises(EvaluationError, match=words) as error:
        read_truth(written(tmp_path, name, content))
    assert name in str(error.value)


def test_no_file(tmp_path):
    for name in ("x.trc", "x.npz", "x.jsonl"):
        with pytest.raises(EvaluationError, match=r"No such file"):
            read_truth(tmp_path / name)


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    path = tmp_path_factory.mktemp("records") / "out.jsonl"
    command = (
        "process",
        "synthetic",
        "--estimator",
        "synthetic",
        "--max-frames",
        "12",
        "--smoothing",
        "none",
    )
    assert main([*command, "--out", str(path)]) == 0
    return path


def test_what_process_writes(records):
    found = read_json_lines(records)
    truth = figure(found.times_s)
    assert found.camera == truth.camera
    assert set(found.states.ravel().tolist()) == {JointState.TRACKED}
    np.testing.assert_allclose(found.point("left_wrist"), truth.point("left_wrist"), atol=0.02)
    assert np.isfinite(found.orientations_xyzw).all()
    np.testing.assert_allclose(found.camera.project(found.positions), found.pixels, atol=0.01)


def lines(records):
    return [json.loads(line) for line in records.read_text().splitlines()]


def rewritten(tmp_path, values):
    return written(tmp_path, "changed.jsonl", "\n".join(map(json.dumps, values)) + "\n")


def test_what_is_not_known_is_nan(tmp_path, records):
    values = lines(records)
    values[1]["bodies"] = []
    values[1]["operator_id"] = 0
    joint = values[2]["bodies"][0]["joints"][20]
    joint |= {"state": "INVALID", "position_m": [0.0, 0.0, 0.0], "orientation_confidence": 0.0}
    values[3]["bodies"][0]["joints"][20]["position_stddev_m"] = [0.02, 0.1]
    values[4]["bodies"][0]["joints"][20]["orientation_confidence"] = 0.0
    found = read_json_lines(rewritten(tmp_path, values))
    assert len(found.times_s) == len(values)
    assert not found.states[1].any()
    assert np.isnan(found.positions[1]).all()
    assert np.isnan(found.positions[2, 20]).all()
    assert np.isfinite(found.positions[2, 19]).all()
    np.testing.assert_array_equal(found.stddev[3, 20], (0.02, 0.1))
    assert np.isnan(found.orientations_xyzw[4, 20]).all()


def test_one_of_several_people(tmp_path, records):
    values = lines(records)
    for value in values:
        other = json.loads(json.dumps(value["bodies"][0]))
        other["id"] = 7
        other["joints"][20]["position_m"] = [1.0, 2.0, 3.0]
        value["bodies"].append(other)
    path = rewritten(tmp_path, values)
    assert read_json_lines(path, 7).positions[0, 20].tolist() == [1.0, 2.0, 3.0]
    assert read_json_lines(path).positions[0, 20].tolist() != [1.0, 2.0, 3.0]
    with pytest.raises(EvaluationError, match="body 9 is in none of 12 frames"):
        read_json_lines(path, 9)


def broken_joint(**fields):
    def change(values):
        values[4]["bodies"][0]["joints"][3] |= fields

    return change


def same_stamp(values):
    values[5]["stamp_s"] = values[4]["stamp_s"]


CHANGES = {
    "an unknown state": (broken_joint(state="LOST"), r"line 5: no frame .*KeyError: 'LOST'"),
    "two numbers": (broken_joint(position_m=[1.0, 2.0]), "line 5: .*3 numbers expected, got 2"),
    "a word": (broken_joint(position_m=[1.0, 2.0, "a"]), "line 5: .*'a' is no finite number"),
    "infinite": (broken_joint(pixel=[1e999, 2.0]), "line 5: .*inf is no finite number"),
    "no body": (lambda values: values[4].update(bodies=3), "line 5: no frame"),
    "another frame": (
        lambda values: values[2].update(frame_id="map"),
        "line 3: poses are in the frame 'map'",
    ),
    "the same stamp": (same_stamp, "line 6: its stamp .* does not come after"),
    "no camera": (lambda values: values[0]["camera"].update(fx=0.0), "line 1: .*above 0"),
    "another lens": (
        lambda values: values[0]["camera"].update(distortion={"model": "soap", "coefficients": [1.0]}),
        "line 1: .*'soap' with 1 coefficients",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_broken_records(tmp_path, records, what):
    change, words = CHANGES[what]
    values = lines(records)
    change(values)
    with pytest.raises(EvaluationError, match=words):
        read_json_lines(rewritten(tmp_path, values))


def test_own_records_are_a_truth_in_the_cameras_frame(records):
    truth = read_truth(records)
    assert truth.in_camera_frame
    assert truth.recording.names == replace(TRUTH).names

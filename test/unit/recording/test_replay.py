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

"""Episodes replayed: what is taken from them, reports that are the same each time, and exit codes."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.bench.operators import exercise
from frankmocap_ros.cli.main import main as frankmocap_ros
from frankmocap_ros.cli.replay import main
from frankmocap_ros.errors import RecordingError, SettingError
from frankmocap_ros.recording.recorded_gate import GateRequest
from frankmocap_ros.recording.replay_input import read_replay
from frankmocap_ros.recording.replay_job import ReplayJob, replay_one, report_text
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.gate import BY_SERVICE, State
from support.bags import image, write_bag
from support.episodes import DELAY_S, SETTINGS, START_NS, bodies, ns, parameters, write_episode

RELEASED_S, ASKED_AGAIN_S = 1.6, 2.0
STATES = (
    (0.0, State.DISENGAGED, "not asked for"),
    (0.4, State.ARMING, "hold still for 0.3 s"),
    (0.8, State.ENGAGED, "following the operator"),
    (0.85, State.ENGAGED, "following the operator"),  # it is told 20 times a second
    (RELEASED_S, State.DISENGAGED, BY_SERVICE),
    (ASKED_AGAIN_S, State.ARMING, "hold still for 0.3 s"),
    (2.4, State.ENGAGED, "following the operator"),
    (2.6, State.HOLD, "not seen: left_wrist"),
    (3.1, State.DISENGAGED, "not seen: left_wrist; held for 0.5 s"),
)
MOTION_SCALE_S = 1.8  # nobody is in control


@pytest.fixture(scope="module")
def episode(tmp_path_factory):
    """An operator who asks for control twice, and changes a setting in between."""
    folder = tmp_path_factory.mktemp("recorded") / "episode_000001"
    changed = parameters(MOTION_SCALE_S, "/gate", {"motion_scale": 0.5}, changed=True)
    return write_episode(
        folder, 3.0, states=STATES, more=[("/parameter_events", MOTION_SCALE_S, changed)]
    )  # fmt: skip


@pytest.fixture(scope="module")
def report(episode, tmp_path_factory):
    """The report of a replay by the command, its text and the folder that it is in."""
    folder = tmp_path_factory.mktemp("report")
    assert frankmocap_ros(["replay", str(episode), "--report", str(folder)]) == 0
    text = (folder / "report.json").read_text(encoding="utf-8")
    return json.loads(text), text, folder


def test_bodies_are_taken_as_they_came(episode):
    found = read_replay(episode)
    seen = exercise(3.0)
    assert len(found.bodies) == len(seen) and found.start_ns == START_NS
    for one, truth in zip(found.bodies, seen, strict=True):
        assert one.received_s == pytest.approx(truth.time_s + DELAY_S, abs=1e-8)
        assert one.operator.time_s == pytest.approx(truth.time_s, abs=1e-8)
        state = one.operator.of(truth.names)
        np.testing.assert_array_equal(state.poses.positions, truth.positions)
        np.testing.assert_array_equal(state.poses.orientations, truth.orientations)
        assert state.tracked.all() and state.operator_id == 1 and one.run_id == 7


def test_requests_and_settings_are_taken_as_they_were(episode):
    found = read_replay(episode)
    assert found.requests == (
        GateRequest(pytest.approx(0.4), engage=True),
        GateRequest(pytest.approx(RELEASED_S), engage=False, release=BY_SERVICE),
        GateRequest(pytest.approx(ASKED_AGAIN_S), engage=True),
        GateRequest(pytest.approx(2.6), engage=False),
        GateRequest(pytest.approx(3.1), engage=False),
    )
    assert np.allclose(found.followed, [(0.8, RELEASED_S), (2.4, 2.6)])
    start, answered, changed = found.settings
    expected = {**SETTINGS, "skip_checks": ()}  # ROS has no empty list of names
    assert (start.time_s, dict(start.values)) == (0.0, expected) and dict(answered.values) == expected
    assert (changed.time_s, changed.values) == (pytest.approx(MOTION_SCALE_S), {"motion_scale": 0.5})


def test_a_replay_asks_and_releases_as_the_operator_did(report):
    states = [(change["state"], change["time_s"]) for change in report[0]["states"]]
    assert [name for name, _ in states] == [
        "DISENGAGED", "ARMING", "ENGAGED", "DISENGAGED", "ARMING", "ENGAGED", "DISENGAGED",
    ]  # fmt: skip
    assert [time_s for _, time_s in states[1:5]] == pytest.approx([0.4, 0.72, 1.6, 2.0], abs=0.05)
    assert [change["reason"] for change in report[0]["states"]][3::3] == [BY_SERVICE, "the recording ended"]


def test_the_recorded_settings_are_in_force_with_their_changes(report):
    settings = report[0]["settings"]
    assert settings["source"] == "recorded" and settings["changes"] == 1
    assert settings["values"]["max_speed"] == SETTINGS["max_speed"] != GateSettings().max_speed


def test_a_report_is_the_same_each_time(episode, report):
    """In another process, whose sets and dictionaries of texts are in another order."""
    again = subprocess.run(
        [sys.executable, "-m", "frankmocap_ros.cli.main", "replay", str(episode), "--json"],
        capture_output=True, text=True, timeout=120, check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )  # fmt: skip
    assert again.stdout == json.dumps(report[0], sort_keys=True) + "\n"
    assert report_text(replay_one(episode, ReplayJob())) == report[1]


def test_pictures_are_beside_the_report(report):
    pytest.importorskip(
        "matplotlib", reason="matplotlib is not installed: pip install 'frankmocap_ros[plots]'"
    )
    for name in ("targets", "joints", "gate"):
        assert (report[2] / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_default_settings_and_flags_come_before_the_recorded(episode, capsys):
    """With the defaults the operator is not calm enough to be followed."""
    assert main([str(episode), "--settings", "defaults", "--calm-speed", "0.001", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["settings"] == {"source": "defaults", "values": {"calm_speed": 0.001}, "changes": 0}
    assert found["judgement"]["failed"] == ["min_engagements: 0; allowed: at least 1"]
    assert found["following"]["first_engaged_s"] is None


def test_following_that_ends_before_its_first_command_is_none(episode, capsys):
    """The arms begin below this workspace, so that every engagement ends in the tick in which it begins."""
    assert main([str(episode), "--workspace-min", "-2", "-2", "1.9"]) == 1
    out = capsys.readouterr().out
    assert "followed                                   0 of" in out and "0 engagements" in out
    assert "DISENGAGED: the robot is outside the workspace: left_wrist is at z " in out
    assert "FAILED min_engagements: 0; allowed: at least 1" in out


def test_episodes_of_one_name_have_a_report_each(episode, tmp_path, capsys):
    other = shutil.copytree(episode, tmp_path / "monday" / episode.name)
    assert main([str(episode), str(other), "--report", str(tmp_path / "r"), "--no-plots"]) == 0
    names = [f"{folder.parent.name}_episode_000001" for folder in (episode, other)]
    assert sorted(path.name for path in (tmp_path / "r").iterdir()) == sorted(names)
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if "passed" in line] == [f"{n} on torso: passed" for n in names]


def test_faults_that_meet_nothing_are_told(episode):
    """Following ended at 2.6 s."""
    late = replay_one(episode, ReplayJob(inject={"swap": 0.5}, inject_from_s=2.5))
    (note,) = late["notes"]
    assert note.startswith("faults begin at 2.50 s, and the operator was followed for only 0.10 s after that")
    assert replay_one(episode, ReplayJob(inject={"swap": 0.5}, inject_from_s=0.9))["notes"] == []
    assert replay_one(episode, ReplayJob(inject_from_s=2.5))["notes"] == []


def test_a_parameter_file_of_the_gate_is_taken(episode, tmp_path, capsys):
    file = tmp_path / "gate.yaml"
    file.write_text("/**/gate:\n  ros__parameters:\n    max_speed: 0.25\n    use_sim_time: false\n"
                    "/other:\n  ros__parameters:\n    anything: 1\n")  # fmt: skip
    limits = tmp_path / "limits.yaml"
    limits.write_text("min_engagements: 0\nmax_holds: 0\n")
    assert main([str(episode), "--settings", str(file), "--limits", str(limits), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["settings"]["source"], found["settings"]["values"]) == ("gate.yaml", {"max_speed": 0.25})
    assert found["judgement"]["source"] == "limits.yaml"
    file.write_text("max_sped: 0.25\n")
    with pytest.raises(SettingError, match=r"--settings gate.yaml: unknown setting max_sped"):
        main([str(episode), "--settings", str(file)])
    for inner in ("5", "[1]", "text"):
        file.write_text(f"/**:\n  ros__parameters: {inner}\n")
        with pytest.raises(SettingError, match=r"gate.yaml: /\*\*: expected settings with values below"):
            main([str(episode), "--settings", str(file)])


def test_a_limit_that_is_not_kept_fails_the_command(episode, tmp_path, capsys):
    limits = tmp_path / "limits.json"
    limits.write_text('{"max_command_speed": 0.1, "min_followed_share": 0.2}')
    assert main([str(episode), "--limits", str(limits)]) == 1
    out = capsys.readouterr().out
    assert out.startswith("episode_000001 on torso: FAILED\n") and "min_followed_share" not in out
    assert "FAILED max_command_speed: " in out and "; allowed: at most 0.1" in out


def test_what_cannot_run_is_exit_code_2(tmp_path, episode, capsys):
    assert frankmocap_ros(["replay", str(tmp_path / "nothing")]) == 2
    limits = tmp_path / "limits.yaml"
    limits.write_text("max_spede: 1\n")
    assert frankmocap_ros(["replay", str(episode), "--limits", str(limits)]) == 2
    assert "unknown setting max_spede" in capsys.readouterr().err


def test_a_bag_of_others_is_replayed_with_requests_all_the_time(tmp_path):
    """Neither the gate's state nor its settings were recorded, nor which robot it was."""
    seen = exercise(1.5)
    folder = write_bag(tmp_path / "bag", [("/mocap/bodies", ns(s.time_s + DELAY_S), bodies(s)) for s in seen])
    job = ReplayJob(robot="torso", changes={"arming_s": 0.3})
    found = replay_one(folder, job)
    assert found["engage"] == "always" and found["settings"]["source"] == "defaults"
    assert found["following"]["followed_s"] > 0.8 and found["judgement"]["passed"]
    with pytest.raises(RecordingError, match="which robot was driven; name one: --robot MAP"):
        replay_one(folder, ReplayJob())
    with pytest.raises(RecordingError, match="state was not recorded; say --engage always"):
        replay_one(folder, ReplayJob(robot="torso", engage="recorded"))
    with pytest.raises(RecordingError, match=r"--bodies-topic /other: no topic of .*: /mocap/bodies"):
        replay_one(folder, ReplayJob(robot="torso", bodies_topic="/other"))


def test_what_cannot_be_replayed_is_named_once_and_the_others_go_on(episode, tmp_path, capsys):
    seen = exercise(0.2)
    nobodys = write_bag(tmp_path / "bag", [("/mocap/bodies", ns(s.time_s), bodies(s)) for s in seen])
    assert main([str(nobodys), str(episode)]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("frankmocap_ros replay: bag: it does not say which robot was driven")
    assert "episode_000001 on torso: passed" in said.out


def test_what_is_not_replayed_is_told(episode):
    job = ReplayJob(changes={"require_deadman": True, "gravity": "imu", "heading": "tf", "reference": "home"})
    notes = replay_one(episode, job)["notes"]
    assert [note.partition(":")[0] for note in notes] == [
        "the deadman's switch counts as pressed", "heading", "gravity", "reference",
    ]  # fmt: skip


def test_images_are_replayed_through_an_estimator(tmp_path):
    """The synthetic estimator needs no pixels, only the stamps."""
    stamps_s = [i / 30.0 for i in range(45)]
    blank = np.zeros((48, 64, 3), np.uint8)
    images = [("/camera/image_raw", ns(at_s + 0.01), image(blank, ns(at_s))) for at_s in stamps_s]
    folder = write_bag(tmp_path / "bag", images)
    job = ReplayJob(
        robot="torso", images={"estimator": "synthetic", "synthetic_motion": "stall"},
        changes={"arming_s": 0.3, "calm_speed": 10.0},
    )  # fmt: skip
    found = replay_one(folder, job)
    assert found["bodies"] == "images" and found["messages"]["taken"] >= 40
    assert 50.0 < found["quality"]["age_ms"] < 90.0
    with pytest.raises(RecordingError, match="replay its images: --from images"):
        replay_one(folder, ReplayJob(robot="torso"))

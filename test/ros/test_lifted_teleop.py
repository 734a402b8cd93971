"""A robot that follows a person of whom one color camera and a network for pixels are all that is known.

Meters come from lifting alone: no depth, no landmarks in space. Every node is a process of its own.
"""

import importlib.util

import pytest

from support.paths import POSENET, TAIJI
from support.program import robot_demo

LACKING = [str(path) for path in (TAIJI, POSENET) if not path.is_file()]
LACKING += [
    f"package {name}" for name in ("mujoco", "mink", "onnxruntime") if not importlib.util.find_spec(name)
]

# The person never stands still for long, and this machine may have other things to do.
GATE = ("calm_speed=9.0", "arming_s=0.3", "max_age_s=1.0")


@pytest.mark.skipif(bool(LACKING), reason=f"not here: {', '.join(LACKING)}")
def test_a_robot_follows_a_person_seen_as_pixels_only(program):
    words = ["--source", str(TAIJI), "--estimator", "posenet", "--model", str(POSENET), "--duration", "20"]
    found, text = robot_demo(program, *words, *(word for one in GATE for word in ("--gate", one)))
    robot, gate = found["robot"], found["gate"]
    print(robot, gate)
    assert found["estimator"] == "posenet"
    assert found["one_body_ratio"] >= 0.95
    assert gate["states"].get("ENGAGED", 0.0) > 4.0, text
    assert robot["commands"] > 300
    assert robot["limit_violations"] == 0
    for wrist, one in robot["wrists"].items():
        assert one["correlation"] is not None and one["correlation"] >= 0.8, (wrist, one)

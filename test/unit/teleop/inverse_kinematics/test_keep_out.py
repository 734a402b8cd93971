"""Boxes that no commanded part of a robot enters, whatever is commanded and however late the ticks are."""

import json

import mujoco
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import quat_from_rotvec, quat_to_matrix
from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from frankmocap_ros.teleop.robot_map.robot_map import load_map

ARM = """<mujoco><compiler angle="radian"/><worldbody><body name="base"><geom name="foot" type="box" size="0.1 0.1 0.05"/>
<body name="shoulder" pos="0 0 0.3"><joint name="pan" axis="0 0 1" range="-3 3" limited="true"/>
<geom name="motor" type="cylinder" size="0.06 0.08"/>
<body name="upper"><joint name="lift" axis="0 1 0" range="-2.5 2.5" limited="true"/>
<geom name="upper_arm" type="capsule" fromto="0 0 0 0.3 0 0" size="0.05"/>
<body name="fore" pos="0.3 0 0"><joint name="elbow" axis="0 1 0" range="-2.6 2.6" limited="true"/>
<geom name="forearm" type="capsule" fromto="0 0 0 0.25 0 0" size="0.04"/>
<geom name="seen" type="sphere" pos="0.2 0 0" size="0.3" contype="0" conaffinity="0"/>
<body name="hand" pos="0.3 0 0"><joint name="wrist" axis="0 0 1" range="-2 2" limited="true"/>
<geom name="palm" type="box" size="0.05 0.06 0.02"/><site name="grasp" pos="0.08 0 0"/>
</body></body></body></body></body></worldbody></mujoco>"""
PARTS = ("motor", "upper_arm", "forearm", "palm")
MAP = """
model: arm.xml
home: {lift: -0.6, elbow: 1.2}
velocity_limits: {default: SPEED}
acceleration_limits: {default: ACCELERATION}
targets: {right_wrist: {joint: right_wrist, site: grasp, robot_origin: shoulder}}
self_collision: {minimum_distance: 0.02}
keep_out: \
"""
TABLE = {"name": "table", "center": [0.6, 0.0, -0.1], "size": [0.8, 1.6, 0.2]}
WALL = {"name": "wall", "center": [0.25, 0.45, 0.4], "size": [1.2, 0.03, 0.8], "rotation": [0.0, 0.0, 0.130526, 0.991445]}
KEEP_M = 0.02


@pytest.fixture
def load(tmp_path):
    """Loads the arm with boxes; ``change`` is made to its map."""

    def make(*boxes, model=ARM, change=lambda text: text, speed=3.0, acceleration=20.0):
        (tmp_path / "arm.xml").write_text(model)
        path = tmp_path / "map.yaml"
        text = MAP.replace("SPEED", str(speed)).replace("ACCELERATION", str(acceleration))
        path.write_text(change(text + json.dumps(boxes)))
        return load_retargeter(str(path))

    return make


class World:
    """The arm and boxes in a model of their own, whose distances MuJoCo tells."""

    def __init__(self, boxes, parts=PARTS):
        spec = mujoco.MjSpec.from_string(ARM)
        for box in boxes:
            x, y, z, w = box.get("rotation", (0.0, 0.0, 0.0, 1.0))
            spec.worldbody.add_geom(
                name=box["name"], type=mujoco.mjtGeom.mjGEOM_BOX, size=np.array(box["size"]) / 2,
                pos=box["center"], quat=(w, x, y, z),
            )  # fmt: skip
        self.model = spec.compile()
        self.data = mujoco.MjData(self.model)
        self.pairs = [
            (self.model.geom(box["name"]).id, self.model.geom(part).id) for box in boxes for part in parts
        ]

    def gaps(self, joints):
        self.data.qpos[:] = joints
        mujoco.mj_kinematics(self.model, self.data)
        return np.array([mujoco.mj_geomDistance(self.model, self.data, *p, 1.0, None) for p in self.pairs])


@example_settings(max_examples=25)
@given(seed=st.integers(0, 2**31))
@pytest.mark.parametrize("speed, acceleration", [(3.0, 20.0), (8.0, 10.0), (10.0, 200.0)])
def test_no_command_brings_a_part_nearer_than_allowed(tmp_path_factory, seed, speed, acceleration):
    random = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("arm")
    (folder / "arm.xml").write_text(ARM)
    text = MAP.replace("SPEED", str(speed)).replace("ACCELERATION", str(acceleration))
    (folder / "map.yaml").write_text(text + json.dumps([TABLE, WALL]))
    robot, world = load_retargeter(str(folder / "map.yaml")), World([TABLE, WALL])
    robot.start(robot.home)
    least = np.minimum(world.gaps(robot.home), KEEP_M)
    position, held = robot.poses(robot.home).positions, False
    for k in range(300):
        if k % 30 == 0:
            inside = TABLE if random.random() < 0.5 else WALL
            position = np.array([inside["center"] + random.normal(0.0, 0.15, 3)])
            held = random.random() < 0.2
        late = random.random() < 0.1
        dt = float(random.uniform(0.02, 0.24)) if late else 0.01
        orientation = quat_from_rotvec(random.normal(0.0, 1.0, (1, 3)))
        joints, _ = robot.brake(dt) if held else robot.solve(position, orientation, dt)
        gaps = world.gaps(joints)
        assert (gaps >= least - 1e-6).all(), (k, dt, held, gaps.min())

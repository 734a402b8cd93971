"""Every parameter: described, bounded, effective at the next image, or refused with a reason."""

import math
from collections.abc import Callable

import pytest
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import DescribeParameters
from rclpy.parameter import Parameter

from frankmocap_ros.body import JointState
from frankmocap_ros.config import MocapConfig
from frankmocap_ros.settings import settings_of
from frankmocap_ros.skeleton import BODY

SETTINGS = {s.name: s for s in settings_of(MocapConfig)}
WRIST = BODY.index["right_wrist"]
FRAME_NS = 33_000_000


class Scene:
    """Sends images 33 ms apart and moves the probe's person."""

    def __init__(self, system, probe) -> None:
        self.system, self.probe = system, probe
        self._stamp_ns = system.next_stamp()

    def frame(self, size=(320, 240)):
        self._stamp_ns += FRAME_NS
        return self.system.process(stamp_ns=self._stamp_ns, size=size)

    def wrist(self):
        return self.frame().bodies[0].joints[WRIST]

    def z(self) -> float:
        return self.frame().bodies[0].joints[0].pose.position.z

    def stepped(self) -> float:
        """How far the pelvis follows when the person steps 10 cm to the side [m]."""
        self.probe.people = [self.probe.person(0.0, -0.1, 3.0)]
        for _ in range(3):
            before = self.frame().bodies[0].joints[0].pose.position.x
        self.probe.people = [self.probe.person(0.1, -0.1, 3.0)]
        return self.frame().bodies[0].joints[0].pose.position.x - before


def resize_short(scene: Scene, change: Callable) -> None:
    scene.frame(size=(640, 480))
    assert scene.probe.seen[-1].size_px == (512, 384)
    change(256)
    scene.frame(size=(640, 480))
    assert scene.probe.seen[-1].size_px == (341, 256)


def process_every_n(scene: Scene, change: Callable) -> None:
    change(3)
    before = len(scene.system.bodies)
    node = scene.system.mocap
    for number in range(1, 10):
        scene.system.send()
        scene.system.wait_until(lambda number=number: node._count == number)
        if number % 3 == 0:
            scene.system.wait_until(lambda number=number: len(scene.system.bodies) - before == number // 3)
    assert node._monitor.skipped == 6


def detect_every_n(scene: Scene, change: Callable) -> None:
    def detections(frames: int) -> int:
        start = len(scene.probe.seen)
        for _ in range(frames):
            scene.frame()
        return sum(seen.detect_limit is not None for seen in scene.probe.seen[start:])

    scene.frame()
    assert detections(10) == 2
    change(2)
    assert detections(10) == 5


def box_margin(scene: Scene, change: Callable) -> None:
    scene.frame()
    scene.frame()
    before = scene.probe.seen[-1].regions[0].side_px
    change(0.5)
    scene.frame()
    assert scene.probe.seen[-1].regions[0].side_px == pytest.approx(before * 1.5 / 1.25)


def track_bbox(scene: Scene, change: Callable) -> None:
    scene.frame()
    scene.frame()
    assert scene.probe.seen[-1].detect_limit is None
    change(False)
    for _ in range(3):
        scene.frame()
        assert scene.probe.seen[-1].detect_limit is not None


def max_people(scene: Scene, change: Callable) -> None:
    scene.probe.people = [scene.probe.person(x, -0.1, 4.0) for x in (-1.0, 1.0)]
    assert len(scene.frame().bodies) == 1
    change(2)
    assert max(len(scene.frame().bodies) for _ in range(6)) == 2  # the next detection finds the other


def min_confidence(scene: Scene, change: Callable) -> None:
    scene.probe.people[0].confidence["right_wrist"] = 0.6
    assert scene.wrist().state == JointState.TRACKED
    change(0.9)
    assert scene.wrist().state == JointState.PREDICTED


def smoothing(scene: Scene, change: Callable) -> None:
    assert scene.stepped() < 0.09
    change("off")
    assert scene.stepped() == pytest.approx(0.1, abs=1e-6)


def one_euro_min_cutoff_hz(scene: Scene, change: Callable) -> None:
    before = scene.stepped()
    change(50.0)
    assert scene.stepped() > before + 0.01


def one_euro_beta(scene: Scene, change: Callable) -> None:
    before = scene.stepped()
    change(0.0)
    assert scene.stepped() < before - 0.01


def one_euro_derivative_cutoff_hz(scene: Scene, change: Callable) -> None:
    before = scene.stepped()
    change(50.0)
    assert scene.stepped() > before + 0.01


def hold_s(scene: Scene, change: Callable) -> None:
    assert scene.wrist().state == JointState.TRACKED
    scene.probe.people[0].confidence["right_wrist"] = 0.0
    assert scene.wrist().state == JointState.HELD
    change(0.0)
    assert scene.wrist().state == JointState.INVALID


def max_image_age_s(scene: Scene, change: Callable) -> None:
    old_ns = scene.system.next_stamp() - 10 * 10**9
    assert scene.system.process(stamp_ns=old_ns).age_ms >= 10_000.0
    change(1.0)
    scene.system.send(stamp_ns=old_ns + FRAME_NS)
    assert scene.system.values(lambda v: v.get("dropped/too_old") == "1")
    assert scene.system.process().bodies


def assumed_height_m(scene: Scene, change: Callable) -> None:
    change(1.6)
    small = scene.z()
    change(2.0)
    assert scene.z() == pytest.approx(small * 2.0 / 1.6, rel=1e-3)


def horizontal_fov_deg(scene: Scene, change: Callable) -> None:
    change(90.0)
    scene.frame(size=(320, 240))
    assert scene.probe.seen[-1].camera.fx == pytest.approx(160.0)


def operator(scene: Scene, change: Callable) -> None:
    """Two people: the nearer one stands at the side, the farther one in the middle."""
    scene.system.set(max_people=2)
    scene.probe.people = [scene.probe.person(1.0, -0.1, 3.5), scene.probe.person(-0.1, -0.1, 4.5)]
    first = next(b for b in iter(scene.frame, None) if len(b.bodies) == 2)
    nearest = first.operator_id
    assert first.bodies[0].id == nearest
    assert first.bodies[0].joints[0].pose.position.z == pytest.approx(3.5, abs=0.3)
    change("centre")
    assert scene.frame().operator_id == nearest  # whoever is the operator stays it
    scene.system.set(operator="id", operator_id=3 - nearest)
    assert scene.frame().operator_id == 3 - nearest


def operator_id(scene: Scene, change: Callable) -> None:
    scene.system.set(operator="id")
    assert scene.frame().operator_id == 0
    change(1)
    assert scene.frame().operator_id == 1


def diagnostics_period_s(scene: Scene, change: Callable) -> None:
    change(2.0)
    scene.system.diagnostics.next()
    first, second = scene.system.diagnostics.next(), scene.system.diagnostics.next()
    gap_s = (scene.system.stamp(second) - scene.system.stamp(first)) * 1e-9
    assert gap_s == pytest.approx(2.0, abs=0.5)


def latency_budget_ms(scene: Scene, change: Callable) -> None:
    scene.probe.duration_s = 0.02
    change(5.0)
    for _ in range(3):
        scene.system.process()
    assert scene.system.status(lambda s: "over the budget of 5.0 ms" in s.message)


CHECKS = {name: globals().get(name) for name, s in SETTINGS.items() if s.live}


@pytest.mark.parametrize("name", CHECKS)
def test_a_change_holds_from_the_next_image_on(start, probe, name):
    assert CHECKS[name] is not None, f"write a check for {name}"
    system = start()
    CHECKS[name](Scene(system, probe), lambda value: system.set(**{name: value}))


def test_every_parameter_is_described_and_bounded(start, probe):
    system = start()
    request = DescribeParameters.Request(names=list(SETTINGS))
    found = system.call(DescribeParameters, "describe_parameters", request).descriptors
    assert len(found) == len(SETTINGS)
    for d, s in zip(found, SETTINGS.values(), strict=True):
        assert len(d.description) > 10
        assert d.additional_constraints
        if s.type is int:
            assert d.type == ParameterType.PARAMETER_INTEGER
            assert (d.integer_range[0].from_value, d.integer_range[0].to_value) == (s.minimum, s.maximum)
        if s.type is float:
            assert d.type == ParameterType.PARAMETER_DOUBLE
            limits = d.floating_point_range[0]
            assert (limits.from_value, limits.to_value) == (s.minimum, s.maximum)


def wrong_values(s) -> list[object]:
    if s.type is int:
        return [int(s.minimum) - 1, int(s.maximum) + 1, 1.5, "x", True]
    if s.type is float:
        return [s.minimum - 1.0, s.maximum * 2.0 + 1.0, math.nan, math.inf, -math.inf, "x", 1]
    if s.type is bool:
        return [1, "true", 0.5]
    if s.type is tuple:
        return [["no_such_joint"], "pelvis", [1, 2]]
    return ["no such choice", 1, True] if s.choices else [1, True]


@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_wrong_is_refused_and_the_old_value_stays(start, probe, name):
    system = start()
    old = system.get(name)
    for value in wrong_values(SETTINGS[name]):
        (result,) = system.try_to_set(**{name: value})
        assert not result.successful, value
        assert name in result.reason, result.reason
        assert system.get(name) == old
    assert system.process().bodies


def test_a_bare_off_of_yaml_is_explained(start, probe):
    (result,) = start().try_to_set(smoothing=False)
    assert "YAML reads a bare off as false" in result.reason


@pytest.mark.parametrize("name", [name for name, s in SETTINGS.items() if not s.live])
def test_what_cannot_change_while_running_is_refused_then_and_taken_before(start, probe, name):
    s = SETTINGS[name]
    other = {
        bool: lambda: not s.default,
        str: lambda: next(c for c in reversed(s.choices) if c != s.default),
        tuple: lambda: ["pelvis"],
    }[s.type]()
    system = start()
    (result,) = system.try_to_set(**{name: other})
    assert not result.successful
    assert name in result.reason
    assert "deactivate" in result.reason
    assert system.change("deactivate")
    assert system.change("cleanup")
    system.set(**{name: other})
    assert system.get(name) == other


def test_one_bad_value_spoils_a_whole_atomic_set(start, probe):
    system = start()
    result = system.try_to_set_at_once(resize_short=256, box_margin=7.0)
    assert not result.successful
    assert "box_margin" in result.reason
    assert system.get("resize_short", "box_margin") == [384, 0.25]


def test_values_that_do_not_go_together_are_refused(start, probe):
    (result,) = start().try_to_set(assumed_height_m=0.2)
    assert not result.successful
    assert "0.5 .. 2.5" in result.reason


def test_other_parameters_pass(start, probe):
    system = start()
    system.set(use_sim_time=Parameter("use_sim_time", value=False))
    assert system.process().bodies


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("resize_short: 3", ("resize_short", "256 .. 1024")),
        ("smoothing: blur", ("smoothing", "one_euro")),
        ("box_margin: wide", ("box_margin",)),
        ("joint_topics: [left_nose]", ("joint_topics", "left_nose")),
    ],
)
def test_a_wrong_file_ends_the_process_with_words(program, tmp_path, line, words):
    file = tmp_path / "wrong.yaml"
    file.write_text(f"/**:\n  ros__parameters:\n    {line}\n")
    node = program("frankmocap_node", "--ros-args", "--params-file", str(file))
    assert node.process.wait(60) == 2
    assert all(word in node.text() for word in words), node.text()
    assert "Traceback" not in node.text()

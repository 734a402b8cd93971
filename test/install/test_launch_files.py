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

"""What the launch files start: with a stand-in for launch everywhere, with the real one where it is."""

import importlib.util
import math
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import rclpy
import yaml
from rclpy.node import Node

from frankmocap_ros.errors import MissingDependencyError, SettingError
from frankmocap_ros.runtime import fastdds_profile as transport
from frankmocap_ros.runtime.package_files import share_file
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.mocap import PRESETS, Settings
from frankmocap_ros.settings.schema import updated

HAS_LAUNCH = importlib.util.find_spec("launch_ros") is not None
DOMAIN = 101  # the last that every system has ports for; test/ros takes those below
LAUNCH_FILES = ("frankmocap", "demo", "teleop")
TRANSPORT = (transport.fast_dds({}).variable, transport.BUILTIN_VARIABLE)


# A stand-in for launch and launch_ros: the few classes that the files use, doing what the real ones do.


@dataclass
class Context:
    launch_configurations: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    started: list["Started"] = field(default_factory=list)
    declared: set[str] = field(default_factory=set)
    around: list[str] = field(default_factory=list)  # what SetParameter of a launch file around it gives


@dataclass
class Started:
    """A node as its process would be started."""

    package: str
    executable: str
    parameters: dict[str, Any]
    remappings: dict[str, str]
    arguments: list[str]
    environment: dict[str, str]
    options: dict[str, Any]


class Configuration:
    def __init__(self, name):
        self.name = name

    def perform(self, context):
        return context.launch_configurations[self.name]


def performed(value, context):
    if isinstance(value, list):
        return [performed(each, context) for each in value]
    return value.perform(context) if isinstance(value, Configuration) else value


class Action:
    def __init__(self, *args, **kwargs):
        self.args, self.kwargs = args, kwargs

    def visit(self, context):
        condition = self.kwargs.pop("condition", None)
        if condition is None or condition.perform(context) == "true":
            self.execute(context)

    def execute(self, context):
        pass


class Declare(Action):
    def execute(self, context):
        (name,) = self.args
        assert self.kwargs["description"].endswith(".")
        value = context.launch_configurations.setdefault(name, self.kwargs["default_value"])
        context.declared.add(name)
        assert value in self.kwargs.get("choices", [value]), f"{name}: {value}"


class Opaque(Action):
    def execute(self, context):
        for action in self.kwargs["function"](context):
            action.visit(context)


class Include(Action):
    def execute(self, context):
        self.args[0].visit(context)


class Source:
    def __init__(self, path):
        self.path = path

    def visit(self, context):
        visit(self.path, context)


class SetVariable(Action):
    def execute(self, context):
        name, value = self.args
        context.environment[name] = value


class FindPrefix:
    missing: frozenset[str] = frozenset()

    def __init__(self, package):
        self.package = package

    def perform(self, context):
        if self.package in self.missing:
            raise LookupError(self.package)
        return "/opt/ros/kilted"


class NodeAction(Action):
    def execute(self, context):
        options = {name: performed(value, context) for name, value in self.kwargs.items()}
        name, namespace = options.get("name", "unnamed"), f"/{options.get('namespace', '').strip('/')}"
        ros_arguments = options.pop("ros_arguments", [])
        words = [*ros_arguments, *context.around]  # in launch_ros's order
        for number, given in enumerate(options.pop("parameters", [])):
            if isinstance(given, dict):
                file = Path(f"launch_params_{name}_{number}.yaml")
                full_name = f"{namespace.rstrip('/')}/{name}"
                file.write_text(yaml.dump({full_name: {"ros__parameters": given}}))
            words += ["--params-file", str(file) if isinstance(given, dict) else given]
        context.started.append(
            Started(
                options.pop("package"),
                options.pop("executable"),
                parameters_of(name, namespace, words),
                dict(options.pop("remappings", [])),
                [*options.pop("arguments", []), *without_parameters(ros_arguments)],
                dict(context.environment),
                options,
            )
        )


def without_parameters(words):
    pairs = zip(words[::2], words[1::2], strict=True)
    return [word for pair in pairs if pair[0] not in ("-p", "--params-file") for word in pair]


@cache
def ros():
    """For all nodes that are asked for their parameters; see ``shut_down``."""
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=DOMAIN)
    return context


def parameters_of(name, namespace, words):
    """What a node makes of its command line, by rcl's own rules; beside what every node has."""

    def values(*given):
        node = Node(
            name,
            context=ros(),
            namespace=namespace,
            cli_args=["--ros-args", *given],
            use_global_arguments=False,
            enable_rosout=False,
            start_parameter_services=False,
            automatically_declare_parameters_from_overrides=True,
        )
        found = {key: parameter.value for key, parameter in node.get_parameters_by_prefix("").items()}
        node.destroy_node()
        return found

    always = values()
    return {key: value for key, value in values(*words).items() if always.get(key) != value}


def description(actions):
    return actions


MODULES = {
    "launch": {"LaunchDescription": description, "LaunchDescriptionEntity": Action, "LaunchContext": Context},
    "launch.actions": {
        "DeclareLaunchArgument": Declare,
        "IncludeLaunchDescription": Include,
        "OpaqueFunction": Opaque,
        "SetEnvironmentVariable": SetVariable,
        "Shutdown": Action,
    },
    "launch.conditions": {"IfCondition": lambda value: value},
    "launch.launch_context": {"LaunchContext": Context},
    "launch.launch_description_sources": {"PythonLaunchDescriptionSource": Source},
    "launch.substitutions": {"LaunchConfiguration": Configuration},
    "launch_ros": {},
    "launch_ros.actions": {"Node": NodeAction},
    "launch_ros.substitutions": {"FindPackagePrefix": FindPrefix},
}


def visit(path, context):
    """Run a launch file in a context."""
    spec = importlib.util.spec_from_file_location("launch_file", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for action in module.generate_launch_description():
        action.visit(context)


@pytest.fixture(scope="module", autouse=True)
def shut_down():
    yield
    if ros.cache_info().currsize:
        rclpy.shutdown(context=ros())


@pytest.fixture
def launched(monkeypatch, tmp_path):
    """Call with a file's name and arguments to get what it starts."""
    for name, content in MODULES.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    shared = "frankmocap_ros.ros.common.launch_nodes"
    monkeypatch.setitem(sys.modules, shared, None)  # comes back as it was, whatever it was made of
    del sys.modules[shared]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(transport, "free_shared_memory", lambda: None)

    def run(
        name: str, environment: dict[str, str] | None = None, around: tuple[str, ...] = (), **arguments: str
    ) -> Context:
        context = Context(dict(arguments), dict(environment or {}), around=list(around))
        visit(share_file("launch", f"{name}.launch.py"), context)
        assert arguments.keys() <= context.declared, "an argument that nothing declares does nothing"
        return context

    return run


def started(context: Context, executable: str) -> Started:
    (found,) = [node for node in context.started if node.executable == executable]
    return found


@pytest.mark.distribution
def test_node_by_default(launched):
    context = launched("frankmocap")
    node = started(context, "frankmocap_node")
    assert len(context.started) == 1
    assert node.package == "frankmocap_ros"
    assert node.parameters == {"preset": "balanced"}  # the defaults are the settings' own
    assert node.remappings == {"image": "image"}
    assert node.arguments == ["--log-level", "info"]
    assert node.options["name"] == "frankmocap"
    assert node.options["namespace"] == ""
    assert node.options["respawn"] is False


def test_arguments_are_those_promised(launched):
    assert launched("frankmocap").declared == {
        "namespace", "params_file", "preset", "image", "camera_info", "depth", "use_sim_time", "log_level",
        "respawn",
        "transport_profile",
    }  # fmt: skip
    assert launched("demo").declared - launched("frankmocap").declared == {"source", "rviz", "view", "record"}
    assert launched("teleop").declared - launched("frankmocap").declared == {
        "source", "camera", "use_sim", "robot", "robot_model", "joint_trajectory", "joint_states", "view",
        "record",
    }  # fmt: skip


def test_camera_of_the_demo_has_the_settings_own_defaults(launched):
    assert started(launched("demo"), "camera_node").parameters == {}


def test_namespace_log_level_and_respawn(launched):
    context = launched("frankmocap", namespace="robot", log_level="debug", respawn="true")
    node = started(context, "frankmocap_node")
    assert node.options["namespace"] == "robot"
    assert node.options["respawn"] is True
    assert node.arguments == ["--log-level", "debug"]


def test_what_stands_beside_the_images_is_for_the_node_to_find(launched):
    """See test/ros/test_camera_topics.py."""
    remappings = started(launched("frankmocap", image="/cam/image_raw"), "frankmocap_node").remappings
    assert remappings == {"image": "/cam/image_raw"}


@pytest.mark.parametrize("file", ["demo", "teleop"])
def test_the_view_shows_the_images_of_the_mocap_node(launched, file):
    options = {"rviz": "false"} if file == "demo" else {"robot": "", "use_sim": "false"}
    context = launched(file, view="true", image="/cam/image_raw", **options)
    assert started(context, "view_node").remappings["image"] == "/cam/image_raw"


def test_calibration_of_elsewhere(launched):
    context = launched("frankmocap", image="/a/image", camera_info="/b/camera_info")
    assert started(context, "frankmocap_node").remappings["camera_info"] == "/b/camera_info"
    context = launched("frankmocap", image="/a/image", depth="/b/aligned_depth")
    assert started(context, "frankmocap_node").remappings["depth"] == "/b/aligned_depth"


@pytest.mark.parametrize("preset", PRESETS)
def test_preset(launched, preset):
    node = started(launched("frankmocap", preset=preset), "frankmocap_node")
    assert node.parameters == {"preset": preset}  # the rest follows from it, unless the user says else


USERS = {"preset": "highest_quality", "max_people": 2}  # as in the cases' user_any.yaml
EVERYBODY, ANYWHERE, NODE = "/**", "/**/frankmocap", "/frankmocap"


@pytest.mark.parametrize("names", [(EVERYBODY,), (ANYWHERE,), (NODE,), (NODE, EVERYBODY)])
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("file", LAUNCH_FILES)
def test_file_of_the_user_wins(launched, tmp_path, file, preset, names):
    """All of it, whatever the node is called there: nothing of another preset is left."""
    mine = tmp_path / "mine.yaml"
    mine.write_text(yaml.dump({name: {"ros__parameters": dict(USERS)} for name in names}))
    context = launched(file, preset=preset, params_file=str(mine), use_sim_time="true")
    node = started(context, "frankmocap_node")
    assert node.parameters == USERS | {"use_sim_time": True}
    config = updated(Settings(), {name: node.parameters[name] for name in USERS})
    assert config == Settings(**USERS, **PRESETS["highest_quality"])


@pytest.mark.parametrize("file", LAUNCH_FILES)
def test_every_node_of_the_package_gets_the_file_and_the_clock(launched, tmp_path, file):
    mine = tmp_path / "mine.yaml"
    mine.write_text("/**:\n  ros__parameters:\n    mine: 1\n")
    arguments = {} if file == "frankmocap" else {"view": "true"}
    context = launched(file, params_file=str(mine), use_sim_time="true", log_level="warn", **arguments)
    ours = [node for node in context.started if node.package == "frankmocap_ros"]
    assert len(ours) == {"frankmocap": 1, "demo": 3, "teleop": 5}[file]
    for node in ours:
        assert node.parameters["mine"] == 1, node.executable
        assert node.parameters["use_sim_time"] is True, node.executable
        assert node.arguments == ["--log-level", "warn"], node.executable


@pytest.mark.distribution
@pytest.mark.parametrize("file", LAUNCH_FILES)
def test_parameters_of_a_launch_file_around_it_win(launched, file):
    """SetParameter puts -p before what a node is given."""
    node = started(launched(file, around=("-p", "preset:=fastest")), "frankmocap_node")
    assert node.parameters == {"preset": "fastest"}
    if file == "teleop":
        context = launched(file, around=("-p", "robot:=my.yaml"))
        robots = {
            name: started(context, name).parameters["robot"] for name in ("gate_node", "robot_sim_node")
        }
        assert robots == {"gate_node": "my.yaml", "robot_sim_node": "my.yaml"}


def test_teleop_hands_the_robots_model_to_whoever_needs_it(launched):
    context = launched("teleop", robot="unitree_g1", robot_model="g1.xml", view="true")
    for name in ("gate_node", "robot_sim_node", "view_node"):
        given = started(context, name).parameters
        assert (given["robot"], given["robot_model"]) == ("unitree_g1", "g1.xml")


def test_what_teleop_sets_by_itself_gives_way_to_the_file(launched, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "/**:\n  ros__parameters:\n    robot: my.yaml\n"
        "/**/gate:\n  ros__parameters:\n    trajectory_velocities: false\n"
    )
    context = launched("teleop", params_file=str(mine), view="true")
    assert started(context, "gate_node").parameters == {
        "robot": "my.yaml", "trajectory_velocities": False, "robot_controllers": False,
    }  # fmt: skip
    for name in ("robot_sim_node", "view_node"):
        assert started(context, name).parameters == {"robot": "my.yaml"}
    context = launched("teleop", params_file=str(mine), robot="other.yaml")  # asked for: wins over both
    assert started(context, "gate_node").parameters["robot"] == "other.yaml"


def test_parameter_file_that_is_missing_is_refused(launched):
    with pytest.raises(SettingError, match=r"params_file 'no\.yaml' is not a file"):
        launched("frankmocap", params_file="no.yaml")


@pytest.mark.distribution
@pytest.mark.parametrize("file", ["frankmocap", "demo"])
def test_everybody_gets_the_transport_profile(launched, file):
    for node in launched(file, {"PATH": "/bin"}).started:
        assert node.environment == {
            "PATH": "/bin",
            transport.fast_dds({}).variable: str(share_file("config", "fastdds.xml")),
        }


@pytest.mark.parametrize("file", ["frankmocap", "demo"])
@pytest.mark.parametrize("name", [transport.fast_dds({}).variable, transport.BUILTIN_VARIABLE])
def test_profile_of_the_user_stays(launched, file, name):
    for node in launched(file, {name: "mine"}).started:
        assert node.environment == {name: "mine"}


@pytest.mark.distribution
def test_profile_as_an_argument(launched, tmp_path):
    own = tmp_path / "own.xml"
    own.touch()
    for node in launched("demo", transport_profile=str(own)).started:
        assert node.environment == {transport.fast_dds({}).variable: str(own)}
    for node in launched("demo", transport_profile="none").started:
        assert node.environment == {transport.BUILTIN_VARIABLE: "DEFAULT"}


def test_demo_is_camera_node_and_rviz(launched):
    context = launched("demo")
    assert [node.executable for node in context.started] == [
        "frankmocap_node",
        "camera_node",
        "static_transform_publisher",
        "rviz2",
    ]
    assert started(context, "camera_node").options["name"] == "camera"
    rviz = started(context, "rviz2")
    assert rviz.arguments == ["-d", str(share_file("config", "frankmocap.rviz"))]
    assert "on_exit" in rviz.options


@pytest.mark.parametrize(
    ("package", "name"), [("tf2_ros", "ros-jazzy-tf2-ros"), ("rviz2", "ros-jazzy-rviz2")]
)
def test_demo_says_what_rviz_needs_before_anything_runs(launched, monkeypatch, package, name):
    monkeypatch.setattr(FindPrefix, "missing", frozenset({package}))
    started_before_it_failed: list[Started] = []
    monkeypatch.setattr(NodeAction, "execute", lambda self, context: started_before_it_failed.append(self))
    with pytest.raises(
        MissingDependencyError, match=rf"{package}, .* apt install {name}, or set rviz:=false"
    ):
        launched("demo", {"ROS_DISTRO": "jazzy"})
    assert started_before_it_failed == []


def test_demo_without_rviz_needs_neither_rviz_nor_tf(launched, monkeypatch):
    monkeypatch.setattr(FindPrefix, "missing", frozenset({"tf2_ros", "rviz2"}))
    packages = [node.package for node in launched("demo", rviz="false").started]
    assert packages == ["frankmocap_ros", "frankmocap_ros"]


def test_demo_hands_its_arguments_on(launched, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("/**/camera:\n  ros__parameters:\n    width: 320\n    source: a.mp4\n")
    context = launched("demo", source="b.mp4", params_file=str(file), preset="fastest", log_level="warn")
    camera, node = started(context, "camera_node"), started(context, "frankmocap_node")
    assert camera.parameters == {"width": 320, "source": "b.mp4"}
    assert node.parameters == {"preset": "fastest"}
    assert camera.arguments == node.arguments == ["--log-level", "warn"]


def test_demo_in_a_namespace(launched):
    context = launched("demo", namespace="/left/robot")
    assert {started(context, name).options["namespace"] for name in ("camera_node", "frankmocap_node")} == {
        "/left/robot"
    }
    shown = {d["Topic"]["Value"] for d in TestRviz.displays.values() if "Topic" in d}
    assert started(context, "rviz2").remappings == {topic: f"/left/robot{topic}" for topic in shown}
    assert started(launched("demo"), "rviz2").remappings == {}


def test_teleop_is_camera_node_gate_and_simulated_robot(launched):
    context = launched("teleop")
    executables = [node.executable for node in context.started]
    assert executables == ["frankmocap_node", "camera_node", "gate_node", "robot_sim_node"]
    gate, robot = started(context, "gate_node"), started(context, "robot_sim_node")
    assert gate.parameters == {
        "robot": "torso", "trajectory_velocities": True, "robot_controllers": False,
    }  # fmt: skip
    assert robot.parameters == {"robot": "torso"}
    assert gate.remappings == {}
    assert robot.remappings == {"joint_trajectory": "gate/joint_trajectory"}
    assert [node.options["name"] for node in (gate, robot)] == ["gate", "robot_sim"]


def test_teleop_with_a_robot_of_ones_own(launched):
    topic = "/arm_controller/joint_trajectory"
    context = launched(
        "teleop", use_sim="false", camera="false", robot="my.yaml", joint_trajectory=topic, joint_states="/js"
    )
    assert [node.executable for node in context.started] == ["frankmocap_node", "gate_node"]
    gate = started(context, "gate_node")
    assert gate.parameters == {"robot": "my.yaml"}
    assert gate.remappings == {"~/joint_trajectory": topic, "joint_states": "/js"}


def test_teleop_simulates_what_its_gate_commands(launched):
    context = launched(
        "teleop", robot="my.yaml", joint_states="/js", joint_trajectory="/jt", namespace="left"
    )
    robot = started(context, "robot_sim_node")
    assert robot.parameters == {"robot": "my.yaml"}
    assert robot.remappings == {"joint_states": "/js", "joint_trajectory": "/jt"}
    assert {node.options["namespace"] for node in context.started} == {"left"}


def test_view_in_a_browser(launched):
    assert started(launched("demo", view="true"), "view_node").options["name"] == "frankmocap_view"
    context = launched("teleop", view="true", joint_states="/js", robot="my.yaml", namespace="left")
    view = started(context, "view_node")
    assert (view.parameters, view.remappings) == ({"robot": "my.yaml"}, {"joint_states": "/js"})
    assert view.options["namespace"] == "left"


def test_a_folder_of_episodes_starts_the_recorder(launched):
    assert "recorder_node" not in {node.executable for node in launched("teleop").started}
    context = launched("teleop", record="/data/runs", robot="my.yaml", joint_states="/js")
    node = started(context, "recorder_node")
    assert node.options["name"] == "recorder"
    given = {"folder": "/data/runs", "record_at_start": False, "robot_map": "my.yaml"}
    assert (node.parameters, node.remappings) == (given, {"joint_states": "/js"})
    demo = started(launched("demo", record="runs"), "recorder_node")
    assert demo.parameters == {"folder": "runs", "record_at_start": False}


def test_teleop_with_poses_only_has_no_robot_to_simulate(launched):
    assert started(launched("teleop", use_sim="false", robot=""), "gate_node").parameters == {}
    with pytest.raises(SettingError, match="use_sim:=true needs a robot"):
        launched("teleop", robot="")


def test_world_stands_upright(launched):
    """The transform is that of REP 103 from a level camera's body to its optical frame."""
    words = started(launched("demo"), "static_transform_publisher").arguments
    given = dict(zip(words[::2], words[1::2], strict=True))
    assert given["--child-frame-id"] == CameraSettings().frame_id
    assert float(given["--z"]) > 0.0
    assert given["--roll"] == given["--yaw"] == str(-math.pi / 2)


class TestRviz:
    """RViz itself is not here: its file must fit what the nodes publish."""

    config = yaml.safe_load(share_file("config", "frankmocap.rviz").read_text())["Visualization Manager"]
    displays = {d["Name"]: d for d in config["Displays"]}

    def test_displays(self):
        classes = {
            name: d["Class"].removeprefix("rviz_default_plugins/") for name, d in self.displays.items()
        }
        assert classes == {
            "Floor": "Grid",
            "Frames": "TF",
            "Bodies": "MarkerArray",
            "Grippers": "MarkerArray",
            "Mesh": "PointCloud2",
            "Camera": "Image",
        }
        # a mesh takes much more to make and to send than bones; test_mesh.py has its topic
        assert [name for name, d in self.displays.items() if not d["Enabled"]] == ["Mesh"]
        assert all(d["Enabled"] == d["Value"] for d in self.displays.values())

    def test_frames_are_those_of_the_demo(self, launched):
        words = started(launched("demo"), "static_transform_publisher").arguments
        frame = words[words.index("--frame-id") + 1]
        assert self.config["Global Options"]["Fixed Frame"] == frame
        assert self.displays["Floor"]["Reference Frame"] == frame
        assert self.config["Views"]["Current"]["Target Frame"] == frame

    @pytest.mark.distribution
    def test_topics_are_what_the_node_publishes(self):
        import rclpy
        from rclpy.parameter import Parameter

        from frankmocap_ros.ros.mocap.mocap_node import MocapNode

        context = rclpy.Context()
        rclpy.init(context=context, domain_id=DOMAIN)
        try:
            node = MocapNode(context=context, parameter_overrides=[Parameter("estimator", value="synthetic")])
            published = {
                publisher.topic_name: (publisher.msg_type.__name__, publisher.qos_profile)
                for publisher in node.publishers
            }
            node.destroy_node()
        finally:
            rclpy.shutdown(context=context)
        for name in ("Camera", "Bodies"):
            topic = self.displays[name]["Topic"]
            kind, qos = published[topic["Value"]]
            assert self.displays[name]["Class"] == f"rviz_default_plugins/{kind}"
            assert qos.reliability.name == "RELIABLE"  # matches what asks for less, too
            assert topic["Durability Policy"].upper() == qos.durability.name


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in TRANSPORT}


@pytest.mark.skipif(
    not HAS_LAUNCH, reason="launch_ros is not installed (it is not on PyPI): needs a ROS distribution"
)
def test_demo_really_runs(tmp_path):
    """The demo without RViz, in a process of its own, until a body arrives; then SIGINT."""
    import rclpy
    from rclpy.executors import SingleThreadedExecutor

    from frankmocap_ros.msg import BodyPoseArray

    program = tmp_path / "launch_demo.py"
    program.write_text(
        "import sys\n"
        "from launch import LaunchDescription, LaunchService\n"
        "from launch.actions import IncludeLaunchDescription\n"
        "from launch.launch_description_sources import PythonLaunchDescriptionSource\n"
        "service = LaunchService()\n"
        "service.include_launch_description(LaunchDescription([IncludeLaunchDescription(\n"
        "    PythonLaunchDescriptionSource(sys.argv[1]),\n"
        "    launch_arguments=[argument.split(':=') for argument in sys.argv[2:]])]))\n"
        "sys.exit(service.run())\n"
    )
    parameters = tmp_path / "synthetic.yaml"
    parameters.write_text("/**/frankmocap:\n  ros__parameters:\n    estimator: synthetic\n")
    with subprocess.Popen(
        [
            sys.executable, str(program), str(share_file("launch", "demo.launch.py")),
            "rviz:=false", "source:=synthetic", f"params_file:={parameters}",
        ],
        env=environment() | {"ROS_DOMAIN_ID": str(DOMAIN), "ROS_LOG_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:  # fmt: skip
        context = rclpy.Context()
        rclpy.init(context=context, domain_id=DOMAIN)
        try:
            node = rclpy.create_node("listener", context=context)
            executor = SingleThreadedExecutor(context=context)
            executor.add_node(node)
            future = rclpy.Future()

            def received(msg: BodyPoseArray) -> None:
                if msg.bodies and not future.done():
                    future.set_result(msg)

            node.create_subscription(BodyPoseArray, "/frankmocap/bodies", received, 1)
            executor.spin_until_future_complete(future, timeout_sec=60.0)
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=20.0)
        finally:
            process.kill()
            rclpy.shutdown(context=context)
    assert future.done(), output
    assert process.returncode == 0, output
    assert output.count("process has finished cleanly") == 2, output

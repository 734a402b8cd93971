"""What may import what: DESIGN's dependency direction, and a core that loads neither ROS nor networks."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import frankmocap_ros

PACKAGE = Path(frankmocap_ros.__file__).parent
HEAVY = (
    "rclpy",
    "torch",
    "mediapipe",
    "tensorflow",
    "onnxruntime",
    "openvino",
    "launch",
    "tf2_ros",
    "mujoco",
    "mink",
)
# A module imports only from the lines above its own, or from its own line where nothing runs in a circle.
LAYERS = (
    ("errors", "skeleton", "native_stderr", "stamp_order"),
    (
        "geometry",
        "settings",
        "threads",
        "priority",
        "garbage",
        "memory",
        "gentle_import",
        "bitmap",
        "mailbox",
        "transport",
        "crops",
        "hands",
    ),
    ("body", "config"),
    (
        "boxes",
        "frame_change",
        "keypoints",
        "kinematics",
        "placement",
        "smoothing",
        "tracking",
        "tracks",
        "timing",
        "health",
        "deadline",
        "figure",
        "figure_image",
        "figure_depth",
        "depth",
        "lifting",
        "measured",
        "stature",
    ),
    ("networks", "engines", "assets"),
    ("estimators",),
    ("person", "picture", "lookout", "sound", "pipeline", "search", "drawing", "sources"),
    ("wrapper", "teleop", "records", "human_model", "human_urdf"),
    ("ros", "viewer", "msg"),
    ("benchmark", "cli"),
)
LAYER = {name: i for i, names in enumerate(LAYERS) for name in names}
OUTSIDE_THE_CORE = ("networks", "engines", "ros", "viewer", "msg", "cli", "benchmark")


def modules():
    """Dotted name below the package -> file, of every hand-written module."""
    found = {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")
    }
    return {name: path for name, path in found.items() if not name.startswith("msg.") and name != "__init__"}


MODULES = modules()
CORE = sorted(name for name in MODULES if name.partition(".")[0] not in OUTSIDE_THE_CORE)


def imports(path, everywhere=True):
    """Absolute names of what a file imports; only at the top of the module where not ``everywhere``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: write imports in full"
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def own(path):
    """Modules of this package that a file imports."""
    below = {
        name.removeprefix("frankmocap_ros.") for name in imports(path) if name.startswith("frankmocap_ros.")
    }
    return {name if name in MODULES else name.rpartition(".")[0] for name in below} - {""}


def test_every_core_module_is_seen():
    assert {"errors", "pipeline", "person", "estimators.base", "estimators.mediapipe"} <= set(CORE)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_only_from_its_left(name):
    top = name.partition(".")[0]
    assert top in LAYER, f"{name} has no place yet: write it into LAYERS of {Path(__file__).name}"
    wrong = [other for other in own(MODULES[name]) if LAYER[other.partition(".")[0]] > LAYER[top]]
    assert wrong == []


def test_no_imports_in_a_circle():
    graph = {name: {o for o in own(path) if o in MODULES} - {name} for name, path in MODULES.items()}
    while graph:
        leaves = {name for name, needs in graph.items() if not needs & set(graph)}
        assert leaves, f"in a circle: {sorted(graph)}"
        graph = {name: needs for name, needs in graph.items() if name not in leaves}


@pytest.mark.parametrize("name", CORE)
def test_core_is_made_of_numpy_and_opencv(name):
    """Anything heavier is imported in the function that needs it, below an estimator."""
    allowed = set(sys.stdlib_module_names) | {"numpy", "cv2", "frankmocap_ros"}
    at_top = {package.partition(".")[0] for package in imports(MODULES[name], everywhere=False)}
    assert at_top - allowed == set()
    with_heavy = ("estimators.", "sources", "assets.", "teleop.retarget", "teleop.robot", "teleop.sim")
    if not name.startswith(with_heavy):
        everywhere = {package.partition(".")[0] for package in imports(MODULES[name])}
        assert everywhere - allowed == set()


@pytest.mark.parametrize("name", sorted(set(CORE) - {"wrapper"}))  # as the commands it hands the clock in
def test_no_clock_in_the_core(name):
    """Time comes in as seconds, so that recordings and simulations run as live images do."""
    assert {package.partition(".")[0] for package in imports(MODULES[name])} & {"time", "datetime"} == set()


def test_a_fresh_interpreter_loads_nothing_heavy():
    """Each core module after the other; what gets loaded is charged to the first that loads it."""
    program = """
import importlib, json, sys
def bad(name):
    top = name.partition(".")[0]
    return top in HEAVY or top.endswith("_msgs") or top == "std_srvs" or name.startswith("frankmocap_ros.msg")
HEAVY, loaded = set(json.loads(sys.argv[1])), {}
for name in json.loads(sys.argv[2]):
    before = set(sys.modules)
    importlib.import_module("frankmocap_ros." + name)
    new = sorted(filter(bad, set(sys.modules) - before))
    if new:
        loaded[name] = new[:5]
print(json.dumps(loaded))
"""
    command = [sys.executable, "-c", program, json.dumps(HEAVY), json.dumps(CORE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {}
    assert done.stderr == ""

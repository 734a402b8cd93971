"""The names that ``from frankmocap_ros import ...`` gives, and what importing the package costs."""

import importlib
import json
import subprocess
import sys
from types import ModuleType

import pytest

import frankmocap_ros
from frankmocap_ros import errors


def test_all_is_sorted_and_has_every_public_name():
    for name in frankmocap_ros.__all__:
        getattr(frankmocap_ros, name)  # as if somebody had used them all
    public = [
        name
        for name in dir(frankmocap_ros)
        if not name.startswith("_") and not isinstance(getattr(frankmocap_ros, name), ModuleType)
    ]
    helpers = ["Any", "TYPE_CHECKING", "import_module"]
    assert sorted(set(public) - set(helpers)) == frankmocap_ros.__all__ == sorted(frankmocap_ros.__all__)


@pytest.mark.parametrize("name", frankmocap_ros.__all__)
def test_each_name_is_what_its_module_defines(name):
    value = getattr(frankmocap_ros, name)
    module = importlib.import_module(value.__module__)
    assert getattr(module, name) is value
    assert value.__doc__


def test_every_error_that_users_can_meet_is_public():
    found = {name for name, value in vars(errors).items() if isinstance(value, type)} - {"TypeVar"}
    assert found & set(frankmocap_ros.__all__) == found


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = frankmocap_ros.Nothing


def test_star_imports_everything():
    names: dict[str, object] = {}
    exec("from frankmocap_ros import *", names)
    assert set(frankmocap_ros.__all__) <= set(names)


def loaded_by(code):
    """Names of the packages that a fresh interpreter has loaded after some code, which prints them."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


def test_importing_the_package_loads_nothing_else():
    """Neither networks nor ROS, nor numpy: a command's --help is there at once."""
    code = "import sys, json; import frankmocap_ros; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert loaded & {"numpy", "cv2", "torch", "rclpy", "openvino", "ai_edge_litert"} == set()


def test_the_public_names_load_neither_networks_nor_ros():
    code = (
        "import sys, json; from frankmocap_ros import *; import frankmocap_ros;"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert loaded & {"torch", "rclpy", "openvino", "onnxruntime", "ai_edge_litert", "mujoco"} == set()

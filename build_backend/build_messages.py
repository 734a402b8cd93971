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

"""Setuptools commands that build the messages by CMakeLists.txt and put them into the wheel."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from setuptools import Command, Distribution
from setuptools.command.build_py import build_py

from ros_wheels import distribution, why_no_messages

from distutils.command.install_data import install_data  # isort: skip  # setuptools brings distutils

PACKAGE = "frankmocap_ros"
BUILD = Path("build", distribution(), "messages")  # kept: the next build compiles only what changed
STAGE = Path("build", distribution(), "stage")


class MessageDistribution(Distribution):
    """Tagged for this platform if messages are in it."""

    def has_ext_modules(self) -> bool:
        """Whether the wheel holds compiled code."""
        return not why_no_messages()


class BuildPackage(build_py):
    """Copies the Python files afresh, then adds the messages' Python part."""

    def run(self) -> None:
        """Leave the package in ``build_lib``; for an editable install, the messages in the source."""
        shutil.rmtree(Path(self.build_lib, PACKAGE), ignore_errors=True)  # forgets files that are gone
        super().run()
        self.run_command("build_messages")
        target = Path(PACKAGE) if self.editable_mode else Path(self.build_lib, PACKAGE)
        for package in STAGE.glob(f"**/*-packages/{PACKAGE}"):
            shutil.rmtree(target / "msg", ignore_errors=True)
            shutil.copytree(package / "msg", target / "msg", ignore=shutil.ignore_patterns("*.c"))
            for library in package.glob("*.so"):
                shutil.copy2(library, target)


class BuildMessages(Command):
    """Builds and installs CMakeLists.txt into a staging directory."""

    description = "build the ROS messages"
    user_options: list[Any] = []

    def initialize_options(self) -> None:
        """No options."""

    def finalize_options(self) -> None:
        """No options."""

    def run(self) -> None:
        """Fill the staging directory; leave it empty, and say why, where messages cannot be built."""
        shutil.rmtree(STAGE, ignore_errors=True)
        reason = why_no_messages()
        if reason:
            print(f"{PACKAGE}: built without ROS messages: {reason}", file=sys.stderr)
            return
        prefix = wheels_prefix()
        environ = {**os.environ, "AMENT_PREFIX_PATH": str(prefix), "CMAKE_PREFIX_PATH": str(prefix)}
        environ["PATH"] = os.pathsep.join([str(prefix / "bin"), environ.get("PATH", os.defpath)])
        forget_other_prefix(prefix)
        options = {
            "BUILD_TESTING": "OFF",
            "CMAKE_BUILD_TYPE": "Release",
            "CMAKE_INSTALL_PREFIX": STAGE.absolute(),
            "Python3_EXECUTABLE": sys.executable,
        }
        configure = ["cmake", "-S", ".", "-B", str(BUILD), "-G", "Ninja"]
        configure += [f"-D{name}={value}" for name, value in options.items()]
        for command in (configure, ["cmake", "--build", str(BUILD), "--target", "install"]):
            subprocess.run(command, env=environ, check=True, stdout=sys.stderr)


class InstallData(install_data):
    """Puts the messages' libraries and ament files beside the declared data files."""

    def run(self) -> None:
        """Copy ``data_files`` and everything staged outside of the Python package."""
        super().run()
        for path in sorted(STAGE.rglob("*")):
            in_python_folder = any(folder.name.endswith("-packages") for folder in path.parents)
            if path.is_file() and not in_python_folder:
                target = Path(self.install_dir, path.relative_to(STAGE))
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)


def wheels_prefix() -> Path:
    """The prefix in which the ROS wheels stand: pip's build environment or the running one."""
    spec = importlib.util.find_spec("rosidl_generator_py")
    if spec is None or spec.origin is None:
        raise SystemExit("the ROS build wheels are missing: build with isolation, or by `make install`")
    for prefix in Path(spec.origin).parents:
        if (prefix / "share" / "ament_index").is_dir():
            return prefix
    raise SystemExit(f"no share/ament_index above {spec.origin}: the ROS build wheels are not whole")


def forget_other_prefix(prefix: Path) -> None:
    """Remove a build directory that was made for another prefix or interpreter."""
    stamp = BUILD / "made_for.txt"
    made_for = f"{Path.cwd()}\n{prefix}\n{sys.prefix}\n{sys.version}\n"
    if not stamp.exists() or stamp.read_text() != made_for:
        shutil.rmtree(BUILD, ignore_errors=True)
        BUILD.mkdir(parents=True)
        stamp.write_text(made_for)

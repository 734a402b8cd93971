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

"""Packages of one environment for another one that has its own ROS: all but ROS and what stands on it.

``python lent_packages.py FOLDER`` fills a folder with links to what the running environment has, without its
ROS wheels and this package. A second environment that reads the folder behind its own packages (a ``.pth``
file does) needs neither time nor space for them, and runs them in the same versions.
"""

import sys
import sysconfig
from importlib import metadata
from pathlib import Path


def of_ros(site_packages: Path) -> set[str]:
    """Names in a folder of packages that a ROS wheel, or this package, put there."""
    return {
        file.parts[0]
        for distribution in metadata.distributions(path=[str(site_packages)])
        if distribution.metadata["Name"].startswith(("ros-", "frankmocap"))
        for file in distribution.files or ()
    }


def lend(site_packages: Path, folder: Path) -> None:
    """Fill a folder with links to what does not depend on ROS, and with no others."""
    folder.mkdir(parents=True, exist_ok=True)
    for link in folder.iterdir():
        if link.is_symlink():  # Python keeps compiled modules beside them
            link.unlink()
    kept = of_ros(site_packages) | {"__pycache__"}
    for entry in site_packages.iterdir():
        if entry.name not in kept:
            (folder / entry.name).symlink_to(entry)


if __name__ == "__main__":
    lend(Path(sysconfig.get_path("purelib")), Path(sys.argv[1]))

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

"""Where the package's own files are."""

from pathlib import Path

from frankmocap_ros.errors import MocapError


def share_file(*parts: str) -> Path:
    """A file of the package's share folder, such as ``share_file("config", "fastdds.xml")``.

    It is looked for from the installed package upwards, so that it belongs to the package that runs; in a
    checkout it is the file of the checkout.

    Raises:
        MocapError: it is not there.
    """
    for folder in Path(__file__).parents:
        for share in (folder / "share" / "frankmocap_ros", folder):
            if (share / "package.xml").is_file() and share.joinpath(*parts).is_file():
                return share.joinpath(*parts)
    raise MocapError(
        f"{'/'.join(parts)} was not installed with {Path(__file__).parent}; reinstall the package with "
        "colcon build, or in a checkout: pip install '.[ros]'"
    )

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

"""How images larger than 512 KB get from process to process, and where the package's own files are.

Fast DDS hands messages over in shared memory of 512 KB a process. An image of 640x480 needs 900 KB: sent
best effort, nearly none arrives. ``config/fastdds.xml`` gives every process 64 MB. Fast DDS takes that
memory when a process starts, and gives shared memory up altogether where it is not there, as in a
container (Docker's /dev/shm has 64 MB in all): there ``config/fastdds_small.xml`` makes do with 8 MB.

Both ends need it: the variable must stand in the environment before a process starts its first node. This
package's nodes see to it themselves.
"""

import contextlib
import os
import pwd
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from frankmocap_ros.errors import SettingError
from frankmocap_ros.runtime.file_names import home_expanded
from frankmocap_ros.runtime.package_files import share_file

BUILTIN_VARIABLE: Final = "FASTDDS_BUILTIN_TRANSPORTS"
DEFAULT_SEGMENT_BYTES: Final = 512 * 2**10  # of Fast DDS without a profile
SEGMENT_BYTES: Final = 64 * 2**20  # as in config/fastdds.xml
PROCESSES: Final = 4  # camera, mocap node, RViz or controller, and one to spare
SHARED_MEMORY: Final = Path("/dev/shm")


@dataclass(frozen=True)
class FastDds:
    """Where a version of Fast DDS looks for a profile; it does not read what the other version reads.

    Attributes:
        package: what its ROS package is called.
        variable: names a file.
        file: is taken from the folder in which a process starts, where the variable is not set.
    """

    package: str
    variable: str
    file: str


FAST_DDS_3: Final = FastDds("fastdds", "FASTDDS_DEFAULT_PROFILES_FILE", "DEFAULT_FASTDDS_PROFILES.xml")
"""Of Kilted and later distributions."""
FAST_DDS_2: Final = FastDds("fastrtps", "FASTRTPS_DEFAULT_PROFILES_FILE", "DEFAULT_FASTRTPS_PROFILES.xml")
"""Of Jazzy."""


def fast_dds(environ: Mapping[str, str]) -> FastDds:
    """The version in what an environment has sourced, else in what came with this Python."""
    sourced = [prefix for prefix in environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if prefix]
    for prefix in (*sourced, sys.prefix):
        for version in (FAST_DDS_3, FAST_DDS_2):
            if Path(prefix, "share", version.package).is_dir():
                return version
    return FAST_DDS_3


def users_choice(environ: Mapping[str, str]) -> str | None:
    """The variable or file by which the user has a transport profile already; None where there is none."""
    version = fast_dds(environ)
    for name in (version.variable, BUILTIN_VARIABLE):
        if environ.get(name):
            return name
    return version.file if Path(version.file).is_file() else None


def free_shared_memory() -> int | None:
    """Free shared memory [bytes]; None where the system does not say."""
    try:
        system = os.statvfs(SHARED_MEMORY)
    except OSError:
        return None
    return system.f_bavail * system.f_frsize


def other_users(folder: Path = SHARED_MEMORY) -> tuple[str, ...]:
    """Whose processes use, or have used, Fast DDS's shared memory beside those of this process's user.

    Its files can be written by their owner only, so that processes of two users on one machine find each
    other and hear nothing.
    """
    mine = os.geteuid()
    owners = set()
    for path in (*folder.glob("fastdds_*"), *folder.glob("fastrtps_*")):
        with contextlib.suppress(OSError):  # gone meanwhile
            owners.add(path.stat().st_uid)
    return tuple(_user(uid) for uid in sorted(owners - {mine}))


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a user of the host, seen from a container
        return f"with the number {uid}"


def transport_variables(environ: Mapping[str, str], profile: str = "auto") -> dict[str, str]:
    """Variables to add to the environment of processes that send or receive images.

    Args:
        environ: the environment they get without it.
        profile: the path of an XML profile, ``"none"`` for Fast DDS's own transports, or ``"auto"``: the
            package's profile, the small one where shared memory is short. What the user has chosen stays
            with both words.

    Raises:
        SettingError: ``profile`` is no file.
    """
    if profile in ("none", "auto") and users_choice(environ):
        return {}
    if profile == "none":
        return {BUILTIN_VARIABLE: "DEFAULT"}
    if profile == "auto":
        free = free_shared_memory()
        short = free is not None and free < PROCESSES * SEGMENT_BYTES
        path = share_file("config", "fastdds_small.xml" if short else "fastdds.xml")
    else:
        path = home_expanded(profile)
        if not path.is_file():
            raise SettingError(f"transport profile {profile!r} is not a file; allowed: auto | none | a path")
    return {fast_dds(environ).variable: str(path.absolute())}

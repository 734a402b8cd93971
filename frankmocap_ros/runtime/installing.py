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

"""How what is optional is installed where this package runs."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import metadata

from frankmocap_ros.errors import MissingDependencyError, MocapError
from frankmocap_ros.runtime.package_files import share_file


@cache
def install_command(extra: str) -> str:
    """The command that installs an extra of this package, such as ``robot``.

    Where colcon installed the package, pip meets what is left of the generator of its messages, which knows
    of no extras: pip says that all is well and installs nothing. There the extra's own file is given to it.

    Args:
        extra: one of ``requirements/``, without ``.txt``.
    """
    if extra in _extras():
        return f"pip install 'frankmocap_ros[{extra}]'"
    try:
        return f"pip install -r {shlex.quote(str(share_file('requirements', f'{extra}.txt')))}"
    except MocapError:
        return f"pip install 'frankmocap_ros[{extra}]'"


@contextmanager
def optional_import(package: str, wanted_by: str, extra: str, otherwise: str = "") -> Iterator[None]:
    """Around imports of a package that an extra brings: where it is absent, says for what and how to get it.

    Args:
        package: its name on PyPI.
        wanted_by: such as ``--plots needs``.
        extra: one of ``requirements/``.
        otherwise: follows the command: what can be done without it.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise MissingDependencyError(
            f"{wanted_by} {package}, which is not installed ({error}); "
            f"run: {install_command(extra)}{otherwise}"
        ) from error


def _extras() -> list[str]:
    """The extras that pip knows of the installed package."""
    try:
        found = metadata.metadata("frankmocap_ros").get_all("Provides-Extra")
    except metadata.PackageNotFoundError:
        return []
    return found or []

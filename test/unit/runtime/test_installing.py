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

"""How extras are installed, by where the package is."""

import re
import shlex
from importlib import metadata
from pathlib import Path

import pytest

from frankmocap_ros.runtime import installing
from frankmocap_ros.runtime.installing import install_command
from support.paths import ROOT

EXTRAS = sorted(path.stem for path in (ROOT / "requirements").glob("*.txt"))


@pytest.fixture(autouse=True)
def anew():
    install_command.cache_clear()
    yield
    install_command.cache_clear()


def metadata_of(tmp_path, *lines):
    """Metadata as it lies in a folder of a path."""
    folder = tmp_path / "frankmocap_ros-0.1.0.egg-info"
    folder.mkdir()
    folder.joinpath("PKG-INFO").write_text("\n".join(("Name: frankmocap_ros", "Version: 0.1.0", *lines)))
    (found,) = metadata.distributions(path=[str(tmp_path)])
    return found.metadata


def test_by_its_extra_where_pip_knows_it(monkeypatch, tmp_path):
    found = metadata_of(tmp_path, "Provides-Extra: torch", "Provides-Extra: robot")
    monkeypatch.setattr(installing.metadata, "metadata", lambda name: found)
    assert install_command("robot") == "pip install 'frankmocap_ros[robot]'"


@pytest.mark.parametrize("extra", EXTRAS)
def test_by_a_file_where_colcon_installed_it(monkeypatch, tmp_path, extra):
    """As rosidl leaves it: a name and a version."""
    found = metadata_of(tmp_path)
    monkeypatch.setattr(installing.metadata, "metadata", lambda name: found)
    *command, path = shlex.split(install_command(extra))
    assert command == ["pip", "install", "-r"]
    assert Path(path).read_text() == (ROOT / "requirements" / f"{extra}.txt").read_text()


def test_by_a_file_in_a_checkout_that_is_not_installed(monkeypatch):
    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(installing.metadata, "metadata", absent)
    assert install_command("viewer").startswith("pip install -r ")


def test_pip_knows_every_extra_that_has_a_file():
    known = metadata.metadata("frankmocap_ros").get_all("Provides-Extra")
    assert set(EXTRAS) <= set(known)
    for extra in EXTRAS:
        lines = (ROOT / "requirements" / f"{extra}.txt").read_text().splitlines()
        wanted = [
            line
            for line in metadata.requires("frankmocap_ros")
            if re.search(f"extra == ['\"]{extra}['\"]", line)
        ]
        assert len(wanted) == len(lines)

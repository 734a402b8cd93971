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

"""Versions of other packages whose undocumented parts are used."""


def require_known(package: str, version: str, known: tuple[str, ...], module: str) -> None:
    """Fail in words where a version's major and minor are none of those for which a module was tried."""
    words = " and ".join(f"{v}.x" for v in known)
    assert ".".join(version.split(".")[:2]) in known, (
        f"{package} {version} is installed; what is used of it and not documented ({module}) is known to "
        f"work with {words}. If the tests of that module pass here, add this version to its KNOWN_VERSIONS; "
        "else mend the module"
    )

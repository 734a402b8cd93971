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

"""What is used of viser and not offered: the versions it was tried on; see also test/ros/test_view.py."""

from importlib import metadata

import pytest

from frankmocap_ros.viewer.viser_internals import KNOWN_VERSIONS
from support.versions import require_known


def test_this_viser_is_one_that_it_is_known_to_work_with():
    pytest.importorskip("viser")
    require_known("viser", metadata.version("viser"), KNOWN_VERSIONS, "viewer/viser_internals.py")


def test_another_one_is_told_in_words():
    with pytest.raises(AssertionError, match=r"viser 7\.2\.0 is installed; .* known to work with 1\.1\.x\."):
        require_known("viser", "7.2.0", KNOWN_VERSIONS, "viewer/viser_internals.py")

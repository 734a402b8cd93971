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

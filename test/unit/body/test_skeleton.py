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

"""The joint order is SMPL's and MANO's, and the trees are trees."""

import pytest

from frankmocap_ros.body.skeleton import (
    BODY,
    BODY_WITH_HANDS,
    FINGERS,
    KEYPOINTS,
    KEYPOINTS_WITH_HANDS,
    Skeleton,
    mirrored,
)

# the kinematic tree of the SMPL paper's model: parent of each joint
SMPL_PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21)
SMPL_NAMES = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle",
    "right_ankle", "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hand",
    "right_hand",
)  # fmt: skip


def test_body_is_smpls():
    assert BODY.names == SMPL_NAMES
    assert BODY.parents == SMPL_PARENTS
    assert len(BODY) == 24


def test_hands_follow_the_body_in_manos_order():
    assert len(BODY_WITH_HANDS) == 54
    assert BODY_WITH_HANDS.names[:24] == BODY.names
    assert BODY_WITH_HANDS.parents[:24] == BODY.parents
    assert FINGERS == ("index", "middle", "pinky", "ring", "thumb")
    expected = [f"{side}_{finger}{k}" for side in ("left", "right") for finger in FINGERS for k in (1, 2, 3)]
    assert list(BODY_WITH_HANDS.names[24:]) == expected
    for name, parent in zip(BODY_WITH_HANDS.names[24:], BODY_WITH_HANDS.parent_names[24:], strict=True):
        k = int(name[-1])
        assert parent == (f"{name.partition('_')[0]}_wrist" if k == 1 else f"{name[:-1]}{k - 1}")


@pytest.mark.parametrize("skeleton", [BODY, BODY_WITH_HANDS])
def test_tree(skeleton):
    assert len(set(skeleton.names)) == len(skeleton) == len(skeleton.parents)
    assert skeleton.parents.count(-1) == 1
    assert all(parent < j for j, parent in enumerate(skeleton.parents))
    assert [skeleton.names[skeleton.index[name]] for name in skeleton.names] == list(skeleton.names)
    assert skeleton.parent_names[0] == ""
    assert all(
        skeleton.index[p] == i for p, i in zip(skeleton.parent_names[1:], skeleton.parents[1:], strict=True)
    )


def test_skeletons_are_values():
    pairs = [("root", ""), ("child", "root"), ("grandchild", "child")]
    skeleton = Skeleton.from_pairs(iter(pairs))
    assert skeleton == Skeleton(("root", "child", "grandchild"), (-1, 0, 1))
    assert hash(skeleton) == hash(Skeleton.from_pairs(pairs))
    with pytest.raises(KeyError, match="nobody"):
        Skeleton.from_pairs([("child", "nobody")])


def test_keypoints():
    assert len(KEYPOINTS) == len(set(KEYPOINTS)) == 21
    assert len(KEYPOINTS_WITH_HANDS) == len(set(KEYPOINTS_WITH_HANDS)) == 57
    assert KEYPOINTS_WITH_HANDS[:21] == KEYPOINTS
    tips = {name for name in KEYPOINTS_WITH_HANDS if name.endswith("4")}
    assert tips == {f"{side}_{finger}4" for side in ("left", "right") for finger in FINGERS}
    # every finger joint is a keypoint of its own name
    assert set(BODY_WITH_HANDS.names[24:]) <= set(KEYPOINTS_WITH_HANDS)


@pytest.mark.parametrize("names", [BODY.names, BODY_WITH_HANDS.names, KEYPOINTS, KEYPOINTS_WITH_HANDS])
def test_mirror_images(names):
    assert {mirrored(name) for name in names} == set(names)
    assert all(mirrored(mirrored(name)) == name for name in names)
    assert all((mirrored(name) == name) == (not name.startswith(("left_", "right_"))) for name in names)
    assert mirrored("left_wrist") == "right_wrist"

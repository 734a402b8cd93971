"""The synthetic figure as a body that is seen."""

from dataclasses import replace

import numpy as np

from frankmocap_ros.body.pose import Body, JointState, ScaleSource
from frankmocap_ros.body.skeleton import BODY_WITH_HANDS


def body_of(figure, **changes):
    """A figure as a body all of whose joints are TRACKED, with some attributes changed."""
    n = len(BODY_WITH_HANDS)
    body = Body(
        id=1,
        estimator="figure",
        skeleton=BODY_WITH_HANDS,
        positions=figure.positions,
        orientations_xyzw=figure.orientations_xyzw,
        local_rotations_xyzw=figure.local_rotations_xyzw,
        pixels=np.ones((n, 2)),
        confidence=np.ones(n),
        orientation_confidence=np.ones(n),
        states=np.full(n, JointState.TRACKED, np.uint8),
        box_xywh=np.ones(4),
        scale_source=ScaleSource.ASSUMED_HEIGHT,
    )
    return replace(body, **changes)

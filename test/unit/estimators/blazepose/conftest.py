"""What the tests of BlazePose share."""

import pytest

from support.blazepose_networks import Networks


@pytest.fixture(scope="module", params=["openvino", "ai_edge_litert"])
def networks(request):
    """The networks, run by each engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("frankmocap_ros.engines.tflite_choice.tflite_engine", lambda: request.param)
        made = Networks()
    yield made
    made.close()

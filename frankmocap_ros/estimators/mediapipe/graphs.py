"""MediaPipe's graphs: one image in, its answer out."""

from typing import Any

from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.runtime.thread_priority import giving_way

DETECT = """
input_stream: "image"
output_stream: "detections"
node {
  calculator: "PoseDetectionCpu"
  input_stream: "IMAGE:image"
  output_stream: "DETECTIONS:detections"
}
"""
LANDMARKS = """
input_stream: "image"
input_stream: "region"
output_stream: "landmarks"
output_stream: "auxiliary"
output_stream: "world"
input_side_packet: "model_complexity"
node {
  calculator: "PoseLandmarkByRoiCpu"
  input_stream: "IMAGE:image"
  input_stream: "ROI:region"
  input_side_packet: "MODEL_COMPLEXITY:model_complexity"
  output_stream: "LANDMARKS:landmarks"
  output_stream: "AUXILIARY_LANDMARKS:auxiliary"
  output_stream: "WORLD_LANDMARKS:world"
}
"""
HANDS = """
input_stream: "image"
input_stream: "pose"
output_stream: "left"
output_stream: "right"
node {
  calculator: "HandLandmarksLeftAndRightCpu"
  input_stream: "IMAGE:image"
  input_stream: "POSE_LANDMARKS:pose"
  output_stream: "LEFT_HAND_LANDMARKS:left"
  output_stream: "RIGHT_HAND_LANDMARKS:right"
}
"""


class Graph:
    """One MediaPipe graph that answers each image at once.

    Args:
        text: the graph's text proto.
        side_packets: constant inputs.
        background: whether its threads give way to others that want the same cores.
    """

    def __init__(
        self, text: str, side_packets: dict[str, Any] | None = None, background: bool = False
    ) -> None:
        from google.protobuf import text_format
        from mediapipe.framework import calculator_pb2
        from mediapipe.python._framework_bindings import validated_graph_config

        validated = validated_graph_config.ValidatedGraphConfig()
        validated.initialize(graph_config=text_format.Parse(text, calculator_pb2.CalculatorGraphConfig()))
        # Expanded here, as MediaPipe's own Python solutions do it. It loses options that Python does not
        # know, such as the size of the kernel that refines landmarks: 9 instead of 7. Doing the same gives
        # the same landmarks; they would lie up to 4 px elsewhere.
        self._config = calculator_pb2.CalculatorGraphConfig()
        self._config.ParseFromString(validated.binary_config)
        self._side_packets = side_packets or {}
        self._packets: dict[str, Any] = {}
        self._background = background
        self._start()

    def _start(self) -> None:
        from mediapipe.python._framework_bindings import calculator_graph

        def start() -> Any:
            graph = calculator_graph.CalculatorGraph(graph_config=self._config)
            for name in self._config.output_stream:
                graph.observe_output_stream(name, self._packets.__setitem__, False)
            graph.start_run(self._side_packets)
            return graph

        self._graph = giving_way(start) if self._background else start()
        self._tick = 0

    def run(self, **packets: Any) -> dict[str, Any]:
        """Feed one set of input packets and return the output packets that came.

        Raises:
            EstimatorError: the graph failed. It is recreated, because a failed graph no longer responds.
        """
        self._tick += 1  # graphs want rising time stamps; images of one instant may run twice
        self._packets.clear()
        try:
            for name, packet in packets.items():
                self._graph.add_packet_to_input_stream(name, packet.at(self._tick))
            self._graph.wait_until_idle()
        except (RuntimeError, ValueError) as error:
            self._start()
            raise EstimatorError(f"MediaPipe failed on one image and was started again: {error}") from error
        return dict(self._packets)

    def close(self) -> None:
        """End the graph's threads."""
        self._graph.close()

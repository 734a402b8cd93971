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

"""MediaPipe itself, asked from another process: images in by stdin, its answers out by stdout.

Runs in an environment of its own, which has nothing of this package. Each image is a header (height, width,
1 for hands; then a region's middle, side and rotation, side 0 to search the image) and RGB bytes; each
answer is ``ANSWER`` as bytes. Pixels travel, not files: two OpenCVs do not decode a video alike.
"""

import os
import struct
import sys

import numpy as np

HAND = np.dtype([("seen", "<f4"), ("pixels", "<f4", (21, 2)), ("depth_px", "<f4", (21,))])
ANSWER = np.dtype([
    ("detected", "<f4"),  # whether the person detector found somebody
    ("center", "<f4", (2,)), ("rim", "<f4", (2,)),  # of the best detection, or of the next region [px]
    ("seen", "<f4"),  # whether there are landmarks
    ("pixels", "<f4", (33, 2)), ("world", "<f4", (33, 3)), ("visibility", "<f4", (33,)),
    ("hands", HAND, (2,)),  # left, right
])  # fmt: skip
HEADER = struct.Struct("<IIIdddd")
SIDES = ("left", "right")


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


class Graph:
    """One of MediaPipe's graphs, started as its Python solutions start theirs."""

    def __init__(self, text, **side_packets):
        import mediapipe
        from google.protobuf import text_format
        from mediapipe.framework import calculator_pb2
        from mediapipe.python._framework_bindings import (
            calculator_graph,
            resource_util,
            validated_graph_config,
        )

        resource_util.set_resource_dir(os.path.dirname(mediapipe.__path__[0]))
        validated = validated_graph_config.ValidatedGraphConfig()
        validated.initialize(graph_config=text_format.Parse(text, calculator_pb2.CalculatorGraphConfig()))
        config = calculator_pb2.CalculatorGraphConfig()
        config.ParseFromString(validated.binary_config)
        self._found, self._tick = {}, 0
        self._graph = calculator_graph.CalculatorGraph(graph_config=config)
        for name in config.output_stream:
            self._graph.observe_output_stream(name, self._found.__setitem__, False)
        self._graph.start_run(side_packets)

    def __call__(self, rgb, **packets):
        """Output packets of one image, by name."""
        from mediapipe.python import packet_creator
        from mediapipe.python._framework_bindings import image_frame

        self._found.clear()
        self._tick += 1
        frame = packet_creator.create_image_frame(image_format=image_frame.ImageFormat.SRGB, data=rgb)
        for name, packet in {"image": frame, **packets}.items():
            self._graph.add_packet_to_input_stream(name, packet.at(self._tick))
        self._graph.wait_until_idle()
        return dict(self._found)


class MediaPipe:
    """MediaPipe's published Python solutions, and its graph for a region that is given."""

    def __init__(self):
        from mediapipe import solutions
        from mediapipe.python import packet_creator

        self._solutions = solutions
        self._detector = Graph(DETECT)
        self._by_region = Graph(LANDMARKS, model_complexity=packet_creator.create_int(1))
        self._pose = self._holistic = None

    def searched(self, rgb, hands):
        """What it says of one image on its own, as ``ANSWER``."""
        from mediapipe.python import packet_getter

        size = np.array([rgb.shape[1], rgb.shape[0]], float)
        out = np.zeros((), ANSWER)
        found = self._detector(rgb)
        if "detections" in found:
            best = max(packet_getter.get_proto_list(found["detections"]), key=lambda d: d.score[0])
            points = [(p.x, p.y) for p in best.location_data.relative_keypoints[:2]]
            out["detected"] = 1.0
            out["center"], out["rim"] = np.array(points) * size
        result = self._solution(hands).process(rgb)
        if result.pose_landmarks is None:
            return out
        self._fill(out, result.pose_landmarks, result.pose_world_landmarks, size)
        for i, side in enumerate(SIDES if hands else ()):
            hand = getattr(result, f"{side}_hand_landmarks")
            if hand is not None:
                out["hands"][i]["seen"] = 1.0
                out["hands"][i]["pixels"] = np.array([(p.x, p.y) for p in hand.landmark]) * size
                out["hands"][i]["depth_px"] = [p.z * size[0] for p in hand.landmark]
        return out

    def _solution(self, hands):
        if not hands:
            if self._pose is None:
                self._pose = self._solutions.pose.Pose(static_image_mode=True, model_complexity=1)
            return self._pose
        if self._holistic is None:
            self._holistic = self._solutions.holistic.Holistic(static_image_mode=True, model_complexity=1)
        else:
            self._holistic.reset()  # static or not, it follows hands from image to image
        return self._holistic

    def by_region(self, rgb, center, side, rotation):
        """What it says of a region, as ``ANSWER``; center and rim are where it would look next."""
        from mediapipe.framework.formats import rect_pb2
        from mediapipe.python import packet_creator, packet_getter

        height, width = rgb.shape[:2]
        size = np.array([width, height], float)
        x, y = center / size
        rect = rect_pb2.NormalizedRect(
            x_center=x, y_center=y, width=side / width, height=side / height, rotation=rotation
        )
        found = self._by_region(rgb, region=packet_creator.create_proto(rect))
        out = np.zeros((), ANSWER)
        if "world" in found:
            auxiliary = packet_getter.get_proto(found["auxiliary"]).landmark
            self._fill(
                out,
                packet_getter.get_proto(found["landmarks"]),
                packet_getter.get_proto(found["world"]),
                size,
            )
            out["center"], out["rim"] = np.array([(p.x, p.y) for p in auxiliary]) * size
        return out

    @staticmethod
    def _fill(out, landmarks, world, size):
        out["seen"] = 1.0
        out["pixels"] = np.array([(p.x, p.y) for p in landmarks.landmark]) * size
        out["visibility"] = [p.visibility for p in landmarks.landmark]
        out["world"] = [(p.x, p.y, p.z) for p in world.landmark]


def main():
    """Answer until nobody asks any more."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever libraries print
    mediapipe = MediaPipe()
    while header := sys.stdin.buffer.read(HEADER.size):
        height, width, hands, x, y, side, rotation = HEADER.unpack(header)
        rgb = np.frombuffer(sys.stdin.buffer.read(height * width * 3), np.uint8).reshape(height, width, 3)
        if side > 0.0:
            answer = mediapipe.by_region(rgb, np.array([x, y]), side, rotation)
        else:
            answer = mediapipe.searched(rgb, bool(hands))
        answers.write(answer.tobytes())
        answers.flush()


if __name__ == "__main__":
    main()

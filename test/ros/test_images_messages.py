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

"""Images in real messages, through real serialization."""

import array

import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CompressedImage, Image

from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.messages.compressed import decode_compressed, write_compressed
from frankmocap_ros.imaging.messages.images import decode_image, write_image


def scene(channels):
    """A gradient, shape (48, 64, C) or (48, 64)."""
    y, x = np.mgrid[0:48, 0:64]
    lanes = np.stack([2 * y + x + 20 * k for k in range(channels)], axis=-1).astype(np.uint8)
    return lanes if channels > 1 else lanes[..., 0]


@pytest.mark.parametrize(
    ("encoding", "channels"), [("bgr8", 3), ("rgb8", 3), ("mono8", 1), ("rgba8", 4), ("yuv422", 2)]
)
def test_image_goes_through_dds_bytes(encoding, channels):
    sent = Image()
    write_image(sent, scene(channels), encoding)
    assert type(sent.data) is array.array
    received = deserialize_message(serialize_message(sent), Image)
    assert received == sent
    decoded = decode_image(received)
    assert decoded.size_px == (64, 48)
    if encoding == "yuv422":
        np.testing.assert_array_equal(decoded.pixels, decode_image(sent).pixels)
    else:
        np.testing.assert_array_equal(decoded.pixels, scene(channels))
        assert np.shares_memory(decoded.pixels, np.frombuffer(received.data, np.uint8))


def test_compressed_image_goes_through_dds_bytes():
    sent = CompressedImage()
    write_compressed(sent, Bitmap(scene(3), "rgb"))
    received = deserialize_message(serialize_message(sent), CompressedImage)
    decoded = decode_compressed(received)
    assert np.abs(decoded.rgb().astype(int) - scene(3)).mean() < 3


def test_a_message_as_it_is_made_is_empty():
    for decode, msg, reason in (
        (decode_image, Image(), "unknown_encoding"),
        (decode_compressed, CompressedImage(), "truncated"),
    ):
        with pytest.raises(Exception, match=r".") as info:
            decode(msg)
        assert info.value.reason == reason

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

"""Raw images: every encoding from bytes built by hand, padded, big endian, and what must be refused."""

import array
import sys
import warnings
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from frankmocap_ros.errors import ImageError
from frankmocap_ros.imaging.bit_depth import To8Bit
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.messages.encodings import ENCODINGS
from frankmocap_ros.imaging.messages.images import MAX_PIXELS, REASONS, checked, decode_image, write_image

HEIGHT, WIDTH = 12, 16
ORDERS = {"mono": "G", "bgr": "BGR", "rgb": "RGB", "bgra": "BGRA", "rgba": "RGBA"}
CHANNELS = {1: "G", 2: "GX", 3: "BGR", 4: "BGRA"}
NUMBERS = {"8U": "u1", "8S": "i1", "16U": "u2", "16S": "i2", "32S": "i4", "32F": "f4", "64F": "f8"}
BAYER = ("rggb", "bggr", "gbrg", "grbg")
SCALED = [
    f"{depth}C{n}"
    for depth in NUMBERS
    for n in (1, 2, 3, 4)
    if not (depth == "8U" or (depth == "16U" and n > 2))
]
SHORT_NAMES = {depth: f"{depth}C1" for depth in NUMBERS}
EXACT = [f"{name}{bits}" for name in ORDERS for bits in (8, 16)]
EXACT += [f"8UC{n}" for n in (1, 2, 3, 4)] + ["16UC3", "16UC4"]
PACKED_YUV = {"yuv422": "UYVY", "uyvy": "UYVY", "yuv422_yuy2": "YUYV", "yuyv": "YUYV"}
PLANAR_YUV = ("nv12", "nv21")


def image(rows, encoding, *, height=HEIGHT, width=WIDTH, pad=0, big_endian=False, tail=()):
    """A message of the 2-dimensional array ``rows`` with ``pad`` odd bytes after each row."""
    raw = np.ascontiguousarray(rows, rows.dtype.newbyteorder(">" if big_endian else "<"))
    raw = raw.view(np.uint8).reshape(len(rows), -1)
    step = raw.shape[1] + pad
    parts = []
    for plane in (raw, *tail):
        junk = np.random.default_rng(3).integers(0, 256, (len(plane), pad), np.uint8)
        parts.append(np.hstack([plane, junk]).tobytes())
    return SimpleNamespace(
        height=height,
        width=width,
        encoding=encoding,
        is_bigendian=int(big_endian),
        step=step,
        data=array.array("B", b"".join(parts)),
    )


def scene(seed=0):
    """RGB, shape (12, 16, 3); the color is constant over 2 x 2 pixels, as YUV 4:2:0 needs it."""
    small = np.random.default_rng(seed).integers(0, 256, (HEIGHT // 2, WIDTH // 2, 3))
    return small.repeat(2, axis=0).repeat(2, axis=1).astype(np.uint8)


def planes(rgb):
    """Channel name -> (H, W); X is a channel that nobody looks at."""
    rest = np.random.default_rng(9).integers(0, 256, rgb.shape[:2], np.uint8)
    return {"R": rgb[..., 0], "G": rgb[..., 1], "B": rgb[..., 2], "A": rest, "X": rest}


def interleaved(rgb, channels):
    """Rows of the message: shape (H, W * C)."""
    named = planes(rgb)
    return np.stack([named[c] for c in channels], axis=-1).reshape(HEIGHT, -1)


def yuv(rgb):
    """Y, U, V of BT.601 with video range, each (H, W), rounded: ITU-R BT.601-7, 8-bit form."""
    r, g, b = (rgb[..., k].astype(float) for k in range(3))
    y = 16 + (65.481 * r + 128.553 * g + 24.966 * b) / 255
    u = 128 + (-37.797 * r - 74.203 * g + 112.0 * b) / 255
    v = 128 + (112.0 * r - 93.786 * g - 18.214 * b) / 255
    return tuple(np.rint(c).astype(np.uint8) for c in (y, u, v))


def in_gamut():
    """A scene without the extreme colors, whose rounded YUV would clip."""
    return (scene().astype(float) * 0.8 + 25).astype(np.uint8)


def expected_rgb(rgb, channels):
    """What the channels of ``rgb`` that an encoding carries look like."""
    return rgb[..., [1, 1, 1]] if channels in ("G", "GX") else rgb


def exact_message(encoding, rgb, **how):
    """A message that says exactly ``rgb`` (its green, where the encoding has one channel)."""
    if encoding[0].isdigit():
        channels, wide = CHANNELS[int(encoding[-1])], encoding.startswith("16")
    else:
        wide = encoding.endswith("16")
        channels = ORDERS[encoding.removesuffix("16" if wide else "8")]
    rows = interleaved(rgb, channels)
    if wide:
        low = np.random.default_rng(5).integers(0, 256, rows.shape)
        rows = (rows.astype(np.uint16) << 8) | low.astype(np.uint16)
    return image(rows, encoding, **how), expected_rgb(rgb, channels)


def scaled_message(encoding, **how):
    """A message of numbers of any range, and the RGB that they scale to."""
    depth, n = encoding.split("C")
    dtype, n = np.dtype(NUMBERS[depth]), int(n)
    rng = np.random.default_rng(7)
    if dtype.kind == "f":
        values = rng.normal(2.5, 1.5, (HEIGHT, WIDTH, n)).astype(dtype)
    else:
        limits = np.iinfo(dtype)
        values = rng.integers(limits.min // 3, limits.max // 2, (HEIGHT, WIDTH, n)).astype(dtype)
    if n == 4:
        values[..., 3] = np.iinfo(dtype).max if dtype.kind != "f" else 1e6  # an alpha of its own range
    shown = values[..., [2, 1, 0]] if n > 2 else values[..., [0, 0, 0]]
    shown = shown.astype(float)
    low, high = shown.min(), shown.max()
    if depth == "16U":  # with headroom at both ends, see imaging/bit_depth.py
        low, high = max(0.0, low - 0.1 * (high - low)), high + 0.1 * (high - low)
    expected = (shown - low) * 255.0 / (high - low)
    return image(values.reshape(HEIGHT, -1), encoding, **how), expected


def bayer_message(pattern, bits, rgb, **how):
    """A mosaic of ``rgb``, and for each pixel the channel that was measured there."""
    tile = np.array(["rgb".index(c) for c in pattern]).reshape(2, 2)
    measured = np.tile(tile, (HEIGHT // 2, WIDTH // 2))
    rows = np.take_along_axis(rgb, measured[..., None], axis=2)[..., 0]
    if bits == 16:
        rows = (rows.astype(np.uint16) << 8) | 0x7F
    return image(rows, f"bayer_{pattern}{bits}", **how), measured


def packed_message(encoding, rgb, **how):
    """YUV 4:2:2, chroma of the left pixel of each pair."""
    y, u, v = yuv(rgb)
    lanes = {"U": u[:, ::2], "V": v[:, ::2], "Y": None}
    rows, left = np.empty((HEIGHT, WIDTH * 2), np.uint8), True
    for k, name in enumerate(PACKED_YUV[encoding]):
        if name == "Y":
            rows[:, k::4] = y[:, 0 if left else 1 :: 2]
            left = False
        else:
            rows[:, k::4] = lanes[name]
    return image(rows, encoding, **how)


def planar_message(encoding, rgb, **how):
    """NV12 or NV21."""
    y, u, v = yuv(rgb)
    first, second = (v, u) if encoding == "nv21" else (u, v)
    first, second = first[::2, ::2], second[::2, ::2]
    chroma = np.stack([first, second], axis=-1).reshape(len(first), -1)
    return image(y, encoding, tail=[chroma], **how)


def any_message(encoding, **how):
    """A well-formed message of any encoding."""
    encoding = SHORT_NAMES.get(encoding, encoding)
    if encoding in EXACT:
        return exact_message(encoding, scene(), **how)[0]
    if encoding in SCALED:
        return scaled_message(encoding, **how)[0]
    if encoding in PACKED_YUV:
        return packed_message(encoding, in_gamut(), **how)
    if encoding in PLANAR_YUV:
        return planar_message(encoding, in_gamut(), **how)
    pattern, bits = encoding.removeprefix("bayer_")[:4], int(encoding[10:])
    return bayer_message(pattern, bits, scene(), **how)[0]


ALL = [*EXACT, *SCALED, *PACKED_YUV, *PLANAR_YUV, *(f"bayer_{p}{b}" for p in BAYER for b in (8, 16))]
WIDE = [e for e in ALL if ENCODINGS[e].dtype.itemsize > 1]


def test_every_encoding_is_here():
    assert {*ALL, *SHORT_NAMES} == set(ENCODINGS)


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("pad", [0, 24])
@pytest.mark.parametrize("encoding", EXACT)
def test_color_and_grey(encoding, pad, big_endian):
    msg, expected = exact_message(encoding, scene(), pad=pad, big_endian=big_endian)
    decoded = decode_image(msg)
    assert decoded.size_px == (WIDTH, HEIGHT)
    np.testing.assert_array_equal(decoded.rgb(), expected)
    np.testing.assert_array_equal(decoded.bgr(), expected[..., ::-1])


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("pad", [0, 24])
@pytest.mark.parametrize("encoding", SCALED)
def test_numbers_without_a_meaning_are_scaled(encoding, pad, big_endian):
    msg, expected = scaled_message(encoding, pad=pad, big_endian=big_endian)
    np.testing.assert_allclose(decode_image(msg).rgb(), expected, atol=0.51)


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("pad", [0, 24, 40])
@pytest.mark.parametrize(
    "encoding", [e for e, layout in ENCODINGS.items() if layout.kind in ("16_bits", "mosaic", "numbers")]
)
def test_every_bit_of_a_number_is_kept(encoding, pad, big_endian):
    layout, rng = ENCODINGS[encoding], np.random.default_rng(11)
    raw = rng.integers(0, 256, (HEIGHT, WIDTH * layout.pixel_bytes), np.uint8)
    truth = raw.view(layout.dtype).reshape(HEIGHT, WIDTH, layout.channels)
    truth = truth[..., 0] if layout.channels < 3 else truth[..., :3]
    msg = image(raw.view(layout.dtype), encoding, pad=pad, big_endian=big_endian)
    values = checked(msg, MAX_PIXELS).values()
    assert values.dtype == layout.dtype
    assert values.flags.c_contiguous
    assert values.tobytes() == np.ascontiguousarray(truth).tobytes()  # not-a-numbers, too


@pytest.mark.parametrize("pad", [0, 24])
@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("pattern", BAYER)
def test_bayer(pattern, bits, big_endian, pad):
    rgb = scene()
    msg, measured = bayer_message(pattern, bits, rgb, pad=pad, big_endian=big_endian)
    out = decode_image(msg).rgb()
    # Interpolation keeps what was measured; OpenCV copies its border from the row within.
    inner = np.s_[1:-1, 1:-1]
    kept = np.take_along_axis(out, measured[..., None], axis=2)[..., 0]
    truth = np.take_along_axis(rgb, measured[..., None], axis=2)[..., 0]
    np.testing.assert_array_equal(kept[inner], truth[inner])
    plain = np.broadcast_to(np.uint8([200, 90, 30]), rgb.shape)
    msg, _ = bayer_message(pattern, bits, plain, pad=pad, big_endian=big_endian)
    np.testing.assert_array_equal(decode_image(msg).rgb(), plain)


@pytest.mark.parametrize("pad", [0, 24])
@pytest.mark.parametrize("encoding", PACKED_YUV)
def test_packed_yuv(encoding, pad):
    out = decode_image(packed_message(encoding, in_gamut(), pad=pad)).rgb()
    np.testing.assert_allclose(out.astype(int), in_gamut(), atol=3)


@pytest.mark.parametrize("pad", [0, 24])
@pytest.mark.parametrize("encoding", PLANAR_YUV)
def test_planar_yuv(encoding, pad):
    out = decode_image(planar_message(encoding, in_gamut(), pad=pad)).rgb()
    np.testing.assert_allclose(out.astype(int), in_gamut(), atol=3)


@pytest.mark.parametrize(("short", "long"), SHORT_NAMES.items())
def test_short_names_mean_one_channel(short, long):
    msg = any_message(long)
    expected = decode_image(msg).rgb()
    msg.encoding = short
    np.testing.assert_array_equal(decode_image(msg).rgb(), expected)


def test_16_bit_is_within_one_of_cv_bridge():
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    out = decode_image(image(values, "mono16", height=256, width=256)).pixels.astype(int)
    assert np.abs(out - np.rint(values * (255.0 / 65535.0))).max() == 1


def twelve_bits():
    """A ramp of 12 bits, which the high byte shows as 0..15."""
    return np.linspace(0, 4095, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint16)


@pytest.mark.parametrize("encoding", ["mono16", "16UC1", "bayer_rggb16", "rgb16", "bgra16", "16UC3"])
def test_12_bits_in_16_are_seen(encoding):
    channels = ENCODINGS[encoding].channels
    rows = np.repeat(twelve_bits()[..., None], channels, axis=-1).reshape(HEIGHT, -1)
    shown = decode_image(image(rows, encoding)).rgb()
    assert shown.max() > 200
    assert shown.min() < 25


def test_a_camera_of_16_bits_is_scaled_alike_from_image_to_image():
    to_8bit, values = To8Bit(), twelve_bits()
    first = decode_image(image(values, "mono16"), to_8bit).pixels
    values[0, :] = 3000
    second = decode_image(image(values, "mono16"), to_8bit).pixels
    np.testing.assert_array_equal(first[1:], second[1:])


@pytest.mark.parametrize("encoding", ["32FC1", "64FC1", "32FC3"])
def test_not_finite_is_black_and_silent(encoding):
    msg, _ = scaled_message(encoding)
    dtype = np.dtype(NUMBERS[encoding[:3]])
    values = np.frombuffer(msg.data, dtype).copy()
    values[:4] = np.nan, np.inf, -np.inf, -np.nan
    msg.data = values.tobytes()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out = decode_image(msg).pixels.reshape(-1)
    finite = values[4:]
    expected = (finite - finite.min()) * 255.0 / (finite.max() - finite.min())
    assert not out[:4].any()
    np.testing.assert_allclose(out[4:], expected, atol=0.51)


@pytest.mark.parametrize("encoding", ["32FC1", "64FC1"])
@pytest.mark.parametrize(
    ("low", "high", "middle"), [("nan", "nan", 0), ("inf", "-inf", 0), (3.0, 3.0, 127), ("tiny", 0.0, 127)]
)
def test_nothing_to_scale(encoding, low, high, middle):
    dtype = np.dtype(NUMBERS[encoding[:3]])
    low = np.finfo(dtype).smallest_subnormal if low == "tiny" else float(low)
    values = np.full((HEIGHT, WIDTH), low, dtype)
    values[0, 0] = high
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.unique(decode_image(image(values, encoding)).pixels).tolist() == [middle]


@pytest.mark.parametrize("encoding", ["32FC1", "64FC1"])
def test_one_value_among_unknown_ones(encoding):
    values = np.full((HEIGHT, WIDTH), np.nan, NUMBERS[encoding[:3]])
    values[2:5] = 1.5
    out = decode_image(image(values, encoding)).pixels
    np.testing.assert_array_equal(out, np.where(np.isnan(values), 0, 127))


def test_every_int32_is_told_from_the_next():
    values = np.full((HEIGHT, WIDTH), 2**30, np.int32)
    values[0, :2] += (100, 255)
    np.testing.assert_array_equal(decode_image(image(values, "32SC1")).pixels[0, :3], (100, 255, 0))


@pytest.mark.parametrize("encoding", ["8SC1", "16SC3", "32SC1"])
def test_one_value_is_grey(encoding):
    msg, _ = scaled_message(encoding)
    msg.data = bytes(len(msg.data))
    assert np.unique(decode_image(msg).rgb()).tolist() == [127]


@pytest.mark.parametrize("encoding", ["32FC1", "64FC1"])
def test_the_largest_numbers_do_not_warn(encoding):
    dtype = np.dtype(NUMBERS[encoding[:3]])
    top = np.finfo(dtype).max
    values = np.linspace(-0.49, 0.49, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(dtype) * top
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(
            decode_image(image(values, encoding)).pixels.reshape(-1),
            np.linspace(0, 255, HEIGHT * WIDTH),
            atol=0.51,
        )
        decode_image(image(np.where(values > 0, top, -top), encoding))  # the span itself overflows


def test_a_small_span_far_from_zero_is_still_scaled():
    values = np.full((HEIGHT, WIDTH), 1e9, np.float32)
    values[0, :3] += (64, 128, 256)  # float32 has a step of 64 there
    out = decode_image(image(values, "32FC1")).pixels
    np.testing.assert_array_equal(out[0, :4], (64, 128, 255, 0))


@pytest.mark.parametrize("pad", [0, 24])
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, np.array, array.array])
@pytest.mark.parametrize(
    "encoding", ["bgr8", "rgb8", "mono8", "bgra8", "rgba8", "8UC1", "8UC3", "8UC4", "8U"]
)
def test_common_encodings_are_not_copied(encoding, kind, pad):
    msg = any_message(encoding, pad=pad)
    raw = msg.data
    if kind is not array.array:
        msg.data = np.frombuffer(raw.tobytes(), np.uint8) if kind is np.array else kind(raw.tobytes())
    decoded = decode_image(msg)
    whole = np.frombuffer(msg.data, np.uint8)
    assert np.shares_memory(decoded.pixels, whole)
    assert not decoded.pixels.flags.writeable  # drawing on it would change the message
    if pad == 0 and decoded.order in ("rgb", "bgr"):
        assert np.shares_memory(getattr(decoded, decoded.order)(), whole)


@pytest.mark.parametrize("encoding", ALL)
def test_results_are_contiguous(encoding):
    decoded = decode_image(any_message(encoding, pad=24))
    for pixels in (decoded.rgb(), decoded.bgr()):
        assert pixels.dtype == np.uint8
        assert pixels.shape == (HEIGHT, WIDTH, 3)
        assert pixels.flags.c_contiguous


# --- shrinking -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["bgr8", "rgb8", "mono8", "bgra8", "rgba8"])
def test_resized_first_gives_what_resized_last_gives(encoding):
    decoded = decode_image(any_message(encoding, pad=24))
    small = decoded.resized(6)
    assert small.size_px == (8, 6)
    assert small.order == decoded.order
    expected = cv2.resize(decoded.rgb(), (8, 6), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_array_equal(small.rgb(), expected)


@pytest.mark.parametrize(
    ("size", "short", "expected"),
    [
        ((640, 480), 384, (512, 384)),
        ((480, 640), 384, (384, 512)),
        ((1280, 720), 384, (683, 384)),
        ((640, 480), 480, (640, 480)),
        ((320, 240), 384, (320, 240)),
        ((3000, 2), 1, (1500, 1)),
    ],
)
def test_resized_keeps_the_aspect_and_never_enlarges(size, short, expected):
    decoded = Bitmap(np.zeros((size[1], size[0]), np.uint8), "gray")
    small = decoded.resized(short)
    assert small.size_px == expected
    assert (small is decoded) == (size == expected)


# --- malformed -----------------------------------------------------------------------------------------


def refused(msg, **how):
    """Reason and text of the error that ``msg`` ends in."""
    with pytest.raises(ImageError) as info:
        decode_image(msg, **how)
    assert info.value.reason in REASONS
    return info.value.reason, str(info.value)


def changed(**fields):
    """A good bgr8 message with some fields replaced."""
    msg = any_message("bgr8")
    vars(msg).update(fields)
    return msg


@pytest.mark.parametrize(
    "name",
    ["", "BGR8", "rgb", "8UC5", "8UC0", "32UC1", "jpeg", "yuv420", "bgr8 ", "\0", "x" * 10**6, "nv24", "8UC"],
)
def test_unknown_encoding(name):
    reason, text = refused(changed(encoding=name))
    assert reason == "unknown_encoding"
    assert len(text) < 200
    assert "publish" in text
    assert "16UC1" in text


@pytest.mark.parametrize("name", [None, 8, b"bgr8", ["bgr8"]])
def test_encoding_that_is_no_text(name):
    assert refused(changed(encoding=name))[0] == "unknown_encoding"


@pytest.mark.parametrize(
    "fields",
    [
        {"height": 0},
        {"width": 0},
        {"height": 0, "width": 0, "step": 0, "data": b""},
        {"height": -1},
        {"width": 2**32},
        {"step": 10**5000},  # too long even to print
        {"height": 2**32 - 1, "width": 2**32 - 1, "step": 2**32 - 1},
        {"height": 1, "width": MAX_PIXELS + 1, "step": 2**32 - 1},
        {"height": 32768, "width": 1, "step": 3},
        {"height": 10001, "width": 10000, "step": 30000},
    ],
)
def test_impossible_size(fields):
    assert refused(changed(**fields))[0] == "bad_size"


def test_size_limit_is_the_callers():
    msg = any_message("rgb8")
    assert decode_image(msg, max_pixels=HEIGHT * WIDTH).size_px == (WIDTH, HEIGHT)
    reason, text = refused(msg, max_pixels=HEIGHT * WIDTH - 1)
    assert reason == "bad_size"
    assert f"{WIDTH} x {HEIGHT}" in text


@pytest.mark.parametrize("encoding", ALL)
def test_step_too_short_for_every_encoding(encoding):
    msg = any_message(encoding)
    msg.step -= ENCODINGS[encoding].dtype.itemsize
    assert refused(msg)[0] == "bad_step"


@pytest.mark.parametrize("encoding", WIDE)
def test_step_that_splits_a_value(encoding):
    assert refused(any_message(encoding, pad=25))[0] == "bad_step"


def test_step_zero():
    assert refused(changed(step=0))[0] == "bad_step"


@pytest.mark.parametrize("encoding", ALL)
@pytest.mark.parametrize("by", [-1, 1])
def test_data_of_another_length_for_every_encoding(encoding, by):
    msg = any_message(encoding, pad=24)
    msg.data = msg.data[:by] if by < 0 else msg.data + msg.data[:by]
    reason, text = refused(msg)
    assert reason == "bad_length"
    assert str(len(msg.data)) in text


@pytest.mark.parametrize(
    "fields", [{"data": b""}, {"step": 2**32 - 1}, {"height": HEIGHT + 1}, {"height": 32767}]
)
def test_size_and_data_contradict_each_other(fields):
    assert refused(changed(**fields))[0] == "bad_length"


@pytest.mark.parametrize(
    "fields",
    [
        {"height": None},
        {"width": "16"},
        {"step": 48.0},
        {"is_bigendian": "no"},
        {"is_bigendian": np.zeros(2)},
        {"data": None},
        {"data": "text"},
        {"data": [0] * HEIGHT * WIDTH * 3},
        {"data": np.zeros((HEIGHT, WIDTH, 6), np.uint8)[..., ::2]},
    ],
)
def test_fields_of_a_wrong_type(fields):
    assert refused(changed(**fields))[0] == "bad_data"


def test_missing_fields():
    for name in ("height", "width", "step", "data", "is_bigendian"):
        msg = any_message("bgr8")
        delattr(msg, name)
        assert refused(msg)[0] == "bad_data"
    assert refused(SimpleNamespace(height=1, width=1, step=1))[0] == "unknown_encoding"


def odd(encoding, height, width):
    """A message whose length fits an odd size."""
    layout = ENCODINGS[encoding]
    step = width * layout.pixel_bytes
    data = bytes(layout.data_bytes(step, height))
    return SimpleNamespace(
        height=height, width=width, encoding=encoding, is_bigendian=0, step=step, data=data
    )


@pytest.mark.parametrize("encoding", PACKED_YUV)
def test_odd_width_has_no_chroma_pairs(encoding):
    assert refused(odd(encoding, 4, 5))[0] == "bad_size"
    assert decode_image(odd(encoding, 5, 4)).size_px == (4, 5)


@pytest.mark.parametrize("size", [(4, 5), (5, 4), (5, 5), (1, 1)])
@pytest.mark.parametrize("encoding", ["nv12", "nv21"])
def test_odd_sides_have_no_chroma_blocks(encoding, size):
    assert refused(odd(encoding, *size))[0] == "bad_size"


@pytest.mark.parametrize("encoding", [e for e in ALL if e not in PACKED_YUV and e not in ("nv12", "nv21")])
def test_odd_sizes_elsewhere(encoding):
    assert decode_image(odd(encoding, 5, 7)).rgb().shape == (5, 7, 3)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (2, 8), (8, 2)])
@pytest.mark.parametrize("encoding", ["bayer_rggb8", "bayer_grbg16"])
def test_bayer_too_small_to_hold_every_color(encoding, size):
    assert refused(odd(encoding, *size))[0] == "bad_size"


@pytest.mark.parametrize("error", [cv2.error("no memory"), MemoryError()])
def test_a_conversion_that_fails_is_an_image_error(monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(cv2, "cvtColor", fail)
    assert refused(any_message("nv12"))[0] == "bad_data"


# --- the way out ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", [e for e in ALL if e not in PLANAR_YUV])
def test_fill_gives_back_what_was_decoded(encoding):
    good = any_message(encoding)
    layout = ENCODINGS[encoding]
    values = np.frombuffer(good.data, layout.dtype).reshape(HEIGHT, WIDTH, layout.channels)
    for pixels in (values, values.astype(layout.dtype.newbyteorder(">")), values[:, ::-1][:, ::-1]):
        msg = SimpleNamespace()
        write_image(msg, pixels[..., 0] if layout.channels == 1 else pixels, encoding)
        assert vars(msg) == {**vars(good), "is_bigendian": int(sys.byteorder == "big")}
        assert type(msg.data) is array.array
        assert msg.data.typecode == "B"


def test_filled_data_is_a_copy():
    pixels = scene()
    msg = SimpleNamespace()
    write_image(msg, pixels, "rgb8")
    pixels[:] = 0
    np.testing.assert_array_equal(decode_image(msg).pixels, scene())


@pytest.mark.parametrize(
    ("pixels", "encoding", "reason"),
    [
        (np.zeros((4, 4, 3), np.uint8), "nope", "unknown_encoding"),
        (np.zeros((4, 4, 3), np.uint8), "mono8", "bad_data"),
        (np.zeros((4, 4), np.uint8), "bgr8", "bad_data"),
        (np.zeros((4, 4, 3), np.float32), "bgr8", "bad_data"),
        (np.zeros((4, 4), np.int16), "mono16", "bad_data"),
        (np.zeros(16, np.uint8), "mono8", "bad_data"),
        (np.zeros((1, 4, 4, 3), np.uint8), "bgr8", "bad_data"),
        (np.zeros((6, 4), np.uint8), "nv12", "bad_data"),
        (np.zeros((0, 4, 3), np.uint8), "bgr8", "bad_size"),
    ],
)
def test_fill_refuses_what_does_not_fit(pixels, encoding, reason):
    with pytest.raises(ImageError) as info:
        write_image(SimpleNamespace(), pixels, encoding)
    assert info.value.reason == reason

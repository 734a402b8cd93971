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

"""Compressed images: JPEG and PNG from real encoders and built by hand, and what must be refused."""

import re
import struct
import subprocess
import sys
import threading
import zlib
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from frankmocap_ros.errors import ImageError
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.messages.compressed import (
    MAX_COMPRESSED_PIXELS,
    decode_compressed,
    write_compressed,
)
from frankmocap_ros.imaging.messages.headers import checked_png
from frankmocap_ros.imaging.messages.images import REASONS
from frankmocap_ros.runtime.native_stderr import with_native_stderr

HEIGHT, WIDTH = 48, 64
START, END = b"\xff\xd8", b"\xff\xd9"
PNG_START = b"\x89PNG\r\n\x1a\n"


def scene(channels=3, dtype=np.uint8):
    """Smooth BGR(A) or gray with some noise, so that JPEG keeps it and still has something to say."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    rng = np.random.default_rng(1)
    lanes = [2 * y + x + 20 * k + rng.integers(0, 8, y.shape) for k in range(channels)]
    values = np.stack(lanes, axis=-1) if channels > 1 else lanes[0]
    return values.astype(dtype) if dtype == np.uint8 else (values * 256 + 77).astype(dtype)


def packed(pixels, extension=".jpg", *parameters):
    """What OpenCV writes."""
    return cv2.imencode(extension, pixels, parameters)[1].tobytes()


def message(data, text="jpeg"):
    """A message."""
    return SimpleNamespace(format=text, data=data)


def refused(msg, **how):
    """Reason of the error that ``msg`` ends in."""
    with pytest.raises(ImageError) as info:
        decode_compressed(msg, **how)
    assert info.value.reason in REASONS
    assert len(str(info.value)) < 300
    return info.value.reason


def segment(marker, body):
    """A JPEG segment."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def chunk(kind, body=b"", crc=None):
    """A PNG chunk."""
    return (
        struct.pack(">I", len(body))
        + kind
        + body
        + struct.pack(">I", zlib.crc32(kind + body) if crc is None else crc)
    )


def header(width, height, depth=8, color=2, *rest):
    """A PNG header chunk."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, *(rest or (0, 0, 0))))


def png(width, height, rows, *extra, depth=8, color=2, interlace=0):
    """A PNG of raw scan lines, each with its filter byte; ``extra`` chunks come before the data."""
    ihdr = header(width, height, depth, color, 0, 0, interlace)
    return PNG_START + ihdr + b"".join(extra) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND")


def resized_jpeg(data, width, height):
    """The same JPEG under a header of another size."""
    at = re.search(b"\xff[\xc0\xc1\xc2]\x00", data).start()
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


JPEG, PNG = packed(scene()), packed(scene(), ".png")
PROGRESSIVE = packed(scene(), ".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
SCAN = JPEG.index(b"\xff\xda")
FRAME_AT = JPEG.index(b"\xff\xc0")
FRAME = JPEG[FRAME_AT : FRAME_AT + 19]
TABLES = JPEG[2:FRAME_AT]


@pytest.fixture(autouse=True)
def silence(capfd):
    """Nothing in this file may print, good image or bad."""
    yield
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


# --- good ones -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda b: np.frombuffer(b, np.uint8)])
@pytest.mark.parametrize(
    "text",
    [
        "jpeg",
        "jpg",
        "JPEG",
        "",
        "bgr8; jpeg compressed bgr8",
        "rgb8; jpeg compressed bgr8",
        "bgr8; jpeg compressed ",
        "rgb8; jpeg",
    ],
)
def test_jpeg(text, kind):
    decoded = decode_compressed(message(kind(JPEG), text))
    assert decoded.order == "bgr"
    np.testing.assert_array_equal(
        decoded.bgr(), cv2.imdecode(np.frombuffer(JPEG, np.uint8), cv2.IMREAD_COLOR)
    )
    assert np.abs(decoded.bgr().astype(int) - scene()).mean() < 4
    np.testing.assert_array_equal(decoded.rgb(), decoded.bgr()[..., ::-1])


@pytest.mark.parametrize(
    "text", ["png", "", "bgr8; png compressed bgr8", "rgb8; png compressed bgr8", "jpeg"]
)
def test_png(text):
    np.testing.assert_array_equal(decode_compressed(message(PNG, text)).bgr(), scene())


@pytest.mark.parametrize("codec", ["jpeg", "png"])
def test_swapped_channels_are_swapped_back(codec):
    """image_transport's ``compressed rgb8``: the encoder got RGB where it takes BGR."""
    written = (".png",) if codec == "png" else (".jpg", cv2.IMWRITE_JPEG_QUALITY, 95)
    data = packed(scene()[..., ::-1], *written)
    decoded = decode_compressed(message(data, f"rgb8; {codec} compressed rgb8"))
    assert np.abs(decoded.bgr().astype(int) - scene()).mean() < 4


@pytest.mark.parametrize("extension", [".jpg", ".png"])
def test_grey_stays_one_channel(extension):
    decoded = decode_compressed(message(packed(scene(1), extension), "mono8; jpeg compressed "))
    assert decoded.order == "gray"
    assert decoded.pixels.shape == (HEIGHT, WIDTH)
    assert np.abs(decoded.pixels.astype(int) - scene(1)).mean() < 4


def test_progressive_jpeg():
    decoded = decode_compressed(message(PROGRESSIVE), max_pixels=HEIGHT * WIDTH)
    np.testing.assert_array_equal(
        decoded.bgr(), cv2.imdecode(np.frombuffer(JPEG, np.uint8), cv2.IMREAD_COLOR)
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_16_bit_png_gives_the_high_byte(channels):
    data = packed(scene(channels, np.uint16), ".png")
    decoded = decode_compressed(message(data, "mono16; png compressed mono16"))
    np.testing.assert_array_equal(decoded.pixels, scene(channels))


@pytest.mark.parametrize(
    "text", ["mono16; png compressed mono16", "bayer_rggb16; png compressed bayer_rggb16"]
)
def test_12_bits_in_a_png_of_16_are_seen(text):
    values = np.linspace(0, 4095, 48 * 64).reshape(48, 64).astype(np.uint16)
    shown = decode_compressed(message(packed(values, ".png"), text)).rgb()
    assert shown.shape == (48, 64, 3)
    assert shown.max() > 200


def test_alpha_is_dropped():
    np.testing.assert_array_equal(
        decode_compressed(message(packed(scene(4), ".png"))).bgr(), scene(4)[..., :3]
    )


def test_palette_png():
    colors = np.random.default_rng(2).integers(0, 256, (4, 3), np.uint8)
    index = np.arange(12).reshape(3, 4) % 4
    rows = b"".join(b"\0" + bytes(row) for row in index.astype(np.uint8))
    data = png(4, 3, rows, chunk(b"PLTE", colors.tobytes()), color=3)
    np.testing.assert_array_equal(decode_compressed(message(data)).rgb(), colors[index])


def test_interlaced_png():
    values = np.arange(64, dtype=np.uint8).reshape(8, 8)
    passes = (
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    )
    rows = b"".join(b"\0" + row.tobytes() for y, x, dy, dx in passes for row in values[y::dy, x::dx])
    np.testing.assert_array_equal(
        decode_compressed(message(png(8, 8, rows, color=0, interlace=1))).pixels, values
    )


@pytest.mark.parametrize(
    ("pattern", "code"), [("rggb", cv2.COLOR_BayerBG2RGB), ("gbrg", cv2.COLOR_BayerGR2RGB)]
)
def test_compressed_bayer_is_interpolated(pattern, code):
    data = packed(scene(1), ".png")
    decoded = decode_compressed(message(data, f"bayer_{pattern}8; png compressed bayer_{pattern}8"))
    np.testing.assert_array_equal(decoded.rgb(), cv2.cvtColor(scene(1), code))


def test_the_data_says_how_many_bits_a_compressed_bayer_pattern_has():
    data = packed(scene(1), ".png")
    decoded = decode_compressed(message(data, "bayer_rggb16; png compressed bayer_rggb16"))
    np.testing.assert_array_equal(decoded.rgb(), cv2.cvtColor(scene(1), cv2.COLOR_BayerBG2RGB))


@pytest.mark.parametrize("tail", [b"\0", bytes(100_000), b"junk" * 100])
@pytest.mark.parametrize("data", [JPEG, PROGRESSIVE, PNG])
def test_bytes_after_the_end_do_not_matter(data, tail):
    expected = decode_compressed(message(data)).pixels
    np.testing.assert_array_equal(decode_compressed(message(data + tail)).pixels, expected)


@pytest.mark.parametrize("extra", [b"\0", bytes(8), b"\xff" * 8])
def test_a_few_stray_bytes_before_the_end_marker_are_a_webcams_habit(extra):
    decoded = decode_compressed(message(JPEG[:-2] + extra + END))
    np.testing.assert_array_equal(decoded.pixels, decode_compressed(message(JPEG)).pixels)


def test_pixels_are_as_stored_whatever_exif_says():
    orientation = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, 6, 0, 0)
    turned = START + segment(0xE1, b"Exif\0\0" + orientation) + JPEG[2:]
    assert cv2.imdecode(np.frombuffer(turned, np.uint8), cv2.IMREAD_COLOR).shape == (WIDTH, HEIGHT, 3)
    np.testing.assert_array_equal(
        decode_compressed(message(turned)).pixels, decode_compressed(message(JPEG)).pixels
    )


def test_webcams_leave_the_standard_huffman_tables_out():
    data = START + TABLES + FRAME + JPEG[SCAN:]
    np.testing.assert_array_equal(
        decode_compressed(message(data)).pixels, decode_compressed(message(JPEG)).pixels
    )


def test_fill_bytes_and_comments_are_allowed():
    data = START + b"\xff" * 8 + segment(0xFE, b"hello") + JPEG[2:]
    np.testing.assert_array_equal(
        decode_compressed(message(data)).pixels, decode_compressed(message(JPEG)).pixels
    )


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"tEXt", b"Comment\0hello"),
        chunk(b"iCCP", b"x\0\0" + zlib.compress(b"not a profile")),
        chunk(b"gAMA", struct.pack(">I", 1)),
        chunk(b"eXIf", b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)),
        chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)),
        chunk(b"tRNS", bytes(6)),
    ],
)
def test_png_extras_change_and_print_nothing(extra):
    at = len(PNG_START) + 25
    np.testing.assert_array_equal(decode_compressed(message(PNG[:at] + extra + PNG[at:])).bgr(), scene())


def test_png_text_bombs_never_reach_the_decoder():
    bomb = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(8_000_000)))
    at = len(PNG_START) + 25
    size, kept = checked_png(PNG[:at] + bomb * 900 + PNG[at:], MAX_COMPRESSED_PIXELS)
    assert (size, kept) == ((WIDTH, HEIGHT), PNG)


# --- malformed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [0.1, 0.3, 0.5, 0.9, 0.99, 1.0])
@pytest.mark.parametrize("data", [JPEG, PROGRESSIVE, PNG, packed(scene(1)), packed(scene(1), ".png")])
def test_truncated(data, end):
    assert refused(message(data[: min(int(len(data) * end), len(data) - 1)])) in ("truncated", "bomb")


def test_truncated_at_every_byte():
    for length in range(len(JPEG)):
        assert refused(message(JPEG[:length])) in ("truncated", "bomb")
    for length in range(len(PNG)):
        assert refused(message(PNG[:length], "png")) == "truncated"


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("data", [JPEG, PROGRESSIVE])
def test_truncated_jpeg_with_an_end_marker(data, part):
    """libjpeg fills the rest with gray, and says so on stderr only."""
    reason = refused(message(data[: SCAN + int(part * (len(data) - SCAN))] + END))
    assert reason == "truncated" or (reason == "bad_jpeg" and data is PROGRESSIVE)  # cut between its scans


@pytest.mark.parametrize(
    ("width", "height"), [(WIDTH, 4 * HEIGHT), (2 * WIDTH, HEIGHT), (WIDTH, HEIGHT + 16)]
)
def test_jpeg_header_larger_than_its_data(width, height):
    assert refused(message(resized_jpeg(JPEG, width, height))) in ("truncated", "bad_jpeg")


def test_jpeg_header_smaller_than_its_data():
    assert refused(message(resized_jpeg(JPEG, WIDTH // 2, HEIGHT // 2))) == "bad_jpeg"


def test_damaged_jpeg():
    """JPEG has no checksum: half of all damage leaves the right number of bits behind."""
    reasons = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        at, length = rng.integers(SCAN + 20, len(JPEG) - 70), rng.integers(1, 60)
        junk = rng.integers(0, 255, length, np.uint8).tobytes()
        try:
            decode_compressed(message(JPEG[:at] + junk + JPEG[at + length :]))
        except ImageError as e:
            reasons.append(e.reason)
    assert set(reasons) == {"bad_jpeg", "truncated"}
    assert len(reasons) > 35


@pytest.mark.parametrize("at", range(8, len(PNG), 97))
def test_damaged_png(at):
    assert refused(message(PNG[:at] + bytes([PNG[at] ^ 0x10]) + PNG[at + 1 :])) in ("bad_png", "truncated")


@pytest.mark.parametrize("max_pixels", [HEIGHT * WIDTH - 1, 1])
@pytest.mark.parametrize("data", [JPEG, PROGRESSIVE, PNG])
def test_size_limit_is_the_callers(data, max_pixels):
    assert refused(message(data), max_pixels=max_pixels) == "bomb"
    decode_compressed(message(data), max_pixels=HEIGHT * WIDTH)


@pytest.mark.parametrize(("width", "height"), [(65535, 65535), (8000, 5001), (6000, 6000), (4000, 4000)])
def test_jpeg_bomb(monkeypatch, width, height):
    monkeypatch.setattr(cv2, "imdecode", None)  # refused before anything is decoded
    assert refused(message(resized_jpeg(JPEG, width, height))) == "bomb"


@pytest.mark.parametrize(
    ("width", "height"), [(2**31 - 1, 2**31 - 1), (8000, 5001), (6000, 6000), (2**32 - 1, 1)]
)
@pytest.mark.parametrize(("depth", "color"), [(8, 2), (16, 6), (1, 0)])
def test_png_bomb(monkeypatch, width, height, depth, color):
    monkeypatch.setattr(cv2, "imdecode", None)
    rows = zlib.compress(bytes(100_000))
    data = PNG_START + header(width, height, depth, color) + chunk(b"IDAT", rows) + chunk(b"IEND")
    assert refused(message(data, "png")) == "bomb"


def test_bomb_of_scans(monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", None)
    last = PROGRESSIVE[PROGRESSIVE.rindex(b"\xff\xda") : -2]
    data = PROGRESSIVE[:-2] + last * 20 + END
    assert refused(message(data), max_pixels=HEIGHT * WIDTH) == "bomb"


def test_side_too_long():
    rows = bytes(32_769)
    assert refused(message(png(32_768, 1, rows, color=0))) == "bad_size"
    assert decode_compressed(message(png(32_767, 1, rows[1:], color=0))).size_px == (32_767, 1)


@pytest.mark.parametrize("data", [resized_jpeg(JPEG, 0, HEIGHT), resized_jpeg(JPEG, WIDTH, 0)])
def test_empty_jpeg(data):
    assert refused(message(data)) == "bad_size"


@pytest.mark.parametrize("size", [(0, 1), (1, 0), (0, 0)])
def test_empty_png(size):
    assert refused(message(png(*size, b"\0\0\0\0"))) == "bad_size"


@pytest.mark.parametrize(
    "data",
    [
        START + END,
        START + b"\x00" + JPEG[2:],  # no marker where one belongs
        START + START + JPEG[2:],
        START + b"\xff\x00" + JPEG[2:],
        START + b"\xff\xd0" + JPEG[2:],
        START + b"\xff" * 100 + JPEG[2:],
        START + b"\xff\xe0\x00\x01" + JPEG[2:],  # a segment shorter than its own length field
        START + segment(0xFE, b"") * 2000 + JPEG[2:],
        START + FRAME + JPEG[2:],  # two frame headers
        START + TABLES + JPEG[FRAME_AT + 19 :],  # none
        JPEG[: FRAME_AT + 1] + b"\xc3" + JPEG[FRAME_AT + 2 :],  # lossless
        JPEG[: FRAME_AT + 1] + b"\xc9" + JPEG[FRAME_AT + 2 :],  # arithmetic coding
        JPEG[: FRAME_AT + 4] + b"\x0c" + JPEG[FRAME_AT + 5 :],  # 12 bits
        JPEG[: FRAME_AT + 9] + b"\x02" + JPEG[FRAME_AT + 10 :],  # two components
        JPEG[: FRAME_AT + 9] + b"\x01" + JPEG[FRAME_AT + 10 :],  # fewer than the header has room for
        START + segment(0xC0, b"\x08") + JPEG[2:],
        JPEG[:SCAN] + segment(0xDA, b"\x03") + bytes(2000) + END,
    ],
)
def test_broken_jpeg(data):
    assert refused(message(data)) in ("bad_jpeg", "truncated")


ROWS = b"".join(b"\0" + bytes(range(30)) for _ in range(10))
GOOD = (header(10, 10), chunk(b"IDAT", zlib.compress(ROWS)), chunk(b"IEND"))


def test_the_png_that_is_broken_below_is_good():
    assert decode_compressed(message(PNG_START + b"".join(GOOD))).size_px == (10, 10)
    split = (chunk(b"IDAT", GOOD[1][8:20]), chunk(b"IDAT", GOOD[1][20:-4]))
    assert decode_compressed(message(PNG_START + GOOD[0] + b"".join(split) + GOOD[2])).size_px == (10, 10)


@pytest.mark.parametrize(
    "chunks",
    [
        (GOOD[1], GOOD[2]),
        (GOOD[0], GOOD[0], *GOOD[1:]),
        (chunk(b"IHDR", bytes(12)), *GOOD[1:]),
        (GOOD[0], chunk(b"IDAT", zlib.compress(ROWS), crc=0), GOOD[2]),
        (GOOD[0], GOOD[2]),
        (GOOD[0], chunk(b"IDAT"), GOOD[2]),
        (GOOD[0], chunk(b"ABCD", b"unknown and critical"), *GOOD[1:]),
        (header(10, 10, 7, 2), *GOOD[1:]),
        (header(10, 10, 8, 1), *GOOD[1:]),
        (header(10, 10, 4, 2), *GOOD[1:]),
        (header(10, 10, 8, 2, 1, 0, 0), *GOOD[1:]),
        (header(10, 10, 8, 2, 0, 1, 0), *GOOD[1:]),
        (header(10, 10, 8, 2, 0, 0, 2), *GOOD[1:]),
        (header(10, 10, 8, 3), *GOOD[1:]),  # no palette
        (header(10, 11), *GOOD[1:]),  # more rows than there are
        (header(10, 5), *GOOD[1:]),  # fewer
        (GOOD[0], chunk(b"IDAT", zlib.compress(ROWS)[:-10]), GOOD[2]),
        (GOOD[0], chunk(b"IDAT", zlib.compress(ROWS)[:-4] + b"sums"), GOOD[2]),
        (GOOD[0], chunk(b"IDAT", zlib.compress(b"\x09" + ROWS[1:])), GOOD[2]),  # no such filter
        (GOOD[0], chunk(b"IDAT", b"this is not a stream"), GOOD[2]),
        (GOOD[0], *[chunk(b"tEXt")] * 70_000, *GOOD[1:]),
    ],
)
def test_broken_png(chunks):
    assert refused(message(PNG_START + b"".join(chunks))) == "bad_png"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (START + FRAME + JPEG[2:], "bad_jpeg"),
        (JPEG[:-2], "truncated"),
        (PNG_START + GOOD[0] + chunk(b"IDAT", zlib.compress(ROWS), crc=0) + GOOD[2], "bad_png"),
        (PNG_START + b"".join(GOOD[:2]), "truncated"),
    ],
)
def test_structure_is_not_left_to_the_decoder(monkeypatch, data, reason):
    monkeypatch.setattr(cv2, "imdecode", None)
    assert refused(message(data)) == reason


def test_png_chunk_longer_than_the_data():
    assert refused(message(PNG_START + GOOD[0] + b"\xff\xff\xff\xffIDAT" + bytes(100))) == "truncated"


@pytest.mark.parametrize(
    ("text", "data", "reason"),
    [
        ("jpeg", b"", "truncated"),
        ("png", b"\x89P", "truncated"),
        ("jpeg", b"GIF89a" + bytes(100), "bad_jpeg"),
        ("rgb8; jpeg compressed bgr8", bytes(100), "bad_jpeg"),
        ("PNG", bytes(100), "bad_png"),
        ("h264", bytes(100), "bad_format"),
        ("tiff", b"II*\0" + bytes(100), "bad_format"),
        ("", bytes(100), "bad_format"),
        ("x" * 10**6, bytes(100), "bad_format"),
        ("16UC1; compressedDepth png", bytes(12) + PNG, "bad_format"),
        ("16UC1; compressedDepth png", PNG, "bad_format"),
        (None, JPEG, "bad_data"),
        (b"jpeg", JPEG, "bad_data"),
        ("jpeg", None, "bad_data"),
        ("jpeg", "text", "bad_data"),
        ("jpeg", list(JPEG[:10]), "bad_data"),
        ("jpeg", np.zeros((4, 4), np.uint8)[:, ::2], "bad_data"),
    ],
)
def test_other_messages(text, data, reason):
    assert refused(message(data, text)) == reason


def test_missing_fields():
    assert refused(SimpleNamespace(format="jpeg")) == "bad_data"
    assert refused(SimpleNamespace(data=JPEG)) == "bad_data"


@pytest.mark.parametrize("error", [cv2.error("no memory"), MemoryError()])
@pytest.mark.parametrize(("data", "reason"), [(JPEG, "bad_jpeg"), (PNG, "bad_png")])
def test_a_decoder_that_fails_is_an_image_error(monkeypatch, error, data, reason):
    def fail(*_):
        raise error

    monkeypatch.setattr(cv2, "imdecode", fail)
    assert refused(message(data)) == reason


def test_a_decoder_that_gives_another_size_is_not_believed(monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", lambda *_: scene()[1:])
    assert refused(message(JPEG)) == "bad_jpeg"


# --- the way out ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "text"),
    [
        (Bitmap(scene(), "bgr"), "bgr8; jpeg compressed bgr8"),
        (Bitmap(scene()[..., ::-1], "rgb"), "bgr8; jpeg compressed bgr8"),
        (Bitmap(scene(1), "gray"), "mono8; jpeg compressed "),
    ],
)
def test_filled_messages_decode_to_what_went_in(image, text):
    msg = SimpleNamespace()
    write_compressed(msg, image, 95)
    assert msg.format == text
    assert np.abs(decode_compressed(msg).bgr().astype(int) - image.bgr()).mean() < 3


def test_quality_is_used():
    sizes = []
    for quality in (10, 50, 95):
        msg = SimpleNamespace()
        write_compressed(msg, Bitmap(scene(), "bgr"), quality)
        sizes.append(len(msg.data))
    assert sizes == sorted(set(sizes))


# --- what C libraries print ----------------------------------------------------------------------------


def run(code, **how):
    """Run Python code in a process of its own."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False, **how)


def test_only_wanted_lines_are_taken():
    code = (
        "import os, re\n"
        "from frankmocap_ros.runtime.native_stderr import with_native_stderr\n"
        "def call():\n"
        "    os.write(2, b'one\\ntwo\\nthree\\n')\n"
        "    return 5\n"
        "for _ in range(2):\n"
        "    print(with_native_stderr(call, re.compile(b'two')))\n"
        "try:\n"
        "    with_native_stderr(lambda: os.write(2, b'four\\n') / 0, re.compile(b'two'))\n"
        "except ZeroDivisionError:\n"
        "    os.write(2, b'five\\n')\n"
    )
    done = run(code)
    assert done.stdout == b"(5, [b'two\\n'])\n" * 2
    assert done.stderr == b"one\nthree\n" * 2 + b"four\nfive\n"


def test_what_another_thread_prints_is_kept():
    code = (
        "import os, re, threading\n"
        "from frankmocap_ros.runtime.native_stderr import with_native_stderr\n"
        "def call():\n"
        "    t = threading.Thread(target=os.write, args=(2, b'from a thread\\n'))\n"
        "    t.start()\n"
        "    t.join()\n"
        "    os.write(2, b'libpng error: x\\n')\n"
        "with_native_stderr(call, re.compile(b'libpng'))\n"
    )
    assert run(code).stderr == b"from a thread\n"


def test_decoding_works_with_stderr_closed(tmp_path):
    path = tmp_path / "image.jpg"
    path.write_bytes(JPEG)
    code = (
        "import os, sys\n"
        "from types import SimpleNamespace\n"
        "from frankmocap_ros.imaging.messages.compressed import decode_compressed\n"
        f"data = open({str(path)!r}, 'rb').read()\n"
        "os.close(2)\n"
        "for _ in range(3):\n"
        "    print(*decode_compressed(SimpleNamespace(format='jpeg', data=data)).size_px)\n"
        "try:\n"
        "    os.fstat(2)\n"
        "except OSError:\n"
        "    print('still closed')\n"
    )
    assert run(code).stdout == b"64 48\n" * 3 + b"still closed\n"


def test_calls_of_several_threads_do_not_mix():
    results = {}

    def decode(k):
        data = JPEG if k % 2 else JPEG[: len(JPEG) - 200] + END
        for _ in range(50):
            try:
                results.setdefault(k, set()).add(decode_compressed(message(data)).order)
            except ImageError as e:
                results.setdefault(k, set()).add(e.reason)

    threads = [threading.Thread(target=decode, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {0: {"truncated"}, 1: {"bgr"}, 2: {"truncated"}, 3: {"bgr"}}


def test_no_descriptor_is_left_open():
    def lowest_free():
        return with_native_stderr(lambda: subprocess.os.dup(0), re.compile(b"x"))[0]

    first, count = lowest_free(), 100
    for _ in range(count):
        decode_compressed(message(JPEG))
    last = lowest_free()
    for descriptor in (first, last):
        subprocess.os.close(descriptor)
    assert last - first < count, "one or more for each; other threads open a few meanwhile"

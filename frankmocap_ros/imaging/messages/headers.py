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

"""JPEG and PNG structure, read by hand before a decoder sees a byte.

A few hundred bytes can announce gigapixels or hide a thousand compressed text chunks; a stream that was cut
off still decodes, with gray where the rest is missing. All of that shows in the headers.

Sources: ITU-T T.81 (JPEG) annex B, W3C PNG specification section 5, zlib's limit of 1032 to 1.
"""

import struct
import zlib
from typing import Final

from frankmocap_ros.errors import ImageError

JPEG_START: Final = b"\xff\xd8"
PNG_START: Final = b"\x89PNG\r\n\x1a\n"

_JPEG_END: Final = b"\xff\xd9"
_JPEG_SCAN: Final = b"\xff\xda"
_JPEG_DECODED: Final = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive
_JPEG_FRAMES: Final = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # all SOF markers
_JPEG_BARE: Final = {0x00, 0x01, 0xD8, 0xD9, *range(0xD0, 0xD8)}  # no length; none before a scan
_MAX_SEGMENTS: Final = 1024
_MAX_FILL_BYTES: Final = 64
# One bit for each 8 x 8 block is the least that Huffman coding takes: 64 pixels a bit.
_JPEG_PIXELS_PER_BYTE: Final = 512
# Every scan of a progressive image walks over all of it; encoders write about ten. Smaller images may have
# more, so that the time to decode stays bounded by that of the largest.
_JPEG_SCANS_AT_MAX: Final = 16

_PNG_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # color type -> samples a pixel
_PNG_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PNG_CRITICAL: Final = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
_MAX_CHUNKS: Final = 65_536
_ZLIB_RATIO: Final = 1032


def checked_jpeg(data: bytes, max_pixels: int) -> tuple[int, int]:
    """Width and height [px] of a JPEG that is whole and not too large.

    Bytes after the end marker are allowed: drivers hand on buffers with padding.

    Raises:
        ImageError: ``bad_jpeg``, ``truncated`` or ``bomb``.
    """
    size: tuple[int, int] | None = None
    at = len(JPEG_START)
    for _ in range(_MAX_SEGMENTS):
        marker, at = _jpeg_marker(data, at)
        if marker in _JPEG_BARE:
            raise ImageError("bad_jpeg", f"JPEG marker {marker:02x} before the image")
        if at + 2 > len(data):
            raise ImageError("truncated", "JPEG ends in its headers")
        length = int.from_bytes(data[at : at + 2], "big")
        if length < 2:
            raise ImageError("bad_jpeg", f"JPEG segment {marker:02x} of length {length}")
        if at + length > len(data):
            raise ImageError("truncated", "JPEG ends in its headers")
        if marker in _JPEG_FRAMES:
            if size is not None:
                raise ImageError("bad_jpeg", "JPEG with two frame headers")
            size = _jpeg_frame(marker, data[at + 2 : at + length])
        at += length
        if marker == _JPEG_SCAN[1]:
            break
    else:
        raise ImageError("bad_jpeg", f"JPEG with more than {_MAX_SEGMENTS} segments before the image")
    if size is None:
        raise ImageError("bad_jpeg", "JPEG scan without a frame header")
    _check_jpeg_body(data, at, size, max_pixels)
    return size


def _jpeg_marker(data: bytes, at: int) -> tuple[int, int]:
    """The next marker's code, and where what follows it begins."""
    if at < len(data) and data[at] != 0xFF:
        raise ImageError("bad_jpeg", "JPEG segments do not follow each other")
    for code_at in range(at + 1, min(at + 1 + _MAX_FILL_BYTES, len(data))):
        if data[code_at] != 0xFF:
            return data[code_at], code_at + 1
    if at + 1 + _MAX_FILL_BYTES > len(data):
        raise ImageError("truncated", "JPEG ends in its headers")
    raise ImageError("bad_jpeg", "JPEG with too many fill bytes")


def _jpeg_frame(marker: int, frame: bytes) -> tuple[int, int]:
    """Width and height in a frame header."""
    if marker not in _JPEG_DECODED:
        raise ImageError("bad_jpeg", f"JPEG process {marker:02x}; baseline and progressive are supported")
    if len(frame) < 6:
        raise ImageError("bad_jpeg", "JPEG frame header is too short")
    precision, height, width, components = struct.unpack_from(">BHHB", frame)
    if precision != 8 or components not in (1, 3, 4) or len(frame) != 6 + 3 * components:
        raise ImageError("bad_jpeg", f"JPEG with {components} components of {precision} bits")
    if not width or not height:
        raise ImageError("bad_size", f"JPEG of {width} x {height} is empty")
    return width, height


def _check_jpeg_body(data: bytes, scan_at: int, size: tuple[int, int], max_pixels: int) -> None:
    """Whether the scans can hold the image, and end."""
    pixels = size[0] * size[1]
    scans = 1 + data.count(_JPEG_SCAN, scan_at)
    _refuse_bomb("JPEG", size, max_pixels, holds=(len(data) - scan_at) * _JPEG_PIXELS_PER_BYTE)
    if pixels * scans > max_pixels * _JPEG_SCANS_AT_MAX:
        raise ImageError("bomb", f"JPEG of {size[0]} x {size[1]} in {scans} scans")
    if data.rfind(_JPEG_END, scan_at) < 0:
        raise ImageError("truncated", "JPEG without an end marker")


def checked_png(data: bytes, max_pixels: int) -> tuple[tuple[int, int], bytes]:
    """Width and height [px] of a PNG that is whole and not too large, and the PNG without extras.

    Only the chunks that make up the image are kept: text and profiles may each decompress to megabytes,
    and only make libpng print warnings. Bytes after the end are dropped.

    Raises:
        ImageError: ``bad_png``, ``truncated`` or ``bomb``.
    """
    view = memoryview(data)
    kept = [view[: len(PNG_START)]]
    size: tuple[int, int] | None = None
    bits = packed = 0
    at = len(PNG_START)
    for _ in range(_MAX_CHUNKS):
        kind, body, end = _png_chunk(view, at)
        if size is None:
            if kind != b"IHDR":
                raise ImageError("bad_png", "PNG does not begin with its header")
            size, bits = _png_header(body)
        elif kind == b"IHDR":
            raise ImageError("bad_png", "PNG with two headers")
        if kind in _PNG_CRITICAL:
            kept.append(view[at:end])
        elif not kind[0] & 0x20:  # bit 5 of the first letter is 0 in chunks that a reader must know
            raise ImageError("bad_png", f"PNG chunk {kind!r} is not known")
        packed += len(body) if kind == b"IDAT" else 0
        at = end
        if kind == b"IEND":
            break
    else:
        raise ImageError("bad_png", f"PNG with more than {_MAX_CHUNKS} chunks")
    if not packed:
        raise ImageError("bad_png", "PNG without image data")
    _refuse_bomb("PNG", size, max_pixels, holds=packed * _ZLIB_RATIO * 8 // bits)
    return size, data if sum(map(len, kept)) == len(data) else b"".join(kept)


def _png_chunk(view: memoryview, at: int) -> tuple[bytes, memoryview, int]:
    """Type and body of the chunk at ``at``, and where the next one begins."""
    if at + 12 > len(view):
        raise ImageError("truncated", "PNG ends before its end chunk")
    length = int.from_bytes(view[at : at + 4], "big")
    end = at + 12 + length
    if end > len(view):
        raise ImageError("truncated", f"PNG chunk of {length} bytes ends after the data")
    if zlib.crc32(view[at + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
        raise ImageError("bad_png", "PNG chunk with a wrong checksum")
    return bytes(view[at + 4 : at + 8]), view[at + 8 : end - 4], end


def _png_header(body: memoryview) -> tuple[tuple[int, int], int]:
    """Width and height, and bits a pixel."""
    if len(body) != 13:
        raise ImageError("bad_png", f"PNG header of {len(body)} bytes")
    width, height, depth, color, compression, filtering, interlace = struct.unpack(">IIBBBBB", body)
    if depth not in _PNG_DEPTHS.get(color, ()) or compression or filtering or interlace > 1:
        raise ImageError("bad_png", f"PNG of color type {color} with {depth} bits is not valid")
    if not width or not height:
        raise ImageError("bad_size", f"PNG of {width} x {height} is empty")
    return (width, height), depth * _PNG_CHANNELS[color]


def _refuse_bomb(name: str, size: tuple[int, int], max_pixels: int, holds: int) -> None:
    """Raise where an image announces more pixels than allowed or than its bytes ``holds`` at best."""
    pixels = size[0] * size[1]
    if pixels > max_pixels:
        raise ImageError("bomb", f"{name} announces {size[0]} x {size[1]} pixels; allowed: {max_pixels}")
    if pixels > holds:
        raise ImageError("bomb", f"{name} announces {size[0]} x {size[1]} pixels; its bytes hold {holds}")

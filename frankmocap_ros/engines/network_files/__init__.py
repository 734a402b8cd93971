"""Networks in files of the user's own: checked before they are read, and run by an engine that is here.

``opening.open_network`` is the way in. A file is looked at first (``checked_path``, ``onnx_structure``), then
an engine reads it, and what it states of inputs and outputs is compared with what an estimator needs
(``signature``).
"""

__all__ = [
    "checked_path",
    "litert_file",
    "network",
    "onnx_structure",
    "onnxruntime_file",
    "opening",
    "openvino_file",
    "openvino_transposes",
    "signature",
]

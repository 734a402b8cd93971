"""Run one network on one device: torch, OpenVINO, ONNX Runtime, TensorRT."""

__all__ = [
    "available",
    "base",
    "choice",
    "cuda_graph",
    "export",
    "int8",
    "kept",
    "measuring",
    "onnxruntime",
    "openvino",
    "state_dict",
    "tensorrt",
    "tflite",
    "tflite_choice",
    "tflite_installed",
    "tflite_litert",
    "tflite_openvino",
    "torch",
    "torch_device",
]

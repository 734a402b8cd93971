"""Draws the README's picture: a photograph that comes with scikit-image, seen by the default estimator."""

import time
from importlib.util import find_spec
from pathlib import Path

import cv2

from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.body.drawing import annotate
from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.tracking.pipeline import Pipeline


def main() -> None:
    """Write ``annotated.jpg`` beside this file."""
    package = find_spec("skimage")
    if package is None or package.origin is None:
        raise SystemExit("scikit-image is not installed; run: pip install scikit-image")
    image = cv2.imread(str(Path(package.origin).parent / "data" / "camera.png"))
    config = Settings()
    pipeline = Pipeline(make_estimator(config), config, time.perf_counter)
    frame = pipeline.process(CameraImage(Bitmap(image), 0.0))
    annotate(image, frame)
    cv2.imwrite(str(Path(__file__).with_name("annotated.jpg")), image, [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    main()

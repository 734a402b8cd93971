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

"""Makes the documentation's picture of the browser view: a screenshot of the demo with a robot, by Chromium.

python docs/make_view_picture.py VIDEO    (needs the extras viewer, robot and dev, and Chromium)
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import sync_playwright

_PORT = 8097
_SECONDS = 25.0  # until the robot follows
_FLAGS = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")


def main(video: str) -> None:
    """Write ``view.jpg`` among the documentation's pictures."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("there is no Chromium; run: apt install chromium")
    words = f"demo --robot --source {video} --view --view-port {_PORT} --latency-budget-ms 1000"
    demo = subprocess.Popen([str(Path(sys.executable).with_name("frankmocap_ros")), *words.split()])
    try:
        time.sleep(8.0)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(_FLAGS))
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            page.goto(f"http://127.0.0.1:{_PORT}")
            time.sleep(_SECONDS)
            for close in page.query_selector_all(".mantine-Notification-closeButton"):
                close.click()  # that there is no GPU
            page.wait_for_timeout(500)
            shot = page.screenshot()
            browser.close()
    finally:
        demo.terminate()
        demo.wait()
    image = cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_COLOR)
    path = Path(__file__).with_name("source") / "images" / "view.jpg"
    cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, 82])


if __name__ == "__main__":
    main(sys.argv[1])

"""Whether every engine is right on this machine's GPU, and how fast, within ten minutes.

Run: ``python benchmarks/gpu_check.py [--write benchmarks/RESULTS.md]``, the same as
``frankmocap_ros bench --gpu-check``. It needs torch and this package's wheel; engines whose packages are not
installed say what to install. No ROS, no files of FrankMocap and no network connection are needed.
"""

import sys

from frankmocap_ros.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["bench", "--gpu-check", *sys.argv[1:]]))

"""Time of the hand network for 1, 2 and 4 hands at once, in float32 and in half precision.

Run: ``python benchmarks/bench_hand.py [--device cpu|cuda] [--rounds N]``. Random weights: the time does not
depend on them. One row per precision and number of hands, interleaved round by round in one run, so that the
machine's mood is the same for all. Cropping is measured apart.
"""

import argparse
import time

import numpy as np

from frankmocap_ros.hands import hand_crop

HANDS = (1, 2, 4)


def crop_ms(rounds: int) -> float:
    """Median time of one crop of a hand of 120 px out of 1280x720 [ms]."""
    frame = np.random.default_rng(0).integers(0, 256, (720, 1280, 3), np.uint8)
    spent = []
    for _ in range(10 * rounds):
        start = time.perf_counter()
        hand_crop(frame, (600.0, 300.0, 120.0, 100.0), is_left=True)
        spent.append(time.perf_counter() - start)
    return 1e3 * float(np.median(spent))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    try:
        import torch
    except ImportError:
        print("torch is not installed: nothing to measure")
        return
    from frankmocap_ros.networks.hand import HandNetwork, HandRegressor

    weights = {key: tensor.numpy() for key, tensor in HandNetwork().state_dict().items()}
    half = torch.float16 if arguments.device.startswith("cuda") else torch.bfloat16
    mean = {"mean_pose": np.zeros(48, np.float32)}
    regressors = {
        name: HandRegressor(weights, mean, arguments.device, dtype)
        for name, dtype in (("float32", None), (str(half).removeprefix("torch."), half))
    }
    crops = np.random.default_rng(0).integers(0, 256, (max(HANDS), 224, 224, 3), np.uint8)
    times: dict[tuple[int, str], list[float]] = {(n, name): [] for n in HANDS for name in regressors}
    for k in range(arguments.rounds + 3):
        for (n, name), spent in times.items():
            start = time.perf_counter()
            regressors[name](crops[:n])
            if k >= 3:  # the first rounds warm up
                spent.append(1e3 * (time.perf_counter() - start))
    print(f"{arguments.device}, {torch.get_num_threads()} threads, {arguments.rounds} rounds; crop", end=" ")
    print(f"{crop_ms(arguments.rounds):.3f} ms; network p50 and p95 [ms], p50 per hand, ratio to float32")
    for (n, name), spent in times.items():
        p50, p95 = np.percentile(spent, (50, 95))
        ratio = p50 / np.median(times[n, "float32"])
        print(f"{n} hands {name:9s} {p50:6.1f} {p95:6.1f}   {p50 / n:6.1f}   x{ratio:.2f}")


if __name__ == "__main__":
    main()

"""One worker of test_progan.py: runs the real script and writes the weights that it ends with.

python worker.py WEIGHTS.npz [flags of train/progan.py]
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "train"))

import numpy as np

import common
import progan

if __name__ == "__main__":
    path, *argv = sys.argv[1:]
    trainers = []

    def build(config, num_classes):
        trainer, schedule = progan.build(config, num_classes)
        trainers.append(trainer)
        return trainer, schedule

    common.main("progan", "Progressive GAN", build, progan.optimizer, description="", argv=argv)
    [trainer] = trainers
    weights = {
        f"{name}/{i}": v.numpy() for name, group in trainer.state().items() for i, v in enumerate(group)
    }
    np.savez(path, **weights)

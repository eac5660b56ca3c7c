"""Faults that the tests must find: each is put into a copy of the tree, where the tests for it run.

`python tests/mutations.py` runs all of them, `python tests/mutations.py losses training` those of some
folders. It prints a line for each and ends with an error if one was not caught.
"""

import contextlib
import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPIED = ("keras_gans", "tests", "train", "docs", "pyproject.toml", "README.md", "CONTRIBUTING.md")
LINKED = ("savedmodels", "benchmarks")
PASSED, FAILED = 0, 1  # exit codes of pytest: others mean that no test was run to its end


@dataclasses.dataclass(frozen=True)
class Mutation:
    """One fault.

    Attributes:
        file: str. Path of the source, from `keras_gans/` on.
        old: str. What stands there, exactly once.
        new: str. What is put in its place.
        tests: tuple of str. Test files, from `tests/` on, that should fail.
    """

    file: str
    old: str
    new: str
    tests: tuple

    @property
    def source(self):
        return Path("keras_gans") / self.file

    def __str__(self):
        return f"{self.file}: {' '.join(self.old.split())[:60]} -> {' '.join(self.new.split())[:60]}"


def mutations(file, *changes, tests=None):
    """Mutations of one source, by default with its mirrored test."""
    folder, _, name = file.rpartition("/")
    mirrored = f"{folder}/test_{name}".lstrip("/")
    return [Mutation(file, old, new, tuple(tests or [mirrored])) for old, new in changes]


MUTATIONS = [
    *mutations("images.py", ("images * 0.5 + 0.5, 0.0", "images * 0.5 - 0.5, 0.0")),
    *mutations(
        "random.py",
        ("replica.replica_id_in_sync_group * batch", "0 * batch"),
        ("places += tf.cast(stream", "places -= tf.cast(stream"),
    ),
    *mutations(
        "data/stream.py",
        ("epochs[0] + 1, images)", "epochs[0], images)"),
        ("pipeline * local_replicas + local", "pipeline + local"),
    ),
    *mutations("data/decoding.py", ("(height - rows) // 2", "(height - rows + 2) // 2")),
    *mutations("data/domains.py", ("(one + shift) % counts", "(one + shift + 1) % counts")),
    *mutations("data/image_data.py", ("self._indices[places]", "places"), tests=["data/test_pairs.py"]),
    *mutations(
        "export/guards.py",
        ("(tf.abs(total - 1.0) < 1e-3)", "(tf.abs(total - 1.0) < 1e3)"),
        ("return tensor[:batch]", "return tensor"),
    ),
    *mutations("atomic.py", ("_publish(temporary, target)\n        finally", "pass\n        finally")),
    *mutations(
        "export/signatures.py",
        ("tf.fill([num], seed)", "tf.fill([num], seed + 1)"),
        tests=["export/test_signatures.py", "export/test_savedmodel.py"],
    ),
    *mutations(
        "export/module.py",
        ("module.variables = [variable.value for variable in network.variables]", "module.variables = []"),
        tests=["export/test_savedmodel.py"],
    ),
    *mutations("export/checksums.py", ("digest(directory / name) != total", "len(total) != 64")),
    *mutations(
        "layers/equalized.py", ("_box_kernel(kernel) * ops.cast(0.25", "_box_kernel(kernel) * ops.cast(0.5")
    ),
    *mutations("layers/minibatch_stddev.py", ("ops.var(x, axis=0)", "ops.var(x, axis=1)")),
    *mutations("layers/modulated_conv.py", ("ops.square(styles), ops.sum", "ops.abs(styles), ops.sum")),
    *mutations("layers/spectral_norm.py", ("            vector.assign(u)\n", "")),
    *mutations("layers/self_attention.py", ("inputs + self.gamma", "inputs - self.gamma")),
    *mutations("diffusion/samplers.py", ("ops.where(index + 1 < steps, ", "ops.where(index + 1 <= steps, ")),
    *mutations(
        "diffusion/process.py",
        ("return signal * noise - sigma * x0", "return signal * noise + sigma * x0"),
        (
            "on_x_t = alpha**0.5 * (1.0 - before) / (1.0 - now)",
            "on_x_t = alpha * (1.0 - before) / (1.0 - now)",
        ),
    ),
    *mutations(
        "diffusion/flow.py",
        ("middle = ops.maximum(self.middle(t, previous_t), 1)", "middle = self.middle(t, previous_t)"),
        ("t = ops.ceil(self", "t = ops.floor(self"),
    ),
    *mutations(
        "networks/style_generator.py", ("[None, :, None] < crossover", "[None, :, None] <= crossover")
    ),
    *mutations("networks/folding.py", ("if id(weight) not in vectors]", "]")),
    *mutations(
        "networks/truncated_latents.py", ("return truncation * (math.sqrt(2.0)", "return (math.sqrt(2.0)")
    ),
    *mutations("augment/matrices.py", ("_unit(1, 0) - _unit(0, 1)", "_unit(0, 1) - _unit(1, 0)")),
    *mutations("augment/adaptive.py", ("(step + 1) % self.interval", "step % self.interval")),
    *mutations("metrics/fid.py", ("- 2.0 * root", "- root")),
    *mutations("metrics/kid.py", ("(len(x) - 1.0)", "len(x)")),
    *mutations(
        "metrics/precision_recall.py",
        ("distances <= real_radii[rows, None]", "distances <= generated_radii[columns]"),
    ),
    *mutations("latent/interpolation.py", ("v2 * (length / np", "v2 * (1.0 / np")),
    *mutations(
        "losses/adversarial.py",
        ("ops.relu(1.0 + fake_logits)", "ops.relu(1.0 - fake_logits)"),
        ("return per_example(ops.softplus(real_logits - fake_logits))", "return -per_example(real_logits)"),
    ),
    *mutations("losses/penalties.py", ("real + mix * (fake - real)", "real + mix * fake")),
    *mutations("losses/path_length.py", ("[: batch // self.shrink]", "[: batch]")),
    *mutations(
        "training/adversarial.py",
        ("weight_at(seen) * t.interval", "weight_at(seen)"),
        ("due = tf.logical_and(finite, self._due(intervals.get(name, 1)))", "due = finite"),
        tests=["training/test_adversarial.py"],
    ),
    *mutations(
        "training/adversarial.py",
        ("parts[-1], draws))", "parts[0], draws))"),
        tests=["training/test_latent_gan.py"],
    ),
    *mutations(
        "training/plan.py",
        ("if images_seen < phase.end", "if images_seen <= phase.end"),
        tests=["training/test_growth.py"],
    ),
    *mutations(
        "training/trainer.py",
        ("self.images_seen.assign_add(batch_size)", "self.images_seen.assign_add(1)"),
    ),
    *mutations(
        "training/trainer.py",
        (
            'return {**self.network_state(), **optimizers, "counters": counters}',
            'return {**self.network_state(), **optimizers, "counters": counters[:1]}',
        ),
        ("{**dict(owned), **averages}.items()}", "dict(owned).items()}"),
        tests=["training/test_adversarial.py"],
    ),
    *mutations(
        "training/ema.py",
        (
            "1.0 - self.decay_of(batch_size, images_seen), 0.0)",
            "self.decay_of(batch_size, images_seen), 0.0)",
        ),
    ),
    *mutations(
        "training/growth.py",
        ("images_seen <= phase.start + phase.fade_images", "images_seen < phase.start + phase.fade_images"),
    ),
    *mutations(
        "presets/optimizers.py",
        ("updates.interval / (updates.interval + 1)", "(updates.interval - 1) / updates.interval"),
    ),
    *mutations("presets/base.py", ("* per_step,", "/ per_step,")),
    *mutations(
        "runs/config.py", ("batch = named.get(size, batch)", "batch = named.get(size, named[min(named)])")
    ),
    *mutations(
        "hub/generator.py",
        ("(seeds, np.arange(num), self", "(seeds, np.arange(num) + 1, self"),
    ),
    *mutations(
        "hub/saved.py",
        ("stop = min((number + 1) * batch_size, count)", "stop = (number + 1) * batch_size - 1"),
    ),
    *mutations("importers/progan.py", ("w[::-1, ::-1].transpose(0, 1, 3, 2)", "w.transpose(0, 1, 3, 2)")),
]


@contextlib.contextmanager
def copied_tree():
    """Gives a copy of the tree in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, f"{folder}/{name}", ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder)
        for name in LINKED:
            os.symlink(ROOT / name, f"{folder}/{name}")
        yield Path(folder)


def run_tests(tree, tests):
    """Runs test files in a copy of the tree, up to the first failure. Returns exit code and output."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--tb=line"]
    command += [f"tests/{name}" for name in tests]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def is_caught(mutation, tree):
    """Puts a mutation into a copy of the tree, runs its tests, and takes it out again.

    Returns:
        bool. Whether a test failed.

    Raises:
        RuntimeError: if the tests could not be run to their end.
        ValueError: if what is to be replaced does not stand there exactly once.
    """
    source = tree / mutation.source
    text = source.read_text(encoding="utf-8")
    if text.count(mutation.old) != 1:
        raise ValueError(f"{mutation.old!r} stands {text.count(mutation.old)} times in {mutation.source}")
    source.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
    try:
        code, output = run_tests(tree, mutation.tests)
    finally:
        source.write_text(text, encoding="utf-8")
    if code not in (PASSED, FAILED):
        raise RuntimeError(f"{mutation}: pytest ended with {code}\n{output[-2000:]}")
    return code == FAILED


def main(folders):
    """Runs all mutations, or those of some folders. Returns how many were not caught."""
    selected = [one for one in MUTATIONS if not folders or one.file.split("/")[0] in folders]
    missed = 0
    with copied_tree() as tree:
        for mutation in selected:
            start = time.monotonic()
            caught = is_caught(mutation, tree)
            missed += not caught
            print(
                f"{'caught' if caught else 'MISSED'} {time.monotonic() - start:5.0f} s  {mutation}",
                flush=True,
            )
    print(f"{len(selected) - missed} of {len(selected)} caught")
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) > 0)

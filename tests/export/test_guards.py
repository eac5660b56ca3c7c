import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gans.endpoints import Argument
from keras_gans.export import card, guards, signatures

HUGE = 10**18


class Mutations:
    """Random arguments for a signature, with the names of those that are wrong."""

    def __init__(self, inputs, seed):
        self.random = np.random.default_rng(seed)
        self.inputs = inputs

    def draw(self):
        rows = int(self.random.integers(0, 6))
        arguments, wrong = {}, set()
        for name, one in self.inputs.items():
            make = {"num": self.num, "seed": self.integers, "seeds": self.integers}
            make = make.get(name, self.floats)
            arguments[name], faulty = make(name, one, rows)
            if faulty:
                wrong.add(name)
        if not wrong:
            wrong = self.disagreeing(arguments)
        return arguments, wrong

    def num(self, name, one, rows):
        value = self.random.choice([rows, rows, rows, -1, -HUGE, 1025, 10**7, HUGE])
        return np.int64(value), not 0 <= value <= 1024

    def integers(self, name, one, rows):
        if not one["shape"] and self.random.random() < 0.1:
            return np.zeros([2], "int64"), True
        if one["shape"] and self.random.random() < 0.1:
            return np.zeros([2, 2], "int64"), True
        shape = [rows] * len(one["shape"])
        return self.random.integers(-HUGE, HUGE, shape, "int64"), False

    def floats(self, name, one, rows):
        batched = bool(one["shape"])
        inner = one["shape"][1:]
        leading = [[rows], []][int(self.random.random() < 0.3)]
        if not batched:
            value = self.random.choice([0.3, 1.0, 1.0, 0.0, -1.0, 1.5, np.nan, np.inf], leading)
            return np.float32(value), not np.all((value > 0) & (value <= 1))
        if name == "y":
            value = self.random.dirichlet(np.full(inner[0], 0.3), leading).astype("float32")
        else:
            value = self.random.standard_normal([*leading, *inner]).astype("float32")
        kind = self.random.integers(0, 14)
        if kind == 0:
            return np.zeros([*leading, inner[0] + self.random.choice([-1, 1])], "float32"), True
        if kind == 1:
            return np.zeros([2, *leading, 2, *inner], "float32"), True
        if kind == 2:
            return np.float32(0.5), True
        if kind == 3 and value.size:
            bad = self.random.choice([np.nan, np.inf, -np.inf, 1e30, -2.0 if name == "y" else 3e6])
            value.reshape(-1)[self.random.integers(0, value.size)] = bad
            return value, True
        if kind == 4 and name != "y":
            return value * np.float32(1e4), False
        return value, False

    def disagreeing(self, arguments):
        """Several numbers of rows other than one, or other than `num`."""
        counts = {
            name: len(value) if np.ndim(value) == max(1, len(self.inputs[name]["shape"])) else 1
            for name, value in arguments.items()
            if name not in ("num", "seed", "seeds")
        }
        if "num" in arguments:
            wrong = {n for n, count in counts.items() if count not in (1, int(arguments["num"]))}
            return wrong
        several = {count for count in counts.values() if count != 1}
        return set(counts) if len(several) > 1 else set()


def check_mutation(function, arguments, wrong):
    given = {name: tf.constant(value) for name, value in arguments.items()}
    if wrong:
        with pytest.raises(tf.errors.InvalidArgumentError) as error:
            function(**given)
        assert any(f"`{name}`" in str(error.value) for name in wrong), (str(error.value), wrong)
        return
    for tensor in function(**given).values():
        if tensor.dtype.is_floating:
            assert np.isfinite(tensor).all()


@pytest.mark.parametrize(
    "kind, count",
    [
        ("conditional", 75),
        pytest.param("conditional", 500, marks=pytest.mark.full),
        pytest.param("exported", 500, marks=pytest.mark.full),
    ],
)
def test_mutations_of_every_signature(kind, count, request):
    path = request.getfixturevalue(kind)
    loaded = request.getfixturevalue("loaded" if kind == "exported" else "loaded_conditional")
    for number, (name, one) in enumerate(card.read(path)["signatures"].items()):
        mutations, tally = Mutations(one["inputs"], number), [0, 0]
        for _ in range(count):
            arguments, wrong = mutations.draw()
            tally[bool(wrong)] += 1
            check_mutation(loaded.signatures[name], arguments, wrong)
        assert min(tally) > count / 25, (name, tally)


def test_wrong_dtype_is_an_error(loaded):
    with pytest.raises((TypeError, ValueError), match="'z'"):
        loaded.default(tf.zeros([1, 6], "float64"))
    with pytest.raises((TypeError, ValueError, tf.errors.InvalidArgumentError)):
        loaded.signatures["default"](tf.zeros([1, 6], "float64"))


def read(specs, **tensors):
    return guards.read_arguments(specs, {k: tf.constant(v) for k, v in tensors.items()})


def test_rows_are_repeated_and_scalars_become_columns():
    specs = {
        "z": keras.InputSpec(shape=(None, 2), dtype="float32"),
        "t": keras.InputSpec(shape=(None,), dtype="int32"),
        "scale": keras.InputSpec(shape=(), dtype="float32"),
        "steps": keras.InputSpec(shape=(), dtype="int32"),
    }
    arguments, batch, valid = read(specs, z=[[1.0, 2.0]] * 3, t=5, scale=2.0, steps=9)
    assert batch == 3 and valid.numpy().tolist() == [True] * 3
    assert arguments["t"].numpy().tolist() == [5, 5, 5]
    assert arguments["scale"].numpy().tolist() == [[2.0]] * 3
    assert arguments["steps"].numpy() == 9
    arguments, batch, valid = read(specs, z=np.zeros((0, 2), "float32"), t=5, scale=2.0, steps=9)
    assert batch == 0 and arguments["z"].shape == (1, 2)
    assert guards.finish(arguments["z"], batch, valid).shape == (0, 2)


def test_images_of_open_size():
    specs = {"image": keras.InputSpec(shape=(None, None, None, 3), dtype="float32")}
    arguments, batch, _ = read(specs, image=np.zeros((5, 7, 3), "float32"))
    assert batch == 1 and arguments["image"].shape == (1, 5, 7, 3)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"`image`.*\(batch, any, any, 3\)"):
        read(specs, image=np.zeros((5, 7, 4), "float32"))


@pytest.mark.parametrize("height, width, good", [(8, 16, True), (12, 8, True), (4, 8, False), (8, 10, False)])
def test_images_of_a_multiple(height, width, good):
    specs = {"image": Argument((None, None, None, 3), multiple=4, smallest=8)}
    image = np.zeros((2, height, width, 3), "float32")
    if good:
        assert read(specs, image=image)[0]["image"].shape == image.shape
    else:
        words = r"`image` must have sizes that are multiples of 4, at least 8, .* open, \(any, any, 3\)"
        with pytest.raises(tf.errors.InvalidArgumentError, match=words):
            read(specs, image=image)


def test_classes_are_a_distribution():
    specs = {"y": keras.InputSpec(shape=(None, 2), dtype="float32")}
    assert read(specs, y=[[0.25, 0.75], [0.0, 1.0]])[2].numpy().all()
    for row in ([0.5, 0.6], [0.0, 0.0], [1.5, -0.5], [float("nan"), 1.0]):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"`y` must lie in .*with the sum 1"):
            read(specs, y=[[1.0, 0.0], row])


def test_scalars_only():
    specs = {"num": keras.InputSpec(shape=(), dtype="int32")}
    arguments, batch, _ = read(specs, num=4)
    assert arguments["num"] == 4 and batch is None
    assert signatures.guarded(lambda num: tf.zeros([num]), specs)(num=tf.constant(4)).shape == (4,)


def test_low_precision_leaves_as_float32():
    specs = {"z": keras.InputSpec(shape=(None, 2), dtype="float32")}
    call = signatures.guarded(lambda z: tf.cast(z, "bfloat16"), specs)
    assert call(z=tf.ones([1, 2])).dtype == "float32"


LIMITED = {
    "x": Argument((None, 2), minimum=0.0, maximum=1.0),
    "t": Argument((None,), "int32", minimum=1, maximum=9),
    "eta": Argument((), minimum=0.0, maximum=1.0),
    "steps": Argument((), "int64", minimum=1, maximum=50),
}


@tf.function(jit_compile=True)
def compiled(**tensors):
    arguments, batch, valid = guards.read_arguments(LIMITED, tensors)
    rows = arguments["x"] + tf.cast(arguments["steps"], "float32")
    return guards.finish(rows, batch, valid), arguments["steps"]


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("x", [[0.5, 1.5]], r"\[0.0, 1.0\]"),
        ("x", [[0.5, float("nan")]], r"\[0.0, 1.0\]"),
        ("t", [0], r"\[1, 9\]"),
        ("t", [10], r"\[1, 9\]"),
        ("eta", 1.5, r"\[0.0, 1.0\]"),
        ("steps", 0, r"\[1, 50\]"),
        ("steps", 10**9, r"\[1, 50\]"),
    ],
)
def test_limits(name, value, words):
    good = {"x": [[0.0, 1.0]], "t": [9], "eta": 1.0, "steps": 50}
    tensors = {key: np.asarray(one, guards.dtype_of(LIMITED[key])) for key, one in good.items()}
    arguments, _, valid = read(LIMITED, **tensors)
    assert valid.numpy().all() and int(arguments["steps"]) == 50
    tensors[name] = np.asarray(value, guards.dtype_of(LIMITED[name]))
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"`{name}` must lie in {words}"):
        read(LIMITED, **tensors)

    # XLA drops the assertion: the row is NaN, and a loop over `steps` still ends.
    rows, steps = compiled(**{key: tf.constant(one) for key, one in tensors.items()})
    assert np.isnan(rows).all() and 1 <= int(steps) <= 50


def test_words_for_limits():
    assert guards.value_range("steps", LIMITED["steps"]) == "[1, 50]"
    assert guards.value_range("x", Argument((None,), minimum=0.0)) == "[0.0, any]"
    assert guards.value_range("z", keras.InputSpec(shape=(None, 2))).startswith("[-1e+06")

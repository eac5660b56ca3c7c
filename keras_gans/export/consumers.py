"""The ways in which others use a SavedModel, one function each.

Run as a script in a process of its own, `python consumers.py DIRECTORY CONSUMER`: there keras_gans
cannot be imported, and what is used here is TensorFlow, TF-Hub and the export's own card. The last
line that the script prints is `RESULT` and JSON.
"""

import importlib
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

TOLERANCE = 1e-5  # for modules whose card does not say another
# For modules that say nothing about their latents; the first size that the module accepts is taken.
USUAL_LATENTS = (512, 256, 128, 120, 140, 100, 64)


class NotOffered(Exception):
    """The module does not promise this, or a package for it is not installed."""


class Subject:
    """A SavedModel, seen from outside.

    Args:
        path: path of a directory with a `saved_model.pb`.
    """

    def __init__(self, path):
        self.path = str(path)
        card = Path(path) / "card.json"
        self.card = json.loads(card.read_text(encoding="utf-8")) if card.is_file() else None
        self.tolerance = (self.card or {}).get("tolerance", TOLERANCE)
        self._loaded = None

    def load(self):
        """Returns the loaded object, the same for every call."""
        import tensorflow as tf

        if self._loaded is None:
            foreign = (Path(self.path) / "tfhub_module.pb").is_file()
            self._loaded = tf.saved_model.load(self.path, tags=[] if foreign else None)
        return self._loaded

    def arguments(self, loaded, signature="default", rows=3):
        """Valid arguments of a signature, as tensors: dict, name -> tensor."""
        import tensorflow as tf

        function = require_signature(loaded, signature)
        if self.card:
            described = self.card["signatures"][signature]["inputs"]
            specs = {
                name: (_closed(one["shape"], one.get("open_sizes")), one["dtype"], one.get("limits"))
                for name, one in described.items()
            }
        else:
            found = function.structured_input_signature[1]
            specs = {
                name: (None if spec.shape.rank is None else spec.shape.as_list(), spec.dtype.name)
                for name, spec in found.items()
            }
            specs = {name: (_guess_shape(function, name, *one), one[1], None) for name, one in specs.items()}
        return {name: tf.constant(_values(name, *one, rows)) for name, one in specs.items()}

    def images(self, loaded, arguments):
        """What the signature `default` gives, as an array."""
        outputs = call(require_signature(loaded, "default"), arguments)
        return self.output(outputs).numpy()

    def output(self, outputs):
        """Picks the images from what the signature `default` returned."""
        return outputs["default"] if "default" in outputs else next(iter(outputs.values()))

    def require_equal(self, actual, expected, what):
        """Fails unless two arrays agree to the precision of the network."""
        actual, expected = np.asarray(actual), np.asarray(expected)
        if actual.shape != expected.shape:
            raise AssertionError(f"{what}: shape {actual.shape} instead of {expected.shape}")
        scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
        difference = float(np.abs(actual - expected).max(initial=0.0))
        if not difference <= self.tolerance * scale:
            raise AssertionError(f"{what}: differs by {difference:.1e}")


def call(function, arguments):
    """Calls a signature: a single tensor by position, several by name."""
    return function(*arguments.values()) if len(arguments) == 1 else function(**arguments)


def require_signature(loaded, name):
    """Returns a signature, or raises `NotOffered`."""
    if name not in loaded.signatures:
        raise NotOffered(f"no signature {name!r}")
    return loaded.signatures[name]


def require_package(name):
    """Returns a package that a consumer needs, or raises `NotOffered`."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise NotOffered(f"{name} cannot be imported: {error}") from error


def require_call(loaded):
    """Raises `NotOffered` if the loaded object has no `__call__`, which a Reusable SavedModel has."""
    if not callable(loaded):
        raise NotOffered("the loaded object is not callable")


def require_card(subject):
    """Raises `NotOffered` if there is no card: a module without one promises a signature alone."""
    if subject.card is None:
        raise NotOffered("no card.json, so nothing of the kind is promised")


def require_images(images, rows):
    """Fails unless there are `rows` images in `[0, 1]`."""
    images = np.asarray(images)
    if images.ndim != 4 or len(images) != rows:
        raise AssertionError(f"{rows} images expected, received shape {images.shape}")
    if not (np.isfinite(images).all() and images.min(initial=0) >= 0 and images.max(initial=0) <= 1):
        raise AssertionError(f"images outside [0, 1]: {images.min()} to {images.max()}")


def _guess_shape(function, name, shape, dtype):
    """Returns the shape of an input of a module without a card."""
    import tensorflow as tf

    if shape is not None and None not in shape[1:]:
        return shape
    if name in ("truncation", "seed", "num"):
        return []
    if shape is None and len(function.structured_input_signature[1]) == 1:
        for size in USUAL_LATENTS:
            try:
                function(tf.zeros([1, size], dtype))
            except (ValueError, TypeError, tf.errors.OpError):
                continue
            return [None, size]
    raise NotOffered(f"the shape of the input {name!r} is not known: {shape}")


def _closed(shape, sizes):
    """A shape with numbers for its open sizes, of at least 32."""
    if sizes is None:
        return shape
    multiple, smallest = sizes
    size = multiple * -(-max(32, smallest) // multiple)
    return shape[:1] + [size if one is None else one for one in shape[1:]]


def _values(name, shape, dtype, limits, rows):
    generator = np.random.default_rng(0)
    minimum, maximum = limits or (None, None)
    if name == "num":
        return np.array(rows, dtype)
    if not shape:
        return np.ones([], dtype)
    inner = [size or 32 for size in shape[1:]]
    if name == "y":
        return np.eye(inner[-1], dtype=dtype)[np.arange(rows) % inner[-1]]
    if np.issubdtype(np.dtype(dtype), np.integer):
        counted = np.clip(np.arange(rows), minimum, maximum)
        return np.broadcast_to(counted, (*inner, rows)).T.astype(dtype)
    if minimum is not None:
        return generator.uniform(minimum, maximum, (rows, *inner)).astype(dtype)
    return generator.standard_normal((rows, *inner)).astype(dtype)


def hub_one_expression(subject):
    """`hub.load(path).signatures["default"](z)`, without keeping the loaded object."""
    hub = require_package("tensorflow_hub")
    arguments = subject.arguments(subject.load())
    outputs = call(hub.load(subject.path).signatures["default"], arguments)
    require_images(subject.output(outputs), 3)
    if len(arguments) == 1:
        single = next(iter(arguments.values()))[0]
        image = subject.output(hub.load(subject.path).signatures["default"](single))[0]
        subject.require_equal(image, subject.output(outputs)[0], "a single latent")


def saved_model_load(subject):
    """`tf.saved_model.load`, the signature and the call."""
    loaded = subject.load()
    arguments = subject.arguments(loaded)
    images = subject.images(loaded, arguments)
    require_images(images, 3)
    if callable(loaded):
        inputs = arguments if len(arguments) > 1 else next(iter(arguments.values()))
        subject.require_equal(loaded(inputs), images, "__call__")


def _hub_layer_model(subject, trainable):
    """Returns a tf_keras model of `hub.KerasLayer`, the layer, inputs and expected images."""
    hub, tf_keras = require_package("tensorflow_hub"), require_package("tf_keras")
    loaded = subject.load()
    require_call(loaded)
    arguments = subject.arguments(loaded)
    images = subject.images(loaded, arguments)
    arguments = {name: np.broadcast_to(a, (3, *a.shape[1:])) for name, a in arguments.items()}
    inputs = {
        name: tf_keras.Input(array.shape[1:], dtype=array.dtype.name, name=name)
        for name, array in arguments.items()
    }
    layer = hub.KerasLayer(subject.path, trainable=trainable)
    outputs = layer(inputs if len(inputs) > 1 else next(iter(inputs.values())))
    return tf_keras.Model(inputs, outputs), layer, arguments, images


def keras_layer_frozen(subject):
    """`hub.KerasLayer` in a tf_keras model."""
    model, layer, arguments, images = _hub_layer_model(subject, trainable=False)
    if layer.trainable_weights:
        raise AssertionError("a frozen layer has trainable weights")
    subject.require_equal(model.predict(arguments, verbose=0), images, "model.predict")


def keras_layer_trainable(subject):
    """`hub.KerasLayer(trainable=True)`: one step of training changes the weights."""
    model, layer, arguments, images = _hub_layer_model(subject, trainable=True)
    if not layer.trainable_weights:
        raise AssertionError("no trainable weights")
    before = [weight.numpy() for weight in layer.trainable_weights]
    model.compile(optimizer="adam", loss="mse")
    model.fit(arguments, 1.0 - images, epochs=1, verbose=0)
    after = [weight.numpy() for weight in layer.trainable_weights]
    changed = sum(bool((one != other).any()) for one, other in zip(before, after, strict=True))
    if not changed:
        raise AssertionError("training changed no weight")
    return f"{changed} of {len(before)} weights changed"


def tfsm_layer(subject):
    """`keras.layers.TFSMLayer` in a functional model of Keras 3."""
    keras = require_package("keras")
    loaded = subject.load()
    arguments = subject.arguments(loaded)
    images = subject.images(loaded, arguments)
    if len(arguments) > 1:
        require_call(loaded)
    endpoint = "__call__" if len(arguments) > 1 else "default"
    layer = keras.layers.TFSMLayer(subject.path, call_endpoint=endpoint)
    arguments = {n: np.broadcast_to(a, (3, *a.shape[1:])) for n, a in arguments.items()}
    inputs = {n: keras.Input(a.shape[1:], dtype=a.dtype.name, name=n) for n, a in arguments.items()}
    outputs = layer(inputs if len(inputs) > 1 else next(iter(inputs.values())))
    outputs = subject.output(outputs) if isinstance(outputs, dict) else outputs
    model = keras.Model(inputs, outputs)
    subject.require_equal(model.predict(arguments, verbose=0), images, "model.predict")


def dataset_map(subject):
    """A signature inside `tf.data.Dataset.map`."""
    import tensorflow as tf

    loaded = subject.load()
    arguments = subject.arguments(loaded)
    function = loaded.signatures["default"]
    dataset = tf.data.Dataset.from_tensors(arguments).repeat(4)
    dataset = dataset.map(lambda a: subject.output(call(function, a)), num_parallel_calls=2)
    for images in dataset:
        subject.require_equal(images, subject.images(loaded, arguments), "mapped images")


def gradient(subject):
    """The gradient of the images with respect to the latents, through the signature."""
    import tensorflow as tf

    loaded = subject.load()
    arguments = subject.arguments(loaded)
    name = "z" if "z" in arguments else next(iter(arguments))
    if not arguments[name].dtype.is_floating:
        raise NotOffered("no float input")
    with tf.GradientTape() as tape:
        tape.watch(arguments[name])
        images = subject.output(call(loaded.signatures["default"], arguments))
        loss = tf.reduce_sum(images**2)
    slope = tape.gradient(loss, arguments[name])
    if slope is None or not np.isfinite(slope).all() or not np.abs(slope).max() > 0:
        raise AssertionError(f"gradient with respect to {name!r}: {slope}")


def saved_model_cli(subject):
    """`saved_model_cli run` on the default signature: the command's own function, in this process."""
    from tensorflow.python.tools import saved_model_cli as tool

    loaded = subject.load()
    arguments = subject.arguments(loaded)
    expected = subject.images(loaded, arguments)
    signature = "serving_default" if "serving_default" in loaded.signatures else "default"
    with tempfile.TemporaryDirectory() as folder:
        for name, tensor in arguments.items():
            np.save(f"{folder}/{name}.npy", tensor.numpy())
        inputs = ";".join(f"{name}={folder}/{name}.npy" for name in arguments)
        sys.argv = ["saved_model_cli", "run", "--dir", subject.path, "--tag_set", "serve"]
        sys.argv += ["--signature_def", signature, "--inputs", inputs, "--outdir", folder]
        try:
            tool.main()
        except SystemExit as end:
            if end.code:
                raise AssertionError(f"saved_model_cli ended with {end.code!r}") from end
        written = [file for file in Path(folder).glob("*.npy") if file.stem not in arguments]
        subject.require_equal(np.load(written[0]), expected, "the file written")


def mirrored_strategy(subject):
    """Loaded and called under `tf.distribute.MirroredStrategy` with two replicas."""
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        loaded = Subject(subject.path).load()
    signature = "serving_default" if "serving_default" in loaded.signatures else "default"
    arguments = subject.arguments(loaded)

    @tf.function
    def step(arguments):
        return subject.output(call(loaded.signatures[signature], arguments))

    results = strategy.run(step, args=(arguments,))
    expected = subject.images(loaded, arguments)
    for images in strategy.experimental_local_results(results):
        subject.require_equal(images, expected, "a replica's images")


def png_bytes(subject):
    """The signature `image_bytes`: PNG files of the same images."""
    import tensorflow as tf

    loaded = subject.load()
    function = require_signature(loaded, "image_bytes")
    arguments = subject.arguments(loaded, "image_bytes")
    files = function(**arguments)["image_bytes"].numpy()
    images = subject.images(loaded, arguments)
    decoded = np.stack([tf.io.decode_png(file).numpy() for file in files])
    if np.abs(decoded / 255.0 - images).max() > 0.51 / 255.0:
        raise AssertionError("the PNG files hold other pixels")


def guards(subject):
    """Wrong arguments are errors that name the argument."""
    import tensorflow as tf

    require_card(subject)
    loaded = subject.load()
    function, arguments = loaded.signatures["default"], subject.arguments(loaded)
    described = subject.card["signatures"]["default"]["inputs"]
    tried = 0
    for name, tensor in arguments.items():
        wrong = [tf.zeros([2, 3, *tensor.shape])]
        multiple, _ = described[name].get("open_sizes") or (1, 1)
        if multiple > 1:
            wrong += [tensor[:, 1:], tensor[:, :, 1:]]
        if tensor.dtype.is_floating:
            wrong += [tensor * float("nan"), tensor * float("inf")]
        for value in wrong:
            tried += 1
            try:
                function(**{**arguments, name: tf.cast(value, tensor.dtype)})
            except (tf.errors.InvalidArgumentError, ValueError, TypeError) as error:
                if f"`{name}`" not in str(error):
                    raise AssertionError(f"the error does not name {name!r}: {error}") from error
            else:
                raise AssertionError(f"wrong {name!r} was accepted")
    return f"{tried} wrong calls refused"


def batch_sizes(subject):
    """Batches of 0, 1 and 7."""
    loaded = subject.load()
    arguments = subject.arguments(loaded, rows=7)
    images = subject.images(loaded, arguments)
    require_images(images, 7)
    for rows in (1, 0) if subject.card else (1,):
        some = {name: a[:rows] if a.shape.rank else a for name, a in arguments.items()}
        subject.require_equal(subject.images(loaded, some), images[:rows], f"a batch of {rows}")
    return None if subject.card else "without 0, which is not promised"


def all_endpoints(subject):
    """Every signature at two batch sizes, and the endpoint of the same name."""
    loaded = subject.load()
    names = list(subject.card["signatures"] if subject.card else loaded.signatures)
    for name in names:
        for rows in (1, 3):
            arguments = subject.arguments(loaded, name, rows)
            outputs = loaded.signatures[name](**arguments)
            for tensor in outputs.values():
                if len(tensor) != rows:
                    raise AssertionError(f"{name}: {tensor.shape} for {rows} rows")
                if tensor.dtype.is_floating and not np.isfinite(tensor).all():
                    raise AssertionError(f"{name}: NaN or infinite")
            endpoint = getattr(loaded, name, None)
            if endpoint is not None:
                direct = endpoint(**arguments)
                direct = direct if isinstance(direct, dict) else {name: direct}
                for key, tensor in direct.items():
                    subject.require_equal(tensor, outputs[key], f"endpoint {name}")
    return ", ".join(names)


CONSUMERS = {
    "hub.load": hub_one_expression,
    "tf.saved_model.load": saved_model_load,
    "hub.KerasLayer": keras_layer_frozen,
    "hub.KerasLayer trainable": keras_layer_trainable,
    "TFSMLayer": tfsm_layer,
    "tf.data": dataset_map,
    "gradient": gradient,
    "saved_model_cli": saved_model_cli,
    "MirroredStrategy": mirrored_strategy,
    "PNG bytes": png_bytes,
    "guards": guards,
    "batch sizes": batch_sizes,
    "all endpoints": all_endpoints,
}


def main(path, consumer):
    """Runs one consumer and prints its result."""
    sys.modules["keras_gans"] = None  # importing it fails from here on
    try:
        result, detail = "passed", CONSUMERS[consumer](Subject(path))
    except NotOffered as reason:
        result, detail = "not offered", str(reason)
    except Exception as error:  # whatever goes wrong is this consumer's result
        result, detail = "failed", f"{type(error).__name__}: {error}"
    print("RESULT " + json.dumps({"result": result, "detail": detail or ""}))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""BigGAN and BigGAN-deep in NumPy, from their description: the references' names and layouts, channels first.

Kernels are divided by the largest singular value that the singular value decomposition finds.
"""

import numpy as np

WIDTHS = {
    "G": {32: [4, 4, 4, 4], 64: [16, 16, 8, 4, 2], 128: [16, 16, 8, 4, 2, 1]},
    "D": {32: [4, 4, 4, 4], 64: [1, 2, 4, 8, 16], 128: [1, 2, 4, 8, 16, 16]},
}


# === Operations ===


def convolve(x, kernel, bias=0.0):
    """Correlation with zero padding to the same size; (N, I, H, W) and (O, I, h, w)."""
    size, (height, width) = kernel.shape[2], x.shape[2:]
    x = np.pad(x, ((0, 0), (0, 0), (size // 2,) * 2, (size // 2,) * 2))
    y = 0.0
    for i in range(size):
        for j in range(size):
            y = y + np.einsum("nihw,oi->nohw", x[:, :, i : i + height, j : j + width], kernel[:, :, i, j])
    return y + np.reshape(bias, (-1, 1, 1))


def double(x):
    return x.repeat(2, axis=2).repeat(2, axis=3)


def halve(x):
    return (x[:, :, ::2, ::2] + x[:, :, 1::2, ::2] + x[:, :, ::2, 1::2] + x[:, :, 1::2, 1::2]) / 4


def relu(x):
    return np.maximum(x, 0.0)


def normalize(x, mean, variance, epsilon, gain, bias):
    """Mean and variance `(C,)` or `(N, C)`; gain and bias `(N, C)` or `(C,)`."""
    rows = [np.atleast_2d(a)[:, :, None, None] for a in (mean, variance, gain, bias)]
    return (x - rows[0]) / np.sqrt(rows[1] + epsilon) * rows[2] + rows[3]


def attend(x, theta, phi, g, o, gamma):
    """Self-attention, example by example, with the kernels as `(out, in)` matrices."""
    y = np.empty_like(x)
    for n, image in enumerate(x):
        channels, height, width = image.shape

        def pooled(kernel, image=image, height=height, width=width):
            maps = np.tensordot(kernel, image, 1)
            return (
                maps.reshape(len(kernel), height // 2, 2, width // 2, 2)
                .max(axis=(2, 4))
                .reshape(len(kernel), -1)
            )

        logits = np.tensordot(theta, image, 1).reshape(len(theta), -1).T @ pooled(phi)
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        y[n] = image + gamma * (o @ (pooled(g) @ weights.T)).reshape(channels, height, width)
    return y


def leading(kernel):
    """The largest singular value of `(out, ...)` and its vectors."""
    left, values, right = np.linalg.svd(kernel.reshape(len(kernel), -1), full_matrices=False)
    return values[0], left[:, 0], right[0]


# === BigGAN ===


def attentions(config, player):
    """Whether attention stands behind each block."""
    resolution = config["resolution"]
    wanted = {int(size) for size in config[f"{player}_attn"].split("_")}
    if player == "G":
        return [8 * 2**i in wanted for i in range(len(WIDTHS["G"][resolution]) - 1)]
    if resolution == 32:
        return [16 in wanted] * 4
    return [max(resolution // 2 ** (i + 1), 4) in wanted for i in range(len(WIDTHS["D"][resolution]))]


class Tensors(dict):
    """Random tensors under the reference's names; `u0` belongs to what is spectrally normalised."""

    def __init__(self, spectral_norm, seed):
        super().__init__()
        self.spectral_norm = spectral_norm
        self.random = np.random.default_rng(seed)

    def add(self, name, *shape, scale=0.5):
        self[name] = (scale * self.random.standard_normal(shape)).astype("float32")

    def kernel(self, name, *shape, bias=True, normalized=True):
        self.add(f"{name}.weight", *shape, scale=1.0 / np.sqrt(np.prod(shape[1:])))
        if bias:
            self.add(f"{name}.bias", shape[0])
        if self.spectral_norm and normalized:
            self[f"{name}.u0"] = leading(self[f"{name}.weight"])[1][None]

    def statistics(self, name, channels):
        self.add(f"{name}_mean", channels)
        self[f"{name}_var"] = self.random.uniform(0.3, 1.5, channels).astype("float32")

    def attention(self, name, channels):
        self.add(f"{name}.gamma", scale=1.0)
        for part, outputs, inputs in (("theta", 8, 1), ("phi", 8, 1), ("g", 2, 1), ("o", 1, 2)):
            self.kernel(f"{name}.{part}", channels // outputs, channels // inputs, 1, 1, bias=False)


def statistics_name(config):
    return "bn.running" if config["cross_replica"] else "bn.stored" if config["mybn"] else "stored"


def random_generator_tensors(config, seed=0):
    tensors = Tensors(config["G_param"] == "SN", seed)
    widths = [config["G_ch"] * n for n in WIDTHS["G"][config["resolution"]]]
    shared, statistics = config["G_shared"], statistics_name(config)
    chunk = config["dim_z"] // len(widths) if config["hier"] else config["dim_z"]
    shared_dim = config["shared_dim"] or config["dim_z"]
    if shared:
        tensors.add("G/shared.weight", config["n_classes"], shared_dim)
    tensors.kernel("G/linear", 16 * widths[0], chunk)
    for i, attention in enumerate(attentions(config, "G")):
        block, inputs, outputs = f"G/blocks.{i}.0", widths[i], widths[i + 1]
        tensors.kernel(f"{block}.conv1", outputs, inputs, 3, 3)
        tensors.kernel(f"{block}.conv2", outputs, outputs, 3, 3)
        tensors.kernel(f"{block}.conv_sc", outputs, inputs, 1, 1)
        for norm, channels in (("bn1", inputs), ("bn2", outputs)):
            tensors.statistics(f"{block}.{norm}.{statistics}", channels)
            for part in ("gain", "bias"):
                if shared:
                    condition = shared_dim + (chunk if config["hier"] else 0)
                    tensors.kernel(f"{block}.{norm}.{part}", channels, condition, bias=False)
                else:
                    tensors.add(f"{block}.{norm}.{part}.weight", config["n_classes"], channels)
        if attention:
            tensors.attention(f"G/blocks.{i}.1", outputs)
    tensors.statistics(f"G/output_layer.0.{statistics}", widths[-1])
    tensors.add("G/output_layer.0.gain", widths[-1], scale=2.0)
    tensors.add("G/output_layer.0.bias", widths[-1])
    tensors.kernel("G/output_layer.2", 3, widths[-1], 3, 3)
    return dict(tensors)


def random_discriminator_tensors(config, seed=0):
    tensors = Tensors(config["D_param"] == "SN", seed)
    widths = [3, *(config["D_ch"] * n for n in WIDTHS["D"][config["resolution"]])]
    for i, attention in enumerate(attentions(config, "D")):
        block, inputs, outputs = f"D/blocks.{i}.0", widths[i], widths[i + 1]
        hidden = outputs if config["D_wide"] else inputs
        tensors.kernel(f"{block}.conv1", hidden, inputs, 3, 3)
        tensors.kernel(f"{block}.conv2", outputs, hidden, 3, 3)
        if i < halvings(config) or inputs != outputs:
            tensors.kernel(f"{block}.conv_sc", outputs, inputs, 1, 1)
        if attention:
            tensors.attention(f"D/blocks.{i}.1", outputs)
    tensors.kernel("D/linear", 1, widths[-1])
    tensors.kernel("D/embed", config["n_classes"], widths[-1], bias=False)
    return dict(tensors)


def halvings(config):
    return 2 if config["resolution"] == 32 else len(WIDTHS["D"][config["resolution"]]) - 1


class Reader:
    """Tensors in float64, divided by their largest singular value where there is a `u0`."""

    def __init__(self, tensors):
        self.tensors = tensors

    def __call__(self, name):
        return self.tensors[name].astype("float64")

    def kernel(self, name):
        kernel = self(f"{name}.weight")
        return kernel / leading(kernel)[0] if f"{name}.u0" in self.tensors else kernel

    def convolve(self, x, name):
        return convolve(x, self.kernel(name), self(f"{name}.bias"))

    def attend(self, x, name):
        kernels = [self.kernel(f"{name}.{part}")[:, :, 0, 0] for part in ("theta", "phi", "g", "o")]
        return attend(x, *kernels, self(f"{name}.gamma"))


def generator(tensors, config, latents, labels):
    """Images `(N, 3, resolution, resolution)`."""
    get, statistics = Reader(tensors), statistics_name(config)
    blocks = len(WIDTHS["G"][config["resolution"]]) - 1
    parts = [latents] + [np.zeros((len(latents), 0))] * blocks
    if config["hier"]:
        size = config["dim_z"] // (blocks + 1)
        parts = [latents[:, i * size : (i + 1) * size] for i in range(blocks + 1)]
    x = parts[0] @ get.kernel("G/linear").T + get("G/linear.bias")
    x = x.reshape(len(x), -1, 4, 4)

    def norm(x, name, part):
        tables = []
        for which in ("gain", "bias"):
            if config["G_shared"]:
                condition = np.concatenate([get("G/shared.weight")[labels], part], axis=1)
                tables.append(condition @ get.kernel(f"{name}.{which}").T)
            else:
                tables.append(get(f"{name}.{which}.weight")[labels])
        mean, variance = (get(f"{name}.{statistics}_{which}") for which in ("mean", "var"))
        return relu(normalize(x, mean, variance, config["BN_eps"], 1.0 + tables[0], tables[1]))

    for i, attention in enumerate(attentions(config, "G")):
        block = f"G/blocks.{i}.0"
        y = get.convolve(double(norm(x, f"{block}.bn1", parts[i + 1])), f"{block}.conv1")
        y = get.convolve(norm(y, f"{block}.bn2", parts[i + 1]), f"{block}.conv2")
        x = y + get.convolve(double(x), f"{block}.conv_sc")
        x = get.attend(x, f"G/blocks.{i}.1") if attention else x
    name = "G/output_layer.0"
    mean, variance = (get(f"{name}.{statistics}_{which}") for which in ("mean", "var"))
    x = relu(normalize(x, mean, variance, 1e-5, get(f"{name}.gain"), get(f"{name}.bias")))
    return np.tanh(get.convolve(x, "G/output_layer.2"))


def discriminator(tensors, config, images, labels):
    """Logits `(N, 1)`."""
    get, x = Reader(tensors), images
    for i, attention in enumerate(attentions(config, "D")):
        block, pool = f"D/blocks.{i}.0", halve if i < halvings(config) else lambda x: x
        y = get.convolve(relu(x) if i else x, f"{block}.conv1")
        y = pool(get.convolve(relu(y), f"{block}.conv2"))
        skip = x if i else pool(x)
        if f"{block}.conv_sc.weight" in tensors:
            skip = get.convolve(skip, f"{block}.conv_sc")
        x = y + (pool(skip) if i else skip)
        x = get.attend(x, f"D/blocks.{i}.1") if attention else x
    h = relu(x).sum(axis=(2, 3))
    score = h @ get.kernel("D/linear").T + get("D/linear.bias")
    return score + (get.kernel("D/embed")[labels] * h).sum(axis=1, keepdims=True)


# === BigGAN-deep ===


def random_deep_tensors(config, seed=0):
    tensors, random = {}, np.random.default_rng(seed)
    condition = config["z_dim"] + config["class_embed_dim"]
    width = config["channel_width"]

    def add(name, *shape, scale=0.5):
        tensors[name] = (scale * random.standard_normal(shape)).astype("float32")

    def kernel(name, *shape, bias=True):
        add(f"{name}.weight_orig", *shape, scale=1.0)
        _, tensors[f"{name}.weight_u"], tensors[f"{name}.weight_v"] = leading(tensors[f"{name}.weight_orig"])
        if bias:
            add(f"{name}.bias", shape[0])

    def statistics(name, channels):
        add(f"{name}.running_means", config["n_stats"], channels)
        variances = random.uniform(0.3, 1.5, (config["n_stats"], channels))
        tensors[f"{name}.running_vars"] = variances.astype("float32")

    add("embeddings.weight", config["class_embed_dim"], config["num_classes"])
    kernel("generator.gen_z", 16 * width * config["layers"][0][1], condition)
    number = 0
    for i, (_, before, behind) in enumerate(config["layers"]):
        inputs, outputs = before * width, behind * width
        if i == config["attention_layer_position"]:
            name = f"generator.layers.{number}"
            add(f"{name}.gamma", 1, scale=1.0)
            for part, less, more in (("theta", 8, 1), ("phi", 8, 1), ("g", 2, 1), ("o_conv", 1, 2)):
                kernel(f"{name}.snconv1x1_{part}", inputs // less, inputs // more, 1, 1, bias=False)
            number += 1
        hidden = inputs // 4
        sizes = [
            (hidden, inputs, 1, 1),
            (hidden, hidden, 3, 3),
            (hidden, hidden, 3, 3),
            (outputs, hidden, 1, 1),
        ]
        for j, shape in enumerate(sizes):
            name = f"generator.layers.{number}"
            statistics(f"{name}.bn_{j}", shape[1])
            for part in ("scale", "offset"):
                kernel(f"{name}.bn_{j}.{part}", shape[1], condition, bias=False)
            kernel(f"{name}.conv_{j}", *shape)
        number += 1
    statistics("generator.bn", outputs)
    add("generator.bn.weight", outputs, scale=2.0)
    add("generator.bn.bias", outputs)
    kernel("generator.conv_to_rgb", outputs, outputs, 3, 3)
    return tensors


def deep_generator(tensors, config, latents, classes, truncations):
    """Images `(N, 3, resolution, resolution)`; classes `(N, num_classes)`, one truncation an example."""

    def get(name):
        return tensors[name].astype("float64")

    def kernel(name):
        array = get(f"{name}.weight_orig")
        return array / leading(array)[0]

    def statistics(name):
        """Means and variances `(N, C)`; between rows each has the other's weight, as in the release."""
        positions = np.round(np.multiply(truncations, config["n_stats"] - 1), 6)[:, None]
        below, above = np.floor(positions).astype(int), np.ceil(positions).astype(int)
        for which in ("means", "vars"):
            table = get(f"{name}.running_{which}")
            share = positions - below
            yield np.where(
                below == above,
                table[below[:, 0]],
                table[below[:, 0]] * share + table[above[:, 0]] * (1 - share),
            )

    condition = np.concatenate([latents, classes @ get("embeddings.weight").T], axis=1)
    x = condition @ kernel("generator.gen_z").T + get("generator.gen_z.bias")
    x = x.reshape(len(x), 4, 4, -1).transpose(0, 3, 1, 2)
    number = 0
    for i, (doubles, before, behind) in enumerate(config["layers"]):
        if i == config["attention_layer_position"]:
            name = f"generator.layers.{number}"
            parts = [
                kernel(f"{name}.snconv1x1_{part}")[:, :, 0, 0] for part in ("theta", "phi", "g", "o_conv")
            ]
            x = attend(x, *parts, get(f"{name}.gamma")[0])
            number += 1
        y = x
        for j in range(4):
            name = f"generator.layers.{number}.bn_{j}"
            gain, bias = (condition @ kernel(f"{name}.{part}").T for part in ("scale", "offset"))
            y = relu(normalize(y, *statistics(name), config["eps"], 1.0 + gain, bias))
            y = double(y) if j == 1 and doubles else y
            name = f"generator.layers.{number}.conv_{j}"
            y = convolve(y, kernel(name), get(f"{name}.bias"))
        x = x[:, : x.shape[1] // 2] if before != behind else x
        x = y + (double(x) if doubles else x)
        number += 1
    name = "generator.bn"
    x = normalize(x, *statistics(name), config["eps"], get(f"{name}.weight"), get(f"{name}.bias"))
    name = "generator.conv_to_rgb"
    return np.tanh(convolve(relu(x), kernel(name), get(f"{name}.bias"))[:, :3])

"""Progressive GAN in NumPy, from its description: any configuration, the reference's names and layouts.

Images and features are channels first, as there; every kernel is multiplied by gain / sqrt(fan_in) when it is
used.
"""

import math

import numpy as np


def channels(size, config):
    """Feature maps at `size` pixels; for 2 pixels, the width of the discriminator's first dense layer."""
    return min(int(config["fmap_base"] / (size / 2)), config["fmap_max"])


def sizes(config):
    """Returns 4, 8, ... up to the resolution."""
    return [2**n for n in range(2, int(math.log2(config["resolution"])) + 1)]


def random_tensors(config, seed=0):
    """Random tensors with the names and shapes that the reference's networks of this configuration have."""
    shapes = {}

    def add(name, *shape, outputs=None):
        shapes[f"{name}/weight"] = shape
        shapes[f"{name}/bias"] = (shape[-1] if outputs is None else outputs,)

    everything, colors, labels = sizes(config), config["num_channels"], config["label_size"]
    wide = channels(4, config)
    add("G/4x4/Dense", config["latent_size"] + labels, 16 * wide, outputs=wide)
    add("G/4x4/Conv", 3, 3, wide, wide)
    add("D/4x4/Conv", 3, 3, wide + (config["mbstd_group_size"] > 1), wide)
    add("D/4x4/Dense0", 16 * wide, channels(2, config))
    add("D/4x4/Dense1", channels(2, config), 1 + labels)
    for lod, size in enumerate(reversed(everything)):
        add(f"G/ToRGB_lod{lod}", 1, 1, channels(size, config), colors)
        add(f"D/FromRGB_lod{lod}", 1, 1, colors, channels(size, config))
    for size in everything[1:]:
        inner, outer = channels(size // 2, config), channels(size, config)
        if config["fused_scale"]:
            add(f"G/{size}x{size}/Conv0_up", 3, 3, outer, inner, outputs=outer)
            add(f"D/{size}x{size}/Conv1_down", 3, 3, outer, inner)
        else:
            add(f"G/{size}x{size}/Conv0", 3, 3, inner, outer)
            add(f"D/{size}x{size}/Conv1", 3, 3, outer, inner)
        add(f"G/{size}x{size}/Conv1", 3, 3, outer, outer)
        add(f"D/{size}x{size}/Conv0", 3, 3, outer, outer)
    random = np.random.default_rng(seed)
    return {name: random.standard_normal(shape).astype("float32") for name, shape in shapes.items()}


def generator(tensors, config, latents, labels, lod):
    """Images `(N, colors, resolution, resolution)`; `labels` one-hot `(N, label_size)`."""
    get = {name: array.astype("float64") for name, array in tensors.items()}
    everything = sizes(config)
    last = len(everything) - 1

    def activate(x):
        x = np.where(x > 0, x, 0.2 * x)
        return x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-8)

    x = np.concatenate([latents, labels], axis=1)
    x = x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-8)
    kernel = get["G/4x4/Dense/weight"]
    x = x @ (kernel * math.sqrt(2) / 4 / math.sqrt(kernel.shape[0]))
    x = x.reshape(len(x), -1, 4, 4) + _column(get["G/4x4/Dense/bias"])
    x = activate(_convolve(activate(x), get, "G/4x4/Conv"))
    picture = _convolve(x, get, f"G/ToRGB_lod{last}", gain=1.0)
    for level, size in zip(range(last - 1, -1, -1), everything[1:], strict=True):
        block = f"G/{size}x{size}"
        x = x.repeat(2, axis=2).repeat(2, axis=3)
        if config["fused_scale"]:
            kernel = np.flip(get[f"{block}/Conv0_up/weight"], axis=(0, 1)).swapaxes(2, 3)
            x = activate(_convolve(x, {**get, f"{block}/Conv0_up/weight": kernel}, f"{block}/Conv0_up"))
        else:
            x = activate(_convolve(x, get, f"{block}/Conv0"))
        x = activate(_convolve(x, get, f"{block}/Conv1"))
        new = _convolve(x, get, f"G/ToRGB_lod{level}", gain=1.0)
        old = picture.repeat(2, axis=2).repeat(2, axis=3)
        share = min(max(lod - level, 0.0), 1.0)
        picture = (1 - share) * new + share * old
    return picture


def discriminator(tensors, config, images, lod):
    """Scores and label logits, `(N, 1 + label_size)`."""
    get = {name: array.astype("float64") for name, array in tensors.items()}
    everything = sizes(config)

    def activate(x):
        return np.where(x > 0, x, 0.2 * x)

    x = activate(_convolve(images, get, "D/FromRGB_lod0"))
    for level, size in enumerate(reversed(everything[1:])):
        block = f"D/{size}x{size}"
        x = activate(_convolve(x, get, f"{block}/Conv0"))
        if config["fused_scale"]:
            x = _halve(_convolve(x, get, f"{block}/Conv1_down", bias=False))
            x = activate(x + _column(get[f"{block}/Conv1_down/bias"]))
        else:
            x = _halve(activate(_convolve(x, get, f"{block}/Conv1")))
        images = _halve(images)
        old = activate(_convolve(images, get, f"D/FromRGB_lod{level + 1}"))
        share = min(max(lod - level, 0.0), 1.0)
        x = (1 - share) * x + share * old
    if config["mbstd_group_size"] > 1:
        members = min(config["mbstd_group_size"], len(x))
        groups = x.reshape(members, -1, *x.shape[1:])
        deviation = np.sqrt(groups.var(axis=0) + 1e-8).mean(axis=(1, 2, 3))
        statistic = np.tile(deviation, members)[:, None, None, None]
        x = np.concatenate([x, np.broadcast_to(statistic, (len(x), 1, 4, 4))], axis=1)
    x = activate(_convolve(x, get, "D/4x4/Conv")).reshape(len(x), -1)
    for name, gain in ("D/4x4/Dense0", math.sqrt(2)), ("D/4x4/Dense1", 1.0):
        kernel = get[f"{name}/weight"]
        x = x @ (kernel * gain / math.sqrt(kernel.shape[0])) + get[f"{name}/bias"]
        x = activate(x) if name == "D/4x4/Dense0" else x
    return x


def _column(bias):
    return bias[:, None, None]


def _halve(images):
    count, depth, height, width = images.shape
    return images.reshape(count, depth, height // 2, 2, width // 2, 2).mean(axis=(3, 5))


def convolve(x, kernel, gain=2.0**0.5):
    height, width, inputs, outputs = kernel.shape
    kernel = kernel * gain / math.sqrt(height * width * inputs)
    padded = np.pad(x, ((0, 0), (0, 0), (height // 2,) * 2, (width // 2,) * 2))
    result = np.zeros((len(x), outputs, *x.shape[2:]))
    for i in range(height):
        for j in range(width):
            window = padded[:, :, i : i + x.shape[2], j : j + x.shape[3]]
            result += np.einsum("nihw,io->nohw", window, kernel[i, j])
    return result


def _convolve(images, get, name, gain=2.0**0.5, bias=True):
    result = convolve(images, get[f"{name}/weight"], gain)
    return result + _column(get[f"{name}/bias"]) if bias else result

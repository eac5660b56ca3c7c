"""StyleGAN (2018) in NumPy, from its description: any configuration, the reference's names and layouts.

Images and features are channels first; kernels `(height, width, in, out)`.
"""

import math

import numpy as np
from reference.progan_numpy import channels, convolve, sizes


def is_fused(size, config):
    """Whether the up-convolution that gives `size` pixels is stored for a transposed convolution."""
    return size >= 128 if config["fused_scale"] == "auto" else config["fused_scale"]


def random_tensors(config, seed=0):
    """Random tensors with the names and shapes that the reference's networks of this configuration have."""
    shapes = {}
    everything, colors, labels = sizes(config), config["num_channels"], config["label_size"]
    latents, style = config["latent_size"], config["dlatent_size"]

    def add(name, *shape):
        shapes[f"{name}/weight"], shapes[f"{name}/bias"] = shape, shape[-1:]

    def epilogue(name, outputs):
        shapes[f"{name}/Noise/weight"] = shapes[f"{name}/bias"] = (outputs,)
        add(f"{name}/StyleMod", style, 2 * outputs)

    shapes["G/dlatent_avg"] = (style,)
    if labels:
        shapes["G/G_mapping/LabelConcat/weight"] = (labels, latents)
    depth, hidden = config["mapping_layers"], config["mapping_fmaps"]
    for i in range(depth):
        inputs = latents * (2 if labels else 1) if i == 0 else hidden
        add(f"G/G_mapping/Dense{i}", inputs, style if i == depth - 1 else hidden)
    synthesis = "G/G_synthesis"
    for i in range(2 * len(everything)):
        size = everything[i // 2]
        shapes[f"{synthesis}/noise{i}"] = (1, 1, size, size)
    wide = channels(4, config)
    shapes[f"{synthesis}/4x4/Const/const"] = (1, wide, 4, 4)
    epilogue(f"{synthesis}/4x4/Const", wide)
    shapes[f"{synthesis}/4x4/Conv/weight"] = (3, 3, wide, wide)
    epilogue(f"{synthesis}/4x4/Conv", wide)
    for size in everything[1:]:
        inner, outer = channels(size // 2, config), channels(size, config)
        for name, inputs in (("Conv0_up", inner), ("Conv1", outer)):
            shapes[f"{synthesis}/{size}x{size}/{name}/weight"] = (3, 3, inputs, outer)
            epilogue(f"{synthesis}/{size}x{size}/{name}", outer)
        add(f"D/{size}x{size}/Conv0", 3, 3, outer, outer)
        add(f"D/{size}x{size}/Conv1_down", 3, 3, outer, inner)
    for lod, size in enumerate(reversed(everything)):
        add(f"{synthesis}/ToRGB_lod{lod}", 1, 1, channels(size, config), colors)
        add(f"D/FromRGB_lod{lod}", 1, 1, colors, channels(size, config))
    add("D/4x4/Conv", 3, 3, wide + (config["mbstd_group_size"] != 1), wide)
    add("D/4x4/Dense0", 16 * wide, channels(2, config))
    add("D/4x4/Dense1", channels(2, config), max(labels, 1))
    random = np.random.default_rng(seed)
    tensors = {name: random.standard_normal(shape).astype("float32") for name, shape in shapes.items()}
    rate = config["mapping_lrmul"]  # as large as at the start
    return {name: t / rate if "/Dense" in name and "mapping" in name else t for name, t in tensors.items()}


def leaky_relu(x):
    return np.where(x > 0, x, 0.2 * x)


def blur(x, config):
    taps = np.asarray(config["blur_filter"], "float64") / np.sum(config["blur_filter"])
    margin = len(taps) // 2
    padded = np.pad(x, ((0, 0), (0, 0), (margin, margin), (margin, margin)))
    height, width = x.shape[2:]
    terms = [(i, j, a * b) for i, a in enumerate(taps) for j, b in enumerate(taps)]
    return sum(factor * padded[:, :, i : i + height, j : j + width] for i, j, factor in terms)


def dense(get, name, x, gain, rate=1.0):
    weight = get[f"{name}/weight"]
    return x @ (weight * gain * rate / math.sqrt(weight.shape[0])) + get[f"{name}/bias"] * rate


def mapping(tensors, config, latents, classes):
    """Styles `(N, dlatent_size)`; `classes` one-hot `(N, label_size)`."""
    get = {name[2:]: array.astype("float64") for name, array in tensors.items()}
    x = latents
    if config["label_size"]:
        x = np.concatenate([x, classes @ get["G_mapping/LabelConcat/weight"]], axis=1)
    x = x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-8)
    for i in range(config["mapping_layers"]):
        x = leaky_relu(dense(get, f"G_mapping/Dense{i}", x, math.sqrt(2.0), config["mapping_lrmul"]))
    return x


def synthesis(tensors, config, ws, lod, noise=None):
    """Images `(N, colors, resolution, resolution)`; `ws` `(N, layers, dlatent_size)`."""
    start = "G/G_synthesis/"
    get = {n[len(start) :]: t.astype("float64") for n, t in tensors.items() if n.startswith(start)}
    everything = sizes(config)
    noise = noise or [get[f"noise{i}"] for i in range(2 * len(everything))]

    def epilogue(name, x, i):
        x = x + noise[i] * get[f"{name}/Noise/weight"][:, None, None] + get[f"{name}/bias"][:, None, None]
        x = leaky_relu(x)
        mean, variance = x.mean(axis=(2, 3), keepdims=True), x.var(axis=(2, 3), keepdims=True)
        style = dense(get, f"{name}/StyleMod", ws[:, i], 1.0)
        scale, shift = np.split(style[:, :, None, None], 2, axis=1)
        return (x - mean) / np.sqrt(variance + 1e-8) * (scale + 1) + shift

    def to_rgb(x, lod):
        return convolve(x, get[f"ToRGB_lod{lod}/weight"], 1.0) + get[f"ToRGB_lod{lod}/bias"][:, None, None]

    x = np.repeat(get["4x4/Const/const"], len(ws), axis=0)
    x = epilogue("4x4/Const", x, 0)
    x = epilogue("4x4/Conv", convolve(x, get["4x4/Conv/weight"]), 1)
    last = len(everything) - 1
    picture = to_rgb(x, last)
    for level, size in enumerate(everything[1:], 1):
        block = f"{size}x{size}"
        kernel = get[f"{block}/Conv0_up/weight"]
        kernel = kernel[::-1, ::-1] if is_fused(size, config) else kernel
        x = convolve(x.repeat(2, axis=2).repeat(2, axis=3), kernel)
        x = epilogue(f"{block}/Conv0_up", blur(x, config), 2 * level)
        x = epilogue(f"{block}/Conv1", convolve(x, get[f"{block}/Conv1/weight"]), 2 * level + 1)
        share = min(max(lod - (last - level), 0.0), 1.0)
        old = picture.repeat(2, axis=2).repeat(2, axis=3)
        picture = (1 - share) * to_rgb(x, last - level) + share * old
    return picture


def discriminator(tensors, config, images, classes, lod):
    """Scores `(N, 1)`."""
    get = {name[2:]: array.astype("float64") for name, array in tensors.items() if name.startswith("D/")}
    everything = sizes(config)

    def conv(name, x):
        return convolve(x, get[f"{name}/weight"]) + get[f"{name}/bias"][:, None, None]

    def halve(x):
        n, depth, height, width = x.shape
        return x.reshape(n, depth, height // 2, 2, width // 2, 2).mean(axis=(3, 5))

    x = leaky_relu(conv("FromRGB_lod0", images))
    for level, size in enumerate(reversed(everything[1:])):
        block = f"{size}x{size}"
        x = blur(leaky_relu(conv(f"{block}/Conv0", x)), config)
        x = halve(convolve(x, get[f"{block}/Conv1_down/weight"]))
        x = leaky_relu(x + get[f"{block}/Conv1_down/bias"][:, None, None])
        images = halve(images)
        old = leaky_relu(conv(f"FromRGB_lod{level + 1}", images))
        share = min(max(lod - level, 0.0), 1.0)
        x = (1 - share) * x + share * old
    if config["mbstd_group_size"] != 1:
        members = min(config["mbstd_group_size"] or len(x), len(x))
        deviation = np.sqrt(x.reshape(members, -1, *x.shape[1:]).var(axis=0) + 1e-8).mean(axis=(1, 2, 3))
        statistic = np.tile(deviation, members)[:, None, None, None]
        x = np.concatenate([x, np.broadcast_to(statistic, (len(x), 1, 4, 4))], axis=1)
    x = leaky_relu(conv("4x4/Conv", x)).reshape(len(x), -1)
    x = leaky_relu(dense(get, "4x4/Dense0", x, math.sqrt(2.0)))
    x = dense(get, "4x4/Dense1", x, 1.0)
    return (x * classes).sum(axis=1, keepdims=True) if config["label_size"] else x

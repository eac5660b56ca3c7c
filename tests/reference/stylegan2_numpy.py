"""StyleGAN2 in NumPy, from its description: any architecture, the reference's names and layouts.

Images and features are channels first; kernels `(out, in, height, width)`.
"""

import math

import numpy as np

SLOPE, ROOT2 = 0.2, math.sqrt(2.0)


def sizes(resolution):
    return [2**n for n in range(2, int(math.log2(resolution)) + 1)]


def width(size, options):
    return min(options["channel_base"] // size, options["channel_max"])


def random_tensors(config, seed=0):
    """Random tensors with the names and shapes that the reference's networks of this configuration have."""
    shapes = {}
    g, d = config["G"], config["D"]
    options, style = g["synthesis_kwargs"], g["w_dim"]

    def dense(name, inputs, outputs):
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (outputs, inputs), (outputs,)

    def modulated(name, inputs, outputs, kernel):
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (outputs, inputs, kernel, kernel), (outputs,)
        dense(f"{name}.affine", style, inputs)

    def mapping(name, latents, classes, features, options):
        embedded = options.get("embed_features") or features
        if classes:
            dense(f"{name}.embed", classes, embedded)
        widths = [options.get("layer_features") or features] * (options["num_layers"] - 1) + [features]
        inputs = latents + embedded * bool(classes)
        for i, outputs in enumerate(widths):
            dense(f"{name}.fc{i}", inputs, outputs)
            inputs = outputs

    mapping("G/mapping", g["z_dim"], g["c_dim"], style, g["mapping_kwargs"])
    shapes["G/mapping.w_avg"] = (style,)
    for size in sizes(g["img_resolution"]):
        name, inputs, outputs = (
            f"G/synthesis.b{size}",
            width(max(size // 2, 4), options),
            width(size, options),
        )
        if size == 4:
            shapes[f"{name}.const"] = (outputs, 4, 4)
        for number in (0, 1) if size > 4 else (1,):
            modulated(f"{name}.conv{number}", inputs if number == 0 else outputs, outputs, 3)
            shapes[f"{name}.conv{number}.noise_strength"] = ()
            shapes[f"{name}.conv{number}.noise_const"] = (size, size)
        if options["architecture"] == "skip" or size == g["img_resolution"]:
            modulated(f"{name}.torgb", outputs, g["img_channels"], 1)
        if options["architecture"] == "resnet" and size > 4:
            shapes[f"{name}.skip.weight"] = (outputs, inputs, 1, 1)

    def conv(name, inputs, outputs, kernel):
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (outputs, inputs, kernel, kernel), (outputs,)

    for size in sizes(d["img_resolution"]):
        name, outer, inner = f"D/b{size}", width(size, d), width(max(size // 2, 4), d)
        if d["architecture"] == "skip" or size == d["img_resolution"]:
            conv(f"{name}.fromrgb", d["img_channels"], outer, 1)
        if size > 4:
            conv(f"{name}.conv0", outer, outer, 3)
            conv(f"{name}.conv1", outer, inner, 3)
            if d["architecture"] == "resnet":
                shapes[f"{name}.skip.weight"] = (inner, outer, 1, 1)
    last = width(4, d)
    conv("D/b4.conv", last + d["epilogue_kwargs"].get("mbstd_num_channels", 1), last, 3)
    dense("D/b4.fc", 16 * last, last)
    projection = (d["cmap_dim"] or last) if d["c_dim"] else 1
    dense("D/b4.out", last, projection)
    if d["c_dim"]:
        mapping("D/mapping", 0, d["c_dim"], projection, d["mapping_kwargs"])
    random = np.random.default_rng(seed)
    tensors = {name: random.standard_normal(shape).astype("float32") for name, shape in shapes.items()}
    for name in tensors:  # as large as they are at the start: the mapping learns at a hundredth of the rate
        if ".fc" in name and "mapping" in name:
            tensors[name] *= 100.0
        if name.endswith("affine.bias"):
            tensors[name] += 1.0
    return tensors


def leaky_relu(x):
    return np.where(x > 0, x, SLOPE * x) * ROOT2


def clamp(x, limit, gain=1.0):
    return x if limit is None else np.clip(x, -limit * gain, limit * gain)


def normalise(x):
    return x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-8)


def dense(get, name, x, rate=1.0):
    weight, bias = get[f"{name}.weight"], get[f"{name}.bias"]
    return x @ (weight.T * rate / math.sqrt(weight.shape[1])) + bias * rate


def resample(x, taps, *, up=1, down=1, padding=(0, 0), gain=1.0):
    """Zeros behind every pixel, padding, filter, every `down`-th pixel. The filter is symmetric."""
    n, c, height, wide = x.shape
    spread = np.zeros((n, c, height * up, wide * up))
    spread[:, :, ::up, ::up] = x
    spread = np.pad(spread, ((0, 0), (0, 0), padding, padding))
    taps = np.asarray(taps, "float64") / np.sum(taps)
    size = [length - len(taps) + 1 for length in spread.shape[2:]]
    result = np.zeros((n, c, *size))
    for i, a in enumerate(taps):
        for j, b in enumerate(taps):
            result += gain * a * b * spread[:, :, i : i + size[0], j : j + size[1]]
    return result[:, :, ::down, ::down]


def correlate(x, kernel, stride=1, margin=0):
    x = np.pad(x, ((0, 0), (0, 0), (margin, margin), (margin, margin)))
    out, _, height, wide = kernel.shape
    size = [length - k + 1 for length, k in zip(x.shape[2:], (height, wide), strict=True)]
    result = np.zeros((len(x), out, *size))
    for i in range(height):
        for j in range(wide):
            window = x[:, :, i : i + size[0], j : j + size[1]]
            result += np.einsum("nihw,oi->nohw", window, kernel[:, :, i, j])
    return result[:, :, ::stride, ::stride]


def transposed(x, kernel):
    """Every pixel throws its kernel, stride 2: `2 H + 1` pixels."""
    n, _, height, wide = x.shape
    size = kernel.shape[2]
    result = np.zeros((n, kernel.shape[0], 2 * height + size - 2, 2 * wide + size - 2))
    for i in range(height):
        for j in range(wide):
            stamp = np.einsum("ni,oihw->nohw", x[:, :, i, j], kernel)
            result[:, :, 2 * i : 2 * i + size, 2 * j : 2 * j + size] += stamp
    return result


class Generator:
    def __init__(self, tensors, config):
        self.get = {n[2:]: t.astype("float64") for n, t in tensors.items() if n.startswith("G/")}
        self.config, self.options = config["G"], config["G"]["synthesis_kwargs"]
        self.taps, self.limit = config["resample_filter"], self.options["conv_clamp"]

    def mapping(self, latents, classes=None):
        return mapping(self.get, latents, classes, self.config["mapping_kwargs"])

    def modulated(self, name, x, w, *, up=False, demodulate=True):
        """Example by example, with a kernel of its own."""
        styles = dense(self.get, f"{name}.affine", w)
        kernel, results = self.get[f"{name}.weight"], []
        for image, style in zip(x, styles, strict=True):
            own = kernel * style[None, :, None, None]
            if demodulate:
                own = own / np.sqrt((own**2).sum(axis=(1, 2, 3), keepdims=True) + 1e-8)
            else:
                own = own / math.sqrt(kernel.shape[1])
            if up:
                y, count = transposed(image[None], own), len(self.taps)
                margin = (count + 1) // 2 - 1, count // 2 - 1
                results.append(resample(y, self.taps, padding=margin, gain=4.0))
            else:
                results.append(correlate(image[None], own, margin=kernel.shape[2] // 2))
        return np.concatenate(results)

    def layer(self, name, x, w, noise, *, up=False, gain=1.0):
        x = self.modulated(name, x, w, up=up)
        x = x + noise * self.get[f"{name}.noise_strength"] + self.get[f"{name}.bias"][:, None, None]
        return clamp(leaky_relu(x) * gain, self.limit, gain)

    def to_rgb(self, name, x, w):
        x = self.modulated(name, x, w, demodulate=False) + self.get[f"{name}.bias"][:, None, None]
        return clamp(x, self.limit)

    def synthesis(self, ws, noise=None):
        """`noise`: list of `(N, 1, size, size)`, or the stored one."""
        everything, count = sizes(self.config["img_resolution"]), len(self.taps)
        if noise is None:
            names = [f"synthesis.b{size}.conv{k}" for size in everything for k in (0, 1)][1:]
            noise = [self.get[f"{name}.noise_const"] for name in names]
        x = np.repeat(self.get["synthesis.b4.const"][None], len(ws), axis=0)
        x, image = self.layer("synthesis.b4.conv1", x, ws[:, 0], noise[0]), None
        if self.options["architecture"] == "skip":
            image = self.to_rgb("synthesis.b4.torgb", x, ws[:, 1])
        enlarge = {"up": 2, "padding": ((count + 1) // 2, (count - 2) // 2), "gain": 4.0}
        for i, size in enumerate(everything[1:]):
            name, first = f"synthesis.b{size}", 2 * i + 1
            residual = self.options["architecture"] == "resnet"
            if residual:
                kernel = self.get[f"{name}.skip.weight"]
                skip = correlate(x, kernel / math.sqrt(kernel.shape[1]))
                skip = resample(skip, self.taps, **enlarge) * math.sqrt(0.5)
            x = self.layer(f"{name}.conv0", x, ws[:, first], noise[first], up=True)
            gain = math.sqrt(0.5) if residual else 1.0
            x = self.layer(f"{name}.conv1", x, ws[:, first + 1], noise[first + 1], gain=gain)
            if residual:
                x = skip + x
            else:
                image = resample(image, self.taps, **enlarge)
                image = image + self.to_rgb(f"{name}.torgb", x, ws[:, first + 2])
        return self.to_rgb(f"{name}.torgb", x, ws[:, -1]) if image is None else image


def mapping(get, latents, classes, options):
    parts = [] if latents is None else [normalise(latents)]
    if classes is not None:
        parts.append(normalise(dense(get, "mapping.embed", classes)))
    x = np.concatenate(parts, axis=1)
    for i in range(options["num_layers"]):
        x = leaky_relu(dense(get, f"mapping.fc{i}", x, options.get("lr_multiplier", 0.01)))
    return x


def discriminator(tensors, config, images, classes=None):
    """Logits `(N, 1)`."""
    get = {n[2:]: t.astype("float64") for n, t in tensors.items() if n.startswith("D/")}
    taps, config = config["resample_filter"], config["D"]
    count, limit, kind = len(taps), config["conv_clamp"], config["architecture"]
    half = {"padding": ((count - 1) // 2, (count - 2) // 2)}

    def conv(name, x, *, down=False, gain=1.0):
        kernel = get[f"{name}.weight"]
        kernel = kernel / math.sqrt(np.prod(kernel.shape[1:]))
        if down:
            x = resample(x, taps, padding=(1 + half["padding"][0], 1 + half["padding"][1]))
            x = correlate(x, kernel, stride=2)
        else:
            x = correlate(x, kernel, margin=kernel.shape[2] // 2)
        return clamp(leaky_relu(x + get[f"{name}.bias"][:, None, None]) * gain, limit, gain)

    x = None
    for size in reversed(sizes(config["img_resolution"])):
        if x is None or kind == "skip":
            read = conv(f"b{size}.fromrgb", images)
            x = read if x is None else x + read
        if size == 4:
            break
        if kind == "resnet":
            kernel = get[f"b{size}.skip.weight"]
            skip = correlate(resample(x, taps, down=2, **half), kernel / math.sqrt(kernel.shape[1]))
            x = conv(f"b{size}.conv1", conv(f"b{size}.conv0", x), down=True, gain=math.sqrt(0.5))
            x = x + skip * math.sqrt(0.5)
        else:
            x = conv(f"b{size}.conv1", conv(f"b{size}.conv0", x), down=True)
            images = resample(images, taps, down=2, **half)
    if config["epilogue_kwargs"].get("mbstd_num_channels", 1):
        parts = config["epilogue_kwargs"].get("mbstd_num_channels", 1)
        members = min(config["epilogue_kwargs"]["mbstd_group_size"] or len(x), len(x))
        groups = x.reshape(members, -1, parts, x.shape[1] // parts, *x.shape[2:])
        deviation = np.sqrt(groups.var(axis=0) + 1e-8).mean(axis=(2, 3, 4))  # (groups, parts)
        statistic = np.tile(deviation, (members, 1))[:, :, None, None]
        x = np.concatenate([x, np.broadcast_to(statistic, (len(x), parts, 4, 4))], axis=1)
    x = conv("b4.conv", x).reshape(len(x), -1)
    x = dense(get, "b4.out", leaky_relu(dense(get, "b4.fc", x)))
    if classes is None:
        return x
    target = mapping(get, None, classes, config["mapping_kwargs"])
    return (x * target).sum(axis=1, keepdims=True) / math.sqrt(x.shape[1])

"""pix2pix, CycleGAN and both StarGANs in NumPy, from their descriptions, under the references' names.

Images and features are channels first, as there, in float64.
"""

import numpy as np

# === Layers ===


def windows(x, size, stride):
    """Every `size` x `size` patch: (N, C, H', W', size, size)."""
    views = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))
    return views[:, :, ::stride, ::stride]


def zeros_around(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))


def conv(x, get, name, *, stride=1, padding=0):
    kernel = get(f"{name}.weight")  # (O, I, h, w)
    y = np.einsum("nchwij,ocij->nohw", windows(zeros_around(x, padding), kernel.shape[-1], stride), kernel)
    return y + bias(get, name)


def transposed_conv(x, get, name, *, padding, output_padding=0):
    """Stride 2: every pixel paints the kernel, twice as far apart as it lies; then the border is cut off."""
    kernel = get(f"{name}.weight")  # (I, O, h, w)
    size, (count, _, height, width) = kernel.shape[-1], x.shape
    shape = (2 * height - 2 + size + output_padding, 2 * width - 2 + size + output_padding)
    canvas = np.zeros((count, kernel.shape[1], *shape))
    for i in range(size):
        for j in range(size):
            painted = np.einsum("nchw,co->nohw", x, kernel[:, :, i, j])
            canvas[:, :, i : i + 2 * height : 2, j : j + 2 * width : 2] += painted
    return canvas[:, :, padding : shape[0] - padding, padding : shape[1] - padding] + bias(get, name)


def bias(get, name):
    value = get(f"{name}.bias", None)
    return 0.0 if value is None else value[:, None, None]


def linear(x, get, name):
    return x @ get(f"{name}.weight").T + get(f"{name}.bias")


def relu(x):
    return np.maximum(x, 0.0)


def leaky_relu(x, slope=0.2):
    return np.where(x > 0, x, slope * x)


def normalized(x, mean, variance):
    return (x - mean) / np.sqrt(variance + 1e-5)


def instance_norm(x, get=None, name=None):
    y = normalized(x, x.mean(axis=(2, 3), keepdims=True), x.var(axis=(2, 3), keepdims=True))
    return y if get is None else y * get(f"{name}.weight")[:, None, None] + get(f"{name}.bias")[:, None, None]


def norm(x, get, name, kind):
    if kind == "instance":
        return instance_norm(x)
    mean, variance, gain, shift = (
        get(f"{name}.{part}")[:, None, None] for part in ("running_mean", "running_var", "weight", "bias")
    )
    return normalized(x, mean, variance) * gain + shift


def mean_of_squares(x):
    return sum(x[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)) / 4


# === Tensors ===


class Shapes(dict):
    """Collects names and shapes of tensors."""

    def conv(self, name, inputs, outputs, size, use_bias=True, transposed=False):
        pair = (inputs, outputs) if transposed else (outputs, inputs)
        self[f"{name}.weight"] = (*pair, size, size)
        if use_bias:
            self[f"{name}.bias"] = (outputs,)

    def linear(self, name, inputs, outputs):
        self[f"{name}.weight"], self[f"{name}.bias"] = (outputs, inputs), (outputs,)

    def norm(self, name, width, statistics=True):
        parts = ["weight", "bias", *(["running_mean", "running_var"] if statistics else [])]
        self.update({f"{name}.{part}": (width,) for part in parts})


def random_tensors(shapes, seed=0):
    """Weights that keep the size of what passes through, and statistics of their own."""
    random = np.random.default_rng(seed)
    tensors = {}
    for name, shape in shapes.items():
        values = random.standard_normal(shape)
        if len(shape) > 1:
            values *= np.sqrt(2.0 / np.prod(shape[1:]))
        elif name.endswith("running_var"):
            values = 0.5 + values**2
        elif name.endswith("weight"):
            values = 1.0 + 0.3 * values
        else:
            values *= 0.3
        tensors[name] = values.astype("float32")
    return tensors


def getter(tensors):
    def get(name, *default):
        value = tensors.get(name, *default) if default else tensors[name]
        return value if value is None else value.astype("float64")

    return get


# === U-Net and PatchGAN ===


def unet_widths(config):
    return [config["ngf"] * min(2**level, 8) for level in range(config["num_downs"])]


def unet_places(level, last, prefix):
    """Names of: convolution, its norm, transposed convolution, its norm, next level."""
    if level == 0:
        numbers = (0, None, 3, None, 1)
    elif level == last:
        numbers = (1, None, 3, 4, None)
    else:
        numbers = (1, 2, 5, 6, 3)
    return [None if number is None else f"{prefix}.model.{number}" for number in numbers]


def unet_shapes(config):
    shapes, widths = Shapes(), unet_widths(config)
    last, prefix, batch = len(widths) - 1, "G/model", config["norm"] == "batch"
    for level, width in enumerate(widths):
        down, down_norm, up, up_norm, inner = unet_places(level, last, prefix)
        outer = config.get("input_nc", 3) if level == 0 else widths[level - 1]
        above = config.get("output_nc", 3) if level == 0 else outer
        shapes.conv(down, outer, width, 4, use_bias=not batch)
        shapes.conv(
            up,
            width * (1 if level == last else 2),
            above,
            4,
            use_bias=level == 0 or not batch,
            transposed=True,
        )
        if batch and down_norm:
            shapes.norm(down_norm, width)
        if batch and up_norm:
            shapes.norm(up_norm, outer)
        prefix = inner
    return shapes


def unet(tensors, config, images, masks=None):
    """Evaluation mode. `masks`: for each level, what the way up is multiplied with; none where absent."""
    get, last, masks = getter(tensors), config["num_downs"] - 1, masks or {}

    def level_output(x, level, prefix):
        down, down_norm, up, up_norm, inner = unet_places(level, last, prefix)
        y = conv(leaky_relu(x) if level else x, get, down, stride=2, padding=1)
        if level < last:
            y = norm(y, get, down_norm, config["norm"]) if down_norm else y
            y = level_output(y, level + 1, inner)
        y = transposed_conv(relu(y), get, up, padding=1)
        if level == 0:
            return np.tanh(y)
        y = norm(y, get, up_norm, config["norm"]) * masks.get(level, 1.0)
        return np.concatenate([x, y], axis=1)

    return level_output(images, 0, "G/model")


def patchgan_shapes(config):
    shapes, use_bias = Shapes(), config["norm"] == "instance"
    inputs, layers = config["input_nc"], config["n_layers"]
    if layers == 0:
        wide = 2 * config["ndf"]
        shapes.conv("D/net.0", inputs, config["ndf"], 1)
        shapes.conv("D/net.2", config["ndf"], wide, 1, use_bias=use_bias)
        if not use_bias:
            shapes.norm("D/net.3", wide)
        shapes.conv("D/net.5", wide, 1, 1, use_bias=use_bias)
        return shapes
    for number in range(layers + 1):
        outputs = config["ndf"] * min(2**number, 8)
        place = 3 * number - 1 if number else 0
        shapes.conv(f"D/model.{place}", inputs, outputs, 4, use_bias=use_bias or number == 0)
        if number and not use_bias:
            shapes.norm(f"D/model.{place + 1}", outputs)
        inputs = outputs
    shapes.conv(f"D/model.{3 * layers + 2}", inputs, 1, 4)
    return shapes


def patchgan(tensors, config, images):
    get, layers = getter(tensors), config["n_layers"]
    if layers == 0:  # of pixels
        x = conv(leaky_relu(conv(images, get, "D/net.0")), get, "D/net.2")
        return conv(leaky_relu(norm(x, get, "D/net.3", config["norm"])), get, "D/net.5")
    x = leaky_relu(conv(images, get, "D/model.0", stride=2, padding=1))
    for number in range(1, layers + 1):
        place = 3 * number - 1
        x = conv(x, get, f"D/model.{place}", stride=2 if number < layers else 1, padding=1)
        x = leaky_relu(norm(x, get, f"D/model.{place + 1}", config["norm"]))
    return conv(x, get, f"D/model.{3 * layers + 2}", padding=1)


# === ResNet of CycleGAN ===


def resnet_shapes(config):
    shapes, width, blocks = Shapes(), config["ngf"], config["n_blocks"]
    batch = config["norm"] == "batch"

    def both(place, inputs, outputs, size, transposed=False):
        shapes.conv(f"G/{place}", inputs, outputs, size, use_bias=not batch, transposed=transposed)
        if batch:
            head, _, number = place.rpartition(".")
            shapes.norm(f"G/{head}.{int(number) + 1}", outputs)

    both("model.1", config.get("input_nc", 3), width, 7)
    both("model.4", width, 2 * width, 3)
    both("model.7", 2 * width, 4 * width, 3)
    for i in range(blocks):
        for place in (1, 6 if config["use_dropout"] else 5):
            both(f"model.{10 + i}.conv_block.{place}", 4 * width, 4 * width, 3)
    both(f"model.{10 + blocks}", 4 * width, 2 * width, 3, transposed=True)
    both(f"model.{13 + blocks}", 2 * width, width, 3, transposed=True)
    shapes.conv(f"G/model.{17 + blocks}", width, config.get("output_nc", 3), 7)
    return shapes


def reflected(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)), mode="reflect")


def resnet(tensors, config, images):
    """Evaluation mode: dropout, where the configuration has it, does nothing."""
    get, blocks = getter(tensors), config["n_blocks"]

    def normed(x, place):
        head, _, number = place.rpartition(".")
        return norm(x, get, f"{head}.{int(number) + 1}", config["norm"])

    def step(x, place, **options):
        return normed(conv(x, get, place, **options), place)

    x = relu(step(reflected(images, 3), "G/model.1"))
    for place in ("G/model.4", "G/model.7"):
        x = relu(step(x, place, stride=2, padding=1))
    for i in range(blocks):
        block = f"G/model.{10 + i}.conv_block"
        y = relu(step(reflected(x, 1), f"{block}.1"))
        x = x + step(reflected(y, 1), f"{block}.{6 if config['use_dropout'] else 5}")
    for place in (f"G/model.{10 + blocks}", f"G/model.{13 + blocks}"):
        x = relu(normed(transposed_conv(x, get, place, padding=1, output_padding=1), place))
    return np.tanh(conv(reflected(x, 3), get, f"G/model.{17 + blocks}"))


# === StarGAN ===


def stargan_shapes(config):
    shapes, width, blocks = Shapes(), config["G"]["conv_dim"], config["G"]["repeat_num"]

    def both(place, inputs, outputs, size, transposed=False):
        head, _, number = place.rpartition(".")
        shapes.conv(place, inputs, outputs, size, use_bias=False, transposed=transposed)
        shapes.norm(f"{head}.{int(number) + 1}", outputs)

    both("G/main.0", 3 + config["G"]["c_dim"], width, 7)
    both("G/main.3", width, 2 * width, 4)
    both("G/main.6", 2 * width, 4 * width, 4)
    for i in range(blocks):
        for place in (0, 3):
            both(f"G/main.{9 + i}.main.{place}", 4 * width, 4 * width, 3)
    both(f"G/main.{9 + blocks}", 4 * width, 2 * width, 4, transposed=True)
    both(f"G/main.{12 + blocks}", 2 * width, width, 4, transposed=True)
    shapes.conv(f"G/main.{15 + blocks}", width, 3, 7, use_bias=False)
    inputs = 3
    for number in range(config["D"]["repeat_num"]):
        outputs = config["D"]["conv_dim"] * 2**number
        shapes.conv(f"D/main.{2 * number}", inputs, outputs, 4)
        inputs = outputs
    shapes.conv("D/conv1", inputs, 1, 3, use_bias=False)
    left = config["D"]["image_size"] // 2 ** config["D"]["repeat_num"]
    shapes.conv("D/conv2", inputs, config["D"]["c_dim"], left, use_bias=False)
    return shapes


def stargan_generator(tensors, config, images, labels):
    get, blocks = getter(tensors), config["repeat_num"]
    maps = np.broadcast_to(labels[:, :, None, None], (*labels.shape, *images.shape[2:]))

    def normed(x, place):
        head, _, number = place.rpartition(".")
        return instance_norm(x, get, f"{head}.{int(number) + 1}")

    def step(x, place, **options):
        return normed(conv(x, get, place, **options), place)

    x = relu(step(np.concatenate([images, maps], axis=1), "G/main.0", padding=3))
    for place in ("G/main.3", "G/main.6"):
        x = relu(step(x, place, stride=2, padding=1))
    for i in range(blocks):
        y = relu(step(x, f"G/main.{9 + i}.main.0", padding=1))
        x = x + step(y, f"G/main.{9 + i}.main.3", padding=1)
    for place in (f"G/main.{9 + blocks}", f"G/main.{12 + blocks}"):
        x = relu(normed(transposed_conv(x, get, place, padding=1), place))
    return np.tanh(conv(x, get, f"G/main.{15 + blocks}", padding=3))


def stargan_discriminator(tensors, config, images):
    get, x = getter(tensors), images
    for number in range(config["repeat_num"]):
        x = leaky_relu(conv(x, get, f"D/main.{2 * number}", stride=2, padding=1), 0.01)
    return conv(x, get, "D/conv1", padding=1), conv(x, get, "D/conv2")[:, :, 0, 0]


# === StarGAN v2 ===


def stargan_v2_blocks(config, prefix, smallest):
    """Widths (in, out) of the blocks that halve, down to `smallest` pixels."""
    width = config["first_width"]
    blocks, size = [], config["img_size"]
    while size > smallest:
        wider = min(2 * width, config["max_conv_dim"])
        blocks.append((f"{prefix}.{len(blocks)}", width, wider))
        width, size = wider, size // 2
    return blocks, width


def stargan_v2_generator_blocks(config):
    """(name, in, out) of all blocks, first those of the way down."""
    down, width = stargan_v2_blocks(config, "generator/encode", 8 if config["w_hpf"] else 16)
    widths = [(inner, outer) for _, inner, outer in down]
    names = [f"generator/encode.{i}" for i in range(len(down) + 2)]
    down = [(name, *pair) for name, pair in zip(names, [*widths, *[(width, width)] * 2], strict=True)]
    back = [*[(width, width)] * 2, *[pair[::-1] for pair in reversed(widths)]]
    up = [(f"generator/decode.{i}", *pair) for i, pair in enumerate(back)]
    return down, up


def stargan_v2_shapes(config):
    shapes, first, style = Shapes(), config["first_width"], config["style_dim"]

    def block(name, inputs, outputs, norms=None):
        middle = outputs if norms == "adaptive" else inputs
        shapes.conv(f"{name}.conv1", inputs, middle, 3)
        shapes.conv(f"{name}.conv2", middle, outputs, 3)
        for number, width in ((1, inputs), (2, middle)):
            if norms == "adaptive":
                shapes.linear(f"{name}.norm{number}.fc", style, 2 * width)
            elif norms == "instance":
                shapes.norm(f"{name}.norm{number}", width, statistics=False)
        if inputs != outputs:
            shapes.conv(f"{name}.conv1x1", inputs, outputs, 1, use_bias=False)

    shapes.conv("generator/from_rgb", 3, first, 3)
    down, up = stargan_v2_generator_blocks(config)
    for one in down:
        block(*one, "instance")
    for one in up:
        block(*one, "adaptive")
    shapes.norm("generator/to_rgb.0", first, statistics=False)
    shapes.conv("generator/to_rgb.2", first, 3, 1)

    inputs, width = config["latent_dim"], config["mapping_width"]
    for number in range(config["mapping_shared_layers"]):
        shapes.linear(f"mapping_network/shared.{2 * number}", inputs, width)
        inputs = width
    last = config["mapping_unshared_layers"] - 1
    for domain in range(config["num_domains"]):
        name, wide = f"mapping_network/unshared.{domain}", inputs
        for number in range(last):
            shapes.linear(f"{name}.{2 * number}", wide, width)
            wide = width
        shapes.linear(f"{name}.{2 * last}", wide, style)

    for name in ("style_encoder/shared", "discriminator/main"):
        blocks, width = stargan_v2_blocks(config, name, 4)
        shapes.conv(f"{name}.0", 3, first, 3)
        for number, (_, inner, outer) in enumerate(blocks):
            block(f"{name}.{number + 1}", inner, outer)
        shapes.conv(f"{name}.{len(blocks) + 2}", width, width, 4)
        if name.startswith("style"):
            for domain in range(config["num_domains"]):
                shapes.linear(f"style_encoder/unshared.{domain}", width, style)
        else:
            shapes.conv(f"{name}.{len(blocks) + 4}", width, config["num_domains"], 1)
    return shapes


def stargan_v2_block(x, get, name, *, halve=False, norms=False):
    def step(y, number):
        y = leaky_relu(instance_norm(y, get, f"{name}.norm{number}") if norms else y)
        return conv(y, get, f"{name}.conv{number}", padding=1)

    y, skip = step(x, 1), x
    if get(f"{name}.conv1x1.weight", None) is not None:
        skip = conv(skip, get, f"{name}.conv1x1")
    if halve:
        y, skip = mean_of_squares(y), mean_of_squares(skip)
    return (step(y, 2) + skip) / np.sqrt(2)


def stargan_v2_generator(tensors, config, images, styles, masks=None):
    """`masks`, `(N, 1, H, W)`, let detail of the way down through, behind each block that doubles."""
    get, high_pass = getter(tensors), config["w_hpf"]
    down, up = stargan_v2_generator_blocks(config)
    x, before = conv(images, get, "generator/from_rgb", padding=1), []
    for number, (name, *_) in enumerate(down):
        halve = number < len(down) - 2
        if halve:
            before.append(x)
        x = stargan_v2_block(x, get, name, halve=halve, norms=True)

    def adaptive(y, name):
        scale, shift = np.split(linear(styles, get, f"{name}.fc"), 2, axis=1)
        return leaky_relu((1 + scale)[:, :, None, None] * instance_norm(y) + shift[:, :, None, None])

    for number, (name, *_) in enumerate(up):
        double = number >= 2
        y, skip = adaptive(x, f"{name}.norm1"), x
        if double:
            y, skip = (z.repeat(2, axis=2).repeat(2, axis=3) for z in (y, skip))
        y = adaptive(conv(y, get, f"{name}.conv1", padding=1), f"{name}.norm2")
        y = conv(y, get, f"{name}.conv2", padding=1)
        if get(f"{name}.conv1x1.weight", None) is not None:
            skip = conv(skip, get, f"{name}.conv1x1")
        x = y if high_pass else (y + skip) / np.sqrt(2)
        if double and masks is not None:
            features, mask = before.pop(), masks
            while mask.shape[-1] > x.shape[-1]:
                mask = mean_of_squares(mask)
            patches = windows(zeros_around(features * mask, 1), 3, 1)
            x = x + high_pass * (9 * features * mask - patches.sum(axis=(4, 5)))
    x = leaky_relu(instance_norm(x, get, "generator/to_rgb.0"))
    return conv(x, get, "generator/to_rgb.2")


def stargan_v2_mapping_network(tensors, config, latents, labels):
    get, x = getter(tensors), latents
    for number in range(config["mapping_shared_layers"]):
        x = relu(linear(x, get, f"mapping_network/shared.{2 * number}"))
    styles = []
    for example, label in enumerate(labels):
        y, name = x[example], f"mapping_network/unshared.{label}"
        for number in range(config["mapping_unshared_layers"]):
            y = linear(relu(y) if number else y, get, f"{name}.{2 * number}")
        styles.append(y)
    return np.stack(styles)


def stargan_v2_features(get, config, images, name):
    """Returns features `(N, C)`, and the number of the next place."""
    blocks, _ = stargan_v2_blocks(config, name, 4)
    x = conv(images, get, f"{name}.0", padding=1)
    for number in range(len(blocks)):
        x = stargan_v2_block(x, get, f"{name}.{number + 1}", halve=True)
    x = leaky_relu(conv(leaky_relu(x), get, f"{name}.{len(blocks) + 2}"))
    return x[:, :, 0, 0], len(blocks) + 4


def stargan_v2_style_encoder(tensors, config, images, labels):
    get = getter(tensors)
    x, _ = stargan_v2_features(get, config, images, "style_encoder/shared")
    return np.stack(
        [linear(row, get, f"style_encoder/unshared.{label}") for row, label in zip(x, labels, strict=True)]
    )


def stargan_v2_discriminator(tensors, config, images, labels):
    get = getter(tensors)
    x, place = stargan_v2_features(get, config, images, "discriminator/main")
    logits = conv(x[:, :, None, None], get, f"discriminator/main.{place}")[:, :, 0, 0]
    return logits[np.arange(len(labels)), labels]

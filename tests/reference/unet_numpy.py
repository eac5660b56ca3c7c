"""The U-Net of diffusion models in NumPy, slowly: tensors, names and configuration are the reference's.

Channels first, float64. Written from the description of the published files, not from the package.
"""

import numpy as np


class Shapes(dict):
    """Name and shape of tensors."""

    def linear(self, name, inputs, outputs, *kernel):
        self[f"{name}.weight"] = (outputs, inputs, *kernel)
        self[f"{name}.bias"] = (outputs,)

    def norm(self, name, channels):
        self[f"{name}.weight"] = self[f"{name}.bias"] = (channels,)

    def resnet(self, name, inputs, outputs, *time):
        """`time`: inputs and outputs of what makes the time part of a block."""
        self.norm(f"{name}.norm1", inputs)
        self.linear(f"{name}.conv1", inputs, outputs, 3, 3)
        if time:
            self.linear(f"{name}.time_emb_proj", *time)
        self.norm(f"{name}.norm2", outputs)
        self.linear(f"{name}.conv2", outputs, outputs, 3, 3)
        if inputs != outputs:
            self.linear(f"{name}.conv_shortcut", inputs, outputs, 1, 1)

    def attention(self, name, channels, with_norm=True):
        if with_norm:
            self.norm(f"{name}.group_norm", channels)
        for part in ("to_q", "to_k", "to_v", "to_out.0"):
            self.linear(f"{name}.{part}", channels, channels)


def shapes(config):
    """Name and shape of every tensor of a configuration."""
    found = Shapes()
    linear, norm, attention = found.linear, found.norm, found.attention
    scale_shift = config["resnet_time_scale_shift"] == "scale_shift"
    widths = config["block_out_channels"]
    features = 4 * widths[0]

    def resnet(name, inputs, outputs):
        found.resnet(name, inputs, outputs, features, 2 * outputs if scale_shift else outputs)

    linear("conv_in", config["in_channels"], widths[0], 3, 3)
    linear("time_embedding.linear_1", widths[0], features)
    linear("time_embedding.linear_2", features, features)
    if config["num_class_embeds"]:
        found["class_embedding.weight"] = (config["num_class_embeds"], features)
    last, skips = widths[0], [widths[0]]
    for level, (kind, width) in enumerate(zip(config["down_block_types"], widths, strict=True)):
        for number in range(config["layers_per_block"]):
            resnet(f"down_blocks.{level}.resnets.{number}", last, width)
            if kind.startswith("Attn"):
                attention(f"down_blocks.{level}.attentions.{number}", width)
            last = width
            skips.append(last)
        if level < len(widths) - 1:
            linear(f"down_blocks.{level}.downsamplers.0.conv", last, last, 3, 3)
            skips.append(last)
    resnet("mid_block.resnets.0", last, last)
    attention("mid_block.attentions.0", last, not scale_shift or bool(config["attn_norm_num_groups"]))
    resnet("mid_block.resnets.1", last, last)
    for level, (kind, width) in enumerate(zip(config["up_block_types"], widths[::-1], strict=True)):
        for number in range(config["layers_per_block"] + 1):
            resnet(f"up_blocks.{level}.resnets.{number}", last + skips.pop(), width)
            if kind.startswith("Attn"):
                attention(f"up_blocks.{level}.attentions.{number}", width)
            last = width
        if level < len(widths) - 1:
            linear(f"up_blocks.{level}.upsamplers.0.conv", last, last, 3, 3)
    assert not skips
    norm("conv_norm_out", last)
    linear("conv_out", last, config["out_channels"], 3, 3)
    return found


def random_tensors(config, seed=0):
    """Random tensors of a configuration under which activations neither vanish nor grow."""
    return random_of(shapes(config), seed)


def random_of(shapes, seed=0):
    """Random tensors of these names and shapes, as `random_tensors`."""
    random = np.random.default_rng(seed)

    def drawn(name, shape):
        noise = random.standard_normal(shape)
        if len(shape) == 1:
            return 0.2 * noise + ("norm" in name and name.endswith("weight"))
        return noise / (1.0 if name.startswith("class") else np.sqrt(np.prod(shape[1:])))

    return {name: drawn(name, shape).astype("float32") for name, shape in shapes.items()}


def with_older_names(tensors):
    """The tensors with those names of the attention that files of before 2023 have."""
    renamed = {}
    for name, array in tensors.items():
        for new, old in {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}.items():
            name = name.replace(f".{new}.", f".{old}.")
        renamed[name] = array
    return renamed


def silu(x):
    return x / (1.0 + np.exp(-x))


def sinusoid(timesteps, config):
    """Sine and cosine of every time step at every frequency, `(batch, width)`."""
    half = config["block_out_channels"][0] // 2
    frequencies = 10000.0 ** (-np.arange(half) / (half - config["freq_shift"]))
    angles = np.outer(np.asarray(timesteps, "float64"), frequencies)
    halves = (
        (np.cos(angles), np.sin(angles)) if config["flip_sin_to_cos"] else (np.sin(angles), np.cos(angles))
    )
    return np.hstack(halves)


class UNet:
    """`UNet(tensors, config)(images, timesteps, labels)`; keeps the projection and the embedding of time."""

    def __init__(self, tensors, config):
        self.tensors = {name: array.astype("float64") for name, array in tensors.items()}
        self.config = config

    def linear(self, name, x):
        return x @ self.tensors[f"{name}.weight"].T + self.tensors[f"{name}.bias"]

    def conv(self, name, x, stride=1, padding=((1, 1), (1, 1))):
        weight, bias = self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
        padding = padding if weight.shape[2] == 3 else ((0, 0), (0, 0))
        x = np.pad(x, ((0, 0), (0, 0), *padding))
        windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(2, 3))
        windows = windows[:, :, ::stride, ::stride]  # (batch, in, rows, columns, height, width)
        return np.einsum("nirchw,oihw->norc", windows, weight, optimize=True) + bias[:, None, None]

    def norm(self, name, x):
        groups = x.reshape(len(x), self.config["norm_num_groups"], -1)
        deviation = groups - groups.mean(axis=2, keepdims=True)
        variance = (deviation**2).mean(axis=2, keepdims=True)
        x = (deviation / np.sqrt(variance + self.config["norm_eps"])).reshape(x.shape)
        weight, bias = self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
        return x * weight[:, None, None] + bias[:, None, None]

    def resnet(self, name, x, time=None):
        inner = self.conv(f"{name}.conv1", silu(self.norm(f"{name}.norm1", x)))
        if time is not None:
            time = self.linear(f"{name}.time_emb_proj", silu(time))[:, :, None, None]
        if time is None:
            inner = self.norm(f"{name}.norm2", inner)
        elif self.config["resnet_time_scale_shift"] == "scale_shift":
            scale, shift = time[:, : time.shape[1] // 2], time[:, time.shape[1] // 2 :]
            inner = self.norm(f"{name}.norm2", inner) * (1.0 + scale) + shift
        else:
            inner = self.norm(f"{name}.norm2", inner + time)
        inner = self.conv(f"{name}.conv2", silu(inner))
        shortcut = f"{name}.conv_shortcut"
        return inner + (self.conv(shortcut, x) if f"{shortcut}.weight" in self.tensors else x)

    def attention(self, name, x):
        count, channels, height, width = x.shape
        size = self.config["attention_head_dim"] or channels
        norm = f"{name}.group_norm"
        inner = self.norm(norm, x) if f"{norm}.weight" in self.tensors else x
        inner = inner.reshape(count, channels, height * width).transpose(0, 2, 1)
        q, k, v = (self.linear(f"{name}.to_{part}", inner) for part in "qkv")
        result = np.empty_like(q)
        for start in range(0, channels, size):
            head = slice(start, start + size)
            logits = q[:, :, head] @ k[:, :, head].transpose(0, 2, 1) / np.sqrt(size)
            weights = np.exp(logits - logits.max(axis=2, keepdims=True))
            result[:, :, head] = weights / weights.sum(axis=2, keepdims=True) @ v[:, :, head]
        result = self.linear(f"{name}.to_out.0", result)
        return x + result.transpose(0, 2, 1).reshape(x.shape)

    def middle(self, name, x, time=None):
        x = self.resnet(f"{name}.resnets.0", x, time)
        x = self.attention(f"{name}.attentions.0", x)
        return self.resnet(f"{name}.resnets.1", x, time)

    def upsample(self, name, x):
        return self.conv(f"{name}.upsamplers.0.conv", x.repeat(2, axis=2).repeat(2, axis=3))

    def level(self, name, x, time, number):
        x = self.resnet(f"{name}.resnets.{number}", x, time)
        attends = f"{name}.attentions.{number}.to_q.weight" in self.tensors
        return self.attention(f"{name}.attentions.{number}", x) if attends else x

    def __call__(self, images, timesteps, labels=None):
        config, levels = self.config, len(self.config["block_out_channels"])
        self.time_projection = sinusoid(timesteps, config)
        time = silu(self.linear("time_embedding.linear_1", self.time_projection))
        time = self.time_embedding = self.linear("time_embedding.linear_2", time)
        if labels is not None:
            table = self.tensors["class_embedding.weight"]
            time = time + np.stack([table[label] if label >= 0 else 0 * table[0] for label in labels])
        x = self.conv("conv_in", images.astype("float64"))
        skips = [x]
        for level in range(levels):
            for number in range(config["layers_per_block"]):
                x = self.level(f"down_blocks.{level}", x, time, number)
                skips.append(x)
            if level < levels - 1:
                before = config["downsample_padding"]
                padding = ((before, 1), (before, 1))
                x = self.conv(f"down_blocks.{level}.downsamplers.0.conv", x, 2, padding)
                skips.append(x)
        x = self.middle("mid_block", x, time)
        for level in range(levels):
            for number in range(config["layers_per_block"] + 1):
                x = self.level(f"up_blocks.{level}", np.concatenate([x, skips.pop()], axis=1), time, number)
            if level < levels - 1:
                x = self.upsample(f"up_blocks.{level}", x)
        return self.conv("conv_out", silu(self.norm("conv_norm_out", x)))

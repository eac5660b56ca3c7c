"""Latent diffusion's autoencoders in NumPy, slowly: tensors, names and configuration are the reference's.

Channels first, float64. Written from the description of the published files, not from the package.
"""

import numpy as np
from reference.unet_numpy import Shapes, UNet, random_of, silu

PARTS = {"norm_eps": 1e-6, "attention_head_dim": None}


def widths(config):
    """Channels of the encoder's end, of what the 1x1 convolution behind it gives, of the decoder's start."""
    latents = config["latent_channels"]
    if "num_vq_embeddings" in config:
        return latents, config["vq_embed_dim"] or latents, latents
    return 2 * latents, 2 * latents, latents


def shapes(config):
    """Name and shape of every tensor of a configuration."""
    found, sizes = Shapes(), config["block_out_channels"]
    last, encoded, decoded = widths(config)
    found.linear("encoder.conv_in", config["in_channels"], sizes[0], 3, 3)
    found.linear("decoder.conv_in", decoded, sizes[-1], 3, 3)
    for part in ("encoder", "decoder"):
        for number in range(2):
            found.resnet(f"{part}.mid_block.resnets.{number}", sizes[-1], sizes[-1])
        found.attention(f"{part}.mid_block.attentions.0", sizes[-1])
    for part, name, order, resize in (
        ("encoder", "down_blocks", sizes, "downsamplers"),
        ("decoder", "up_blocks", sizes[::-1], "upsamplers"),
    ):
        before = order[0]
        for level, width in enumerate(order):
            for number in range(config["layers_per_block"] + (part == "decoder")):
                found.resnet(f"{part}.{name}.{level}.resnets.{number}", before, width)
                before = width
            if level < len(order) - 1:
                found.linear(f"{part}.{name}.{level}.{resize}.0.conv", width, width, 3, 3)
        found.norm(f"{part}.conv_norm_out", before)
        outputs = last if part == "encoder" else config["out_channels"]
        found.linear(f"{part}.conv_out", before, outputs, 3, 3)
    found.linear("quant_conv", last, encoded, 1, 1)
    latents = encoded if "num_vq_embeddings" in config else decoded
    found.linear("post_quant_conv", latents, decoded, 1, 1)
    if "num_vq_embeddings" in config:
        found["quantize.embedding.weight"] = (config["num_vq_embeddings"], encoded)
    return found


def random_tensors(config, seed=0):
    """Random tensors under which activations neither vanish nor grow."""
    tensors = random_of(shapes(config), seed)
    if "quantize.embedding.weight" in tensors:
        tensors["quantize.embedding.weight"] *= np.sqrt(tensors["quantize.embedding.weight"].shape[1])
    return tensors


class Autoencoder:
    """`encode(images)` and `decode(latents)`; `quantize(latents)` gives codes and their numbers."""

    def __init__(self, tensors, config):
        self.config, self.parts = config, UNet(tensors, {**config, **PARTS})

    def encode(self, images):
        """Mean and logarithm of the variance, one behind the other; of VQ the latents."""
        net, config = self.parts, self.config
        x = net.conv("encoder.conv_in", images.astype("float64"))
        for level in range(len(config["block_out_channels"])):
            for number in range(config["layers_per_block"]):
                x = net.resnet(f"encoder.down_blocks.{level}.resnets.{number}", x)
            if level < len(config["block_out_channels"]) - 1:
                x = net.conv(f"encoder.down_blocks.{level}.downsamplers.0.conv", x, 2, ((0, 1), (0, 1)))
        x = net.middle("encoder.mid_block", x)
        x = net.conv("encoder.conv_out", silu(net.norm("encoder.conv_norm_out", x)))
        x = net.conv("quant_conv", x)
        if "num_vq_embeddings" not in config:
            half = x.shape[1] // 2
            x[:, half:] = np.clip(x[:, half:], -30.0, 20.0)
        return x

    def quantize(self, latents):
        table = self.parts.tensors["quantize.embedding.weight"]
        indices = np.empty((len(latents), *latents.shape[2:]), "int32")
        for place in np.ndindex(indices.shape):
            vector = latents[place[0], :, place[1], place[2]]
            indices[place] = np.argmin(((table - vector) ** 2).sum(axis=1))
        return table[indices].transpose(0, 3, 1, 2), indices

    def decode(self, latents):
        net, config = self.parts, self.config
        if "num_vq_embeddings" in config:
            latents = self.quantize(latents)[0]
        x = net.conv("decoder.conv_in", net.conv("post_quant_conv", latents.astype("float64")))
        x = net.middle("decoder.mid_block", x)
        for level in range(len(config["block_out_channels"])):
            for number in range(config["layers_per_block"] + 1):
                x = net.resnet(f"decoder.up_blocks.{level}.resnets.{number}", x)
            if level < len(config["block_out_channels"]) - 1:
                x = net.upsample(f"decoder.up_blocks.{level}", x)
        return net.conv("decoder.conv_out", silu(net.norm("decoder.conv_norm_out", x)))

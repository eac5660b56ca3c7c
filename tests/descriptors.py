"""What the tests know of every public network and layer: small arguments, inputs, published sizes.

A new class gets a descriptor here. The mirrored tests check them all, and say which class has none.
"""

import dataclasses

import numpy as np

from harness import random_inputs
from keras_gans import layers, networks

LABELS = np.array([0, 2, 1, 2], "int32")
MULTI_HOT = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 0, 1]], "float32")
SEEDS = np.array([3, -1, 2**40, 0], "int64")
TIMESTEPS = np.array([0, 10, 500, 999], "float32")
# Between two pixels each way, instance norm leaves a sign: what half precision rounds, it enlarges.
SIGNS = {"mixed_float16": 5e-2, "mixed_bfloat16": 0.3}
# Attention and statistics of few numbers.
SHARP = {"mixed_float16": 5e-2, "mixed_bfloat16": 0.2}


class Inputs:
    """What is drawn for the inputs of a descriptor."""

    def arrays(self):
        """Returns a list of arrays, the same every time."""
        drawn = enumerate(self.inputs)
        return [random_inputs([one], seed=i) if isinstance(one, tuple) else one for i, one in drawn]

    def as_taken(self):
        """Returns a list, or the array where there is only one."""
        arrays = self.arrays()
        return arrays if len(arrays) > 1 else arrays[0]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Network(Inputs):
    """A network as small as it can be, and as it was published.

    Attributes:
        arguments: dict. Of the constructor; small.
        inputs: list of shapes, of normal numbers, and arrays; a batch of 4.
        output_shape: shape of one example's outputs, or list of shapes.
        parameters: int. Trainable ones, for `arguments`.
        published: list of (arguments, trainable parameters).
        without_gradient: names of layers whose weights do not take part.
        per_example: bool. Whether an example's outputs are independent of the rest of the batch.
        tolerance: float. Between ways to run it in float32.
        tolerances: dict of policy to largest difference to float32, where it is not the usual one.
    """

    arguments: dict
    inputs: list
    output_shape: tuple
    parameters: int
    published: list
    without_gradient: tuple = ()
    per_example: bool = True
    tolerance: float = 2e-5
    tolerances: dict = dataclasses.field(default_factory=dict)


def images(resolution, channels=3):
    return (4, resolution, resolution, channels)


GROWN = {"resolution": 16, "channel_base": 48, "channel_max": 6}
STYLED = {"latent_dim": 5, "style_dim": 6, "mapping_layers": 2, "num_classes": 3, "channels": 1}
STYLEGAN = {"resolution": 8, "channel_base": 16, "channel_max": 4}
STYLEGAN2 = {"resolution": 8, "channel_base": 32, "channel_max": 4}
LATENT_DIFFUSION = {"resolution": 64, "width": 224, "channel_multipliers": (1, 2, 3, 4), "head_dim": 32}
IMPROVED_DDPM = {"resolution": 32, "blocks_per_level": 3, "attention_resolutions": (16, 8), "head_dim": 64}
AUTOENCODER = {
    **{"resolution": 8, "channels": 2, "width": 4, "channel_multipliers": [1, 1.5]},
    **{"blocks_per_level": 1, "num_groups": 2, "norm_epsilon": 1e-5},
}
CONFIG_E = {"channel_base": 16384}
# By resolution: generator and discriminator.
PROGAN = {
    32: (20_719_628, 20_726_785),
    64: (22_490_383, 22_498_049),
    128: (22_933_394, 22_941_313),
    256: (23_044_309, 23_052_353),
    512: (23_072_120, 23_080_225),
    1024: (23_079_115, 23_087_249),
}
STYLEGAN_PUBLISHED = {
    128: (25_843_858, 22_941_313),
    256: (26_086_229, 23_052_353),
    1024: (26_219_627, 23_087_249),
}
STYLEGAN2_PUBLISHED = [
    ({"resolution": 64}, (27_032_600, 26_488_833)),
    ({"resolution": 128}, (29_328_669, 28_389_121)),
    ({"resolution": 256}, (30_034_338, 28_864_129)),
    ({"resolution": 512}, (30_276_583, 28_982_849)),
    ({"resolution": 1024}, (30_370_060, 29_012_513)),  # config f
    ({"resolution": 1024, **CONFIG_E}, (24_900_764, 24_038_161)),
    ({"resolution": 64, **CONFIG_E}, (23_819_544, 23_407_361)),  # paper256 of 2006.06676
    ({"resolution": 128, **CONFIG_E}, (24_525_213, 23_882_369)),
    ({"resolution": 256, **CONFIG_E}, (24_767_458, 24_001_089)),
]


def of_each(table, player):
    """Published sizes of one of a pair's networks."""
    return [({"resolution": resolution}, sizes[player]) for resolution, sizes in table.items()]


NETWORKS = {
    networks.GANGenerator: Network(
        arguments={
            "resolution": 5,
            "latent_dim": 4,
            "channels": 2,
            "num_classes": 3,
            "width": 7,
            "label_width": 3,
            "dropout": 0.5,
            "name": "painter",
        },
        inputs=[(4, 4), LABELS],
        output_shape=(5, 5, 2),
        parameters=488,
        published=[({}, 2_503_984), ({"num_classes": 10}, 2_413_984)],
    ),
    networks.GANDiscriminator: Network(
        arguments={
            "resolution": 5,
            "channels": 2,
            "num_classes": 3,
            "width": 6,
            "label_width": 2,
            "pieces": [3, 2],
            "dropout": 0.25,
            "input_dropout": 0.5,
            "name": "critic",
        },
        inputs=[images(5, 2), LABELS],
        output_shape=(1,),
        parameters=1_057,
        published=[({}, 1_231_441), ({"num_classes": 10, "pieces": (5, 4)}, 1_224_351)],
    ),
    networks.DCGANGenerator: Network(
        arguments={
            "resolution": 8,
            "latent_dim": 5,
            "channels": 2,
            "num_classes": 3,
            "width": 4,
            "name": "painter",
        },
        inputs=[(4, 5), LABELS],
        output_shape=(8, 8, 2),
        parameters=648,
        published=[({}, 3_576_704)],
    ),
    networks.DCGANDiscriminator: Network(
        arguments={
            "resolution": 16,
            "channels": 2,
            "num_classes": 3,
            "width": 3,
            "clip": 0.01,
            "name": "critic",
        },
        inputs=[images(16, 2), LABELS],
        output_shape=(1,),
        parameters=636,
        published=[({}, 2_765_568)],
    ),
    networks.WGANGPGenerator: Network(
        arguments={
            "resolution": 8,
            "latent_dim": 5,
            "channels": 2,
            "num_classes": 3,
            "channel_base": 32,
            "channel_max": 6,
            "name": "painter",
        },
        inputs=[(4, 5), LABELS],
        output_shape=(8, 8, 2),
        parameters=1_110,
        published=[
            ({"resolution": 32, "channel_max": 128}, 1_204_099),
            ({"resolution": 32, "channel_max": 128, "num_classes": 10}, 1_217_923),
            ({}, 8_540_483),
        ],
    ),
    networks.WGANGPDiscriminator: Network(
        arguments={
            "resolution": 8,
            "channels": 2,
            "num_classes": 3,
            "channel_base": 32,
            "channel_max": 6,
            "name": "critic",
        },
        inputs=[images(8, 2)],
        output_shape=(4,),
        parameters=876,
        published=[({}, 7_491_841)],
    ),
    networks.WGANGPCIFARDiscriminator: Network(
        arguments={
            "resolution": 16,
            "channels": 2,
            "num_classes": 3,
            "channel_base": 32,
            "channel_max": 6,
            "name": "critic",
        },
        inputs=[images(16, 2)],
        output_shape=(4,),
        parameters=848,
        published=[({}, 1_053_825), ({"num_classes": 10}, 1_055_115)],
    ),
    networks.SNGANGenerator: Network(
        arguments={
            "resolution": 8,
            "latent_dim": 5,
            "channels": 2,
            "num_classes": 3,
            "width": 4,
            "norm_epsilon": 1e-3,
            "name": "painter",
        },
        inputs=[(4, 5), LABELS],
        output_shape=(8, 8, 2),
        parameters=830,
        published=[
            ({}, 4_276_739),
            ({"num_classes": 10}, 4_304_387),
            ({"resolution": 128, "width": 64, "num_classes": 1000}, 41_996_931),
        ],
    ),
    networks.SNGANDiscriminator: Network(
        arguments={"resolution": 8, "channels": 2, "num_classes": 3, "width": 4, "name": "critic"},
        inputs=[images(8, 2), LABELS],
        output_shape=(1,),
        parameters=1_160,
        published=[
            ({}, 1_053_824),
            ({"num_classes": 10}, 1_055_104),
            ({"resolution": 128, "width": 64, "num_classes": 1000}, 30_041_857),
        ],
    ),
    networks.SNGANCNNGenerator: Network(
        arguments={"resolution": 8, "latent_dim": 5, "channels": 2, "num_classes": 3, "width": 2},
        inputs=[(4, 5), LABELS],
        output_shape=(8, 8, 2),
        parameters=2_920,
        published=[({}, 3_812_355)],
    ),
    networks.SNGANCNNDiscriminator: Network(
        arguments={"resolution": 8, "channels": 2, "num_classes": 3, "width": 2},
        inputs=[images(8, 2), LABELS],
        output_shape=(1,),
        parameters=3_001,
        published=[({}, 2_935_873)],
    ),
    networks.SAGANGenerator: Network(
        arguments={
            "resolution": 8,
            "latent_dim": 5,
            "channels": 2,
            "num_classes": 3,
            "width": 8,
            "attention_resolution": 8,
            "name": "painter",
        },
        inputs=[(4, 5), LABELS],
        output_shape=(8, 8, 2),
        parameters=3_803,
        published=[({"num_classes": 1000}, 42_017_412)],
    ),
    networks.SAGANDiscriminator: Network(
        arguments={
            "resolution": 8,
            "channels": 2,
            "num_classes": 3,
            "width": 8,
            "attention_resolution": 4,
            "name": "critic",
        },
        inputs=[images(8, 2), LABELS],
        output_shape=(1,),
        parameters=4_538,
        published=[({"num_classes": 1000}, 39_448_258)],
    ),
    networks.BigGANGenerator: Network(
        arguments={
            "resolution": 8,
            "latent_dim": 6,
            "num_classes": 3,
            "width": 4,
            "shared_dim": 5,
            "attention_resolutions": [8],
            "statistics_rows": 3,
        },
        inputs=[(4, 6), LABELS],
        output_shape=(8, 8, 3),
        parameters=7_251,
        published=[
            ({}, 70_433_988),
            ({"resolution": 256, "latent_dim": 140, "attention_resolutions": (128,)}, 82_097_604),
        ],
        tolerances=SHARP,
    ),
    networks.BigGANDiscriminator: Network(
        arguments={"resolution": 8, "num_classes": 3, "width": 4, "attention_resolutions": []},
        inputs=[images(8), LABELS],
        output_shape=(1,),
        parameters=16_817,
        published=[({}, 87_982_370), ({"resolution": 256, "attention_resolutions": (128,)}, 99_191_330)],
    ),
    networks.BigGANDeepGenerator: Network(
        arguments={
            "resolution": 8,
            "latent_dim": 4,
            "num_classes": 3,
            "width": 8,
            "shared_dim": 5,
            "blocks": [[True, 2, 1]],
            "attention_position": 0,
            "statistics_rows": 3,
        },
        inputs=[(4, 4), LABELS],
        output_shape=(8, 8, 3),
        parameters=4_404,
        published=[({}, 50_388_609)],
        tolerances=SHARP,
    ),
    networks.BigGANDeepDiscriminator: Network(
        arguments={
            "resolution": 8,
            "num_classes": 3,
            "width": 8,
            "blocks": [[True, 1, 2], [False, 2, 2]],
            "attention_position": 1,
        },
        inputs=[images(8), LABELS],
        output_shape=(1,),
        parameters=1_538,
        published=[({}, 34_590_210)],
    ),
    networks.ProGANGenerator: Network(
        arguments={**GROWN, "latent_dim": 5, "num_classes": 3, "channels": 1, "name": "painter"},
        inputs=[(4, 5), LABELS],
        output_shape=(16, 16, 1),
        parameters=2_445,
        published=of_each(PROGAN, 0),
        without_gradient=("to_rgb_4x4",),
    ),
    networks.ProGANDiscriminator: Network(
        arguments={
            **GROWN,
            "channels": 1,
            "num_classes": 3,
            "minibatch_group_size": None,
            "fused_scale": False,
            "name": "critic",
        },
        inputs=[images(16, 1)],
        output_shape=(4,),
        parameters=2_296,
        published=of_each(PROGAN, 1),
        without_gradient=("from_rgb_4x4",),
    ),
    networks.StyleGANGenerator: Network(
        arguments={**STYLEGAN, **STYLED, "mapping_width": 7, "name": "painter"},
        inputs=[(4, 5), LABELS],
        output_shape=(8, 8, 1),
        parameters=902,
        published=of_each(STYLEGAN_PUBLISHED, 0),
        tolerance=5e-5,
    ),
    networks.StyleGANDiscriminator: Network(
        arguments={**STYLEGAN, "num_classes": 3, "minibatch_group_size": 2, "name": "critic"},
        inputs=[images(8), LABELS],
        output_shape=(1,),
        parameters=787,
        published=of_each(STYLEGAN_PUBLISHED, 1),
        per_example=False,
    ),
    networks.StyleGAN2Generator: Network(
        arguments={**STYLEGAN2, **STYLED, "clamp": None, "name": "painter"},
        inputs=[(4, 5), LABELS],
        output_shape=(8, 8, 1),
        parameters=799,
        published=[
            *((arguments, sizes[0]) for arguments, sizes in STYLEGAN2_PUBLISHED),
            ({"resolution": 32, "num_classes": 10, "mapping_layers": 2}, 20_215_315),  # CIFAR-10
        ],
    ),
    networks.StyleGAN2ResidualGenerator: Network(
        arguments={**STYLEGAN2, **STYLED, "clamp": None, "name": "painter"},
        inputs=[(4, 5), LABELS],
        output_shape=(8, 8, 1),
        parameters=782,
        published=[],
    ),
    networks.StyleGAN2Discriminator: Network(
        arguments={**STYLEGAN2, "num_classes": 3, "projection_dim": 5, "mapping_layers": 2, "name": "critic"},
        inputs=[images(8), LABELS],
        output_shape=(1,),
        parameters=877,
        published=[(arguments, sizes[1]) for arguments, sizes in STYLEGAN2_PUBLISHED],
        per_example=False,
    ),
    networks.StyleGAN2PlainDiscriminator: Network(
        arguments={**STYLEGAN2, "num_classes": 3, "mapping_layers": 2},
        inputs=[images(8), LABELS],
        output_shape=(1,),
        parameters=832,
        published=[({"resolution": 32, "num_classes": 10}, 23_089_664)],  # CIFAR-10
        per_example=False,
    ),
    networks.StyleGAN2SkipDiscriminator: Network(
        arguments={**STYLEGAN2, "name": "critic"},
        inputs=[images(8)],
        output_shape=(1,),
        parameters=777,
        published=[],
        per_example=False,
    ),
    networks.Pix2PixGenerator: Network(
        arguments={
            "resolution": 8,
            "source_channels": 2,
            "channels": 1,
            "num_downs": 2,
            "width": 3,
            "dropout": 0.25,
            "batch_norm": True,
            "affine": False,
            "name": "painter",
        },
        inputs=[images(8, 2), SEEDS],
        output_shape=(8, 8, 1),
        parameters=775,
        published=[({"resolution": 256}, 54_413_955)],
    ),
    networks.PatchGANDiscriminator: Network(
        arguments={
            "resolution": 8,
            "channels": 2,
            "num_layers": 1,
            "width": 3,
            "batch_norm": True,
            "affine": False,
            "name": "critic",
        },
        inputs=[images(8, 2)],
        output_shape=(2, 2, 1),
        parameters=496,
        published=[
            ({"channels": 6}, 2_768_705),
            ({"channels": 6, "batch_norm": False, "affine": True}, 2_768_705),
            ({"batch_norm": False}, 2_764_737),
        ],
    ),
    networks.CycleGANGenerator: Network(
        arguments={
            "resolution": 8,
            "source_channels": 2,
            "channels": 1,
            "num_blocks": 1,
            "width": 3,
            "batch_norm": False,
            "dropout": 0.0,
            "name": "painter",
        },
        inputs=[images(8, 2)],
        output_shape=(8, 8, 1),
        parameters=4_708,
        published=[({"resolution": 256}, 11_378_179), ({"resolution": 128, "num_blocks": 6}, 7_837_699)],
        tolerances=SIGNS,
    ),
    networks.StarGANGenerator: Network(
        arguments={
            "resolution": 8,
            "channels": 2,
            "num_classes": 3,
            "width": 3,
            "num_blocks": 1,
            "name": "painter",
        },
        inputs=[images(8, 2), MULTI_HOT],
        output_shape=(8, 8, 2),
        parameters=6_609,
        published=[({"resolution": 128}, 8_430_528)],
        tolerances=SIGNS,
    ),
    networks.StarGANDiscriminator: Network(
        arguments={
            "resolution": 8,
            "channels": 2,
            "num_classes": 3,
            "width": 3,
            "num_layers": 2,
            "name": "critic",
        },
        inputs=[images(8, 2)],
        output_shape=[(2, 2, 1), (3,)],
        parameters=519,
        published=[({}, 44_762_048)],
    ),
    networks.StarGANv2Generator: Network(
        arguments={
            "resolution": 32,
            "channels": 2,
            "width": 2,
            "max_width": 3,
            "num_downs": 1,
            "style_dim": 4,
            "high_pass": 0.0,
            "name": "painter",
        },
        inputs=[images(32, 2), (4, 4)],
        output_shape=(32, 32, 2),
        parameters=1_123,
        published=[({}, 33_892_995), ({"high_pass": 1.0}, 43_467_395)],
    ),
    networks.StarGANv2MappingNetwork: Network(
        arguments={
            "latent_dim": 3,
            "style_dim": 4,
            "num_classes": 3,
            "width": 8,
            "shared_layers": 1,
            "domain_layers": 2,
            "name": "mapping",
        },
        inputs=[(4, 3), LABELS],
        output_shape=(4,),
        parameters=356,
        published=[({}, 2_438_272), ({"num_classes": 3}, 3_259_072)],
    ),
    networks.StarGANv2StyleEncoder: Network(
        arguments={
            "resolution": 8,
            "channels": 2,
            "width": 3,
            "max_width": 5,
            "style_dim": 4,
            "num_classes": 3,
            "name": "encoder",
        },
        inputs=[images(8, 2), LABELS],
        output_shape=(4,),
        parameters=773,
        published=[({}, 20_916_928), ({"num_classes": 3}, 20_949_760)],
    ),
    networks.StarGANv2Discriminator: Network(
        arguments={
            "resolution": 8,
            "channels": 2,
            "width": 3,
            "max_width": 5,
            "num_classes": 3,
            "name": "critic",
        },
        inputs=[images(8, 2), LABELS],
        output_shape=(1,),
        parameters=719,
        published=[({}, 20_852_290), ({"num_classes": 3}, 20_852_803)],
    ),
    networks.UNet: Network(
        arguments={
            "resolution": 8,
            "channels": 1,
            "width": 8,
            "channel_multipliers": [1, 1.5],
            "blocks_per_level": 1,
            "attention_resolutions": [4],
            "head_dim": 4,
            "dropout": 0.0,
            "num_classes": 3,
            "scale_shift": True,
            "learned_variance": True,
            "num_groups": 2,
            "norm_epsilon": 1e-5,
            "freq_shift": 0,
            "flip_sin_to_cos": True,
            "downsample_padding": 1,
            "middle_attention_norm": False,
            "name": "denoiser",
        },
        inputs=[images(8, 1), TIMESTEPS, np.array([1, 0, -1, 2], "int32")],
        output_shape=(8, 8, 2),
        parameters=32_810,
        published=[
            ({"resolution": 32}, 35_746_307),  # DDPM, CIFAR-10
            ({"resolution": 256, "channel_multipliers": (1, 1, 2, 2, 4, 4)}, 113_673_219),  # LSUN, CelebA-HQ
            ({**IMPROVED_DDPM, "scale_shift": True, "learned_variance": True}, 52_546_438),  # CIFAR-10
            ({**LATENT_DIFFUSION, "attention_resolutions": (32, 16, 8)}, 274_056_163),  # CelebA-HQ
        ],
    ),
    networks.LeNetReconstructor: Network(
        arguments={
            "resolution": 8,
            "num_directions": 5,
            "channels": 2,
            "width": 3,
            "name": "namer",
        },
        inputs=[images(8, 2), images(8, 2)],
        output_shape=[(5,), (1,)],
        parameters=5_722,
        published=[],
    ),
    networks.ResNet18Reconstructor: Network(
        arguments={
            "resolution": 33,
            "num_directions": 5,
            "channels": 1,
            "width": 2,
            "name": "namer",
        },
        inputs=[images(33, 1), images(33, 1)],
        output_shape=[(5,), (1,)],
        parameters=11_494,
        published=[({"num_directions": 1000}, 11_699_433)],
    ),
    networks.KLAutoencoder: Network(
        arguments={**AUTOENCODER, "latent_channels": 2, "name": "compressor"},
        inputs=[images(8, 2)],
        output_shape=(8, 8, 2),
        parameters=7_114,
        published=[({}, 83_653_863)],  # an eighth
    ),
    networks.VQAutoencoder: Network(
        arguments={
            **AUTOENCODER,
            "latent_channels": 3,
            "num_codes": 7,
            "encoder_channels": 5,
            "name": "compressor",
        },
        inputs=[images(8, 2)],
        output_shape=(8, 8, 2),
        parameters=7_364,
        published=[({}, 55_322_782)],  # a fourth
        without_gradient=("codebook",),  # it learns by a term of its own
    ),
}
# Networks of networks: `tests/networks` builds them from those above.
COMPOSITES = (networks.CycleGANTranslator, networks.StarGANv2)
BASES = (networks.Autoencoder, networks.ImageDiscriminator, networks.LatentGenerator)  # of those above


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layer(Inputs):
    """A layer as the tests run it.

    Attributes:
        arguments: dict. Of the constructor.
        inputs: list of shapes, of normal numbers, and arrays.
        separate: bool. Whether a call takes several inputs as arguments instead of one list.
        tolerance: float. Between ways to run it in float32.
    """

    arguments: dict = dataclasses.field(default_factory=dict)
    inputs: list
    separate: bool = False
    tolerance: float = 1e-5


IMAGE = (2, 6, 4, 2)
LAYERS = {
    layers.Bias: Layer(inputs=[IMAGE]),
    layers.Constant: Layer(arguments={"shape": [2, 3, 4]}, inputs=[(5, 7)]),
    layers.DownsampleConv2D: Layer(arguments={"filters": 4}, inputs=[IMAGE]),
    layers.Dropout: Layer(arguments={"rate": 0.5}, inputs=[IMAGE]),
    layers.EqualizedConv2D: Layer(arguments={"filters": 4}, inputs=[IMAGE]),
    layers.EqualizedDense: Layer(arguments={"units": 7}, inputs=[(3, 5)]),
    layers.FIRDownsampleConv2D: Layer(arguments={"filters": 4}, inputs=[IMAGE]),
    layers.FIRResample2D: Layer(arguments={"up": 2}, inputs=[IMAGE]),
    layers.FadeIn: Layer(inputs=[IMAGE, IMAGE]),
    layers.GroupNorm: Layer(
        arguments={"groups": 3, "silu": True}, inputs=[(3, 5, 4, 12), (3, 12), (3, 12)], separate=True
    ),
    layers.HighPassSkip: Layer(
        arguments={"factor": 2}, inputs=[(2, 4, 4, 3), (2, 4, 4, 3), (2, 8, 8, 1)], separate=True
    ),
    layers.InstanceNorm: Layer(inputs=[(3, 5, 4, 6), (3, 6), (3, 6)], separate=True),
    layers.MinibatchStddev: Layer(arguments={"group_size": 2}, inputs=[(4, 3, 2, 5)]),
    layers.ModulatedConv2D: Layer(
        arguments={"filters": 4, "kernel_size": 3, "upsample_taps": [1.0, 3.0, 3.0, 1.0]},
        inputs=[(3, 4, 6, 5), (3, 5)],
    ),
    layers.NearestUpsampleConv2D: Layer(arguments={"filters": 4}, inputs=[IMAGE]),
    layers.NoiseInjection: Layer(inputs=[IMAGE, (2, 6, 4, 1)]),
    layers.PixelNorm: Layer(inputs=[IMAGE]),
    layers.ReflectionPadding2D: Layer(arguments={"padding": 2}, inputs=[IMAGE]),
    layers.SeededDropout: Layer(arguments={"rate": 0.5}, inputs=[(4, 3, 2, 5), SEEDS], separate=True),
    layers.SelfAttention2D: Layer(inputs=[(2, 4, 6, 16)], tolerance=2e-5),
    layers.SinusoidalEmbedding: Layer(arguments={"features": 6}, inputs=[(5,)]),
    layers.SizeCheck: Layer(arguments={"multiple": 2}, inputs=[IMAGE]),
    layers.SpatialAttention: Layer(arguments={"head_dim": 3}, inputs=[(3, 4, 2, 6)], tolerance=2e-5),
    layers.SpectralConv2D: Layer(arguments={"filters": 4, "kernel_size": 3}, inputs=[IMAGE]),
    layers.SpectralConv2DTranspose: Layer(
        arguments={"filters": 4, "kernel_size": 4, "strides": 2}, inputs=[IMAGE]
    ),
    layers.SpectralDense: Layer(arguments={"units": 7}, inputs=[(3, 5)]),
    layers.SpectralEmbedding: Layer(arguments={"input_dim": 3, "output_dim": 4}, inputs=[LABELS]),
    layers.StandingBatchNorm: Layer(arguments={"rows": 3, "affine": True}, inputs=[IMAGE]),
    layers.StyleAverage: Layer(inputs=[(3, 5)]),
    layers.UpsampleConv2D: Layer(arguments={"filters": 4}, inputs=[IMAGE]),
    layers.VectorQuantizer: Layer(arguments={"num_codes": 5}, inputs=[IMAGE]),
}

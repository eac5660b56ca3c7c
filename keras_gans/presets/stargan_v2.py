"""Presets of StarGAN v2."""

from keras_gans.presets.base import adversarial, configured

_PAPER = "https://arxiv.org/abs/1912.01865"


def _stargan_v2(resolution, *, mapping_network, style_encoder, **more):
    """Weights of the terms and the optimizer are the paper's (appendix B); weight decay is its public code's.

    A network's domains and the resolution come from the run.
    """
    preset = adversarial(
        "stargan_v2",
        resolution,
        paper=_PAPER,
        learning_rate=1e-4,
        optimizer={"beta_1": 0.0, "beta_2": 0.99},
        mapping_rate=0.01,
        weight_decay=1e-4,
        r1_weight=1.0,
        style_weight=1.0,
        cycle_weight=1.0,
        conditional=True,
        domains="styles",  # of the embedded set; others say themselves
        references=True,
        **more,
    )
    preset["network"] |= {"mapping_network": mapping_network, "style_encoder": style_encoder}
    return preset


def _published(**more):
    """The networks of both data sets, with the paper's 100,000 steps."""
    return _stargan_v2(
        256,
        generator=configured("StarGANv2Generator"),
        discriminator=configured("StarGANv2Discriminator"),
        mapping_network=configured("StarGANv2MappingNetwork"),
        style_encoder=configured("StarGANv2StyleEncoder"),
        batch_size=8,
        steps=100_000,
        average={"decay": 0.999},
        data=None,
        **more,
    )


PRESETS = {
    "stargan_v2_emoji_64": _stargan_v2(
        64,
        generator=configured("StarGANv2Generator", width=24, max_width=96, style_dim=32),
        discriminator=configured("StarGANv2Discriminator", width=16, max_width=128),
        mapping_network=configured("StarGANv2MappingNetwork", style_dim=32, width=128),
        style_encoder=configured("StarGANv2StyleEncoder", width=16, max_width=128, style_dim=32),
        diversity_weight=1.0,
        batch_size=8,
        steps=12_500,
        average={"half_life": 10_000, "ramp_up": 0.05},
        data="emoji:noto,fluent,twemoji",
        source="this project, for two CPU cores",
    ),
    "stargan_v2_afhq_256": _published(
        diversity_weight=2.0,
        data_hint="a folder of AFHQ images with a folder for each domain: cat, dog, wild",
        source="appendix B of the paper; parameters for three domains 33,892,995 (generator), 3,259,072 "
        "(mapping network), 20,949,760 (style encoder) and 20,852,803 (discriminator); FID 16.2 "
        "latent-guided (paper)",
    ),
    "stargan_v2_celebahq_256": _published(
        diversity_weight=1.0,
        data_hint="a folder of CelebA-HQ images with a folder for each domain: female, male",
        source="appendix B of the paper, without its high-pass branch, which needs a network that finds "
        "landmarks of faces; parameters for two domains 33,892,995 (generator), 2,438,272 (mapping "
        "network), 20,916,928 (style encoder) and 20,852,290 (discriminator)",
    ),
}

"""Statistics of batch normalisation, computed anew for a network that is to be used."""

import keras
import numpy as np

from keras_gans.layers import StandingBatchNorm

KINDS = (keras.layers.BatchNormalization, StandingBatchNorm)


def standing_statistics(network, draw, batches):
    """Replaces the stored statistics of all batch normalisation layers of a network.

    While it trains, a network stores moving averages that belong to weights of the past, and those of an
    averaged generator to other weights altogether. Here it runs `batches` times in training mode, so that
    every layer normalises by its batch, and each layer then stores

        mean = E[m],   variance = E[v + m^2] - mean^2

    of the batch means `m` and biased batch variances `v`: exactly the mean and the biased variance of all
    rows of all batches together (in float64; a batch counts by its rows). A `StandingBatchNorm` of several
    rows gets each row from batches that are drawn at its truncation. Nothing else changes: neither another
    weight nor any random state, and the result depends on the weights and on what is drawn only.

    A network without such layers is left as it is. Each layer must be called once in a call of the network.
    Spectral normalisation iterates once in every training call: statistics that are to fit its kernels at
    inference are those of the folded network (`keras_gans.networks.folded`).

    Args:
        network: built `keras.Model`, with any number of `keras.layers.BatchNormalization` and
            `keras_gans.layers.StandingBatchNorm`. Changed in place.
        draw: callable `(batch_index, truncation) -> inputs of the network`. `batch_index` counts from 0 for
            every truncation, `truncation` is `i / (rows - 1)` for row `i`, a float in `[0, 1]`, and `None`
            where no layer has more than one row.
        batches: int. Number of batches for each truncation.

    Raises:
        ValueError: if `batches` is below 1, the statistics of a layer cannot move because it is not
            trainable or its momentum is 1, or layers have different numbers of rows above 1.

    Example:
    ```python
    def draw(index, truncation):
        latents = keras.random.normal((64, generator.latent_dim), seed=index)
        labels = keras.ops.arange(64) % generator.num_classes
        return [keras_gans.networks.truncated(latents, truncation), labels]

    keras_gans.networks.standing_statistics(generator, draw, batches=16)
    ```

    Reference:
        [1809.11096](https://arxiv.org/abs/1809.11096), appendix C.1, where 100 passes are typical.
    """
    norms = [layer for layer in network._flatten_layers() if isinstance(layer, KINDS)]
    rows = sorted({layer.rows for layer in norms if isinstance(layer, StandingBatchNorm) and layer.rows > 1})
    frozen = [layer.name for layer in norms if layer.momentum >= 1.0 or not layer.trainable]
    if batches < 1 or frozen or len(rows) > 1:
        raise ValueError(
            "`batches` must be at least 1, the layers trainable with a momentum below 1 and of one number of "
            f"rows. Received: batches={batches}, frozen layers: {frozen}, numbers of rows: {rows}"
        )
    if not norms:
        return
    [count] = rows or [1]
    truncations = [row / (count - 1) for row in range(count)] if rows else [None]
    found = [_statistics(network, norms, lambda i, t=t: draw(i, t), batches) for t in truncations]
    for index, layer in enumerate(norms):
        # A layer with a single row, or none, keeps what was found last, at truncation 1.
        for variable, which in ((layer.moving_mean, 0), (layer.moving_variance, 1)):
            table = np.stack([statistics[index][which] for statistics in found])
            variable.assign(table[-1] if len(variable.shape) == 1 else table[-variable.shape[0] :])


def _statistics(network, norms, draw, batches):
    """Returns mean and variance over all batches of one truncation, a pair for each layer."""
    sums, total = [0.0] * len(norms), 0
    for batch in range(batches):
        inputs = draw(batch)
        size = len(keras.tree.flatten(inputs)[0])
        total += size
        for i, (mean, variance) in enumerate(_batch_statistics(network, norms, inputs)):
            sums[i] = sums[i] + size * np.stack([mean, variance + mean**2])
    return [(mean, square - mean**2) for mean, square in (one / total for one in sums)]


def _batch_statistics(network, norms, inputs):
    """Returns each layer's mean and variance of a batch, float64, and leaves the network alone."""
    variables = network.non_trainable_variables
    zero = {id(v) for layer in norms for v in (layer.moving_mean, layer.moving_variance)}
    values = [keras.ops.zeros_like(v) if id(v) in zero else v.value for v in variables]
    trainable = [variable.value for variable in network.trainable_variables]
    _, moved = network.stateless_call(trainable, values, inputs, training=True)
    new = {id(v): np.asarray(value, "float64") for v, value in zip(variables, moved, strict=True)}
    # From zero, moving averages become the batch's own numbers times (1 - momentum).
    pairs = []
    for layer in norms:
        pair = [new[id(v)] / (1.0 - layer.momentum) for v in (layer.moving_mean, layer.moving_variance)]
        pairs.append([one[-1] if one.ndim > 1 else one for one in pair])
    return pairs

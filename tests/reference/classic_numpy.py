"""The networks from 2014 to 2017 in NumPy, from the papers, slowly. Channels last, float64.

Weights come as `{"<layer>/<weight>": array}`, as a Keras network names them.
"""

import numpy as np
from reference.numpy_layers import correlate, double, halve


def weights_of(network):
    """Every weight of a network by the last two parts of its path."""
    return {"/".join(w.path.split("/")[-2:]): w.numpy().astype("float64") for w in network.weights}


def dense(x, weights, name):
    return x @ weights[f"{name}/kernel"] + weights.get(f"{name}/bias", 0.0)


def relu(x):
    return np.maximum(x, 0.0)


def leaky_relu(x):
    return np.where(x > 0, x, 0.2 * x)


def one_hot(labels, count):
    return np.eye(count)[labels]


# === 1406.2661 and 1411.1784 ===


def maxout(x, weights, name, pieces):
    """Unit j is the largest of the linear pieces j * pieces ... (j + 1) * pieces - 1."""
    linear = dense(x, weights, name)
    units = [linear[:, j : j + pieces].max(axis=1) for j in range(0, linear.shape[1], pieces)]
    return np.stack(units, axis=1)


def gan_generator(weights, latents, labels=None, *, classes=0, shape):
    x = relu(dense(latents, weights, "latents_dense"))
    if classes:
        x = np.concatenate([x, relu(dense(one_hot(labels, classes), weights, "labels_dense"))], axis=1)
    x = relu(dense(x, weights, "hidden_dense"))
    return np.tanh(dense(x, weights, "to_image")).reshape(-1, *shape)


def gan_discriminator(weights, images, labels=None, *, classes=0, pieces):
    """Pixels in [0, 1] enter the first layer."""
    x = maxout((images.reshape(len(images), -1) + 1) / 2, weights, "images_maxout", pieces[0])
    if classes:
        x = np.concatenate([x, maxout(one_hot(labels, classes), weights, "labels_maxout", pieces[0])], axis=1)
    return dense(maxout(x, weights, "hidden_maxout", pieces[1]), weights, "logit")


# === 1511.06434 ===


def halving_convolution(images, kernel):
    """4x4, stride 2, one zero on every side: output (y, x) looks at rows 2y - 1 to 2y + 2."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    size = images.shape[1] // 2
    outputs = np.zeros((len(images), size, size, kernel.shape[3]))
    for y in range(size):
        for x in range(size):
            patch = padded[:, 2 * y : 2 * y + 4, 2 * x : 2 * x + 4]
            outputs[:, y, x] = np.einsum("nhwi,hwio->no", patch, kernel)
    return outputs


def doubling_convolution(images, kernel):
    """Its transpose: pixel (y, x) is stamped on rows 2y - 1 to 2y + 2; kernel (4, 4, outputs, inputs)."""
    size = images.shape[1]
    outputs = np.zeros((len(images), 2 * size + 2, 2 * size + 2, kernel.shape[2]))
    for y in range(size):
        for x in range(size):
            outputs[:, 2 * y : 2 * y + 4, 2 * x : 2 * x + 4] += np.einsum(
                "ni,hwoi->nhwo", images[:, y, x], kernel
            )
    return outputs[:, 1:-1, 1:-1]


def batch_norm(x, weights, name, *, training, gain=None, bias=None):
    """With the statistics of the batch, or the stored ones."""
    mean, variance = weights[f"{name}/moving_mean"], weights[f"{name}/moving_variance"]
    if training:
        mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
    gain = weights[f"{name}/gamma"] if gain is None else gain
    bias = weights[f"{name}/beta"] if bias is None else bias
    return (x - mean) / np.sqrt(variance + 1e-5) * gain + bias


def dcgan_generator(weights, latents, labels=None, *, classes=0, resolution, training):
    x = latents if not classes else np.concatenate([latents, one_hot(labels, classes)], axis=1)
    x = dense(x, weights, "4x4_dense").reshape(len(x), 4, 4, -1)
    size = 4
    while size < resolution:
        x = relu(batch_norm(x, weights, f"{size}x{size}_norm", training=training))
        size *= 2
        x = doubling_convolution(x, weights[f"{size}x{size}_conv/kernel"])
    return np.tanh(x)


def dcgan_discriminator(weights, images, labels=None, *, classes=0, training):
    x, size = images, images.shape[1] // 2
    if classes:
        maps = np.broadcast_to(one_hot(labels, classes)[:, None, None], (*images.shape[:3], classes))
        x = np.concatenate([images, maps], axis=-1)
    x = leaky_relu(halving_convolution(x, weights[f"{size}x{size}_conv/kernel"]))
    while size > 4:
        size //= 2
        x = halving_convolution(x, weights[f"{size}x{size}_conv/kernel"])
        x = leaky_relu(batch_norm(x, weights, f"{size}x{size}_norm", training=training))
    return np.einsum("nhwi,hwio->no", x, weights["logit/kernel"])


# === 1704.00028 ===


def conv(x, weights, name):
    return correlate(x, weights[f"{name}/kernel"]) + weights.get(f"{name}/bias", 0.0)


def layer_norm(x, weights, name):
    """Statistics of an example over pixels and channels, gain and bias of a channel."""
    mean, variance = x.mean(axis=(1, 2, 3), keepdims=True), x.var(axis=(1, 2, 3), keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-5) * weights[f"{name}/gamma"] + weights[f"{name}/beta"]


def class_batch_norm(x, weights, name, labels, *, training):
    if labels is None:
        return batch_norm(x, weights, name, training=training)
    gain, bias = (weights[f"{name}_{part}/embeddings"][labels][:, None, None] for part in ("gain", "bias"))
    return batch_norm(x, weights, name, training=training, gain=gain, bias=bias)


def up_block(x, weights, name, norm):
    """The shortcut in the published order, which doubles first."""
    y = conv(double(relu(norm(x, f"{name}_norm0"))), weights, f"{name}_conv0")
    y = conv(relu(norm(y, f"{name}_norm1")), weights, f"{name}_conv1")
    return y + conv(double(x), weights, f"{name}_shortcut")


def down_block(x, weights, name, norm):
    y = conv(relu(norm(x, f"{name}_norm0")), weights, f"{name}_conv0")
    y = halve(conv(relu(norm(y, f"{name}_norm1")), weights, f"{name}_conv1"))
    return y + halve(conv(x, weights, f"{name}_shortcut"))


def wgan_gp_generator(weights, latents, labels=None, *, resolution, training):
    def norm(x, name):
        return class_batch_norm(x, weights, name, labels, training=training)

    x, size = dense(latents, weights, "4x4_dense").reshape(len(latents), 4, 4, -1), 4
    while size < resolution:
        size *= 2
        x = up_block(x, weights, f"{size}x{size}", norm)
    x = relu(batch_norm(x, weights, "output_norm", training=training))
    return np.tanh(conv(x, weights, "output_conv"))


def wgan_gp_discriminator(weights, images):
    x, size = conv(images, weights, "input_conv"), images.shape[1]
    while size > 4:
        size //= 2
        x = down_block(x, weights, f"{size}x{size}", lambda x, name: layer_norm(x, weights, name))
    return dense(x.reshape(len(x), -1), weights, "logits")


def wgan_gp_cifar_discriminator(weights, images):
    size = images.shape[1] // 2
    first = f"{size}x{size}"
    y = conv(relu(conv(images, weights, f"{first}_conv0")), weights, f"{first}_conv1")
    x = halve(y) + halve(conv(images, weights, f"{first}_shortcut"))
    while size > 8:
        size //= 2
        x = down_block(x, weights, f"{size}x{size}", lambda x, _: x)
    for name in ("8x8_plain1", "8x8_plain2"):
        y = conv(relu(x), weights, f"{name}_conv0")
        x = x + conv(relu(y), weights, f"{name}_conv1")
    return dense(relu(x).mean(axis=(1, 2)), weights, "logits")

"""SN-GAN and SAGAN in NumPy, from the papers, slowly. Channels last, float64.

The networks are written without names: what knows the weights are `conv(x, *place)`, `norm(x, *place)` and
`dense(x)`, where a place is the size or the number of a block and the part of it.
"""

import numpy as np
from reference.numpy_layers import correlate, double, halve


def weights_of(network):
    """Every weight of a network by the last two parts of its path."""
    return {"/".join(w.path.split("/")[-2:]): w.numpy().astype("float64") for w in network.weights}


def relu(x):
    return np.maximum(x, 0.0)


def spectral(matrix, u):
    """`matrix` `(len(u), columns)` divided by `u^T W v`, v the direction of `W^T u`."""
    v = matrix.T @ u
    v = v / np.sqrt((v**2).sum())
    return matrix / (u @ matrix @ v)


def spectral_kernel(kernel, u, axis=-1):
    """The same for a kernel, one of whose axes is the rows of the matrix."""
    rows = np.moveaxis(kernel, axis, 0)
    return np.moveaxis(spectral(rows.reshape(len(u), -1), u).reshape(rows.shape), 0, axis)


def power_iteration(matrix, u, steps):
    """`steps` steps of algorithm 1 of 1802.05957; returns u and v."""
    for _ in range(steps):
        v = matrix.T @ u
        v = v / np.linalg.norm(v)
        u = matrix @ v
        u = u / np.linalg.norm(u)
    return u, v


def attention(x, theta, phi, g, o, gamma):
    """Self-attention with pooled keys and values; the kernels are `(in, out)`, one image at a time."""
    outputs = np.empty_like(x)
    for i, image in enumerate(x):
        height, width, _ = image.shape

        def pooled(kernel, image=image, height=height, width=width):
            y = (image @ kernel).reshape(height // 2, 2, width // 2, 2, -1)
            return y.max(axis=(1, 3)).reshape(height * width // 4, -1)

        logits = (image @ theta).reshape(height * width, -1) @ pooled(phi).T
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        weights = weights / weights.sum(axis=1, keepdims=True)
        outputs[i] = image + gamma * ((weights @ pooled(g)) @ o).reshape(image.shape)
    return outputs


def generator(latents, sizes, *, dense, norm, conv, behind=lambda x, size: x):
    """Blocks that end at `sizes`; `behind(x, size)` stands behind each."""
    x = dense(latents)  # (batch, 4, 4, channels)
    for size in sizes:
        inner = conv(double(relu(norm(x, size, "norm0"))), size, "conv0")
        inner = conv(relu(norm(inner, size, "norm1")), size, "conv1")
        x = behind(inner + conv(double(x), size, "shortcut"), size)
    return np.tanh(conv(relu(norm(x, "last", "norm")), "last", "conv"))


def features(images, *, blocks, halvings, conv, has_shortcut, behind=lambda x, size: x):
    """The discriminator up to the sum over pixels; the first `halvings` of the blocks halve the image."""
    x = conv(relu(conv(images, 0, "conv0")), 0, "conv1")
    x = behind(halve(x) + conv(halve(images), 0, "shortcut"), images.shape[1] // 2)
    for number in range(1, blocks):
        inner = conv(relu(conv(relu(x), number, "conv0")), number, "conv1")
        shortcut = conv(x, number, "shortcut") if has_shortcut(number) else x
        x = halve(inner) + halve(shortcut) if number < halvings else inner + shortcut
        x = behind(x, x.shape[1])
    return relu(x).sum(axis=(1, 2))


class Named:
    """The places of a Keras network, whose weights are `{"<layer>/<weight>": array}`."""

    def __init__(self, weights, labels=None, *, epsilon=0.0):
        self.weights, self.labels, self.epsilon = weights, labels, epsilon

    @staticmethod
    def prefix(number, part):
        """Blocks of a discriminator are counted, those of a generator called by their size."""
        if number == "last":
            return f"last_{part}"
        return f"{number}x{number}_{part}" if number in (8, 16, 32, 64) else f"block{number}_{part}"

    def kernel(self, name):
        kernel, u = self.weights[f"{name}/kernel"], self.weights.get(f"{name}/u")
        return kernel if u is None else spectral_kernel(kernel, u)

    def has(self, number):
        return f"block{number}_shortcut/kernel" in self.weights

    def conv(self, x, number, part):
        name = self.prefix(number, part)
        return correlate(x, self.kernel(name)) + self.weights[f"{name}/bias"]

    def norm(self, x, number, part):
        name = self.prefix(number, part)
        mean, variance = (self.weights[f"{name}/moving_{of}"] for of in ("mean", "variance"))
        x = (x - mean) / np.sqrt(variance + self.epsilon)
        if self.labels is None or number == "last":
            return x * self.weights[f"{name}/gamma"] + self.weights[f"{name}/beta"]
        gain, bias = (self.weights[f"{name}_{part}/embeddings"][self.labels] for part in ("gain", "bias"))
        return x * gain[:, None, None] + bias[:, None, None]

    def dense(self, x):
        x = x @ self.kernel("4x4_dense") + self.weights["4x4_dense/bias"]
        return x.reshape(len(x), 4, 4, -1)

    def attention(self, x):
        kernels = [
            spectral_kernel(self.weights[f"attention/{name}_kernel"], self.weights[f"attention/{name}_u"])
            for name in ("theta", "phi", "g", "o")
        ]
        return attention(x, *[kernel[0, 0] for kernel in kernels], self.weights["attention/gamma"])

    def score(self, features):
        logits = features @ self.kernel("dense") + self.weights.get("dense/bias", 0.0)
        if self.labels is None:
            return logits
        table, u = self.weights["embedding/embeddings"], self.weights.get("embedding/u")
        vectors = (table if u is None else spectral(table, u))[self.labels]
        return logits + (vectors * features).sum(axis=1, keepdims=True)

"""Forward pass and sampling of a frozen network for few rows, compiled: NumPy's calls cost more than the sums."""

import math

import numpy as np

from mdpzoo.compiling import compiled

TANH, RELU, LEAKY, ELU, SILU, NOTHING = range(6)  # codes of activations
CODES = {"Tanh": TANH, "ReLU": RELU, "LeakyReLU": LEAKY, "ELU": ELU, "SiLU": SILU, None: NOTHING}


@compiled
def forward(x, weights, biases, sizes, codes):  # type: ignore[no-untyped-def]
    """Runs rows through linear layers.

    Args:
        x: ``[B, sizes[0]]`` float32.
        weights: every layer's ``[inputs, outputs]``, one after the other, float32.
        biases: every layer's, one after the other, float32.
        sizes: ``[layers + 1]`` int64, widths.
        codes: ``[layers]`` int64, activations.

    Returns:
        ``[B, sizes[-1]]`` float32.
    """
    at, bias_at = 0, 0
    for layer in range(len(codes)):
        inputs, outputs = sizes[layer], sizes[layer + 1]
        y = np.empty((len(x), outputs), np.float32)
        bias = biases[bias_at : bias_at + outputs]
        for row in range(len(x)):
            sums = y[row]
            sums[:] = bias
            for i in range(inputs):
                factor = x[row, i]
                weight = weights[at + i * outputs : at + (i + 1) * outputs]
                for k in range(outputs):
                    sums[k] += factor * weight[k]
            _activate(sums, codes[layer])
        at += inputs * outputs
        bias_at += outputs
        x = y
    return x


@compiled
def _activate(y, code):  # type: ignore[no-untyped-def]
    if code == NOTHING:
        return
    for k in range(len(y)):
        value = y[k]
        if code == TANH:
            y[k] = math.tanh(value)
        elif code == SILU:
            y[k] = value / (1 + math.exp(-value))
        elif value < 0:
            y[k] = 0.0 if code == RELU else 0.01 * value if code == LEAKY else math.expm1(value)


@compiled
def choose(logits, numbers):  # type: ignore[no-untyped-def]
    """Draws ``[B]`` int64 actions from logits ``[B, A]`` float32 with one number a row, ``[B, 1]`` float64."""
    actions = np.empty(len(logits), np.int64)
    weights = np.empty(logits.shape[1])
    for row in range(len(logits)):
        largest = logits[row].max()
        total = 0.0
        for k in range(len(weights)):
            total += math.exp(logits[row, k] - largest)
            weights[k] = total
        limit, action = numbers[row, 0] * total, 0
        for k in range(len(weights) - 1):
            action += weights[k] <= limit
        actions[row] = action
    return actions


@compiled
def normal(numbers):  # type: ignore[no-untyped-def]
    """Turns ``[B, 2 D]`` uniform numbers into ``[B, D]`` normal ones, float32 (Box and Muller 1958)."""
    count = numbers.shape[1] // 2
    drawn = np.empty((len(numbers), count), np.float32)
    for row in range(len(numbers)):
        for k in range(count):
            radius = math.sqrt(-2 * math.log1p(-numbers[row, k]))
            drawn[row, k] = radius * math.cos(2 * math.pi * numbers[row, count + k])
    return drawn

"""Random numbers: one independent stream per named quantity, so that changing one part never shifts another."""

import zlib

import numpy as np


class Streams:
    """``Streams(seed)("tasks")`` gives a fresh generator that depends on the seed and the name only.

    ``part``: number of a part of the province that has streams of its own.
    """

    def __init__(self, seed: int, *part: int):
        self.seed, self.part = int(seed), part

    def __call__(self, name: str) -> np.random.Generator:
        key = zlib.crc32(name.encode())
        return np.random.Generator(
            np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=(key, *self.part)))
        )


def autoregressive(rng, shape, correlation):
    """Stationary standard normal first-order series along the last axis of ``shape``."""
    series = rng.standard_normal(shape)
    step = np.sqrt(1 - correlation**2)
    for t in range(1, shape[-1]):
        series[..., t] = correlation * series[..., t - 1] + step * series[..., t]
    return series


def shifted(share, shift):
    """Share moved by ``shift`` on the logit scale."""
    return 1 / (1 + np.exp(-(np.log(share / (1 - share)) + shift)))

"""Least squares on regressors that are means of samples: moments less what sampling adds to them (Fuller 1987, ch. 3).

The mean of a few dozen answers moves from year to year for the sampling alone; within units that is a large part of its
variance, and the slope of least squares shrinks by as much. The sampling (co)variances of the means are known from the
answers behind them.
"""

from dataclasses import dataclass

import numpy as np

from jianfu.statistics import sandwich


@dataclass(frozen=True)
class MeasuredFit:
    """coefficients: (k,); covariance: (k, k), clustered times G / (G - 1); reliability: (k,) share of the variance of
    each regressor, within the effects, that is none of sampling."""

    coefficients: np.ndarray
    covariance: np.ndarray
    reliability: np.ndarray


def fit(
    y: np.ndarray, design: np.ndarray, dummies: np.ndarray, noise: np.ndarray, clusters: np.ndarray
) -> MeasuredFit:
    """Slopes of ``y`` (N,) on ``design`` (N, k) within the effects ``dummies`` (N, levels).

    noise: (N, k, k) sampling covariance of the regressors of each row, independent from row to row; clusters: (N,)
    codes 0 … G-1. Raises ValueError where sampling leaves no variance of the regressors.
    """
    basis, kept, _ = np.linalg.svd(dummies, full_matrices=False)
    basis = basis[:, kept > kept[0] * 1e-9]
    free = 1 - (basis**2).sum(axis=1)  # share of a row's noise that the effects leave
    own, x = (values - basis @ (basis.T @ values) for values in (y, design))
    added = free[:, None, None] * noise
    moments = x.T @ x
    signal = moments - added.sum(axis=0)
    if np.linalg.eigvalsh(signal).min() <= 0:
        raise ValueError("nothing is left but sampling")
    bread = np.linalg.inv(signal)
    beta = bread @ (x.T @ own)
    scores = x * (own - x @ beta)[:, None] + added @ beta
    summed = np.zeros((int(clusters.max()) + 1, len(beta)))
    np.add.at(summed, clusters, scores)
    return MeasuredFit(beta, bread @ sandwich.meat(summed) @ bread, np.diag(signal) / np.diag(moments))

"""Measurement models: which parameters there are, where they stand, what moments they imply.

Matrices of a group: loadings L (p, f), factor covariances P (f, f), residual covariances T (p, p), intercepts n (p,),
factor means a (f,).
"""

from dataclasses import dataclass

import numpy as np

MATRICES = ("loading", "factor_covariance", "residual_covariance", "intercept", "factor_mean")


@dataclass(frozen=True)
class Model:
    """A measurement model: items of each factor, how the factors get their unit, what is equal across groups.

    factors: {factor: [items]}; an item may load on several. identification: ``marker`` (first loading of each factor 1)
    or ``std_lv`` (factor variances 1, in the first group where loadings are equal). equal: out of loadings, intercepts,
    residuals. residual_covariances: pairs of items whose residuals may covary. meanstructure: None = with groups only.
    """

    factors: dict
    identification: str = "marker"
    equal: tuple = ()
    orthogonal: bool = False
    residual_covariances: tuple = ()
    meanstructure: bool | None = None

    @property
    def items(self):
        return list(dict.fromkeys(item for items in self.factors.values() for item in items))


@dataclass(frozen=True)
class Parameter:
    """A free parameter: its matrix, group (None = equal in all), row and column names."""

    matrix: str
    group: object
    left: str
    right: str


class Layout:
    """Where the free parameters stand in the matrices of every group, and the fixed values."""

    def __init__(self, model, groups, means):
        self.model, self.groups, self.means = model, groups, means
        self.items, self.factors = model.items, list(model.factors)
        p, f = len(self.items), len(self.factors)
        self.shapes = ((p, f), (f, f), (p, p), (p,), (f,))
        self.parameters, self.places = [], []
        self.fixed = [tuple(np.zeros(shape) for shape in self.shapes) for _ in groups]
        self._index = {}
        for g in range(len(groups)):
            self._group(g)

    def _free(self, g, matrix, i, j, shared):
        key = (matrix, i, j, None if shared else g)
        if key not in self._index:
            self._index[key] = len(self.parameters)
            group = None if shared or len(self.groups) == 1 else self.groups[g]
            left, right = self._names(matrix, i, j)
            self.parameters.append(Parameter(MATRICES[matrix], group, left, right))
        self.places.append((g, matrix, i, j, self._index[key]))

    def _names(self, matrix, i, j):
        if matrix == 0:
            return self.factors[j], self.items[i]
        names = self.factors if matrix in (1, 4) else self.items
        if matrix in (3, 4):
            return names[i], "1"
        declared = matrix == 2 and (names[i], names[j]) in self.model.residual_covariances
        return (names[i], names[j]) if declared else (names[j], names[i])

    def _group(self, g):
        model, several = self.model, len(self.groups) > 1
        equal = {name: several and name in model.equal for name in ("loadings", "intercepts", "residuals")}
        marker = model.identification == "marker"
        for j, factor in enumerate(self.factors):
            for item in model.factors[factor]:
                i = self.items.index(item)
                if marker and item == model.factors[factor][0]:
                    self.fixed[g][0][i, j] = 1.0
                else:
                    self._free(g, 0, i, j, equal["loadings"])
        for j in range(len(self.factors)):
            if marker or (equal["loadings"] and g > 0):
                self._free(g, 1, j, j, False)
            else:
                self.fixed[g][1][j, j] = 1.0
            for k in range(0 if model.orthogonal else j):
                self._free(g, 1, j, k, False)
        for i in range(len(self.items)):
            self._free(g, 2, i, i, equal["residuals"])
        for left, right in model.residual_covariances:
            i, k = self.items.index(left), self.items.index(right)
            self._free(g, 2, max(i, k), min(i, k), equal["residuals"])
        if self.means:
            for i in range(len(self.items)):
                self._free(g, 3, i, 0, equal["intercepts"])
            for j in range(len(self.factors) if equal["intercepts"] and g > 0 else 0):
                self._free(g, 4, j, 0, False)

    def matrices(self, values):
        """Matrices of every group at parameter values (q,), real or complex."""
        filled = [tuple(m.astype(values.dtype) for m in group) for group in self.fixed]
        for g, matrix, i, j, index in self.places:
            target = filled[g][matrix]
            if matrix in (3, 4):
                target[i] = values[index]
            else:
                target[i, j] = values[index]
                if matrix in (1, 2):
                    target[j, i] = values[index]
        return filled

    def derivatives(self, matrices):
        """Derivatives of covariances (G, q, p, p) and means (G, q, p)."""
        q, p = len(self.parameters), len(self.items)
        covariances, means = np.zeros((len(self.groups), q, p, p)), np.zeros((len(self.groups), q, p))
        products = [m[0] @ m[1] for m in matrices]
        for g, matrix, i, j, index in self.places:
            loadings, slope = matrices[g][0], covariances[g, index]
            if matrix == 0:
                slope[i] += products[g][:, j]
                slope[:, i] += products[g][:, j]
                means[g, index, i] += matrices[g][4][j]
            elif matrix == 1:
                outer = np.outer(loadings[:, i], loadings[:, j])
                slope += outer if i == j else outer + outer.T
            elif matrix == 2:
                slope[i, j] = slope[j, i] = 1.0
            elif matrix == 3:
                means[g, index, i] = 1.0
            else:
                means[g, index] = loadings[:, i]
        return covariances, means


def implied(matrices):
    """Covariance (p, p) and mean (p,) that the matrices of one group imply."""
    loadings, factors, residuals, intercepts, factor_means = matrices
    return loadings @ factors @ loadings.T + residuals, intercepts + loadings @ factor_means

"""Kernel: Cholesky's factor of a small matrix, and what is solved with it, the same to the last bit everywhere."""

from __future__ import annotations

import math

import numpy as np

from analysis_lib.reconstruction._numba.jit import njit


@njit
def cholesky(matrix: np.ndarray) -> bool:
    """Lower Cholesky factor in place of the lower triangle; False where the matrix is not positive definite."""
    k = matrix.shape[0]
    for a in range(k):
        for b in range(a + 1):
            total = matrix[a, b]
            for c in range(b):
                total -= matrix[a, c] * matrix[b, c]
            if a == b:
                if not total > 1e-12:
                    return False
                matrix[a, a] = math.sqrt(total)
            else:
                matrix[a, b] = total / matrix[b, b]
    return True


@njit
def solve_cholesky(factor: np.ndarray, vector: np.ndarray) -> None:
    """Solve for ``vector``, in place, by forward and back substitution."""
    k = vector.size
    for a in range(k):
        for b in range(a):
            vector[a] -= factor[a, b] * vector[b]
        vector[a] /= factor[a, a]
    for a in range(k - 1, -1, -1):
        for b in range(a + 1, k):
            vector[a] -= factor[b, a] * vector[b]
        vector[a] /= factor[a, a]

"""Slow textbook answers to hold the fast code against. Nothing here is shared with it."""

import numpy as np
from scipy.linalg import expm


def van_loan(growth, q_level, q_slope, dt):
    """F and Q over dt by the matrix exponential of Van Loan (1978)."""
    A = np.array([[0.0, 1.0], [0.0, growth]])
    block = np.zeros((4, 4))
    block[:2, :2], block[:2, 2:], block[2:, 2:] = -A, np.diag([q_level, q_slope]), A.T
    big = expm(block * dt)
    F = big[2:, 2:].T
    return F, F @ big[:2, 2:]


def kalman(F, Q, H, R, x, P, zs):
    """One machine, plain matrices, K = P Hᵀ S⁻¹; F, Q lists (F[t] leads to sample t), NaN missing.

    Returns prior and posterior means and covariances, each a list.
    """
    prior, post = [], []
    for t, z in enumerate(zs):
        x, P = F[t] @ x, F[t] @ P @ F[t].T + Q[t]
        prior.append((x, P))
        seen = ~np.isnan(z)
        if seen.any():
            h, r = H[seen], R[np.ix_(seen, seen)]
            K = P @ h.T @ np.linalg.inv(h @ P @ h.T + r)
            x = x + K @ (z[seen] - h @ x)
            left = np.eye(len(x)) - K @ h
            P = left @ P @ left.T + K @ r @ K.T
        post.append((x, P))
    return prior, post


def dense_posterior(F, Q, H, R, x, P, zs):
    """All states given all readings as one Gaussian: condition the joint, no recursion at all.

    Means (T, n) and covariances (T, n, n) of every state given every reading.
    """
    T, n = len(zs), len(x)
    mean, cov = np.zeros(T * n), np.zeros((T * n, T * n))
    for t in range(T):
        x, P = F[t] @ x, F[t] @ P @ F[t].T + Q[t]
        at = slice(t * n, t * n + n)
        mean[at], cov[at, at] = x, P
        C = P
        for s in range(t + 1, T):
            C = F[s] @ C
            later = slice(s * n, s * n + n)
            cov[later, at], cov[at, later] = C, C.T
    big_h, big_r = np.kron(np.eye(T), H), np.kron(np.eye(T), R)
    z = np.concatenate(zs)
    seen = ~np.isnan(z)
    h, r = big_h[seen], big_r[np.ix_(seen, seen)]
    K = cov @ h.T @ np.linalg.inv(h @ cov @ h.T + r)
    mean, cov = mean + K @ (z[seen] - h @ mean), cov - K @ h @ cov
    blocks = [cov[t * n : t * n + n, t * n : t * n + n] for t in range(T)]
    return mean.reshape(T, n), np.array(blocks)

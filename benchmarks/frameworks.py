"""The default program in the frameworks that are installed: `FRAMEWORKS` has a function of the iterations for each."""

import importlib.util
from collections.abc import Callable

import numpy as np

FRAMEWORKS: dict[str, Callable[[int], object]] = {}


def initial() -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(1)
    x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=float)
    y = np.array([[0], [1], [1], [0]], dtype=float)
    return x, y, rng.random((3, 4)), rng.random((4, 1))


if importlib.util.find_spec("torch"):
    import torch

    torch.set_num_threads(1)

    def torch_eager(iterations: int) -> object:
        x, y, W1, W2 = (torch.tensor(array) for array in initial())
        W1.requires_grad_()
        W2.requires_grad_()
        for _ in range(iterations):
            loss = 0.5 * torch.sum((torch.sigmoid(torch.sigmoid(x @ W1) @ W2) - y) ** 2)
            loss.backward()
            with torch.no_grad():
                for weights in (W1, W2):
                    weights -= 1.0 * weights.grad
                    weights.grad = None
        return W1

    FRAMEWORKS["PyTorch, eager"] = torch_eager

if importlib.util.find_spec("jax"):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def _cost(weights: tuple[jax.Array, ...], x: jax.Array, y: jax.Array) -> jax.Array:
        W1, W2 = weights
        return 0.5 * jnp.sum((jax.nn.sigmoid(jax.nn.sigmoid(x @ W1) @ W2) - y) ** 2)

    @jax.jit
    def _step(weights: tuple[jax.Array, ...], x: jax.Array, y: jax.Array) -> tuple[tuple[jax.Array, ...], jax.Array]:
        loss, gradients = jax.value_and_grad(_cost)(weights, x, y)
        return tuple(w - 1.0 * g for w, g in zip(weights, gradients, strict=True)), loss

    def jax_jitted_step(iterations: int) -> object:
        x, y, *weights = (jnp.asarray(array) for array in initial())
        held = tuple(weights)
        for _ in range(iterations):
            held, loss = _step(held, x, y)
        return jax.block_until_ready(held), loss

    FRAMEWORKS["JAX, a jitted step"] = jax_jitted_step

import numpy as np
import pytest

from gradus.optimizers.clipping import clip, gradient_norm


def test_a_long_gradient_is_shortened_and_not_turned():
    grads = np.array([3.0, 4.0])
    norm = gradient_norm(grads)
    assert norm == 5
    np.testing.assert_allclose(clip(grads, norm, 1.0), [0.6, 0.8], rtol=1e-15)


@pytest.mark.parametrize("max_grad_norm", [None, 5.0, 7.0])
def test_a_short_gradient_stays_as_it_is(max_grad_norm):
    grads = np.array([3.0, 4.0])
    assert clip(grads, gradient_norm(grads), max_grad_norm).tolist() == [3.0, 4.0]


def test_no_gradient_stays_none():
    grads = np.zeros(3, dtype=np.float32)
    clipped = clip(grads, gradient_norm(grads), 1.0)
    assert clipped.tolist() == [0, 0, 0]
    assert clipped.dtype == np.float32


@pytest.mark.oracle
def test_torch_agrees(rng):
    torch = pytest.importorskip("torch")
    grads = rng.normal(size=50)
    theirs = torch.nn.Parameter(torch.zeros(50, dtype=torch.float64))
    theirs.grad = torch.tensor(grads)
    torch.nn.utils.clip_grad_norm_([theirs], 0.5)
    # PyTorch adds 1e-6 to the norm it divides by.
    np.testing.assert_allclose(clip(grads, gradient_norm(grads), 0.5), theirs.grad, rtol=1e-6)

import numpy as np

from benchmarks import projection


def test_errors():
    made = np.zeros((2, 2, 2, 3), "float32")
    targets = made.copy()
    targets[1] = 0.5
    targets[1, 0] = 0.25
    np.testing.assert_allclose(projection.errors(targets, made), [0.0, 0.375])


def test_a_row_counts_what_was_found(monkeypatch, styled):
    """Of three images two are found; the third is not the model's."""
    targets = styled.model.generate(styled.model.latents([1, 2, 3]))
    made = targets + np.array([0.0, 0.02, 0.03], "float32").reshape(3, 1, 1, 1) * np.sign(0.5 - targets)
    found = type("Found", (), {"images": made})()
    monkeypatch.setattr("keras_gans.load", lambda name: styled.model)
    monkeypatch.setattr(styled.model, "project", lambda images, space: found, raising=False)
    monkeypatch.setattr(projection, "FOUND", 0.0201)
    row = projection.recovery("stylist", "w", count=3)
    shown = projection.project("stylist", "w", targets)
    assert (shown["found"], shown["median"], shown["largest"]) == (2, "0.0200", "0.0300")
    assert (row["images"], row["space"]) == (3, "w")

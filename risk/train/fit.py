"""Examples -> boosted trees as text. The door to LightGBM's own Python package.

It is imported when something is fitted and never by what decides (`risk.score.trees`).
"""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from risk.train.examples import Examples
from risk.train.measure import Floats


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How trees are grown.

    Shallow, many and cautious: a week holds a few hundred frauds. `max_bin` is high and
    `min_data_in_bin` 1 because shares of fraud lie close to 0 and need bins of their own there
    (255 bins lose 0.03 of average precision, measured).
    """

    trees: int = 200
    learning_rate: float = 0.05
    leaves: int = 7
    min_leaf: int = 40
    row_share: float = 0.8
    column_share: float = 0.5
    l2: float = 5.0
    max_bin: int = 1023

    def parameters(self, seed: int, threads: int) -> dict[str, Any]:
        """The same in LightGBM's words. `seed` and the threads give the same trees again."""
        return {
            "objective": "binary",
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.min_leaf,
            "bagging_fraction": self.row_share,
            "bagging_freq": 1,
            "feature_fraction": self.column_share,
            "lambda_l2": self.l2,
            "max_bin": self.max_bin,
            "min_data_in_bin": 1,
            "seed": seed,
            "num_threads": threads,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }


class Fitted(msgspec.Struct, frozen=True):
    """A model: its text, how it scores rows (log odds), each value's share of the gain."""

    text: str
    predict: Callable[[Floats], Floats]
    gains: tuple[float, ...]


def fit(
    examples: Examples,
    recipe: Recipe,
    seed: int,
    threads: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Fitted:
    """Grow trees on the examples; `progress` is told the number of trees so far."""
    import lightgbm

    parameters = recipe.parameters(seed, threads)
    data = lightgbm.Dataset(
        examples.values,
        label=examples.fraud.astype(float),
        feature_name=[f"v{place}" for place in range(len(examples.names))],
        params=parameters,
    )
    callbacks = [lambda told: progress(told.iteration + 1)] if progress else []
    booster = lightgbm.train(parameters, data, recipe.trees, callbacks=callbacks)

    def predict(values: Floats) -> Floats:
        return np.asarray(booster.predict(values, raw_score=True, num_threads=threads))

    gains = booster.feature_importance("gain")
    shares = (gains / max(gains.sum(), 1e-300)).tolist()
    return Fitted(booster.model_to_string(), predict, tuple(shares))

"""disentanglement_lib's interventional metrics on a grid of codes, watched while they run."""

import numpy as np

from golden_references import gin, replaced


class Grid:
    """disentanglement_lib's view of a data set; an observation is the index of its state."""

    def __init__(self, sizes):
        self.sizes, self.num_factors, self.drawn = sizes, len(sizes), []

    def sample_factors(self, count, random):
        return np.stack([random.randint(size, size=count) for size in self.sizes], 1)

    def sample_observations_from_factors(self, values, _):
        self.drawn.append(np.ravel_multi_index(values.T, self.sizes).astype(np.int16))
        return self.drawn[-1]

    def sample_observations(self, count, random):
        return self.sample_observations_from_factors(self.sample_factors(count, random), random)


def factor_vae_values(module, codebook, sizes, seed, params):
    """The scores, what is counted on the way, and the states that were drawn."""
    data, votes, seen = Grid(sizes), [], {}
    batch, variances = module._generate_training_batch, module._compute_variances
    sample = module._generate_training_sample

    def counted(*values):
        votes.append(batch(*values))
        return votes[-1]

    def measured(*values):
        seen["variances"] = variances(*values)
        return seen["variances"]

    def one(*values):
        seen.setdefault("factors", []).append(sample(*values))
        return seen["factors"][-1]

    gin.bindings["prune_dims"] = {"threshold": params["prune_threshold"]}
    counts = {key: params[key] for key in ("batch_size", "num_train", "num_eval", "num_variance_estimate")}
    with replaced(module, _generate_training_batch=counted, _compute_variances=measured,
                  _generate_training_sample=one):
        scores = module.compute_factor_vae(
            data, lambda states: codebook[states], np.random.RandomState(seed), **counts)
    values = scores | {
        "global_variances": seen["variances"], "active_dims": module._prune_dims(seen["variances"]),
        "votes_train": votes[0], "votes_eval": votes[1]}
    fixed = np.array([factor for factor, _ in seen["factors"]], np.int16)
    drawn, train = np.array(data.drawn[1:]), params["num_train"]
    return values, {
        "codebook": codebook, "variance_indices": data.drawn[0], "train_factor": fixed[:train],
        "train_indices": drawn[:train], "eval_factor": fixed[train:], "eval_indices": drawn[train:]}

import Glibc

/// The natural logarithm, under a name that ``Torch/Tensor`` does not use.
func logarithm(_ value: Double) -> Double { log(value) }

/// log(t/(1 − t)).
func logit(_ t: Double) -> Double { log(t) - log1p(-t) }

/// 1/(1 + e⁻ˣ) without overflow.
func sigmoid(_ x: Double) -> Double {
  x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x))
}

/// eˣ, under a name that does not clash with ``Torch/Tensor``'s.
func exponential(_ x: Double) -> Double { exp(x) }

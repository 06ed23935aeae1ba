import Glibc

/// The natural logarithm.
func log(_ value: Double) -> Double { Glibc.log(value) }

/// log(t/(1 − t)).
func logit(_ t: Double) -> Double { log(t) - log1p(-t) }

/// 1/(1 + e⁻ˣ) without overflow.
func sigmoid(_ x: Double) -> Double {
  x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x))
}

/// eˣ.
func exp(_ x: Double) -> Double { Glibc.exp(x) }

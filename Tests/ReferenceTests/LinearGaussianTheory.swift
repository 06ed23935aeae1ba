import Glibc

/// The optimum of stage 1 on Gaussian data, from its stationarity conditions.
///
/// With PCA spectrum λ, c = (1 − β)/(β s²): each encoder power is pᵢ = max(0, √(cλᵢ)·σ − σ²), the
/// powers satisfy Σpᵢ = d(1 − σ²), and s² is the remaining squared error per dimension.
struct LinearGaussianTheory {
  let sigma: Double
  let deviation: Double
  let rate: Double

  /// Solves the conditions for the leading `latentCount` of the variances `spectrum`, descending.
  init(beta: Double, spectrum: [Double], latentCount: Int) {
    let top = spectrum.prefix(latentCount)
    let rest = spectrum.dropFirst(latentCount).reduce(0, +)
    let latents = Double(latentCount)
    var noise = spectrum.reduce(0, +) / Double(spectrum.count)
    var variance = 0.5
    for _ in 0..<5000 {
      let c = (1 - beta) / (beta * noise)
      var (low, high) = (1e-14, 1.0)
      for _ in 0..<100 {
        let middle = (low * high).squareRoot()
        let power = top.reduce(0) {
          $0 + max(($1 * c).squareRoot() * middle.squareRoot() - middle, 0)
        }
        if power > latents * (1 - middle) { high = middle } else { low = middle }
      }
      variance = (top.first ?? 0) * c <= 1 ? 1 : (low * high).squareRoot()
      let error = top.reduce(rest) { sum, value in
        let power = max((value * c * variance).squareRoot() - variance, 0)
        return sum + value * variance / (power + variance)
      }
      noise = (noise * error / Double(spectrum.count)).squareRoot()
    }
    sigma = variance.squareRoot()
    deviation = noise.squareRoot()
    rate = -0.5 * latents * log(variance)
  }
}

import BenchSupport
import Glibc
import LinearAlgebra

/// FastICA in its symmetric form with log cosh, from several starts.
///
/// *Fast and Robust Fixed-Point Algorithms for Independent Component Analysis*, Hyvärinen, IEEE
/// Trans. Neural Networks 10(3) 1999; at most 200 steps a start, until no axis turns by more than 1e-4 (as a
/// cosine). The fixed points are local: of the starts the one with the largest contrast is kept,
/// Σₖ (E[log cosh yₖ] − E[log cosh ν])² with ν standard normal, the paper's measure of how far components
/// are from normal ones.
///
/// Directions in which the codes hardly vary are left out: of a variance of at most ``Codes/activeVariance`` where codes
/// have the prior's unit scale, of that share of the largest variance where their scale is smaller. Whitened, a collapsed
/// latent would count as much as one that carries a factor.
///
/// - Parameters:
///   - codes: The codes.
///   - principal: Their principal axes.
///   - seed: Of the starts.
/// - Returns: The components' axes, whether the kept start converged, and how far the starts agree.
/// - Throws: ``DisentanglementError`` if no direction varies.
func independentAxes(
  _ codes: Codes, _ principal: PrincipalAxes, seed: UInt64
) throws -> (axes: Matrix<Double>, hasConverged: Bool, stability: Double) {
  let largest = principal.variances.first ?? 0
  let kept = principal.variances.indices.filter {
    principal.variances[$0] > Codes.activeVariance * min(1, largest)
  }
  guard !kept.isEmpty else { throw DisentanglementError.noActiveLatents(metric: "ica") }
  var whitening = Matrix<Double>(rowCount: kept.count, columnCount: codes.latentCount)
  for (row, axis) in kept.enumerated() {
    let scale = 1 / sqrt(principal.variances[axis])
    for column in 0..<codes.latentCount {
      whitening[row, column] = principal.axes[axis, column] * scale
    }
  }
  let centred = codes.matrix.subtracting(principal.mean)
  // One thread: the order of sums must not depend on the thread count.
  return try Parallel.$threadCount.withValue(1) {
    let white = try centred.multiplied(by: whitening, transposingOther: true)
    let starts = try (0..<UInt64(CodeAlignment.icaStartCount)).map { start in
      try Unmixing(white, from: randomRotation(kept.count, seed: seed, stream: start))
    }
    guard let best = starts.indices.max(by: { starts[$0].contrast < starts[$1].contrast })
    else { preconditionFailure("no starts") }
    let others = starts.indices.filter { $0 != best }
    let agreement = others.reduce(0) { $0 + starts[best].agreement(with: starts[$1]) }
    return (
      try starts[best].axes.multiplied(by: whitening), starts[best].hasConverged,
      agreement / Double(max(others.count, 1))
    )
  }
}

/// One start's components of whitened codes.
private struct Unmixing {
  /// Orthonormal rows.
  let axes: Matrix<Double>
  let hasConverged: Bool
  let contrast: Double

  /// E[log cosh ν] of a standard normal ν.
  private static let normalLogCosh = 0.374567207491438

  init(_ white: Matrix<Double>, from start: Matrix<Double>) throws {
    var (axes, hasConverged) = (start, false)
    for _ in 0..<200 where !hasConverged {
      let (last, next) = (axes, try fixedPointStep(white, axes))
      let turns = (0..<next.rowCount).map { axis in
        let cosine = zip(next.row(axis), last.row(axis)).reduce(0) { $0 + $1.0 * $1.1 }
        return abs(abs(cosine) - 1)
      }
      hasConverged = turns.allSatisfy { $0 < 1e-4 }
      axes = next
    }
    self.axes = axes
    self.hasConverged = hasConverged
    let components = try white.multiplied(by: axes, transposingOther: true)
    var sums = [Double](repeating: 0, count: axes.rowCount)
    for sample in 0..<components.rowCount {
      for axis in 0..<components.columnCount {
        // log cosh without overflow.
        let size = abs(components[sample, axis])
        sums[axis] += size + log1p(exp(-2 * size)) - log(2)
      }
    }
    contrast = sums.reduce(0) { sum, total in
      let excess = total / Double(components.rowCount) - Self.normalLogCosh
      return sum + excess * excess
    }
  }

  /// The mean over components of the largest absolute cosine with one of another start.
  func agreement(with other: Unmixing) -> Double {
    let nearest = (0..<axes.rowCount).map { axis in
      (0..<axes.rowCount).map { candidate in
        abs(zip(axes.row(axis), other.axes.row(candidate)).reduce(0) { $0 + $1.0 * $1.1 })
      }.max() ?? 0
    }
    return nearest.reduce(0, +) / Double(max(nearest.count, 1))
  }
}

/// `W ← (E[g(Wx) xᵀ] − E[g'(Wx)] W)` with `g = tanh`, made orthogonal again.
private func fixedPointStep(
  _ white: Matrix<Double>, _ unmixing: Matrix<Double>
) throws -> Matrix<Double> {
  var activations = try white.multiplied(by: unmixing, transposingOther: true)
  let (sampleCount, axisCount) = (white.rowCount, unmixing.rowCount)
  var slopes = [Double](repeating: 0, count: axisCount)
  for sample in 0..<sampleCount {
    for axis in 0..<axisCount {
      let value = tanh(activations[sample, axis])
      activations[sample, axis] = value
      slopes[axis] += 1 - value * value
    }
  }
  var next = try activations.multiplied(by: white, transposingSelf: true)
  for axis in 0..<axisCount {
    for column in 0..<axisCount {
      next[axis, column] =
        (next[axis, column] - slopes[axis] * unmixing[axis, column]) / Double(sampleCount)
    }
  }
  // Symmetric decorrelation: (W Wᵀ)^(−1/2) W.
  let eigen = try SymmetricEigen(next.gram())
  var root = Matrix<Double>(rowCount: axisCount, columnCount: axisCount)
  for (index, value) in eigen.values.enumerated() {
    let scale = 1 / sqrt(max(value, .leastNormalMagnitude))
    for row in 0..<axisCount {
      for column in 0..<axisCount {
        root[row, column] += eigen.vectors[index, row] * eigen.vectors[index, column] * scale
      }
    }
  }
  return try root.multiplied(by: next)
}

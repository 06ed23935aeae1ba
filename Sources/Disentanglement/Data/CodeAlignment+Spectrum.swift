import BenchSupport
import Glibc
import LinearAlgebra

/// Axes from the codes of one model at several points of its β axis, without labels.
///
/// The codes of a multi-β model at β are those at 0 with a gain for each of some directions. Near 0 they are
/// almost white and their principal axes are noise; where β has spread the gains, principal axes are the
/// directions that are lost at different β.
extension Codes {
  /// The directions in which codes vary: eigenvalues of their covariance above ``activeVariance``.
  ///
  /// No rotation of the latents changes it, unlike the number of single latents that vary.
  ///
  /// - Returns: Their number.
  /// - Throws: ``DisentanglementError`` if there are fewer than two samples.
  public func activeDirectionCount() throws -> Int {
    try PrincipalAxes(self).variances.count { $0 > Self.activeVariance }
  }
}

extension CodeAlignment {
  /// The point that has lost least: of those whose codes vary in the most directions, the one with the highest rate.
  ///
  /// - Parameters:
  ///   - spectrum: The codes of the same observations at every point; at least one.
  ///   - rates: Their rates in nats.
  /// - Returns: The point's place, the first of equal ones.
  /// - Throws: ``DisentanglementError`` if there are fewer than two samples.
  public static func fullestPoint(of spectrum: [Codes], rates: [Double]) throws -> Int {
    precondition(!spectrum.isEmpty && spectrum.count == rates.count, "\(rates.count) rates")
    let counts = try spectrum.map { try $0.activeDirectionCount() }
    return rates.indices.max { left, right in
      (counts[left], rates[left], -left) < (counts[right], rates[right], -right)
    } ?? 0
  }

  /// The point whose spectrum tells most: among those with the most eigenvalues of the codes' covariance
  /// above ``Codes/activeVariance``, the one whose log eigenvalues above it have the largest standard deviation.
  ///
  /// The rule was fixed in docs/experiments.md before its test.
  ///
  /// - Parameter spectrum: The codes of the same observations at every point; at least one.
  /// - Returns: The point's place.
  /// - Throws: ``DisentanglementError`` if there are fewer than two samples.
  public static func tellingPoint(of spectrum: [Codes]) throws -> Int {
    precondition(!spectrum.isEmpty, "no points")
    let ranks = try spectrum.map { codes in
      let logs = try PrincipalAxes(codes).variances.filter { $0 > Codes.activeVariance }.map {
        log($0)
      }
      let mean = logs.reduce(0, +) / Double(max(logs.count, 1))
      let squares = logs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (logs.count, sqrt(squares / Double(max(logs.count, 1))))
    }
    return ranks.indices.max { ranks[$0] < ranks[$1] } ?? 0
  }

  /// The principal axes of ``tellingPoint(of:)``.
  ///
  /// - Parameter spectrum: The codes of the same observations at every point; at least one.
  /// - Throws: ``DisentanglementError`` if there are fewer than two samples.
  public init(spectrumOf spectrum: [Codes]) throws {
    let principal = try PrincipalAxes(spectrum[Self.tellingPoint(of: spectrum)])
    self.init(.spectrum, mean: principal.mean, axes: principal.axes, hasConverged: true)
  }

  /// The axes along which the codes of all points are correlated with those of the first as much as they
  /// can be one by one: the joint diagonalisation of Cᵢ = E[x wᵢᵀ] E[x wᵢᵀ]ᵀ, with x the whitened code of
  /// the first point and wᵢ the centred one of another.
  ///
  /// Directions of the first point with a variance of at most ``Codes/activeVariance`` are left out. Axes have
  /// unit variance there, stand in the order of what survives of them, and their largest element is
  /// positive.
  ///
  /// - Parameter spectrum: The codes of the same observations at every point, the one that loses least
  ///   first; at least one.
  /// - Throws: ``DisentanglementError`` if there are fewer than two samples, or if no direction is active.
  public init(jointSpectrumOf spectrum: [Codes]) throws {
    let first = spectrum[0]
    guard first.sampleCount >= 2 else {
      throw DisentanglementError.tooFewSamples(
        metric: "alignment", needed: 2, found: first.sampleCount)
    }
    // One thread: the order of sums must not depend on the thread count.
    let result = try Parallel.$threadCount.withValue(1) {
      let covariance = try Covariance(rows: first.matrix, divisor: .count)
      let eigen = try SymmetricEigen(covariance.matrix)
      let kept = eigen.values.indices.filter { eigen.values[$0] > Codes.activeVariance }
      guard !kept.isEmpty else { throw DisentanglementError.noActiveLatents(metric: "alignment") }
      var whitening = Matrix<Double>(rowCount: kept.count, columnCount: first.latentCount)
      for (row, index) in kept.enumerated() {
        let scale = 1 / sqrt(eigen.values[index])
        for column in 0..<first.latentCount {
          whitening[row, column] = eigen.vectors[index, column] * scale
        }
      }
      let white = try first.matrix.subtracting(covariance.mean)
        .multiplied(by: whitening, transposingOther: true)
      let survivors = try spectrum.dropFirst().map { codes in
        precondition(codes.sampleCount == first.sampleCount, "points of different observations")
        var correlation = try white.multiplied(
          by: codes.matrix.subtracting(columnMeans(codes.matrix)), transposingSelf: true)
        for index in correlation.elements.indices {
          correlation.elements[index] /= Double(first.sampleCount)
        }
        return try correlation.gram()
      }
      let joint = JointDiagonalization(survivors, order: kept.count)
      return (covariance.mean, try joint.axes.multiplied(by: whitening), joint)
    }
    let (mean, axes, joint) = result
    let strengths = (0..<axes.rowCount).map { axis in
      joint.diagonals.reduce(0) { $0 + $1[axis] }
    }
    let order = axes.rowIndices(byFalling: strengths)
    var sorted = axes
    for (row, axis) in order.enumerated() {
      let values = Array(axes.row(axis))
      let largest = values.reduce(0) { abs($1) > abs($0) ? $1 : $0 }
      for column in values.indices {
        sorted[row, column] = largest < 0 ? -values[column] : values[column]
      }
    }
    self.init(.spectrumJoint, mean: mean, axes: sorted, hasConverged: joint.hasConverged)
  }
}

extension Matrix<Double> {
  /// The rows' places by falling strength; equal ones stay in their order.
  fileprivate func rowIndices(byFalling strengths: [Double]) -> [Int] {
    strengths.indices.sorted {
      strengths[$0] == strengths[$1] ? $0 < $1 : strengths[$0] > strengths[$1]
    }
  }
}

import LinearAlgebra

extension Codes {
  /// One number per unit: the projection of a unit's latents on their first principal component.
  ///
  /// The protocol of DisDiff and EncDiff, whose representation is `[sample, unit, dimension]` and
  /// whose scores look at one number per unit: scikit-learn's `PCA(n_components=1)`, fitted to each
  /// unit on all codes. A component's entry with the largest magnitude is made positive.
  ///
  /// - Parameter unitSize: Latents per unit; consecutive latents belong together.
  /// - Returns: `[sample, unit]`.
  /// - Throws: ``DisentanglementError/invalidArgument(metric:argument:expected:found:)`` if the units
  ///   do not fill the latents, or a `LinearAlgebraError`.
  public func firstPrincipalComponents(unitSize: Int) throws -> Codes {
    guard unitSize > 0 && latentCount % unitSize == 0 else {
      throw DisentanglementError.invalidArgument(
        metric: "first principal components", argument: "the unit size",
        expected: "a divisor of the number of latents, \(latentCount)", found: "\(unitSize)")
    }
    var projected = Matrix<Double>(
      rowCount: sampleCount, columnCount: latentCount / unitSize)
    for unit in 0..<projected.columnCount {
      let latents = latents(Array(unit * unitSize..<(unit + 1) * unitSize)).matrix
      let covariance = try Covariance(rows: latents, divisor: .count)
      var component = Array(try SymmetricEigen(covariance.matrix).vectors.row(unitSize - 1))
      let dominant = component.max { abs($0) < abs($1) } ?? 1
      if dominant < 0 { component = component.map { -$0 } }
      for sample in 0..<sampleCount {
        let row = latents.row(sample)
        projected[sample, unit] = zip(zip(row, covariance.mean), component).reduce(0) {
          $0 + ($1.0.0 - $1.0.1) * $1.1
        }
      }
    }
    if precision == .float32 { projected.elements = projected.elements.map { Double(Float($0)) } }
    return try Codes(projected, precision: precision)
  }
}

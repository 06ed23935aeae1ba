import BenchSupport
import LinearAlgebra

/// The squared maximum mean discrepancy of CLIP embeddings (CMMD), times 1000.
///
/// `k(x, y) = exp(−‖x − y‖² / 2σ²)` with `σ = 10`, the biased estimate, in which every row counts with
/// itself: *Rethinking FID: Towards a Better Evaluation Metric for Image Generation*, arXiv:2401.09603,
/// and its code, `distance.py`. Never negative but for rounding.
///
/// It is defined on embeddings of length 1; others are refused, as the bandwidth means nothing on them.
public enum EmbeddingDiscrepancy {
  /// How far a row's length may be from 1.
  private static let tolerance = 1e-3

  /// Computes the discrepancy.
  ///
  /// - Parameters:
  ///   - reference: Embeddings of the real images, each of length 1.
  ///   - generated: Embeddings of the generated images, each of length 1.
  ///   - bandwidth: The kernel's deviation `σ`.
  /// - Returns: The value times 1000.
  /// - Throws: ``GenerationError`` if widths differ, a set is empty or a row has another length.
  public static func value(
    reference: FeatureSet, generated: FeatureSet, bandwidth: Double = 10
  ) throws -> Double {
    try GenerationError.requireEqualWidth(reference, generated)
    for set in [reference, generated] {
      guard set.count > 0 else {
        throw GenerationError.tooFewSamples(set: set.name, found: 0, needed: 1, metric: "'cmmd'")
      }
      for row in 0..<set.count {
        let square = set.features.row(row).reduce(0.0) { $0 + Double($1) * Double($1) }
        guard abs(square.squareRoot() - 1) <= tolerance else {
          throw GenerationError.notNormalised(
            set: set.name, row: row, length: square.squareRoot(), metric: "'cmmd'")
        }
      }
    }
    let mean = columnMeans(reference.features)
    let kernel = FeatureKernel.gaussian(bandwidth: bandwidth)
    let sides = [reference, generated].map { CentredSet($0, mean: mean, kernel: kernel) }
    let inner = try sides.map { side in
      let count = Double(side.count)
      return try (KernelSums.withinSet(side) + count) / (count * count)
    }
    let cross = try KernelSums.between(sides[0], sides[1])
    let mixed = cross / (Double(sides[0].count) * Double(sides[1].count))
    return 1000 * (inner[0] + inner[1] - 2 * mixed)
  }
}

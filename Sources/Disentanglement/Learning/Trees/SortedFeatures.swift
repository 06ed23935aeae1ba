import BenchSupport
import LinearAlgebra

/// The codes a tree learns from, with every latent sorted once for all trees.
///
/// Values are `Float`, as in scikit-learn's trees. Latents without two distinguishable values are
/// left out: no tree can split them.
struct SortedFeatures: Sendable {
  /// Two values this close (in `Float` arithmetic) are never separated.
  static let smallestGap: Float = 1e-7

  let sampleCount: Int
  /// The columns of the codes that vary, ascending.
  let columns: [Int]
  /// `[feature, sample]`, one feature after the other.
  let values: [Float]
  /// Samples of each feature in ascending order of value, `[feature, rank]`.
  let order: [UInt32]

  var featureCount: Int { columns.count }

  init(_ codes: Matrix<Float>) {
    let count = codes.rowCount
    let sorted = Parallel.map(codes.columnCount) { column -> (values: [Float], order: [UInt32])? in
      let values = codes.column(column)
      let order = sortedOrder(values)
      guard let first = order.first, let last = order.last,
        values[Int(last)] > values[Int(first)] + Self.smallestGap
      else { return nil }
      return (values, order)
    }
    sampleCount = count
    columns = sorted.indices.filter { sorted[$0] != nil }
    values = sorted.flatMap { $0?.values ?? [] }
    order = sorted.flatMap { $0?.order ?? [] }
  }

  /// The largest `Float` that goes left when the split lies halfway between two values.
  ///
  /// The threshold itself is a `Double`, `lower / 2 + upper / 2`; a `Float` is at most that
  /// exactly if it is at most the threshold rounded down.
  static func threshold(between lower: Float, and upper: Float) -> Float {
    let exact = Double(lower) / 2 + Double(upper) / 2
    let rounded = Float(exact)
    return Double(rounded) > exact ? rounded.nextDown : rounded
  }
}

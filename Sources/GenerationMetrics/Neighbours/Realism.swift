import BenchSupport
import LinearAlgebra

/// How realistic each generated sample is: how deep it lies in the nearest real neighbourhood.
///
/// Sec. 5 of *Improved Precision and Recall Metric for Assessing Generative Models*,
/// arXiv:1904.06991. Above 1, the sample lies within a real neighbourhood.
public enum Realism {
  /// Which published variant.
  public enum Variant: String, Sendable, CaseIterable {
    /// The authors' code: a ratio of squared distances, `R² / (d² + 1e-5)`, over the
    /// neighbourhoods whose squared radius is at most the median.
    case official
    /// youngjung's code: `R / (d + 1e-6)` over all neighbourhoods.
    case youngjung
  }

  /// The score of every generated sample.
  ///
  /// - Parameters:
  ///   - reference: Features of the real images; more than `neighbourCount`.
  ///   - generated: Features of the generated images.
  ///   - neighbourCount: Which neighbour sets a real sample's radius.
  ///   - variant: Which ratio.
  /// - Returns: One score per generated sample, in their order.
  /// - Throws: ``GenerationError`` if widths differ or the real set is too small.
  public static func scores(
    reference: FeatureSet, generated: FeatureSet, neighbourCount: Int = 3,
    variant: Variant = .official
  ) throws -> [Double] {
    try GenerationError.requireEqualWidth(reference, generated)
    let squares = try squaredNeighbourRadii(reference, neighbourCount: neighbourCount)
    let limit = variant == .official ? median(squares) : .infinity
    let kept = squares.indices.filter { squares[$0] <= limit }
    let keptSet = try FeatureSet(name: reference.name, features: reference.rows(at: kept))
    let radii = kept.map { squares[$0] }
    let screens = DistanceScreen.prepare([keptSet.features, generated.features])
    let realBlocks = Blocks(rowCount: keptSet.count)
    let blocks = Blocks(rowCount: generated.count)
    let scores = try Parallel.tryMap(blocks.count) { index in
      let block = blocks[index]
      var best = [Double](repeating: 0, count: block.count)
      let scratch = TileScratch(
        blockSize: max(blocks.size, realBlocks.size), width: generated.width)
      screens[1].load(block, into: scratch)
      for realIndex in 0..<realBlocks.count {
        let real = realBlocks[realIndex]
        try screens[1].fill(scratch, block, to: screens[0], real)
        for row in block {
          for column in real {
            let product =
              scratch.products[(row - block.lowerBound) * real.count + column - real.lowerBound]
            let lower =
              screens[1].lowerTerms[row] + screens[0].lowerTerms[column]
              + screens[0].lowerFactor * product
            let least = max(0, Double(lower)) / screens[0].squareScale
            // Only pairs whose best case beats the best so far are measured exactly.
            guard variant.ratio(radii[column], least) > best[row - block.lowerBound] else {
              continue
            }
            let square = screens[0].exactSquare(column, to: screens[1], row)
            let ratio = variant.ratio(radii[column], square)
            best[row - block.lowerBound] = max(best[row - block.lowerBound], ratio)
          }
        }
      }
      return best
    }
    return scores.flatMap { $0 }
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}

extension Realism.Variant {
  /// The score of a sample against one neighbourhood, from the two squared distances.
  fileprivate func ratio(_ squaredRadius: Double, _ square: Double) -> Double {
    switch self {
    case .official: squaredRadius / (square + 1e-5)
    case .youngjung: squaredRadius.squareRoot() / (square.squareRoot() + 1e-6)
    }
  }
}

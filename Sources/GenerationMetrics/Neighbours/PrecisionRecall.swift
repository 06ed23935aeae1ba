import BenchSupport
import LinearAlgebra
import Synchronization

/// Precision, recall, density and coverage: how much of each set lies within the other's
/// neighbourhoods.
///
/// A sample's neighbourhood reaches to its `k`-th neighbour in its own set. Precision and recall as
/// in *Improved Precision and Recall Metric for Assessing Generative Models*, arXiv:1904.06991;
/// density and coverage as in *Reliable Fidelity and Diversity Metrics for Generative Models*,
/// arXiv:2002.09797. All comparisons are settled in double precision.
public struct PrecisionRecall: Sendable, Equatable {
  /// The fraction of generated samples inside a real neighbourhood.
  public let precision: Double
  /// The fraction of real samples inside a generated neighbourhood.
  public let recall: Double
  /// The mean number of real neighbourhoods around a generated sample, divided by `k`.
  public let density: Double
  /// The fraction of real neighbourhoods that hold a generated sample.
  public let coverage: Double

  /// Computes all four.
  ///
  /// Costs one matrix product between the sets and half of one within each; memory beyond the
  /// features is a few megabytes per thread.
  ///
  /// - Parameters:
  ///   - reference: Features of the real images.
  ///   - generated: Features of the generated images.
  ///   - neighbourCount: `k`; 3 in the authors' code, 5 in prdc's.
  ///   - inside: Whether the boundary counts.
  /// - Throws: ``GenerationError`` if widths differ or a set has no more than `k` samples.
  public init(
    reference: FeatureSet, generated: FeatureSet, neighbourCount: Int = 3,
    inside: GenerationOptions.Inside = .strict
  ) throws {
    try GenerationError.requireEqualWidth(reference, generated)
    let referenceRadii = try squaredNeighbourRadii(reference, neighbourCount: neighbourCount)
    let generatedRadii = try squaredNeighbourRadii(generated, neighbourCount: neighbourCount)
    let tally = try Self.tally(
      reference, referenceRadii, generated, generatedRadii, inside: inside)
    let generatedCount = Double(generated.count)
    precision = Double(tally.enclosing.count { $0 > 0 }) / generatedCount
    recall = Double(tally.isRecalled.count { $0 }) / Double(reference.count)
    let enclosing = tally.enclosing.reduce(0) { $0 + Int($1) }
    density = Double(enclosing) / generatedCount / Double(neighbourCount)
    coverage = Double(tally.isCovered.count { $0 }) / Double(reference.count)
  }

  private struct Tally {
    /// Per generated sample, how many real neighbourhoods it lies in.
    var enclosing: [Int32]
    /// Per real sample, whether a generated neighbourhood holds it.
    var isRecalled: [Bool]
    /// Per real sample, whether its neighbourhood holds a generated sample.
    var isCovered: [Bool]
  }

  private static func tally(
    _ reference: FeatureSet, _ referenceRadii: [Double], _ generated: FeatureSet,
    _ generatedRadii: [Double], inside: GenerationOptions.Inside
  ) throws -> Tally {
    let screens = DistanceScreen.prepare([reference.features, generated.features])
    let referenceBlocks = Blocks(rowCount: reference.count)
    let generatedBlocks = Blocks(rowCount: generated.count)
    let rows = SphereSet(screen: screens[0], squaredRadii: referenceRadii)
    let columns = SphereSet(screen: screens[1], squaredRadii: generatedRadii)
    let shared = Mutex([Int32](repeating: 0, count: generated.count))
    let marks = try Parallel.tryMap(referenceBlocks.count) { index in
      let block = referenceBlocks[index]
      var part = Tally(
        enclosing: Array(repeating: 0, count: generated.count),
        isRecalled: Array(repeating: false, count: block.count),
        isCovered: Array(repeating: false, count: block.count))
      let scratch = TileScratch(
        blockSize: max(referenceBlocks.size, generatedBlocks.size), width: reference.width)
      screens[0].load(block, into: scratch)
      for other in 0..<generatedBlocks.count {
        let others = generatedBlocks[other]
        try screens[0].fill(scratch, block, to: screens[1], others)
        forEachNearPair(
          rows, block, columns, others, products: UnsafeBufferPointer(scratch.products)
        ) { row, column, lower, upper in
          let pair = SpherePair(
            rows: rows, row: row, columns: columns, column: column, lower: lower, upper: upper,
            inside: inside)
          if pair.isInside(squaredRadius: referenceRadii[row]) {
            part.enclosing[column] += 1
            part.isCovered[row - block.lowerBound] = true
          }
          if !part.isRecalled[row - block.lowerBound]
            && pair.isInside(squaredRadius: generatedRadii[column])
          {
            part.isRecalled[row - block.lowerBound] = true
          }
        }
      }
      shared.withLock { total in
        for column in total.indices { total[column] += part.enclosing[column] }
      }
      return (part.isRecalled, part.isCovered)
    }
    return Tally(
      enclosing: shared.withLock { $0 }, isRecalled: marks.flatMap { $0.0 },
      isCovered: marks.flatMap { $0.1 })
  }
}

/// Samples with their neighbourhoods, in the units of a screen.
private struct SphereSet: Sendable {
  let screen: DistanceScreen
  /// Squared radii rounded up, in screen units.
  let reaches: [Float]

  init(screen: DistanceScreen, squaredRadii: [Double]) {
    self.screen = screen
    reaches = squaredRadii.map { Float($0 * screen.squareScale).nextUp }
  }
}

/// Calls `body` for every pair that may lie within either's radius, with bounds on its square.
private func forEachNearPair(
  _ rows: SphereSet, _ block: Range<Int>, _ columns: SphereSet, _ others: Range<Int>,
  products: UnsafeBufferPointer<Float>,
  body: (_ row: Int, _ column: Int, _ lower: Float, _ upper: Float) -> Void
) {
  let factor = rows.screen.lowerFactor
  let upperFactor = rows.screen.upperFactor
  columns.screen.lowerTerms.withUnsafeBufferPointer { norms in
    columns.reaches.withUnsafeBufferPointer { reaches in
      for row in block {
        let norm = rows.screen.lowerTerms[row]
        let upperNorm = rows.screen.upperTerms[row]
        let reach = rows.reaches[row]
        let start = (row - block.lowerBound) * others.count
        func visit(_ index: Int) {
          let column = others.lowerBound + index
          let product = products[start + index]
          let lower = norms[column] + norm + factor * product
          guard lower <= max(reach, reaches[column]) else { return }
          body(
            row, column, lower,
            columns.screen.upperTerms[column] + upperNorm + upperFactor * product)
        }
        var index = 0
        while index + 8 <= others.count {
          let column = others.lowerBound + index
          let lower = load8(norms, column) + norm + factor * load8(products, start + index)
          let limit = pointwiseMax(load8(reaches, column), SIMD8(repeating: reach))
          if any(lower .<= limit) {
            for lane in 0..<8 where lower[lane] <= limit[lane] { visit(index + lane) }
          }
          index += 8
        }
        while index < others.count {
          visit(index)
          index += 1
        }
      }
    }
  }
}

/// A real and a generated sample, with bounds on their squared distance in screen units.
private struct SpherePair {
  let rows: SphereSet
  let row: Int
  let columns: SphereSet
  let column: Int
  let lower: Float
  let upper: Float
  let inside: GenerationOptions.Inside

  /// Whether the distance is within a radius; looked at exactly where the bounds do not tell.
  func isInside(squaredRadius: Double) -> Bool {
    let limit = Float(squaredRadius * rows.screen.squareScale)
    if lower > limit.nextUp { return false }
    if upper < limit.nextDown { return true }
    let square = rows.screen.exactSquare(row, to: columns.screen, column)
    return inside == .strict ? square < squaredRadius : square <= squaredRadius
  }
}

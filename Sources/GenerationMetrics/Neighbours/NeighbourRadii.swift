import BenchSupport
import LinearAlgebra
import Synchronization

/// The squared distance of every sample to its `neighbourCount`-th neighbour in its own set.
///
/// The sample itself is left out, duplicates count as neighbours; in double precision.
/// Every pair of blocks is multiplied once and serves the rows of both. Memory: one block pair per
/// thread and a few candidates per sample.
func squaredNeighbourRadii(_ set: FeatureSet, neighbourCount: Int) throws -> [Double] {
  guard neighbourCount >= 1 else {
    throw GenerationError.invalidParameter(
      name: "the number of neighbours", value: neighbourCount, expected: "at least 1")
  }
  guard set.count > neighbourCount else {
    throw GenerationError.tooFewSamples(
      set: set.name, found: set.count, needed: neighbourCount + 1,
      metric: "a radius to neighbour \(neighbourCount)",
      remedy: set.count < 2 ? nil : "take a nearer neighbour (bench fid --k \(set.count - 1))")
  }
  let screen = DistanceScreen.prepare([set.features])[0]
  let blocks = Blocks(rowCount: set.count)
  let searches = (0..<blocks.count).map {
    BlockSearch(screen: screen, rows: blocks[$0], neighbourCount: neighbourCount)
  }
  _ = try Parallel.tryMap(blocks.count) { first in
    let scratch = TileScratch(blockSize: blocks.size, width: screen.width)
    screen.load(blocks[first], into: scratch)
    for second in first..<blocks.count {
      try screen.fill(scratch, blocks[first], to: screen, blocks[second])
      let products = UnsafeBufferPointer(scratch.products)
      searches[first].offer(products, from: blocks[second], isTransposed: false)
      if second != first {
        searches[second].offer(products, from: blocks[first], isTransposed: true)
      }
    }
  }
  return Parallel.map(blocks.count) { searches[$0].squaredRadii() }.flatMap { $0 }
}

/// The neighbour search of one block of rows, fed by several threads.
private final class BlockSearch: Sendable {
  private let screen: DistanceScreen
  private let rows: Range<Int>
  private let state: Mutex<State>

  private struct State {
    var searches: [RowSearch]
    /// What a lower bound must not exceed for a pair to matter, per row.
    var thresholds: [Float]
  }

  init(screen: DistanceScreen, rows: Range<Int>, neighbourCount: Int) {
    self.screen = screen
    self.rows = rows
    state = Mutex(
      State(
        searches: rows.map { RowSearch(row: $0, neighbourCount: neighbourCount) },
        thresholds: Array(repeating: .infinity, count: rows.count)))
  }

  /// Looks at the numbers of this block's rows with those of another, see ``DistanceScreen``.
  ///
  /// - Parameters:
  ///   - products: `[row, other]`, or `[other, row]` when transposed, without gaps.
  ///   - others: The rows of the other block.
  ///   - isTransposed: How the products lie.
  func offer(_ products: UnsafeBufferPointer<Float>, from others: Range<Int>, isTransposed: Bool) {
    state.withLock { state in
      if isTransposed {
        offerColumns(products, others, &state)
      } else {
        offerRows(products, others, &state)
      }
    }
  }

  private func offerRows(
    _ products: UnsafeBufferPointer<Float>, _ others: Range<Int>, _ state: inout State
  ) {
    let factor = screen.lowerFactor
    screen.lowerTerms.withUnsafeBufferPointer { norms in
      for local in 0..<rows.count {
        let ownNorm = norms[rows.lowerBound + local]
        let start = local * others.count
        var index = 0
        while index + 8 <= others.count {
          let lower =
            load8(norms, others.lowerBound + index) + ownNorm
            + factor * load8(products, start + index)
          if any(lower .<= state.thresholds[local]) {
            for lane in 0..<8 where lower[lane] <= state.thresholds[local] {
              consider(
                local, others.lowerBound + index + lane, products[start + index + lane], &state)
            }
          }
          index += 8
        }
        while index < others.count {
          let other = others.lowerBound + index
          if norms[other] + ownNorm + factor * products[start + index] <= state.thresholds[local] {
            consider(local, other, products[start + index], &state)
          }
          index += 1
        }
      }
    }
  }

  private func offerColumns(
    _ products: UnsafeBufferPointer<Float>, _ others: Range<Int>, _ state: inout State
  ) {
    let factor = screen.lowerFactor
    screen.lowerTerms.withUnsafeBufferPointer { norms in
      for index in 0..<others.count {
        let other = others.lowerBound + index
        let start = index * rows.count
        var local = 0
        while local + 8 <= rows.count {
          let lower =
            load8(norms, rows.lowerBound + local) + norms[other]
            + factor * load8(products, start + local)
          let thresholds = state.thresholds.withUnsafeBufferPointer { load8($0, local) }
          let matters = lower .<= thresholds
          if any(matters) {
            for lane in 0..<8 where matters[lane] {
              consider(local + lane, other, products[start + local + lane], &state)
            }
          }
          local += 8
        }
        while local < rows.count {
          let lower =
            norms[rows.lowerBound + local] + norms[other] + factor * products[start + local]
          if lower <= state.thresholds[local] {
            consider(local, other, products[start + local], &state)
          }
          local += 1
        }
      }
    }
  }

  private func consider(_ local: Int, _ other: Int, _ product: Float, _ state: inout State) {
    let row = rows.lowerBound + local
    guard other != row else { return }
    let lower = screen.lowerTerms[row] + screen.lowerTerms[other] + screen.lowerFactor * product
    let upper = screen.upperTerms[row] + screen.upperTerms[other] + screen.upperFactor * product
    state.searches[local].add(other, lower: lower, upper: upper, screen: screen)
    state.thresholds[local] = state.searches[local].threshold
  }

  /// The exact squared radii of the block's rows.
  func squaredRadii() -> [Double] {
    state.withLock { state in
      state.searches.indices.map { state.searches[$0].squaredRadius(screen) }
    }
  }
}

/// The candidates for the nearest neighbours of one row.
private struct RowSearch {
  /// No pair with a lower bound above this can be among the nearest.
  private(set) var threshold = Float.infinity

  private let row: Int
  private let neighbourCount: Int
  /// The smallest upper bounds seen, ascending; their last bounds the radius.
  private var uppers: [Float] = []
  private var candidates: [(other: Int32, lower: Float)] = []
  /// The smallest exact squares among candidates already settled, ascending.
  private var settled: [Double] = []
  private static let candidateLimit = 1024

  init(row: Int, neighbourCount: Int) {
    self.row = row
    self.neighbourCount = neighbourCount
  }

  mutating func add(_ other: Int, lower: Float, upper: Float, screen: DistanceScreen) {
    candidates.append((Int32(truncatingIfNeeded: other), lower))
    if uppers.count < neighbourCount || upper < uppers[neighbourCount - 1] {
      if uppers.count == neighbourCount { uppers.removeLast() }
      uppers.insert(upper, at: uppers.firstIndex { $0 > upper } ?? uppers.count)
      if uppers.count == neighbourCount { threshold = min(threshold, uppers[neighbourCount - 1]) }
    }
    // Many near-equal distances would otherwise pile up.
    if candidates.count >= Self.candidateLimit { settle(screen) }
  }

  /// Replaces candidates by the exact squares of the nearest of them.
  private mutating func settle(_ screen: DistanceScreen) {
    for candidate in candidates where candidate.lower <= threshold {
      let square = screen.exactSquare(row, to: screen, Int(candidate.other))
      if settled.count == neighbourCount {
        guard square < settled[neighbourCount - 1] else { continue }
        settled.removeLast()
      }
      settled.insert(square, at: settled.firstIndex { $0 > square } ?? settled.count)
      // A radius of zero cannot shrink: nothing else matters.
      if settled.count == neighbourCount && settled[neighbourCount - 1] == 0 {
        threshold = -.infinity
        break
      }
    }
    candidates.removeAll(keepingCapacity: true)
  }

  mutating func squaredRadius(_ screen: DistanceScreen) -> Double {
    settle(screen)
    return settled[neighbourCount - 1]
  }
}

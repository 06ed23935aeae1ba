import BenchSupport
import LinearAlgebra

/// The nearest row of one set to every row of another, settled in double precision; of several equally
/// near ones the first.
struct NearestRows: Sendable {
  /// The nearest row's place, per query.
  let indices: [Int]
  /// The squared distance to it, per query.
  let squares: [Double]

  /// Searches.
  ///
  /// - Parameters:
  ///   - queries: The rows whose nearest neighbours are looked for.
  ///   - set: The rows among which they are looked for; at least one.
  /// - Throws: `LinearAlgebraError` if OpenBLAS is missing.
  init(of queries: Matrix<Float>, in set: Matrix<Float>) throws {
    precondition(set.rowCount > 0, "no row to be near to")
    let screens = DistanceScreen.prepare([queries, set])
    let factor = screens[0].lowerFactor
    let blocks = Blocks(rowCount: queries.rowCount)
    let others = Blocks(rowCount: set.rowCount)
    let found = try Parallel.tryMap(blocks.count) { index in
      let block = blocks[index]
      var nearest = [(index: Int, square: Double)](repeating: (0, .infinity), count: block.count)
      let scratch = TileScratch(blockSize: max(blocks.size, others.size), width: set.columnCount)
      screens[0].load(block, into: scratch)
      for other in 0..<others.count {
        let columns = others[other]
        try screens[0].fill(scratch, block, to: screens[1], columns)
        for row in block {
          let place = row - block.lowerBound
          let start = place * columns.count - columns.lowerBound
          let term = screens[0].lowerTerms[row]
          var limit = Float(nearest[place].square * screens[0].squareScale).nextUp
          for column in columns {
            let number = factor * scratch.products[start + column]
            guard term + screens[1].lowerTerms[column] + number <= limit else { continue }
            let square = screens[0].exactSquare(row, to: screens[1], column)
            guard square < nearest[place].square else { continue }
            nearest[place] = (column, square)
            limit = Float(square * screens[0].squareScale).nextUp
          }
        }
      }
      return nearest
    }.flatMap { $0 }
    indices = found.map(\.index)
    squares = found.map(\.square)
  }
}

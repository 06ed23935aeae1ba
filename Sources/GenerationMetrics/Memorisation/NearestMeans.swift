import BenchSupport
import LinearAlgebra

/// Cells around the means of a set: Lloyd's algorithm from means that are drawn far apart (k-means++), the
/// best of ten searches.
struct NearestMeans: Sendable {
  /// The means, `[cell, feature]`.
  private let means: Matrix<Double>

  /// Searches; each of the ten draws by a stream of its own.
  ///
  /// - Parameters:
  ///   - rows: The samples; at least as many as cells.
  ///   - count: Number of cells.
  ///   - seed: Seed of the draws.
  init(_ rows: Matrix<Float>, count: Int, seed: UInt64) {
    let searches = Parallel.map(10) { search -> (means: Matrix<Double>, sum: Double) in
      var random = Philox(seed: seed, stream: UInt64(search))
      return Self.search(rows, Self.start(rows, count, &random))
    }
    means = (searches.min { $0.sum < $1.sum } ?? searches[0]).means
  }

  /// The nearest mean's place, per row.
  func cells(of rows: Matrix<Float>) -> [Int] { Self.nearest(rows, means).map(\.cell) }

  // MARK: - Search

  /// Rows as first means, each drawn by the squared distance to those before.
  private static func start(
    _ rows: Matrix<Float>, _ count: Int, _ random: inout Philox
  ) -> Matrix<Double> {
    var chosen = [random.integer(below: rows.rowCount)]
    while chosen.count < count {
      let distances = nearest(rows, means(at: chosen, of: rows)).map(\.square)
      let total = distances.reduce(0, +)
      var left = random.uniform() * total
      var place = rows.rowCount - 1
      for (row, distance) in distances.enumerated() {
        left -= distance
        if left < 0 {
          place = row
          break
        }
      }
      chosen.append(place)
    }
    return means(at: chosen, of: rows)
  }

  private static func means(at chosen: [Int], of rows: Matrix<Float>) -> Matrix<Double> {
    Matrix(
      rowCount: chosen.count, columnCount: rows.columnCount,
      elements: chosen.flatMap { rows.row($0).map { Double($0) } })
  }

  private static func search(
    _ rows: Matrix<Float>, _ start: Matrix<Double>
  ) -> (means: Matrix<Double>, sum: Double) {
    var means = start
    var cells: [Int] = []
    for _ in 0..<300 {
      let found = nearest(rows, means).map(\.cell)
      if found == cells { break }
      cells = found
      var sums = Matrix<Double>(rowCount: means.rowCount, columnCount: means.columnCount)
      var counts = [Double](repeating: 0, count: means.rowCount)
      for (row, cell) in cells.enumerated() {
        counts[cell] += 1
        for column in 0..<means.columnCount {
          sums[cell, column] += Double(rows.elements[row * means.columnCount + column])
        }
      }
      for cell in counts.indices where counts[cell] > 0 {
        for column in 0..<means.columnCount {
          means[cell, column] = sums[cell, column] / counts[cell]
        }
      }
    }
    return (means, nearest(rows, means).reduce(0) { $0 + $1.square })
  }

  private static func nearest(
    _ rows: Matrix<Float>, _ means: Matrix<Double>
  ) -> [(cell: Int, square: Double)] {
    let width = means.columnCount
    return rows.elements.withUnsafeBufferPointer { elements in
      means.elements.withUnsafeBufferPointer { means in
        (0..<rows.rowCount).map { row in
          var best = (cell: 0, square: Double.infinity)
          for cell in 0..<means.count / max(1, width) {
            var square = 0.0
            for column in 0..<width {
              let difference = Double(elements[row * width + column]) - means[cell * width + column]
              square += difference * difference
            }
            if square < best.square { best = (cell, square) }
          }
          return best
        }
      }
    }
  }
}

import Glibc
import LinearAlgebra

/// Scores of consecutive samples.
struct ClassScores: Sendable {
  let rowCount: Int
  let columnCount: Int
  /// `[column, row]`; one column per class, one in all for two classes.
  var values: [Double]

  /// The same scores for every sample.
  init(_ scores: [Double], rowCount: Int) {
    self.rowCount = rowCount
    columnCount = scores.count
    values = scores.flatMap { Array(repeating: $0, count: rowCount) }
  }

  /// The class probabilities, `[column, row]`; that of the second class for two.
  var probabilities: [Double] {
    guard columnCount > 1 else { return values.map { 1 / (1 + exp(-$0)) } }
    var largest = [Double](repeating: -.infinity, count: rowCount)
    var sums = [Double](repeating: 0, count: rowCount)
    var result = values
    var scores = result.mutableSpan
    for column in 0..<columnCount {
      for row in 0..<rowCount {
        largest[row] = max(largest[row], scores[unchecked: column &* rowCount &+ row])
      }
    }
    for column in 0..<columnCount {
      for row in 0..<rowCount {
        let value = exp(scores[unchecked: column &* rowCount &+ row] - largest[row])
        scores[unchecked: column &* rowCount &+ row] = value
        sums[row] += value
      }
    }
    for column in 0..<columnCount {
      for row in 0..<rowCount { scores[unchecked: column &* rowCount &+ row] /= sums[row] }
    }
    return result
  }
}

extension Matrix<Double> {
  /// The scores of consecutive blocks of samples, `[sample, class]`.
  init(_ blocks: [ClassScores]) {
    self.init(
      rowCount: blocks.reduce(0) { $0 + $1.rowCount }, columnCount: blocks.first?.columnCount ?? 0,
      elements: blocks.flatMap { block in
        (0..<block.rowCount).flatMap { row in
          (0..<block.columnCount).map { block.values[$0 * block.rowCount + row] }
        }
      })
  }

  /// The class with the largest score in every row, the first of equal ones; with one column the
  /// second class if the score is not negative.
  package var predictions: [Int32] {
    (0..<rowCount).map { row in
      if columnCount == 1 { return self[row, 0] >= 0 ? 1 : 0 }
      var best = 0
      for candidate in 1..<columnCount where self[row, candidate] > self[row, best] {
        best = candidate
      }
      return Int32(best)
    }
  }
}

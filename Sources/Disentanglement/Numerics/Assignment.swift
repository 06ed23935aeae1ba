package import LinearAlgebra

/// The assignment of every row to a column of its own whose costs have the smallest sum.
///
/// The Hungarian algorithm with potentials and shortest augmenting paths: *On the Hungarian Method for
/// Assignment and Transportation Problems*, Munkres 1957, in the form of Jonker and Volgenant 1987, as
/// SciPy's `linear_sum_assignment`; O(rows² · columns). Of several assignments of one sum it may find
/// another than SciPy.
///
/// - Parameter cost: Finite costs, `[row, column]`; no more rows than columns.
/// - Returns: The column of each row.
package func cheapestAssignment(_ cost: Matrix<Double>) -> [Int] {
  let (rowCount, columnCount) = (cost.rowCount, cost.columnCount)
  precondition(rowCount <= columnCount, "\(rowCount) rows for \(columnCount) columns")
  var rowPotentials = [Double](repeating: 0, count: rowCount)
  var columnPotentials = [Double](repeating: 0, count: columnCount)
  var rowOfColumn = [Int?](repeating: nil, count: columnCount)
  for start in 0..<rowCount {
    // Dijkstra's tree of reduced costs from a free row to the nearest free column.
    var distances = [Double](repeating: .infinity, count: columnCount)
    var previous = [Int?](repeating: nil, count: columnCount)
    var isDone = [Bool](repeating: false, count: columnCount)
    var row = start
    var reached: Int?
    var length = 0.0
    var last: Int?
    while reached == nil {
      var nearest = -1
      for column in 0..<columnCount where !isDone[column] {
        let reduced =
          length + cost[row, column] - rowPotentials[row] - columnPotentials[column]
        if reduced < distances[column] {
          distances[column] = reduced
          previous[column] = last
        }
        if nearest < 0 || distances[column] < distances[nearest] { nearest = column }
      }
      length = distances[nearest]
      isDone[nearest] = true
      last = nearest
      if let next = rowOfColumn[nearest] {
        row = next
      } else {
        reached = nearest
      }
    }
    // Potentials keep all reduced costs at or above 0.
    rowPotentials[start] += length
    for column in 0..<columnCount where isDone[column] && column != reached {
      if let row = rowOfColumn[column] { rowPotentials[row] += length - distances[column] }
      columnPotentials[column] -= length - distances[column]
    }
    // The path's columns change hands, from its end to the free row.
    var column = reached
    while let current = column {
      let before = previous[current]
      rowOfColumn[current] = before.map { rowOfColumn[$0] } ?? start
      column = before
    }
  }
  var columns = [Int](repeating: 0, count: rowCount)
  for (column, row) in rowOfColumn.enumerated() {
    if let row { columns[row] = column }
  }
  return columns
}

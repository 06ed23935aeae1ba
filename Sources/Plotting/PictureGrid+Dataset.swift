public import Datasets

extension PictureGrid {
  /// What a dataset looks like.
  ///
  /// For datasets with factors, one row per factor, which takes its values from left to right while
  /// the others stay in the middle; for others, 60 images spread over the dataset.
  ///
  /// - Parameters:
  ///   - dataset: What to show.
  ///   - columnCount: Images per row, at most.
  /// - Throws: ``DatasetError`` if the data cannot be read.
  public init(of dataset: any ImageDataset, columnCount: Int = 10) throws(DatasetError) {
    var indices: [[Int]] = []
    let factorial = dataset as? any FactorDataset
    if let factorial {
      let middle = factorial.factorSizes.map { $0 / 2 }
      for (factor, size) in factorial.factorSizes.enumerated() {
        indices.append(
          (0..<columnCount).map { column in
            var factors = middle
            factors[factor] = Self.value(column, of: columnCount, size)
            return factorial.index(ofFactors: factors)
          })
      }
    } else {
      let count = min(dataset.count, 6 * columnCount)
      let spread = (0..<count).map { $0 * (dataset.count - 1) / max(1, count - 1) }
      indices = stride(from: 0, to: count, by: columnCount).map {
        Array(spread[$0..<min($0 + columnCount, count)])
      }
    }
    var rows: [[[UInt8]]] = []
    for row in indices {
      var images: [[UInt8]] = []
      for index in row { images.append(try dataset.pixels(at: [index])) }
      rows.append(images)
    }
    self.init(dataset.imageShape, rows: rows, rowLabels: factorial?.factorNames ?? [])
  }

  /// Values spread over a factor's range; a factor with fewer values than columns repeats its last.
  private static func value(_ column: Int, of columnCount: Int, _ size: Int) -> Int {
    size <= columnCount ? min(column, size - 1) : column * (size - 1) / max(1, columnCount - 1)
  }
}

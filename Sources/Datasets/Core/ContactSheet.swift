/// One picture that shows what a dataset looks like.
public enum ContactSheet {
  /// A picture of the dataset.
  ///
  /// For datasets with factors, one row per factor, which takes its values from left to right while
  /// the others stay in the middle; for others, 60 images spread over the dataset.
  ///
  /// - Parameters:
  ///   - dataset: What to show.
  ///   - columnCount: Images per row, at most.
  /// - Returns: The sheet, grey or RGB as the dataset is.
  /// - Throws: ``DatasetError`` if the data cannot be read.
  public static func make(
    _ dataset: any ImageDataset, columnCount: Int = 10
  ) throws(DatasetError) -> RasterImage {
    var images: [RasterImage] = []
    if let dataset = dataset as? any FactorDataset {
      let middle = dataset.factorSizes.map { $0 / 2 }
      for (factor, size) in dataset.factorSizes.enumerated() {
        for column in 0..<columnCount {
          var factors = middle
          factors[factor] = value(column, of: columnCount, size)
          images.append(try dataset.image(at: dataset.index(ofFactors: factors)))
        }
      }
    } else {
      let count = min(dataset.count, 6 * columnCount)
      for place in 0..<count {
        images.append(try dataset.image(at: place * (dataset.count - 1) / max(1, count - 1)))
      }
    }
    return RasterImage.grid(images, columnCount: min(columnCount, images.count))
  }

  /// Values spread over a factor's range; a factor with fewer values than columns repeats its last.
  private static func value(_ column: Int, of columnCount: Int, _ size: Int) -> Int {
    size <= columnCount ? min(column, size - 1) : column * (size - 1) / max(1, columnCount - 1)
  }
}

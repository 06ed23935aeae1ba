import BenchSupport
package import LinearAlgebra

/// The rows of a matrix of features that are nearest to others by Euclidean distance.
package struct NearestImages {
  /// One of the rows, and how far away it is.
  package struct Neighbour {
    package let row: Int
    package let distance: Double
  }

  private let features: Matrix<Float>

  /// Takes the features among which to look, one row per image.
  package init(_ features: Matrix<Float>) { self.features = features }

  /// The nearest rows to one row of other features, nearest first.
  ///
  /// - Parameters:
  ///   - row: Which row of `queries`.
  ///   - queries: Features of the same width.
  ///   - count: How many neighbours.
  ///   - excluded: A row that does not count, for instance the query itself.
  /// - Returns: The neighbours; fewer if there are fewer.
  package func neighbours(
    ofRow row: Int, in queries: Matrix<Float>, count: Int, excluding excluded: Int? = nil
  ) -> [Neighbour] {
    let width = features.columnCount
    let distances = queries.elements.withUnsafeBufferPointer { queries in
      features.elements.withUnsafeBufferPointer { elements in
        (0..<features.rowCount).map { other in
          var sum: Float = 0
          for column in 0..<width {
            let difference = queries[row * width + column] - elements[other * width + column]
            sum += difference * difference
          }
          return Neighbour(row: other, distance: Double(sum).squareRoot())
        }
      }
    }
    let others = distances.filter { $0.row != excluded }
    return Array(
      others.sorted { ($0.distance, $0.row) < ($1.distance, $1.row) }.prefix(count))
  }

  /// The median over samples of the distance to the nearest image, over the median over images of the
  /// distance to the nearest other image.
  ///
  /// About 1 where samples lie as images lie among each other; towards 0 where they are copies. At
  /// most 200 of either are looked at.
  package func distanceRatio(of samples: Matrix<Float>) -> Double? {
    func median(_ values: [Double]) -> Double? {
      values.isEmpty ? nil : values.sorted()[values.count / 2]
    }
    let ofSamples = Parallel.map(min(samples.rowCount, 200)) { row in
      neighbours(ofRow: row, in: samples, count: 1).first?.distance
    }
    let ofImages = Parallel.map(min(features.rowCount, 200)) { row in
      neighbours(ofRow: row, in: features, count: 1, excluding: row).first?.distance
    }
    guard let samples = median(ofSamples.compactMap { $0 }),
      let images = median(ofImages.compactMap { $0 }), images > 0
    else { return nil }
    return samples / images
  }
}

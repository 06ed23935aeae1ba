internal import CLogistic
import LinearAlgebra

/// Samples with numbers as features in the order in which the multinomial loss is computed, several samples at a time.
struct PackedSamples: Sendable {
  /// `[feature, stride]`.
  private let features: [Double]
  private let featureCount: Int
  private let stride: Int
  private let labels: [Int32]
  private let weights: [Double]
  private let classCount: Int

  /// Packs samples.
  ///
  /// - Parameters:
  ///   - matrix: The features, `[sample, feature]`.
  ///   - labels: The classes of the same samples.
  ///   - classWeights: What a sample of each class weighs.
  init(_ matrix: Matrix<Double>, labels: Labels, classWeights: [Double]) {
    let lanes = Int(clogistic_lanes)
    let stride = (matrix.rowCount + lanes - 1) / lanes * lanes
    let padding = stride - matrix.rowCount
    var features = [Double](repeating: 0, count: matrix.columnCount * stride)
    for row in 0..<matrix.rowCount {
      for column in 0..<matrix.columnCount { features[column * stride + row] = matrix[row, column] }
    }
    self.features = features
    self.stride = stride
    featureCount = matrix.columnCount
    classCount = labels.classCount
    self.labels = labels.values + [Int32](repeating: 0, count: padding)
    weights =
      labels.values.map { classWeights[Int($0)] } + [Double](repeating: 0, count: padding)
  }

  /// Adds the gradient of the weighted log loss of some samples.
  ///
  /// - Parameters:
  ///   - rows: The samples; starts at a multiple of the block of the C code.
  ///   - parameters: `[feature + intercept, class]`.
  ///   - gradient: In the same order.
  /// - Returns: The loss.
  func addGradient(
    of rows: Range<Int>, _ parameters: [Double], to gradient: inout [Double]
  ) -> Double {
    let (block, lanes) = (Int(clogistic_block), Int(clogistic_lanes))
    var loss = 0.0
    features.withUnsafeBufferPointer { features in
      labels.withUnsafeBufferPointer { labels in
        weights.withUnsafeBufferPointer { weights in
          withUnsafeTemporaryAllocation(of: Double.self, capacity: classCount * block) { room in
            let samples = clogistic_samples(
              features: features.baseAddress, feature_count: featureCount, stride: stride,
              labels: labels.baseAddress, weights: weights.baseAddress, class_count: classCount)
            for start in Swift.stride(from: rows.lowerBound, to: rows.upperBound, by: block) {
              let count = min(block, (rows.upperBound - start + lanes - 1) / lanes * lanes)
              loss += clogistic_add(
                samples, start, count, parameters, &gradient, room.baseAddress)
            }
          }
        }
      }
    }
    return loss
  }
}

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
  private let count: Int

  /// Packs samples to be fitted.
  ///
  /// - Parameters:
  ///   - matrix: The features, `[sample, feature]`.
  ///   - labels: The classes of the same samples.
  ///   - classWeights: What a sample of each class weighs.
  init(_ matrix: Matrix<Double>, labels: Labels, classWeights: [Double]) {
    self.init(
      matrix, labels.values, weights: labels.values.map { classWeights[Int($0)] },
      classCount: labels.classCount)
  }

  /// Packs samples to be classified.
  ///
  /// - Parameters:
  ///   - matrix: The features, `[sample, feature]`.
  ///   - classCount: How many classes there are.
  init(_ matrix: Matrix<Double>, classCount: Int) {
    self.init(matrix, [], weights: [], classCount: classCount)
  }

  private init(
    _ matrix: Matrix<Double>, _ labels: [Int32], weights: [Double], classCount: Int
  ) {
    let lanes = Int(clogistic_lanes)
    let stride = (matrix.rowCount + lanes - 1) / lanes * lanes
    var features = [Double](repeating: 0, count: matrix.columnCount * stride)
    for row in 0..<matrix.rowCount {
      for column in 0..<matrix.columnCount { features[column * stride + row] = matrix[row, column] }
    }
    self.features = features
    self.stride = stride
    count = matrix.rowCount
    featureCount = matrix.columnCount
    self.classCount = classCount
    self.labels = labels + [Int32](repeating: 0, count: stride - labels.count)
    self.weights = weights + [Double](repeating: 0, count: stride - weights.count)
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
    withSamples { samples in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: classCount * block) { room in
        for start in Swift.stride(from: rows.lowerBound, to: rows.upperBound, by: block) {
          let count = min(block, (rows.upperBound - start + lanes - 1) / lanes * lanes)
          loss += clogistic_add(samples, start, count, parameters, &gradient, room.baseAddress)
        }
      }
    }
    return loss
  }

  /// The probability of every class.
  ///
  /// - Parameter parameters: `[feature + intercept, class]`.
  /// - Returns: `[class, sample]`.
  func probabilities(_ parameters: [Double]) -> Matrix<Double> {
    let padded = [Double](unsafeUninitializedCapacity: classCount * stride) { result, count in
      withSamples {
        clogistic_probabilities($0, 0, stride, parameters, result.baseAddress)
      }
      count = classCount * stride
    }
    return Matrix(
      rowCount: classCount, columnCount: count,
      elements: count == stride
        ? padded
        : (0..<classCount).flatMap { padded[$0 * stride..<$0 * stride + count] })
  }

  private func withSamples(_ body: (clogistic_samples) -> Void) {
    features.withUnsafeBufferPointer { features in
      labels.withUnsafeBufferPointer { labels in
        weights.withUnsafeBufferPointer { weights in
          body(
            clogistic_samples(
              features: features.baseAddress, feature_count: featureCount, stride: stride,
              labels: labels.baseAddress, weights: weights.baseAddress, class_count: classCount))
        }
      }
    }
  }
}

import BenchSupport
import Glibc
import LinearAlgebra

/// Multinomial logistic regression, as scikit-learn's `LogisticRegression` fits it by L-BFGS.
///
/// The loss is the weighted mean log loss plus the L2 penalty divided by the sum of weights; the
/// intercept is not penalised. Two classes share one weight vector (binomial loss), which is
/// penalised twice as strongly as a two-class softmax.
struct LogisticRegression {
  /// How to fit.
  struct Configuration {
    /// Inverse strength `C` of the L2 penalty; nil for none.
    var inversePenalty: Double? = 1
    /// Whether every class gets the same total weight.
    var isBalanced = false
    /// The optimiser.
    var optimizer = LBFGS()
  }

  /// One row per decision function (a single one for two classes): the weights of the features.
  let coefficients: Matrix<Double>
  let intercepts: [Double]
  /// The same, `[feature + intercept, function]`.
  private let parameters: [Double]
  let classCount: Int
  let iterationCount: Int

  /// Fits the model.
  ///
  /// - Parameters:
  ///   - features: The features of every sample.
  ///   - labels: The classes of the same samples; at least two.
  ///   - configuration: Penalty, weights and stopping rules.
  init(features: FeatureRows, labels: Labels, configuration: Configuration = Configuration()) {
    let sampleCount = labels.values.count
    let classWeights = labels.counts.map { count in
      configuration.isBalanced
        ? Double(sampleCount) / (Double(labels.classCount) * Double(count)) : 1
    }
    let weightSum = zip(classWeights, labels.counts).reduce(0) { $0 + $1.0 * Double($1.1) }
    let loss = LogisticLoss(
      features: features, labels: labels, classWeights: classWeights,
      penalty: configuration.inversePenalty.map { 1 / ($0 * weightSum) } ?? 0,
      weightSum: weightSum)
    let start = [Double](repeating: 0, count: loss.parameterCount)
    let result = configuration.optimizer.minimum(from: start) { loss.evaluate($0, &$1) }
    classCount = labels.classCount
    iterationCount = result.iterationCount
    parameters = result.point
    let width = loss.functionCount
    let weights = Matrix(
      rowCount: features.columnCount + 1, columnCount: width, elements: result.point)
    intercepts = Array(weights.row(features.columnCount))
    coefficients = Matrix(
      rowCount: width, columnCount: features.columnCount,
      elements: (0..<width).flatMap { function in
        (0..<features.columnCount).map { weights[$0, function] }
      })
  }

  /// The probability of every class, `[class, sample]`.
  func probabilities(_ features: FeatureRows) -> Matrix<Double> {
    if case .dense(let matrix) = features, intercepts.count > 1 {
      return PackedSamples(matrix, classCount: classCount).probabilities(parameters)
    }
    let sampleCount = features.rowCount
    var result = Matrix<Double>(rowCount: classCount, columnCount: sampleCount)
    for row in 0..<sampleCount {
      let decisions = decisions(features, row)
      if decisions.count == 1 {
        result[0, row] = 1 / (1 + exp(decisions[0]))
        result[1, row] = 1 / (1 + exp(-decisions[0]))
        continue
      }
      let highest = decisions.reduce(-.infinity, max)
      let powers = decisions.map { exp($0 - highest) }
      let sum = powers.reduce(0, +)
      for (label, power) in powers.enumerated() { result[label, row] = power / sum }
    }
    return result
  }

  /// The share of samples whose class is predicted; unseen classes are −1 and always missed.
  func accuracy(_ features: FeatureRows, classes: [Int32]) -> Double {
    var hits = 0
    for row in 0..<features.rowCount {
      let decisions = decisions(features, row)
      let best =
        decisions.count == 1
        ? (decisions[0] > 0 ? 1 : 0)
        : decisions.indices.reduce(0) { decisions[$1] > decisions[$0] ? $1 : $0 }
      if Int32(best) == classes[row] { hits += 1 }
    }
    return Double(hits) / Double(features.rowCount)
  }

  private func decisions(_ features: FeatureRows, _ row: Int) -> [Double] {
    intercepts.indices.map { decision(features, row, $0) }
  }

  private func decision(_ features: FeatureRows, _ row: Int, _ function: Int) -> Double {
    features.product(row, coefficients.row(function)) + intercepts[function]
  }
}

/// The features of many samples, in one of two layouts.
enum FeatureRows: Sendable {
  /// Numbers, `[sample, feature]`.
  case dense(Matrix<Double>)
  /// The positions of the ones of 0/1 features, the same number for every sample.
  case oneHot(positions: [Int32], perRow: Int, columnCount: Int)

  var rowCount: Int {
    switch self {
    case .dense(let matrix): matrix.rowCount
    case .oneHot(let positions, let perRow, _): positions.count / perRow
    }
  }

  var columnCount: Int {
    switch self {
    case .dense(let matrix): matrix.columnCount
    case .oneHot(_, _, let columnCount): columnCount
    }
  }

  /// The inner product of a sample's features with weights.
  func product(_ row: Int, _ weights: ArraySlice<Double>) -> Double {
    switch self {
    case .dense(let matrix): zip(matrix.row(row), weights).reduce(0) { $0 + $1.0 * $1.1 }
    case .oneHot(let positions, let perRow, _):
      positions[row * perRow..<(row + 1) * perRow].reduce(0) {
        $0 + weights[weights.startIndex + Int($1)]
      }
    }
  }
}

/// The objective and its gradient; parameters are `[feature + intercept, function]`.
private struct LogisticLoss: Sendable {
  let features: FeatureRows
  let labels: Labels
  let classWeights: [Double]
  let penalty: Double
  let weightSum: Double
  /// For numbers as features and more than two classes.
  let packed: PackedSamples?

  init(
    features: FeatureRows, labels: Labels, classWeights: [Double], penalty: Double,
    weightSum: Double
  ) {
    self.features = features
    self.labels = labels
    self.classWeights = classWeights
    self.penalty = penalty
    self.weightSum = weightSum
    packed =
      if case .dense(let matrix) = features, labels.classCount > 2 {
        PackedSamples(matrix, labels: labels, classWeights: classWeights)
      } else {
        nil
      }
  }

  /// Samples per partial sum; fixed, so that the sum does not depend on the thread count.
  private static let blockSize = 1024

  var functionCount: Int { labels.classCount == 2 ? 1 : labels.classCount }
  var parameterCount: Int { (features.columnCount + 1) * functionCount }

  func evaluate(_ parameters: [Double], _ gradient: inout [Double]) -> Double {
    let blocks = (features.rowCount + Self.blockSize - 1) / Self.blockSize
    let partial = Parallel.map(blocks) { block -> (loss: Double, gradient: [Double]) in
      var gradient = [Double](repeating: 0, count: parameters.count)
      let rows =
        block * Self.blockSize..<min(features.rowCount, (block + 1) * Self.blockSize)
      let loss =
        packed?.addGradient(of: rows, parameters, to: &gradient)
        ?? accumulate(rows, parameters, &gradient)
      return (loss, gradient)
    }
    var loss = 0.0
    for index in gradient.indices { gradient[index] = 0 }
    for part in partial {
      loss += part.loss
      for index in gradient.indices { gradient[index] += part.gradient[index] }
    }
    loss /= weightSum
    for index in gradient.indices { gradient[index] /= weightSum }
    // The last row holds the intercepts, which carry no penalty.
    for index in 0..<features.columnCount * functionCount {
      loss += penalty / 2 * parameters[index] * parameters[index]
      gradient[index] += penalty * parameters[index]
    }
    return loss
  }

  /// Adds the rows' losses and gradients.
  private func accumulate(
    _ rows: Range<Int>, _ parameters: [Double], _ gradient: inout [Double]
  ) -> Double {
    let width = functionCount
    let columnCount = features.columnCount
    var loss = 0.0
    var decisions = [Double](repeating: 0, count: width)
    parameters.withUnsafeBufferPointer { parameters in
      gradient.withUnsafeMutableBufferPointer { gradient in
        decisions.withUnsafeMutableBufferPointer { decisions in
          for row in rows {
            for function in 0..<width {
              decisions[function] = parameters[columnCount * width + function]
            }
            forEachFeature(row) { column, value in
              let offset = column * width
              for function in 0..<width {
                decisions[function] += value * parameters[offset + function]
              }
            }
            loss += residuals(Int(labels.values[row]), decisions)
            forEachFeature(row) { column, value in
              let offset = column * width
              for function in 0..<width {
                gradient[offset + function] += value * decisions[function]
              }
            }
            for function in 0..<width {
              gradient[columnCount * width + function] += decisions[function]
            }
          }
        }
      }
    }
    return loss
  }

  @inline(__always)
  private func forEachFeature(_ row: Int, _ body: (_ column: Int, _ value: Double) -> Void) {
    switch features {
    case .dense(let matrix):
      let start = row * matrix.columnCount
      matrix.elements.withUnsafeBufferPointer { elements in
        for column in 0..<matrix.columnCount { body(column, elements[start + column]) }
      }
    case .oneHot(let positions, let perRow, _):
      for index in row * perRow..<(row + 1) * perRow { body(Int(positions[index]), 1) }
    }
  }

  /// Replaces decisions by the weighted derivatives of the log loss and returns the weighted loss.
  private func residuals(
    _ label: Int, _ decisions: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    let weight = classWeights[label]
    if decisions.count == 1 {
      let target = label == 1 ? 1.0 : 0.0
      let decision = decisions[0]
      let loss = max(decision, 0) + log1p(exp(-abs(decision))) - target * decision
      let probability =
        decision >= 0 ? 1 / (1 + exp(-decision)) : exp(decision) / (1 + exp(decision))
      decisions[0] = weight * (probability - target)
      return weight * loss
    }
    var highest = -Double.infinity
    for decision in decisions { highest = max(highest, decision) }
    let own = decisions[label]
    var sum = 0.0
    for index in decisions.indices {
      decisions[index] = exp(decisions[index] - highest)
      sum += decisions[index]
    }
    let scale = weight / sum
    for index in decisions.indices { decisions[index] *= scale }
    decisions[label] -= weight
    return weight * (log(sum) + highest - own)
  }
}

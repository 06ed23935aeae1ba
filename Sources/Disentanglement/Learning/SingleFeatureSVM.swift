import Glibc

/// Linear support vector machines on one feature, solved exactly.
///
/// scikit-learn's `LinearSVC(C, class_weight="balanced")`: squared hinge loss, L2 penalty on
/// weight and bias, one problem per class against the rest; as in liblinear, a class weight counts
/// for the positive side only, except that two classes share one problem with both sides weighted.
/// The objective is piecewise quadratic in two unknowns and its active sets are ends of the sorted
/// feature, so a Newton step costs O(log n) after sorting.
struct SingleFeatureSVM {
  /// One decision line `weight · (x − mean) + offset` per problem.
  struct Line: Equatable {
    var weight = 0.0
    var offset = 0.0
  }

  /// The feature's mean, which the lines are relative to.
  let mean: Double
  /// One line per class, or a single one (positive: the second class) for two classes.
  let lines: [Line]

  /// Whether the fit overflowed nowhere.
  var isFinite: Bool {
    mean.isFinite && lines.allSatisfy { $0.weight.isFinite && $0.offset.isFinite }
  }

  /// Fits the lines.
  ///
  /// - Parameters:
  ///   - feature: The sorted feature.
  ///   - labels: The class of every sample, in the original order; at least two classes.
  ///   - penalty: `C`.
  init(feature: SortedFeature, labels: Labels, penalty: Double) {
    mean = feature.mean
    var members = labels.counts.map { count in
      var values: [Double] = []
      values.reserveCapacity(count)
      return values
    }
    for (position, sample) in feature.order.enumerated() {
      members[Int(labels.values[Int(sample)])].append(feature.all.values[position])
    }
    let groups = members.map { PrefixMoments($0) }
    let sampleCount = Double(labels.values.count)
    let weights = labels.counts.map {
      penalty * sampleCount / (Double(labels.classCount) * Double($0))
    }
    let mean = mean
    if labels.classCount == 2 && feature.isConstant {
      // Both sides weigh the same, so the optimum is exactly 0: rounding must not pick a class.
      lines = [Line()]
    } else if labels.classCount == 2 {
      lines = [
        BinaryProblem(
          positives: groups[1], all: feature.all, positivePenalty: weights[1],
          negativePenalty: weights[0], mean: mean
        ).solution()
      ]
    } else {
      lines = groups.indices.map { index in
        BinaryProblem(
          positives: groups[index], all: feature.all, positivePenalty: weights[index],
          negativePenalty: penalty, mean: mean
        ).solution()
      }
    }
  }

  /// The share of samples whose class is predicted; unseen classes are −1 and always missed.
  func accuracy(on values: [Double], classes: [Int32]) -> Double {
    var hits = 0
    lines.withUnsafeBufferPointer { lines in
      for (value, expected) in zip(values, classes) {
        let centred = value - mean
        var best = 0
        if lines.count == 1 {
          best = lines[0].weight * centred + lines[0].offset > 0 ? 1 : 0
        } else {
          var highest = -Double.infinity
          for index in lines.indices {
            let decision = lines[index].weight * centred + lines[index].offset
            if decision > highest {
              highest = decision
              best = index
            }
          }
        }
        if best == Int(expected) { hits += 1 }
      }
    }
    return Double(hits) / Double(values.count)
  }
}

/// A feature sorted once for all problems on it.
struct SortedFeature {
  let mean: Double
  /// The sample at every sorted position.
  let order: [Int32]
  /// The centred values in increasing order.
  let all: PrefixMoments

  /// Whether all values are equal.
  var isConstant: Bool { all.values.first == all.values.last }

  init(_ values: [Double]) {
    let mean = values.mean
    let order = sortedOrder(values)
    self.mean = mean
    self.order = order
    all = PrefixMoments(order.map { values[Int($0)] - mean })
  }
}

/// Sorted values with running sums of their first and second powers.
struct PrefixMoments {
  /// Count, sum and sum of squares of some of the values.
  struct Moments {
    var count = 0.0
    var sum = 0.0
    var squares = 0.0

    static func - (left: Moments, right: Moments) -> Moments {
      Moments(
        count: left.count - right.count, sum: left.sum - right.sum,
        squares: left.squares - right.squares)
    }
  }

  let values: [Double]
  private let sums: [Double]
  private let squares: [Double]

  init(_ values: [Double]) {
    self.values = values
    var sums = [Double](repeating: 0, count: values.count + 1)
    var squares = sums
    for (index, value) in values.enumerated() {
      sums[index + 1] = sums[index] + value
      squares[index + 1] = squares[index] + value * value
    }
    self.sums = sums
    self.squares = squares
  }

  /// The values below a threshold.
  func below(_ threshold: Double) -> Moments {
    let count = position(of: threshold)
    return Moments(count: Double(count), sum: sums[count], squares: squares[count])
  }

  /// The values at or above a threshold.
  func atLeast(_ threshold: Double) -> Moments { total - below(threshold) }

  var total: Moments {
    Moments(
      count: Double(values.count), sum: sums[values.count], squares: squares[values.count])
  }

  /// Number of values below a threshold.
  private func position(of threshold: Double) -> Int {
    var low = 0
    var high = values.count
    while low < high {
      let middle = (low + high) / 2
      if values[middle] < threshold { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// One class against the rest on one centred feature.
private struct BinaryProblem {
  let positives: PrefixMoments
  let all: PrefixMoments
  let positivePenalty: Double
  let negativePenalty: Double
  let mean: Double

  /// The objective's value and derivatives at a line.
  struct Expansion {
    var value = 0.0
    var gradient = (weight: 0.0, offset: 0.0)
    var hessian = (weights: 0.0, mixed: 0.0, offsets: 0.0)
  }

  /// The minimum, by Newton's method with halved steps; exact once the active sets settle.
  func solution() -> SingleFeatureSVM.Line {
    var line = SingleFeatureSVM.Line()
    var current = expansion(at: line)
    for _ in 0..<200 {
      let (a, b, d) = current.hessian
      let determinant = a * d - b * b
      let (g, h) = current.gradient
      var step = SingleFeatureSVM.Line(
        weight: -(d * g - b * h) / determinant, offset: -(a * h - b * g) / determinant)
      guard step.weight.isFinite && step.offset.isFinite else { return line }
      var next = SingleFeatureSVM.Line(
        weight: line.weight + step.weight, offset: line.offset + step.offset)
      var candidate = expansion(at: next)
      while candidate.value > current.value && next != line {
        step.weight /= 2
        step.offset /= 2
        next.weight = line.weight + step.weight
        next.offset = line.offset + step.offset
        candidate = expansion(at: next)
      }
      let isSettled =
        abs(step.weight) <= 1e-14 * abs(next.weight)
        && abs(step.offset) <= 1e-14 * abs(next.offset)
      if isSettled || next == line { return next }
      line = next
      current = candidate
    }
    return line
  }

  /// ½w² + ½b² + Σ C max(0, 1 − t(wx + b))² with `b = offset − w · mean`.
  private func expansion(at line: SingleFeatureSVM.Line) -> Expansion {
    let w = line.weight
    let c = line.offset
    let bias = c - w * mean
    var result = Expansion(
      value: (w * w + bias * bias) / 2, gradient: (w - mean * bias, bias),
      hessian: (1 + mean * mean, -mean, 1))
    add(&result, activePositives(w, c), target: 1, penalty: positivePenalty, at: line)
    add(&result, activeNegatives(w, c), target: -1, penalty: negativePenalty, at: line)
    return result
  }

  private func add(
    _ result: inout Expansion, _ active: PrefixMoments.Moments, target: Double, penalty: Double,
    at line: SingleFeatureSVM.Line
  ) {
    let w = line.weight
    let c = line.offset - target
    let residualSum = w * active.sum + c * active.count
    let residualMoment = w * active.squares + c * active.sum
    result.value += penalty * (w * residualMoment + c * residualSum)
    result.gradient.weight += 2 * penalty * residualMoment
    result.gradient.offset += 2 * penalty * residualSum
    result.hessian.weights += 2 * penalty * active.squares
    result.hessian.mixed += 2 * penalty * active.sum
    result.hessian.offsets += 2 * penalty * active.count
  }

  /// The positive samples with `wu + c < 1`.
  private func activePositives(_ w: Double, _ c: Double) -> PrefixMoments.Moments {
    if w == 0 { return c < 1 ? positives.total : PrefixMoments.Moments() }
    let threshold = (1 - c) / w
    return w > 0 ? positives.below(threshold) : positives.atLeast(threshold)
  }

  /// The other samples with `wu + c > −1`.
  private func activeNegatives(_ w: Double, _ c: Double) -> PrefixMoments.Moments {
    if w == 0 {
      return c > -1 ? all.total - positives.total : PrefixMoments.Moments()
    }
    let threshold = (-1 - c) / w
    return w > 0
      ? all.atLeast(threshold) - positives.atLeast(threshold)
      : all.below(threshold) - positives.below(threshold)
  }
}

import Glibc

/// Limited-memory BFGS: minimises a smooth function from its gradients.
///
/// *On the Limited Memory BFGS Method*, Liu and Nocedal (1989), with the line search, scaling and
/// stopping rules of L-BFGS-B without bounds, because scores of models stopped after 100 iterations
/// depend on the path.
struct LBFGS {
  /// Stop when no component of the gradient is larger.
  var gradientTolerance = 1e-4
  /// Stop when a step lowers the value by less than this share of it.
  var valueTolerance = 64 * Double.ulpOfOne
  /// Stop after this many steps.
  var iterationLimit = 100
  /// Number of remembered steps.
  var memory = 10

  /// Where the search ended.
  struct Result {
    let point: [Double]
    let value: Double
    let iterationCount: Int
    let hasConverged: Bool
  }

  private struct Correction {
    let step: [Double]
    let change: [Double]
    let product: Double
  }

  /// Minimises from `start`; `evaluate` fills the gradient and returns the value.
  func minimum(
    from start: [Double], _ evaluate: (_ point: [Double], _ gradient: inout [Double]) -> Double
  ) -> Result {
    var point = start
    var gradient = [Double](repeating: 0, count: start.count)
    var value = evaluate(point, &gradient)
    var corrections: [Correction] = []
    var iteration = 0
    while iteration < iterationLimit && largest(gradient) > gradientTolerance {
      var direction = descent(gradient, corrections)
      var slope = dot(gradient, direction)
      if slope >= 0 {
        corrections = []
        direction = gradient.map { -$0 }
        slope = dot(gradient, direction)
      }
      let firstStep = corrections.isEmpty ? min(1, 1 / sqrt(dot(direction, direction))) : 1
      var search = LineSearch(
        value: value, slope: slope,
        firstStep: iteration == 0 ? 1 / sqrt(dot(direction, direction)) : firstStep)
      var trial = point
      var trialGradient = gradient
      var trialValue = value
      var hasStep = false
      for _ in 0..<50 {
        let step = search.step
        for index in trial.indices { trial[index] = point[index] + step * direction[index] }
        trialValue = evaluate(trial, &trialGradient)
        guard trialValue.isFinite else { break }
        hasStep = search.accept(value: trialValue, slope: dot(trialGradient, direction))
        if hasStep { break }
      }
      guard hasStep else {
        // Forget the curvature once; from the gradient alone there is no further step to take.
        if corrections.isEmpty { break }
        corrections = []
        continue
      }
      iteration += 1
      let decrease = value - trialValue
      let scale = max(abs(value), abs(trialValue), 1)
      remember(&corrections, from: point, gradient, to: trial, trialGradient)
      (point, gradient, value) = (trial, trialGradient, trialValue)
      if decrease <= valueTolerance * scale { break }
    }
    return Result(
      point: point, value: value, iterationCount: iteration,
      hasConverged: largest(gradient) <= gradientTolerance)
  }

  /// The quasi-Newton direction by the two-loop recursion.
  private func descent(_ gradient: [Double], _ corrections: [Correction]) -> [Double] {
    var direction = gradient.map { -$0 }
    guard let last = corrections.last else { return direction }
    var weights: [Double] = []
    for correction in corrections.reversed() {
      let weight = dot(correction.step, direction) / correction.product
      weights.append(weight)
      add(&direction, -weight, correction.change)
    }
    let scale = last.product / dot(last.change, last.change)
    for index in direction.indices { direction[index] *= scale }
    for (correction, weight) in zip(corrections, weights.reversed()) {
      let other = dot(correction.change, direction) / correction.product
      add(&direction, weight - other, correction.step)
    }
    return direction
  }

  private func remember(
    _ corrections: inout [Correction], from point: [Double], _ gradient: [Double],
    to next: [Double], _ nextGradient: [Double]
  ) {
    let step = zip(next, point).map { $0 - $1 }
    let change = zip(nextGradient, gradient).map { $0 - $1 }
    let product = dot(step, change)
    guard product > Double.ulpOfOne * -dot(gradient, step) else { return }
    if corrections.count == memory { corrections.removeFirst() }
    corrections.append(Correction(step: step, change: change, product: product))
  }
}

private func dot(_ first: [Double], _ second: [Double]) -> Double {
  var sum = 0.0
  for index in first.indices { sum += first[index] * second[index] }
  return sum
}

private func add(_ target: inout [Double], _ factor: Double, _ values: [Double]) {
  for index in target.indices { target[index] += factor * values[index] }
}

private func largest(_ values: [Double]) -> Double {
  values.reduce(0) { max($0, abs($1)) }
}

import Glibc

/// A step length along a descent direction that satisfies the strong Wolfe conditions.
///
/// *Line Search Algorithms with Guaranteed Sufficient Decrease*, Moré and Thuente, ACM TOMS 20
/// (1994), with the constants that L-BFGS-B uses (μ = 1e-3, η = 0.9, relative width 0.1), so that
/// optimisations stopped early end where the reference implementations' do.
struct LineSearch {
  /// The function and its slope at a step length.
  struct Point {
    var step: Double
    var value: Double
    var slope: Double
  }

  private static let sufficientDecrease = 1e-3
  private static let curvature = 0.9
  private static let relativeWidth = 0.1
  private static let largestStep = 1e10

  private let start: Point
  /// The end of the interval with the lowest value so far, and the other end.
  private var best: Point
  private var other: Point
  private var isBracketed = false
  private var usesModifiedFunction = true
  private var width: Double
  private var previousWidth: Double
  private var bounds: ClosedRange<Double>
  /// The step to evaluate next.
  private(set) var step: Double

  /// Starts a search along a direction in which the function decreases.
  init(value: Double, slope: Double, firstStep: Double) {
    start = Point(step: 0, value: value, slope: slope)
    best = start
    other = start
    width = Self.largestStep
    previousWidth = 2 * width
    step = firstStep
    bounds = 0...(5 * firstStep)
  }

  /// Takes in the function at ``step``; true if the step is accepted, else ``step`` is the next
  /// trial.
  mutating func accept(value: Double, slope: Double) -> Bool {
    let decrease = Self.sufficientDecrease * start.slope
    let ceiling = start.value + step * decrease
    if usesModifiedFunction && value <= ceiling && slope >= 0 { usesModifiedFunction = false }

    let isStuck =
      isBracketed
      && (step <= bounds.lowerBound || step >= bounds.upperBound
        || bounds.upperBound - bounds.lowerBound <= Self.relativeWidth * bounds.upperBound)
    let isAtEnd = step >= Self.largestStep && value <= ceiling && slope <= decrease
    let satisfiesWolfe = value <= ceiling && abs(slope) <= Self.curvature * -start.slope
    if isStuck || isAtEnd || satisfiesWolfe { return true }

    let trial = Point(step: step, value: value, slope: slope)
    if usesModifiedFunction && value <= best.value && value > ceiling {
      // ψ(α) = f(α) − μ f'(0) α, §2: a better guide until its value is not positive.
      best = best.tilted(by: -decrease)
      other = other.tilted(by: -decrease)
      shrink(with: trial.tilted(by: -decrease))
      best = best.tilted(by: decrease)
      other = other.tilted(by: decrease)
    } else {
      shrink(with: trial)
    }

    if isBracketed {
      if abs(other.step - best.step) >= 0.66 * previousWidth {
        step = best.step + (other.step - best.step) / 2
      }
      previousWidth = width
      width = abs(other.step - best.step)
      bounds = min(best.step, other.step)...max(best.step, other.step)
    } else {
      bounds = (step + 1.1 * (step - best.step))...(step + 4 * (step - best.step))
    }
    step = min(max(step, 0), Self.largestStep)
    let hasCollapsed =
      isBracketed
      && (step <= bounds.lowerBound || step >= bounds.upperBound
        || bounds.upperBound - bounds.lowerBound <= Self.relativeWidth * bounds.upperBound)
    if hasCollapsed { step = best.step }
    return false
  }

  /// Chooses the next trial step (the four cases of §4) and updates the interval.
  private mutating func shrink(with trial: Point) {
    let isOpposite = trial.slope * (best.slope < 0 ? -1 : 1) < 0
    let next: Double
    if trial.value > best.value {
      let cubic = Self.cubicStep(from: best, towards: trial)
      let quadratic = Self.quadraticStep(best, trial)
      next =
        abs(cubic - best.step) < abs(quadratic - best.step)
        ? cubic : cubic + (quadratic - cubic) / 2
      isBracketed = true
    } else if isOpposite {
      let cubic = Self.cubicStep(from: trial, towards: best)
      let secant = Self.secantStep(trial, best)
      next = abs(cubic - trial.step) > abs(secant - trial.step) ? cubic : secant
      isBracketed = true
    } else if abs(trial.slope) < abs(best.slope) {
      next = stepOfFlatteningSlope(trial)
    } else if isBracketed {
      next = Self.cubicStep(from: trial, towards: other)
    } else {
      next = trial.step > best.step ? bounds.upperBound : bounds.lowerBound
    }

    if trial.value > best.value {
      other = trial
    } else {
      if isOpposite { other = best }
      best = trial
    }
    step = next
  }

  /// The third case: same sign, smaller slope; the cubic may have no minimum beyond the trial.
  private func stepOfFlatteningSlope(_ trial: Point) -> Double {
    let goesRight = trial.step > best.step
    let cubic =
      Self.cubicStepIfAhead(from: trial, towards: best)
      ?? (goesRight ? bounds.upperBound : bounds.lowerBound)
    let secant = Self.secantStep(trial, best)
    let isCubicCloser = abs(cubic - trial.step) < abs(secant - trial.step)
    if isBracketed {
      let nearer = isCubicCloser ? cubic : secant
      let limit = trial.step + 0.66 * (other.step - trial.step)
      return goesRight ? min(limit, nearer) : max(limit, nearer)
    }
    let farther = isCubicCloser ? secant : cubic
    return min(max(farther, bounds.lowerBound), bounds.upperBound)
  }

  // MARK: - Interpolation

  /// The minimiser of the cubic through the values and slopes of two points.
  private static func cubicStep(from first: Point, towards second: Point) -> Double {
    let (gamma, theta) = cubicTerms(first, second)
    let numerator = gamma - first.slope + theta
    let denominator = gamma - first.slope + gamma + second.slope
    return first.step + numerator / denominator * (second.step - first.step)
  }

  /// The same, if it lies on the far side of `first`.
  private static func cubicStepIfAhead(from first: Point, towards second: Point) -> Double? {
    let (gamma, theta) = cubicTerms(first, second)
    let numerator = gamma - first.slope + theta
    let denominator = gamma + (second.slope - first.slope) + gamma
    let ratio = numerator / denominator
    guard ratio < 0 && gamma != 0 else { return nil }
    return first.step + ratio * (second.step - first.step)
  }

  private static func cubicTerms(_ first: Point, _ second: Point) -> (gamma: Double, theta: Double)
  {
    let theta =
      3 * (first.value - second.value) / (second.step - first.step) + first.slope + second.slope
    let scale = max(abs(theta), abs(first.slope), abs(second.slope))
    guard scale > 0 else { return (0, theta) }
    let square = (theta / scale) * (theta / scale) - first.slope / scale * (second.slope / scale)
    let gamma = scale * sqrt(max(0, square))
    return (second.step < first.step ? -gamma : gamma, theta)
  }

  /// The minimiser of the parabola through both values and the first slope.
  private static func quadraticStep(_ first: Point, _ second: Point) -> Double {
    let distance = second.step - first.step
    let chord = (first.value - second.value) / distance
    return first.step + first.slope / (chord + first.slope) / 2 * distance
  }

  /// The zero of the line through both slopes.
  private static func secantStep(_ first: Point, _ second: Point) -> Double {
    first.step + first.slope / (first.slope - second.slope) * (second.step - first.step)
  }
}

extension LineSearch.Point {
  /// The point of the function plus `slope · step`.
  fileprivate func tilted(by slope: Double) -> LineSearch.Point {
    LineSearch.Point(step: step, value: value + slope * step, slope: self.slope + slope)
  }
}

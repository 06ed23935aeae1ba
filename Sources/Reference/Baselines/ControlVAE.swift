package import Torch

/// ControlVAE: a controller chooses the rate's weight so that the rate follows a rising target.
///
/// Shao et al., arXiv:2004.05988. The controller's state is saved with the model.
package struct ControlVAE: Regularizer {
  /// The target's rise and the gains.
  package struct Options: Sendable {
    package var law = ControlLaw.disentangling
    package var start = 0.5
    package var target = 18.0
    package var increment = 0.15
    package var iterations: Int?
    package var proportional = 0.01
    package var integral = -0.001
    /// Whether the target rises from ``start``, or is ``target`` from the first step on.
    package var targetRises = true

    /// The published settings for dSprites; the target is reached after 39 % of the training, as in
    /// the authors' 583,000 of 1,500,000 steps.
    package init() {}
  }

  private let options: Options
  /// What ``ControlLaw/initialState`` describes, in double precision.
  private let state: Tensor

  /// Adds the controller's state to a scope.
  package init(_ scope: ParameterScope, _ options: Options) throws {
    self.options = options
    state = try scope.buffer("controller", Tensor(options.law.initialState, shape: [2]))
  }

  /// The rate that is aimed at, in nats.
  package func target(at position: TrainingPosition) -> Double {
    guard options.targetRises else { return options.target }
    let iterations = options.iterations ?? max(position.stepCount * 39 / 100, 1)
    let increments = (options.target - options.start) / options.increment
    let done = (Double(position.step) / Double(iterations) * increments).rounded(.down)
    return min(options.start + options.increment * done, options.target)
  }

  /// Processes tell each other their rates.
  ///
  /// Parts could not: the controller sees the batch's rate, and that once per step.
  package var isDataParallel: Bool { true }

  /// W·KL with the controller's weight W for this batch's rate.
  package func penalty(_ codes: SampledCodes, at position: TrainingPosition) throws -> Loss {
    let rate = try codes.batchRate()
    let weight = try withoutGradients {
      try options.law.weight(
        error: target(at: position) - rate.detached().to(.float64),
        proportional: options.proportional, integral: options.integral, state: state)
    }
    return Loss(try weight.to(.float32) * rate, terms: [("kl", rate), ("beta", weight)])
  }
}

/// How the weight follows from the error e = target − KL.
package enum ControlLaw: String, Sendable, CaseIterable {
  /// W = 1 + Kp/(1 + eᵉ) + I, at least 1 (`P_PID.py`).
  case disentangling
  /// W = 0.9 + Kp·e + I with a negative Kp, at least 0.9 (`Linear_PID.py`).
  case linear
  /// W = Kp/(1 + eᵉ) + I within [0, 1], the integral frozen while W is outside.
  case generation
  /// The same as published, where the test that should freeze the integral never holds.
  case generationAsPublished = "generation-as-published"

  /// What the controller remembers, before the first step: the integral term I, and the previous weight
  /// before it was limited.
  package var initialState: [Double] { [0, isForGeneration ? 0 : 1] }

  /// Whether it is one of those that the authors use to generate images.
  var isForGeneration: Bool { self == .generation || self == .generationAsPublished }

  /// The weight for an error, within the law's limits.
  ///
  /// On the device of its arguments, so that a step need not wait for the rate.
  ///
  /// - Parameters:
  ///   - error: The target less the rate, a scalar in double precision.
  ///   - proportional: The proportional gain.
  ///   - integral: The integral gain.
  ///   - state: What ``initialState`` describes, `[2]` in double precision; it is changed.
  /// - Returns: The weight, a scalar in double precision.
  /// - Throws: `TorchError`.
  package func weight(
    error: Tensor, proportional: Double, integral: Double, state: Tensor
  ) throws -> Tensor {
    let limits = limits
    // 1/(1 + eᵉ) = sigmoid(−e).
    let response =
      try self == .linear ? error * -proportional : error.negated().sigmoid() * proportional
    var change = try error * integral
    if self != .generationAsPublished {
      let last = try state.selected(0, 1)
      let isWithin = try last.clamped(from: limits.lowerBound, to: limits.upperBound)
        .isEqual(to: last).to(.float64)
      change = try change * isWithin
    }
    let sum = try state.selected(0, 0) + change
    let weight = try response + sum + offset
    // A rate that is not finite costs its step and must not be remembered.
    let next = try Tensor.stacked([sum, weight], dimension: 0)
    try state.copyInPlace(next.isFinite().all().select(next, otherwise: state))
    return try weight.clamped(from: limits.lowerBound, to: limits.upperBound)
  }

  private var offset: Double {
    switch self {
    case .disentangling: 1
    case .linear: 0.9
    case .generation, .generationAsPublished: 0
    }
  }

  private var limits: ClosedRange<Double> {
    switch self {
    case .disentangling: 1...Double.infinity
    case .linear: 0.9...Double.infinity
    case .generation, .generationAsPublished: 0...1
    }
  }
}

extension ModelDefinition {
  static let controlVAE = ModelDefinition(
    name: "control-vae",
    summary: "ControlVAE (Shao et al. 2020): a controller steers the rate to a target",
    options: [
      .number("target", 18, in: 0...1e6, "final target of the rate in nats"),
      .number("start", 0.5, in: 0...1e6, "first target in nats"),
      .number("increment", 0.15, in: 1e-6...1e6, "increment of the target in nats"),
      .number(
        "iterations", 0, in: 0...1e9, "steps until the final target; 0: 39 % of the training"),
      .number("kp", 0.01, in: 0...1e3, "proportional gain"),
      .number(
        "ki", 0, in: -1e3...0,
        "integral gain; 0 for the law's own: −0.001, or −0.0001 for generation"),
      .choice(
        "law", ControlLaw.disentangling.rawValue, of: ControlLaw.allCases.map(\.rawValue),
        "how the weight follows from the error"),
    ], laterStages: [.disco]
  ) { context, options in
    var control = ControlVAE.Options()
    control.law = options.choice("law")
    control.start = options.number("start")
    control.target = options.number("target")
    control.increment = options.number("increment")
    control.iterations = options.positiveInteger("iterations")
    control.proportional = options.number("kp")
    // As the authors' programs have it: the one for images aims at its target from the start.
    control.targetRises = !control.law.isForGeneration
    let gain = options.number("ki")
    control.integral = gain < 0 ? gain : control.law.isForGeneration ? -0.0001 : -0.001
    return try GaussianVAE(context) { try ControlVAE($0, control) }
  }
}

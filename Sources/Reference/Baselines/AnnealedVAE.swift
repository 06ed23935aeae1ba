import Torch

/// AnnealedVAE: the rate is held at a capacity that grows linearly.
///
/// Burgess et al., arXiv:1804.03599, as disentanglement_lib trains it (`vae.AnnealedVAE`):
/// γ·|KL − C| with C = c_max·min(step/iterations, 1).
package struct AnnealedVAE: Regularizer {
  private let gamma: Double
  private let capacity: Double
  private let iterations: Int?

  /// Sets the strength and the capacity's growth.
  ///
  /// - Parameters:
  ///   - gamma: The weight of the deviation.
  ///   - capacity: The final capacity c_max in nats.
  ///   - iterations: Steps until it is reached; nil for a third of the training, which is the
  ///     study's 100,000 of 300,000.
  package init(gamma: Double, capacity: Double, iterations: Int?) {
    self.gamma = gamma
    self.capacity = capacity
    self.iterations = iterations
  }

  /// The capacity C at a position, in nats.
  package func capacity(at position: TrainingPosition) -> Double {
    let iterations = iterations ?? max(position.stepCount / 3, 1)
    return capacity * min(Double(position.step) / Double(iterations), 1)
  }

  /// Processes tell each other their rates.
  ///
  /// Parts could not: |KL − C| of a batch is less than the mean of that of parts on both sides of C.
  package var isDataParallel: Bool { true }

  /// γ·|KL − C|.
  package func penalty(_ codes: SampledCodes, at position: TrainingPosition) throws -> Loss {
    let rate = try codes.batchRate()
    return Loss(
      try gamma * (rate - capacity(at: position)).abs(), terms: [("kl", rate)])
  }
}

extension ModelDefinition {
  static let annealedVAE = ModelDefinition(
    name: "annealed-vae", summary: "AnnealedVAE (Burgess et al. 2018): a capacity for the rate",
    options: [
      .number("capacity", 25, in: 0...1e6, "final capacity in nats"),
      .number("gamma", 1000, in: 0...1e9, "weight of the deviation from the capacity"),
      .number(
        "iterations", 0, in: 0...1e9, "steps until the final capacity; 0: a third of the training"),
    ],
    grid: Grid("capacity", [5, 10, 25, 50, 75, 100]), laterStages: [.disco]
  ) { context, options in
    try GaussianVAE(context) { _ in
      AnnealedVAE(
        gamma: options.number("gamma"), capacity: options.number("capacity"),
        iterations: options.positiveInteger("iterations"))
    }
  }
}

/// How latents are sampled.
public struct SamplingOptions: Sendable, Equatable {
  /// The sampler.
  public var sampler: Sampler
  /// Number of steps.
  public var stepCount: Int
  /// How they are spaced.
  public var grid: SamplingGrid
  /// The seed of all noise.
  public var seed: UInt64
  /// Samples that are worked on together; the results do not depend on it.
  public var batchSize = 500

  /// Describes a sampling.
  public init(
    sampler: Sampler, stepCount: Int = 100, grid: SamplingGrid = .uniform,
    seed: UInt64 = 0
  ) {
    self.sampler = sampler
    self.stepCount = stepCount
    self.grid = grid
    self.seed = seed
  }
}

/// Where denoising starts from the code of an observation.
public enum DenoisingStart: String, Sendable, CaseIterable {
  /// f(x, b), as the paper's words have it; not what the network was trained on.
  case mean
  /// f(x, b) + σε.
  case noisy
}

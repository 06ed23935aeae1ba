package import Reference

/// The choices of a decoder's tuning, some of which follow from how long it takes.
public struct DecoderSettings: Sendable {
  /// The weight of the adversarial loss relative to the reconstruction's.
  public var adversarialWeight = 0.5
  /// Steps for the discriminator alone; nil for 5,000 or a tenth of all, if less.
  public var warmUpStepCount: Int?
  /// Features of the discriminator's first layer.
  public var discriminatorWidth = 64

  /// The usual choices.
  public init() {}

  /// The options of a training.
  ///
  /// - Parameters:
  ///   - stepCount: Its steps.
  ///   - batchSize: Images per step.
  ///   - learningRate: Of both Adams; nil for 4.5·10⁻⁶ per image of a batch.
  /// - Returns: The options.
  package func options(
    stepCount: Int, batchSize: Int, learningRate: Double?
  ) -> DecoderTuning.Options {
    var options = DecoderTuning.Options()
    options.adversarialWeight = adversarialWeight
    options.warmUpStepCount = warmUpStepCount ?? min(5000, stepCount / 10)
    options.discriminatorWidth = discriminatorWidth
    options.learningRate = learningRate ?? 4.5e-6 * Double(batchSize)
    return options
  }
}

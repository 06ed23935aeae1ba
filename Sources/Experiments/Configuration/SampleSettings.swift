/// What decides the scores of samples besides the samples.
public struct SampleSettings: Sendable {
  /// How features are made.
  public var features: ImageFeatureSettings
  /// How many of the dataset's images are the reference set, at most; nil for the preset's number.
  public var referenceCount: Int?
  /// How many of the dataset's images `bench generate` trains no stage on; nil for as many as there are
  /// samples, at most a tenth of the dataset.
  public var heldOutCount: Int?
  /// A folder, features or statistics in the place of the dataset's images.
  public var reference: String?
  /// Number of samples; nil for the preset's.
  public var sampleCount: Int?

  /// Describes how samples are scored; without features, in the suite's own, which need no weights.
  public init(
    features: ImageFeatureSettings? = nil, referenceCount: Int? = nil, heldOutCount: Int? = nil,
    reference: String? = nil, sampleCount: Int? = nil
  ) {
    var builtin = ImageFeatureSettings()
    builtin.network = .builtin
    self.features = features ?? builtin
    self.referenceCount = referenceCount
    self.heldOutCount = heldOutCount
    self.reference = reference
    self.sampleCount = sampleCount
  }
}

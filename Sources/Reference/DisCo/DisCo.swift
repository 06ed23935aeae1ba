import BenchSupport
import Datasets
public import Torch

/// DisCo: directions in the latents of a frozen generator, and an encoder of images, found together by contrast.
///
/// Ren et al., arXiv:2102.10543, as its code trains it. The directions are columns of a learned orthogonal matrix. Each
/// step takes one of them; the encoder sees images of the generator before and after shifts along it, and before and after
/// shifts along others (``DisCoObjective``). It sees no image of the data. Both have one Adam, and the last weights count.
///
/// Of images the whole generator is left alone; a model's own codes can afterwards be read along the directions.
public final class DisCo: TrainableModel {
  /// Settings of the training.
  public struct Options: Sendable, Equatable, Codable {
    /// Whose encoder looks at the images.
    public enum Encoder: String, Sendable, CaseIterable, Codable {
      /// The study's, as all models here have it.
      case study
      /// The published one, sixty times dearer.
      case paper

      /// Reads a name.
      ///
      /// - Throws: `DecodingError` that tells the known ones.
      public init(from decoder: any Decoder) throws { self = try decoder.choice() }
    }

    /// Whose encoder looks at the images.
    public var encoder = Encoder.study
    /// Numbers that it gives.
    ///
    /// The paper's 64; with as few as there are latents directions are told apart less well.
    public var codeCount = 64
    /// The deviation of shifts: 6 in the paper, of a space of 512 numbers; 2 for latents of unit variance.
    public var shiftScale = 2.0
    /// Whether the numbers to start from are those of samples, where these need a later stage, and not codes of images.
    public var startsFromSamples = false
    /// Whether small negative shifts are enlarged like small positive ones.
    ///
    /// The code means to, but asks for numbers that are both above 0 and below a negative one.
    public var enlargesNegativeShifts = false
    /// The learning rate of Adam.
    public var learningRate = 1e-4

    /// The defaults.
    public init() {}

    /// Reads what was written; files of versions that always started from codes of images say nothing of samples.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      encoder = try container.decode(Encoder.self, forKey: .encoder)
      codeCount = try container.decode(Int.self, forKey: .codeCount)
      shiftScale = try container.decode(Double.self, forKey: .shiftScale)
      startsFromSamples =
        try container.decodeIfPresent(Bool.self, forKey: .startsFromSamples) ?? false
      enlargesNegativeShifts = try container.decode(Bool.self, forKey: .enlargesNegativeShifts)
      learningRate = try container.decode(Double.self, forKey: .learningRate)
    }
  }

  /// The name in checkpoints.
  public static let name = "disco"

  /// The directions that are used, of a space that has more.
  private static let mostDirections = 64
  /// Apart from the streams of directions, whose numbers are those of steps.
  private static let startStream: UInt64 = 1 << 40
  /// How many samples are drawn to start from, once.
  private static let sampleCount = 10_000
  /// The least shift, as a share of the deviation: 0.5 of 6.
  private static let floor = 1.0 / 12

  /// The directions and the encoder.
  public let store: ParameterStore
  /// The choices made.
  public let options: Options
  let generator: any ExplorableModel
  private let directions: OrthogonalMatrix
  /// The numbers of samples, [sample, number]; nil where every step takes its own starts.
  private let samples: Tensor?
  private let encoder: (Tensor) throws -> Tensor

  /// Begins on a trained model, which stays as it is; initial weights come from libtorch's generator.
  ///
  /// - Parameters:
  ///   - generator: The model.
  ///   - context: What it was built for.
  ///   - options: The settings.
  /// - Throws: `TorchError`, and ``TrainingError/badConfiguration(what:expected:found:)`` for images that are not 64×64
  ///   or a single latent, which has no other to be told from.
  public init(_ generator: any ExplorableModel, _ context: ModelContext, _ options: Options) throws
  {
    guard context.imageShape.height == 64, context.imageShape.width == 64 else {
      throw TrainingError.badConfiguration(
        what: "disco", expected: "a model of 64×64 images", found: "\(context.imageShape)")
    }
    guard generator.explorationWidth > 1 else {
      throw TrainingError.badConfiguration(
        what: "disco", expected: "a model of two latents or more", found: "one")
    }
    self.generator = generator
    self.options = options
    store = ParameterStore(device: context.device)
    directions = try OrthogonalMatrix(
      store.root.scope("directions"), size: generator.explorationWidth)
    samples =
      try options.startsFromSamples
      ? store.root.buffer(
        "starts",
        Tensor.zeros([Self.sampleCount, generator.explorationWidth], device: context.device)) : nil
    let scope = store.root.scope("encoder")
    let channelCount = context.imageShape.channelCount
    switch options.encoder {
    case .study:
      let net = try ConvolutionalEncoder(
        scope, channelCount: channelCount, latentCount: options.codeCount, headCount: 1)
      encoder = { images in try net(images)[0] }
    case .paper:
      let net = try DisCoEncoder(scope, channelCount: channelCount, codeCount: options.codeCount)
      encoder = { images in try net(images) }
    }
  }

  /// One Adam for both.
  public var optimizerGroups: [OptimizerGroup] {
    [OptimizerGroup(name: "disco", options: Adam.Options(learningRate: options.learningRate))]
  }

  /// As many variations as images: with batches of 64 these are the paper's 32 queries, 32 positives and 64 negatives.
  public var batchesPerStep: Int { 2 }

  /// The contrast of variations along one direction and others, and their entropy.
  public func losses(_ batch: TrainingBatch) throws -> [Loss] {
    let count = batch.images.shape[0]
    let sameCount = max(1, count / 4)
    let starts = try withoutGradients { try startingNumbers(batch) }
    let chosen = try Tensor(
      directionNumbers(batch, count: count, sameCount: 2 * sameCount), shape: [count],
      device: store.device)
    let shifts = try matrix().selected(1, indices: chosen).transposed(0, 1) * sizes(count)
    let differences = try differences(of: starts, shifted: starts + shifts)
    let variations = try DisCoObjective.normalized(differences)
    func part(_ start: Int, _ count: Int) throws -> Tensor {
      try variations.narrowed(0, start: start, count: count)
    }
    let queries = try part(0, sameCount)
    let cosines = try DisCoObjective.cosines(
      queries, part(sameCount, sameCount), part(2 * sameCount, count - 2 * sameCount))
    let contrast = try DisCoObjective.contrast(cosines, positiveCount: sameCount)
    let entropy = try DisCoObjective.entropy(queries)
    return [
      Loss(
        try contrast + entropy,
        terms: [
          ("contrast", contrast), ("entropy", entropy),
          ("alike", try cosines.narrowed(1, start: 0, count: sameCount).mean()),
        ])
    ]
  }

  /// The directions as columns, `[number, direction]`.
  package func matrix() throws -> Tensor { try directions() }

  /// What the encoder gives for images in [0, 1], `[image, code]`.
  package func codes(_ images: Tensor) throws -> Tensor { try encoder(images) }

  /// By how much codes differ between the images of numbers and of shifted ones, `[number, code]`.
  package func differences(of starts: Tensor, shifted: Tensor) throws -> Tensor {
    // Nothing that is learned lies behind the images of unshifted numbers.
    let images = [
      try generator.explored(shifted), try withoutGradients { try generator.explored(starts) },
    ]
    let codes = try encoder(Tensor.concatenated(images))
    let count = starts.shape[0]
    return try codes.narrowed(0, start: 0, count: count)
      - codes.narrowed(0, start: count, count: count)
  }

  /// The numbers to start from, one row per image.
  private func startingNumbers(_ batch: TrainingBatch) throws -> Tensor {
    guard let samples else { return try generator.explorationStarts(batch.images) }
    var random = Philox(seed: batch.seed, stream: Self.startStream + UInt64(batch.step))
    let count = batch.images.shape[0]
    let rows = (0..<count).map { _ in Int64(random.integer(below: Self.sampleCount)) }
    return try samples.selected(0, indices: Tensor(rows, shape: [count], device: store.device))
  }

  /// Draws the samples to start from, where the options say so.
  func drawSamples(_ trained: TrainedModel, in folders: StageFolders) throws {
    guard let samples else { return }
    guard let drawn = try generator.sampledStarts(Self.sampleCount, trained, in: folders) else {
      throw TrainingError.badConfiguration(
        what: "disco",
        expected: "starts from the prior, as samples of '\(trained.label)' are made of",
        found: "starts from samples of a later stage")
    }
    try withoutGradients { try samples.copyInPlace(drawn) }
  }

  /// Which direction each variation is along: one for the first, any other for the rest.
  private func directionNumbers(
    _ batch: TrainingBatch, count: Int, sameCount: Int
  ) throws -> [Int64] {
    var random = Philox(seed: batch.seed, stream: UInt64(batch.step))
    let directionCount = min(generator.explorationWidth, Self.mostDirections)
    let same = random.integer(below: directionCount)
    return (0..<count).map { place in
      guard place >= sameCount else { return Int64(same) }
      let other = random.integer(below: directionCount - 1)
      return Int64(other < same ? other : other + 1)
    }
  }

  /// The sizes of shifts, `[variation, 1]`.
  private func sizes(_ count: Int) throws -> Tensor {
    let drawn = try Tensor.normal([count, 1], device: store.device) * options.shiftScale
    let least = options.shiftScale * Self.floor
    let negative = options.enlargesNegativeShifts ? try drawn.clamped(to: -least) : drawn
    return try drawn.isGreater(than: 0).select(drawn.clamped(from: least), otherwise: negative)
  }
}

import BenchSupport
import Datasets
package import Torch

/// DisDiff: concepts of a frozen diffusion model, each a token of an encoder and a field that the token adds to the predicted
/// noise.
///
/// Yang et al., arXiv:2301.13721, as its code trains it on the latents of an autoencoder (`ldm/models/diffusion/ddpm.py`),
/// here on pixels. The first share of the training is that of the frozen model, a diffusion model without codes. Then the
/// encoder and the fields minimise |ε − ε̂ − a_t·Σ G|, averaged over pixels, and ``DisDiffObjective``, for which a clean image
/// is predicted with the field of one random concept and without. The encoder that judges these knows nothing of a
/// gradient; what it sees is limited to the range of images, as what an autoencoder decodes would be.
package final class DisDiff: CodedDiffusion {
  /// The choices made.
  package struct Options: Sendable {
    /// Numbers of a token.
    package var tokenWidth = 8
    /// λ: the weight of the disentangling terms.
    package var weight = 0.05
    /// The share of the training that the frozen model takes.
    package var baseShare = 0.5
    /// Channels of the nets' first level.
    package var width = 16
    /// Whether the nets are those of its authors.
    package var isPublished = false
    /// Steps of DDIM.
    package var stepCount = 20

    /// The defaults.
    package init() {}
  }

  private static let schedule = DiscreteSchedule.latentDiffusion
  /// The share of each part of the training in which its learning rate rises.
  private static let warmUpShare = 0.25

  package let store: ParameterStore
  package let latentCount: Int
  package let averageDecay: Double? = 0.999
  /// The encoder is used as it is, as in the authors' code: running moments are those of its own weights.
  package func isAveraged(_ name: String) -> Bool { !name.hasPrefix("encoder.") }
  private let options: Options
  private let learningRate: Double
  package let sampler: PixelSampler
  private let base: NoisePredictor
  private let encoder: CodeEncoder.Net
  private let fields: ConceptFields
  private let reading: TokenReading
  package let codeMoments: CodeMoments?
  /// A copy of the encoder, taken before every use, with its running moments where it normalises batches.
  private let judge: CodeEncoder.Net
  /// The encoder's parameters and running moments, and the copy's.
  package let copies: [(from: Tensor, to: Tensor)]

  /// Creates an untrained model of as many concepts as latents; its initial weights come from libtorch's generator.
  ///
  /// - Parameters:
  ///   - context: What it is built for.
  ///   - options: The choices.
  /// - Throws: `TorchError`, and ``TrainingError/badConfiguration(what:expected:found:)`` for images that are not 64×64 or more
  ///   concepts than nets of the width tell apart.
  package init(_ context: ModelContext, _ options: Options) throws {
    try context.requireStudyImages()
    guard context.latentCount <= ConceptFields.most(options.width) else {
      throw TrainingError.badConfiguration(
        what: "width", expected: "at least half the number of latents, \(context.latentCount)",
        found: "'\(options.width)'")
    }
    self.options = options
    latentCount = context.latentCount
    learningRate = context.learningRate
    store = ParameterStore(device: context.device)
    let image = context.imageShape
    sampler = PixelSampler(
      schedule: Self.schedule, stepCount: options.stepCount,
      shape: [image.channelCount, image.height, image.width])
    let layout =
      options.isPublished
      ? NoiseNetLayout.latentDiffusion(width: options.width) : .shared(width: options.width)
    base = try NoisePredictor(
      store.root.scope("base"), channelCount: image.channelCount, codeWidth: 0, entry: .none,
      layout)
    func encoder(_ scope: ParameterScope) throws -> CodeEncoder.Net {
      try (options.isPublished ? CodeEncoder.normalized : .study).net(
        scope, channelCount: image.channelCount,
        codeWidth: context.latentCount * options.tokenWidth, width: options.width)
    }
    self.encoder = try encoder(store.root.scope("encoder"))
    fields = try ConceptFields(
      store.root.scope("fields"),
      blocks: PixelBlocks(channelCount: image.channelCount, side: layout.blockSide),
      tokenWidth: options.tokenWidth, form: layout.form([]))
    reading = try TokenReading(
      store.root.scope("token"), conceptCount: latentCount, tokenWidth: options.tokenWidth)
    codeMoments = try CodeMoments(store.root.scope("code"), latentCount: latentCount)
    let copy = ParameterStore(device: context.device)
    judge = try encoder(copy.root)
    let own = store.entries.filter { $0.name.hasPrefix("encoder.") }
    copies = zip(own, copy.entries).map { (from: $0.tensor, to: $1.tensor) }
  }

  // MARK: - Training

  package var optimizerGroups: [OptimizerGroup] {
    ["base", "concepts"].map { name in
      OptimizerGroup(
        name: name, options: Adam.Options(learningRate: learningRate, weightDecay: 0.01),
        includes: { $0.hasPrefix("base.") == (name == "base") },
        learningRateFactor: { [options] position in
          Self.learningRateFactor(position, options)
        })
    }
  }

  /// A linear rise at the beginning of either part.
  private static func learningRateFactor(_ position: TrainingPosition, _ options: Options) -> Double
  {
    let end = baseSteps(of: position.stepCount, options)
    let isBase = position.step < end
    let (start, count) = isBase ? (0, end) : (end, position.stepCount - end)
    let done = Double(position.step + 1 - start) / Double(count)
    return min(1, done / warmUpShare)
  }

  private static func baseSteps(of stepCount: Int, _ options: Options) -> Int {
    Int((options.baseShare * Double(stepCount)).rounded())
  }

  private func isBase(_ step: Int, of stepCount: Int) -> Bool {
    step < Self.baseSteps(of: stepCount, options)
  }

  /// The frozen model first, then the encoder and the fields.
  package func passes(at step: Int, of stepCount: Int) -> [[String]] {
    [[isBase(step, of: stepCount) ? "base" : "concepts"]]
  }

  /// The error of the predicted noise at one random state per image, and later the disentangling terms of one random concept.
  package func losses(_ batch: TrainingBatch) throws -> [Loss] {
    var random = Philox(seed: batch.seed, stream: UInt64(batch.step))
    let count = batch.images.shape[0]
    let states = (0..<count).map { _ in random.integer(below: Self.schedule.count) }
    let concepts = (0..<count).map { _ in random.integer(below: latentCount) }
    let noise = try batch.images.normalLike()
    let loss =
      try isBase(batch.step, of: batch.stepCount)
      ? baseLoss(batch.images, at: states, noise: noise)
      : conceptLoss(batch.images, at: states, noise: noise, concepts: concepts)
    return [loss]
  }

  /// What the frozen model minimises, at given states and noise.
  package func baseLoss(_ images: Tensor, at states: [Int], noise: Tensor) throws -> Loss {
    let columns = try StateColumns(states, concepts: [], device: store.device)
    let noisy = try columns.noisy(images * 2 - 1, noise)
    let error = try (base.prediction(noisy, columns.states).noise - noise).abs().mean()
    return Loss(error, terms: [("noise", error)])
  }

  /// What the encoder and the fields minimise, at given states, noise and concepts.
  package func conceptLoss(
    _ images: Tensor, at states: [Int], noise: Tensor, concepts: [Int]
  ) throws -> Loss {
    let columns = try StateColumns(states, concepts: concepts, device: store.device)
    let noisy = try columns.noisy(images * 2 - 1, noise)
    let prediction = try withoutGradients { try base.prediction(noisy, columns.states) }
    let own = try tokens(images, encoder, isTraining: true)
    let fields = try fields(prediction, own)
    let total = try prediction.noise + columns.gradientScale * fields.sum([1])
    let error = try (total - noise).abs().mean()

    let chosen = try (fields * columns.isConcept(of: latentCount)).sum([1])
    let plain = try columns.clean(noisy, prediction.noise)
    let changed = try columns.clean(noisy, prediction.noise - columns.noise * chosen)
    try withoutGradients { for copy in copies { try copy.to.copyInPlace(copy.from) } }
    let plainTokens = try withoutGradients { try tokens(pixels(plain), judge, isTraining: false) }
    let changedTokens = try tokens(pixels(changed), judge, isTraining: false)
    let terms = try (
      variance: DisDiffObjective.variance(
        plainTokens, changedTokens, own: own, of: columns.concepts),
      invariance: DisDiffObjective.invariance(
        plainTokens, changedTokens, of: columns.concepts)
    )
    let weight = try DisDiffObjective.weight(plain, changed)
    let disentangling = try (weight * (terms.variance + terms.invariance)).mean()
    return Loss(
      try error + options.weight * disentangling,
      terms: [
        ("noise", error), ("variance", terms.variance), ("invariance", terms.invariance),
        ("weight", weight),
      ])
  }

  /// [−1, 1] → [0, 1], limited.
  private func pixels(_ images: Tensor) throws -> Tensor {
    try ((images + 1) * 0.5).clamped(from: 0, to: 1)
  }

  /// Images in [0, 1] → [image, concept, number].
  private func tokens(_ images: Tensor, _ encoder: CodeEncoder.Net, isTraining: Bool) throws
    -> Tensor
  {
    try encoder(images, isTraining).reshaped([images.shape[0], latentCount, options.tokenWidth])
  }

  /// Measures in which direction tokens vary, and what draws of codes are scaled to.
  package func conclude(_ images: Tensor) throws {
    let tokens = try tokens(images, encoder, isTraining: false)
    try reading.measure(tokens)
    try codeMoments?.measure(reading.codes(tokens))
  }

  // MARK: - Codes and images

  package func points() throws -> [RepresentationPoint] { [RepresentationPoint(label: "tokens")] }

  package func encode(_ images: Tensor, at point: RepresentationPoint) throws -> Encoding {
    Encoding(mean: try reading.codes(tokens(images, encoder, isTraining: false)))
  }

  package func images(ofCodes codes: Tensor, from noise: Tensor) throws -> Tensor {
    let tokens = try reading.tokens(codes)
    return try sampler.images(from: noise) { images, state in
      let columns = try StateColumns(
        Array(repeating: state, count: images.shape[0]), concepts: [], device: store.device)
      let prediction = try base.prediction(images, columns.states)
      return try prediction.noise - columns.noise * fields(prediction, tokens).sum([1])
    }
  }

  /// What depends on the images' states, and the concepts that were drawn for them: one tensor that travels to the device.
  private struct StateColumns {
    private let rows: Tensor
    private let count: Int

    init(_ states: [Int], concepts: [Int], device: Device) throws {
      count = states.count
      let cumulative = states.map { DisDiff.schedule.cumulative[$0] }
      let values =
        cumulative.map { $0.squareRoot() } + cumulative.map { (1 - $0).squareRoot() }
        + states.map(DisDiff.schedule.gradientScale) + states.map(Double.init)
        + concepts.map(Double.init)
      rows = try Tensor(
        values.map { Float($0) }, shape: [values.count / count, count], device: device)
    }

    private func column(_ row: Int) throws -> Tensor {
      try rows.selected(0, row).reshaped([count, 1, 1, 1])
    }

    /// √(1 − ᾱ).
    var noise: Tensor { get throws { try column(1) } }
    /// a.
    var gradientScale: Tensor { get throws { try column(2) } }
    /// The states.
    var states: Tensor { get throws { try rows.selected(0, 3) } }
    /// The concepts.
    var concepts: Tensor { get throws { try rows.selected(0, 4).to(.int64) } }

    /// 1 at the image's concept, else 0, [image, concept, 1, 1, 1].
    func isConcept(of conceptCount: Int) throws -> Tensor {
      let numbers = try Tensor.range(conceptCount, type: .int64, device: rows.device)
      return try numbers.unsqueezed(0).isEqual(to: concepts.unsqueezed(1)).to(.float32)
        .reshaped([count, conceptCount, 1, 1, 1])
    }

    /// √ᾱ·x + √(1 − ᾱ)·ε.
    func noisy(_ images: Tensor, _ noise: Tensor) throws -> Tensor {
      try images * column(0) + noise * column(1)
    }

    /// (x_t − √(1 − ᾱ)·ε̂)/√ᾱ.
    func clean(_ images: Tensor, _ noise: Tensor) throws -> Tensor {
      try (images - noise * column(1)) / column(0)
    }
  }
}

import Datasets
import Torch

/// InfoGAN-CR, a generative adversarial network whose codes Q regresses and whose pairs R tells apart, with InfoGAN and
/// a plain GAN as its special cases.
///
/// Lin et al., arXiv:1906.06034, as its code trains it on colour images (`InfoGAN-CR_3D_teapot`). D and Q minimise
/// −log D(x) − log(1 − D(G)) + λ·L_Q, the generator −log D(G) + λ·L_Q + α·L_R, and R, with the generator and not
/// against it, L_R. Each step moves D, Q and R once and the generator twice, with the same draws. R and α start at a
/// share of the training; R starts again there and where the gap of its pairs closes. D and R know nothing of each
/// other, so that one pass for both is the same as one for each.
///
/// The latents are Q's codes, uniform on [−1, 1]; the noise beside them is drawn for samples and 0 in decoded
/// images. Nothing is encoded by an inversion of the generator, and there is no rate.
final class InfoGAN: TrainableModel, ExplorableModel {
  /// Settings of the training.
  struct Options {
    /// λ: the weight of the codes' regression; 0 leaves Q as it was drawn.
    var information: Double
    /// α: the weight of the contrast after its start; 0 for a model without R.
    var contrast = 0.0
    /// The least distance of codes that a pair does not share, until it closes.
    var gap = 0.0
    /// The share of the training after which R and α start.
    var start = 0.0
    /// The share of the training after which the gap is 0.
    var closing = 0.0
    /// Dimensions of noise beside the codes.
    var noiseCount: Int
    /// Adam's learning rate for the generator.
    var generatorRate: Double
    /// Adam's learning rate for D, Q and R.
    var discriminatorRate: Double
    /// What R's layers have.
    var normalization = StridedTrunk.Normalization.batch
  }

  /// What a step draws, the same for all its passes.
  private struct Draws {
    let latents: Tensor
    let pairs: LatentPairs?
  }

  let store: ParameterStore
  let latentCount: Int
  private let options: Options
  private let generator: InfoGANGenerator
  private let discriminator: InfoGANDiscriminator
  private let contrast: ContrastNetwork?
  private var draws: Draws?

  /// Creates an untrained model; its initial weights come from libtorch's generator.
  init(_ context: ModelContext, _ options: Options) throws {
    try context.requireStudyImages()
    self.options = options
    latentCount = context.latentCount
    store = ParameterStore(device: context.device)
    let channelCount = context.imageShape.channelCount
    generator = try InfoGANGenerator(
      store.root.scope("generator"), latentCount: latentCount + options.noiseCount,
      channelCount: channelCount)
    discriminator = try InfoGANDiscriminator(
      store.root.scope("discriminator"), latentCount: latentCount, channelCount: channelCount)
    contrast =
      options.contrast > 0
      ? try ContrastNetwork(
        store.root.scope("contrast"), latentCount: latentCount, channelCount: channelCount,
        options.normalization) : nil
  }

  // MARK: - Training

  var optimizerGroups: [OptimizerGroup] {
    let rates = [
      ("discriminator", options.discriminatorRate), ("generator", options.generatorRate),
      ("contrast", options.discriminatorRate),
    ]
    return rates.prefix(contrast == nil ? 2 : 3).map { name, rate in
      OptimizerGroup(name: name, options: Adam.Options(learningRate: rate, betas: [0.5, 0.999])) {
        $0.hasPrefix("\(name).")
      }
    }
  }

  /// D and Q, with R once it has started, then the generator twice.
  func passes(at step: Int, of stepCount: Int) -> [[String]] {
    let judges = isContrasted(step, stepCount) ? ["discriminator", "contrast"] : ["discriminator"]
    return [judges, ["generator"], ["generator"]]
  }

  /// R starts again with α and where the gap closes.
  func restart(at step: Int, of stepCount: Int) throws -> [String] {
    guard let contrast, step > 0 else { return [] }
    let start = Self.step(options.start, of: stepCount)
    let closing = Self.step(options.closing, of: stepCount)
    guard step == start || (step == closing && options.gap > 0 && closing > start) else {
      return []
    }
    try contrast.restart()
    return ["contrast"]
  }

  private func isContrasted(_ step: Int, _ stepCount: Int) -> Bool {
    contrast != nil && step >= Self.step(options.start, of: stepCount)
  }

  private static func step(_ share: Double, of stepCount: Int) -> Int {
    Int((share * Double(stepCount)).rounded())
  }

  func losses(_ batch: TrainingBatch) throws -> [Loss] {
    let current = try (batch.pass > 0 ? draws : nil) ?? newDraws(batch)
    draws = current
    guard batch.pass == 0 else {
      let loss = try generatorLoss(current)
      if batch.pass == 2 {
        try discriminator.advance()
        try contrast?.advance()
      }
      return [loss]
    }
    return try [discriminatorLoss(batch.images, current), contrastLoss(current)].compactMap(\.self)
  }

  private func newDraws(_ batch: TrainingBatch) throws -> Draws {
    let count = batch.images.shape[0]
    let latents =
      try Tensor.uniform([count, latentCount + options.noiseCount], device: store.device) * 2 - 1
    guard isContrasted(batch.step, batch.stepCount) else {
      return Draws(latents: latents, pairs: nil)
    }
    let isOpen = batch.step < Self.step(options.closing, of: batch.stepCount)
    let pairs = try LatentPairs(
      count: count, codeCount: latentCount, noiseCount: options.noiseCount,
      gap: isOpen ? options.gap : 0, device: store.device)
    return Draws(latents: latents, pairs: pairs)
  }

  private func discriminatorLoss(_ images: Tensor, _ draws: Draws) throws -> Loss {
    let count = images.shape[0]
    let generated = try withoutGradients { try generator(draws.latents, isTraining: true) }
    let judgement = try discriminator(Tensor.concatenated([images, generated]))
    let adversarial = try InfoGANLosses.discrimination(
      data: judgement.reality.narrowed(0, start: 0, count: count),
      generated: judgement.reality.narrowed(0, start: count, count: count))
    let information = try InfoGANLosses.information(
      judgement.codes.narrowed(0, start: count, count: count), of: codes(draws.latents))
    return Loss(
      try adversarial + options.information * information,
      terms: [("discrimination", adversarial), ("information", information)])
  }

  private func contrastLoss(_ draws: Draws) throws -> Loss? {
    guard let contrast, let pairs = draws.pairs else { return nil }
    let (first, second) = try withoutGradients { try images(of: pairs) }
    let logits = try contrast(first, second)
    let loss = try InfoGANLosses.contrast(logits, shared: pairs.shared)
    let hits = try logits.argmax(1).isEqual(to: pairs.shared).to(.float32)
    return Loss(loss, terms: [("contrast", loss), ("contrast_accuracy", try hits.mean())])
  }

  private func generatorLoss(_ draws: Draws) throws -> Loss {
    let judgement = try discriminator(generator(draws.latents, isTraining: true))
    let deception = try InfoGANLosses.deception(judgement.reality)
    let information = try InfoGANLosses.information(judgement.codes, of: codes(draws.latents))
    let loss = try deception + options.information * information
    let terms = [("deception", deception)]
    guard let contrast, let pairs = draws.pairs else { return Loss(loss, terms: terms) }
    let (first, second) = try images(of: pairs)
    let contrasted = try InfoGANLosses.contrast(contrast(first, second), shared: pairs.shared)
    return Loss(try loss + options.contrast * contrasted, terms: terms)
  }

  /// Both images of pairs, each batch with its own moments.
  private func images(of pairs: LatentPairs) throws -> (first: Tensor, second: Tensor) {
    (
      try generator(pairs.first, isTraining: true),
      try generator(pairs.second, isTraining: true)
    )
  }

  private func codes(_ latents: Tensor) throws -> Tensor {
    try latents.narrowed(1, start: 0, count: latentCount)
  }

  // MARK: - Representation

  /// Codes that nothing was asked of are no representation.
  func points() throws -> [RepresentationPoint] {
    options.information > 0 ? [RepresentationPoint(label: "codes")] : []
  }

  func encode(_ images: Tensor, at point: RepresentationPoint) throws -> Encoding {
    Encoding(mean: try discriminator(images).codes)
  }

  func decode(_ latents: Tensor, at point: RepresentationPoint) throws -> Tensor {
    let noise = try Tensor.zeros([latents.shape[0], options.noiseCount], device: store.device)
    return try generator(Tensor.concatenated([latents, noise], dimension: 1), isTraining: false)
  }

  /// Codes are drawn from −1 to 1; the generator knows no others.
  var latentReach: Double? { 1 }

  var noiseCount: Int { latentCount + options.noiseCount }

  /// No: normal numbers become codes by ``sample(_:)``, also where there is no noise beside them.
  var exploresCodes: Bool { false }

  /// Normal noise by its distribution function is uniform on [−1, 1].
  func sample(_ noise: Tensor) throws -> Tensor {
    try generator((noise * 0.5.squareRoot()).errorFunction(), isTraining: false)
  }
}

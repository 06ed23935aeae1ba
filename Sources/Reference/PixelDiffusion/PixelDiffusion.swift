import BenchSupport
import Datasets
import Glibc
package import Torch

/// A diffusion model of pixels, perhaps conditioned on a code that an encoder learns along with it.
///
/// With a code it is a diffusion autoencoder: the code holds what helps to denoise, the noise the rest. Its code of an
/// image is deterministic and has no rate. Images of a code are those of DDIM from one fixed noise; the image's own
/// noise, by the same steps run backwards, gives it back nearly whole.
package final class PixelDiffusion: CodedDiffusion {
  /// What tells one method from another.
  package struct Method: Sendable {
    /// How much noise a state has.
    var schedule: DiscreteSchedule
    /// How the code enters.
    var entry: CodeEntry
    /// Whether errors of the noise are taken as they are, not squared.
    var isAbsolute = false
    /// The weight of the codes' discrepancy from as many standard normal draws.
    var discrepancyWeight = 0.0
    /// The decay of the averages used for evaluation; nil for none.
    var averageDecay: Double? = 0.999
    /// Whether the encoder, tokens included, has averages as well.
    var averagesEncoder = true
    /// Decoupled decay of weights per unit of learning rate.
    var weightDecay = 0.0
    /// The largest norm of gradients; nil for any.
    var maximumGradientNorm: Double? = 1
    /// The share of the training in which the learning rate rises.
    var warmUpShare = 0.0
    /// Whether the learning rate falls along a cosine afterwards.
    var isAnnealed = false
    /// The net that predicts noise.
    var layout = NoiseNetLayout.shared(width: 16)
    /// The net that makes codes.
    var encoder = CodeEncoder.study
    /// Steps of DDIM.
    var stepCount = 20
  }

  package let store: ParameterStore
  package let latentCount: Int
  private let method: Method
  package let sampler: PixelSampler
  private let learningRate: Double
  private let encoder: CodeEncoder.Net?
  private let predictor: NoisePredictor
  package let codeMoments: CodeMoments?

  /// Creates an untrained model; its initial weights come from libtorch's generator.
  ///
  /// - Parameters:
  ///   - context: What it is built for.
  ///   - method: Which method it is.
  /// - Throws: `TorchError`, and ``TrainingError/badConfiguration(what:expected:found:)`` for images that are not 64×64.
  package init(_ context: ModelContext, _ method: Method) throws {
    try context.requireStudyImages()
    self.method = method
    let image = context.imageShape
    sampler = PixelSampler(
      schedule: method.schedule, stepCount: method.stepCount,
      shape: [image.channelCount, image.height, image.width])
    learningRate = context.learningRate
    store = ParameterStore(device: context.device)
    if case .none = method.entry {
      (latentCount, encoder, codeMoments) = (0, nil, nil)
    } else {
      latentCount = context.latentCount
      encoder = try method.encoder.net(
        store.root.scope("encoder"), channelCount: image.channelCount, codeWidth: latentCount,
        width: method.layout.width)
      codeMoments = try CodeMoments(store.root.scope("code"), latentCount: latentCount)
    }
    predictor = try NoisePredictor(
      store.root.scope("net"), channelCount: image.channelCount, codeWidth: latentCount,
      entry: method.entry, method.layout)
  }

  // MARK: - Training

  package var averageDecay: Double? { method.averageDecay }

  package func isAveraged(_ name: String) -> Bool {
    method.averagesEncoder || !(name.hasPrefix("encoder.") || name.hasPrefix("net.tokens."))
  }

  package var optimizerGroups: [OptimizerGroup] {
    let method = method
    return [
      OptimizerGroup(
        name: "model",
        options: Adam.Options(learningRate: learningRate, weightDecay: method.weightDecay),
        maximumGradientNorm: method.maximumGradientNorm
      ) { position in
        let done = Double(position.step + 1) / Double(position.stepCount)
        let rising = method.warmUpShare > 0 ? min(1, done / method.warmUpShare) : 1
        return rising * (method.isAnnealed ? 0.5 * (1 + cos(.pi * done)) : 1)
      }
    ]
  }

  /// The error of the predicted noise at one random state per image, and what the method adds.
  package func losses(_ batch: TrainingBatch) throws -> [Loss] {
    var random = Philox(seed: batch.seed, stream: UInt64(batch.step))
    let states = (0..<batch.images.shape[0]).map { _ in
      random.integer(below: method.schedule.count)
    }
    return [try loss(batch.images, at: states, noise: batch.images.normalLike())]
  }

  /// The same at given states and noise; the draws that codes are compared with come from libtorch's generator.
  package func loss(_ images: Tensor, at states: [Int], noise: Tensor) throws -> Loss {
    let images = try images * 2 - 1
    let code = try encoder.map { try $0((images + 1) * 0.5, true) }
    let noisy = try method.schedule.noisy(images, noise, at: states)
    let predicted = try predictor(noisy, steps(states), code: code, isTraining: true)
    let error = try predicted - noise
    let noiseLoss = try (method.isAbsolute ? error.abs() : error.squared()).mean()
    guard method.discrepancyWeight > 0, let code else {
      return Loss(noiseLoss, terms: [("noise", noiseLoss)])
    }
    let discrepancy = try DiscrepancyKernel.gaussian.discrepancy(code.normalLike(), code)
    return Loss(
      try noiseLoss + method.discrepancyWeight * discrepancy,
      terms: [("noise", noiseLoss), ("mmd", discrepancy)])
  }

  /// Measures what draws of codes are scaled to.
  package func conclude(_ images: Tensor) throws {
    guard let codeMoments, let encoder else { return }
    try codeMoments.measure(encoder(images, false))
  }

  private func steps(_ states: [Int]) throws -> Tensor {
    try Tensor(states.map { Float($0) }, shape: [states.count], device: store.device)
  }

  // MARK: - Codes and images

  package func points() throws -> [RepresentationPoint] {
    encoder == nil ? [] : [RepresentationPoint(label: "code")]
  }

  package func encode(_ images: Tensor, at point: RepresentationPoint) throws -> Encoding {
    guard let encoder else { preconditionFailure("a model without codes encodes nothing") }
    return Encoding(mean: try encoder(images, false))
  }

  /// Images in [0, 1] by DDIM.
  ///
  /// - Parameters:
  ///   - codes: Codes, [image, latent]; not looked at by a model without.
  ///   - noise: What they start from, [image, channel, height, width].
  /// - Returns: The images, in the shape of the noise.
  /// - Throws: `TorchError`.
  package func images(ofCodes codes: Tensor, from noise: Tensor) throws -> Tensor {
    let codes = codeMoments == nil ? nil : codes
    return try sampler.images(from: noise) { images, state in
      try predict(images, at: state, codes)
    }
  }

  /// The noise that images in [0, 1] come from, by the same steps run backwards.
  package func noise(of images: Tensor, codes: Tensor?) throws -> Tensor {
    try sampler.noise(of: images) { images, state in try predict(images, at: state, codes) }
  }

  private func predict(_ images: Tensor, at state: Int, _ codes: Tensor?) throws -> Tensor {
    try predictor(
      images, steps(Array(repeating: state, count: images.shape[0])), code: codes)
  }
}

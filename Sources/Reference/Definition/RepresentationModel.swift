public import Torch

/// A representation of observations that metrics can score: one encoder pass, one matrix of codes.
public struct RepresentationPoint: Sendable {
  /// A short name, for instance `mean` or `t=0.250`.
  public let label: String
  /// The position on the model's β axis, for a model that has one.
  public let t: Double?
  /// The posterior's standard deviation there (the geometric mean over latents), likewise.
  public let sigma: Double?

  /// Names a point.
  public init(label: String, t: Double? = nil, sigma: Double? = nil) {
    self.label = label
    self.t = t
    self.sigma = sigma
  }
}

/// What a point gives for a batch of observations.
public struct Encoding {
  /// The representation r(x), [batch, latent]: the posterior's mean, or whatever stands for it.
  public let mean: Tensor
  /// KL(q(z|x) ‖ p(z)) in nats, [batch]; nil for a model without a posterior.
  public let rate: Tensor?
  /// The part of every latent in it, [batch, latent]; nil where that is not known.
  public let latentRates: Tensor?

  /// Pairs codes with their rates, where there are any.
  public init(mean: Tensor, rate: Tensor? = nil) {
    self.mean = mean
    self.rate = rate
    latentRates = nil
  }

  /// The codes and rates of a posterior N(mean, e^logVariance), both [batch, latent].
  ///
  /// - Throws: `TorchError`.
  public init(mean: Tensor, logVariance: Tensor) throws {
    let latentRates = try Terms.latentRates(mean: mean, logVariance: logVariance)
    self.mean = mean
    self.latentRates = latentRates
    rate = try latentRates.sum([1])
  }
}

/// A trained model that encodes and decodes.
public protocol RepresentationModel: AnyObject {
  /// Number of latents.
  var latentCount: Int { get }
  /// The representations it offers, by increasing compression; none for a model without codes.
  func points() throws -> [RepresentationPoint]
  /// The representation that reconstructs best.
  func sharpestPoint() throws -> RepresentationPoint
  /// The representation whose decoder turns draws from the prior into images.
  func samplingPoint() throws -> RepresentationPoint
  /// The representation of images in [0, 1], [batch, channel, height, width].
  func encode(_ images: Tensor, at point: RepresentationPoint) throws -> Encoding
  /// Whether codes can be turned into images; ``decode(_:at:)`` is not called otherwise.
  var decodes: Bool { get }
  /// Images in [0, 1] for latents [batch, latent].
  func decode(_ latents: Tensor, at point: RepresentationPoint) throws -> Tensor
  /// How far from 0 pictures move single latents; nil where no law of them is known, so that their own spread counts.
  var latentReach: Double? { get }
  /// Standard normal numbers that one sample is made of, at least ``latentCount``.
  var noiseCount: Int { get }
  /// Images in [0, 1] of draws from the model's prior.
  ///
  /// - Parameter noise: Standard normal numbers, [sample, ``noiseCount``]; number j of the first
  ///   ``latentCount`` makes latent j, and nothing else does.
  /// - Returns: The images, [sample, channel, height, width].
  /// - Throws: `TorchError`.
  func sample(_ noise: Tensor) throws -> Tensor
}

extension RepresentationModel {
  /// The first of ``points()``.
  public func sharpestPoint() throws -> RepresentationPoint { try points()[0] }

  /// The first of ``points()``.
  public func samplingPoint() throws -> RepresentationPoint { try points()[0] }

  /// A model that encodes and decodes.
  public var decodes: Bool { true }

  /// Two standard deviations of the prior.
  public var latentReach: Double? { 2 }

  /// The latents alone.
  public var noiseCount: Int { latentCount }

  /// The noise, decoded: the prior is the standard normal distribution.
  public func sample(_ noise: Tensor) throws -> Tensor { try decode(noise, at: samplingPoint()) }
}

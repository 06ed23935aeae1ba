package import Torch

/// An encoder and a decoder that are conditioned on β; what stage 1 trains and rotates.
package protocol MultiBetaNetworks {
  /// Number of latents.
  var latentCount: Int { get }
  /// How the latents lie: [latent], or [channel, height, width] of latents that are passed around
  /// flat.
  var latentShape: [Int] { get }
  /// The weight of the decoder's last layer, where losses are balanced against each other.
  var outputWeight: Tensor { get }
  /// f(x, β): [batch, …] → [batch, latent].
  func encode(_ observations: Tensor, _ condition: Tensor) throws -> Tensor
  /// f(x, β) and what the observation adds to the log-odds of its posterior's variances.
  func posterior(_ observations: Tensor, _ condition: Tensor) throws -> PosteriorHeads
  /// g(z, β): [batch, latent] → [batch, …].
  func decode(_ latents: Tensor, _ condition: Tensor) throws -> Tensor
}

/// What an encoder says of observations at a β.
package struct PosteriorHeads {
  /// f(x, β), [batch, latent].
  package let mean: Tensor
  /// δ(x, β), which is added to γ(β) = log(σ²/(1 − σ²)), likewise; nil for a variance that depends on β alone.
  package let shift: Tensor?

  /// Pairs the heads.
  package init(mean: Tensor, shift: Tensor?) {
    self.mean = mean
    self.shift = shift
  }
}

extension MultiBetaNetworks {
  package var latentShape: [Int] { [latentCount] }

  /// A variance that depends on β alone.
  package func posterior(_ observations: Tensor, _ condition: Tensor) throws -> PosteriorHeads {
    PosteriorHeads(mean: try encode(observations, condition), shift: nil)
  }
}

/// The study's convolutional nets for 64×64 images, modulated after every layer.
///
/// Kaiming's initial weights keep the scale of the signal through the encoder. With the study's Glorot weights the
/// first codes are so small beside the noise that training stays on the mean image for a thousand steps. In
/// the decoder's transposed convolutions they have the fan that PyTorch gives those, and let the signal fall: with the fan of
/// what an output sums, 1,500 steps with even t end on the mean image's plateau (docs/models.md).
package struct ConvolutionalMultiBetaNetworks: MultiBetaNetworks {
  package let latentCount: Int
  private let encoder: ConvolutionalEncoder
  private let decoder: ConvolutionalDecoder
  private let encoderFiLM: FiLM
  private let decoderFiLM: FiLM

  /// Adds the networks to a scope.
  ///
  /// - Parameters:
  ///   - scope: Where the parameters live.
  ///   - channelCount: Channels of the images.
  ///   - latentCount: Number of latents.
  ///   - hasShift: Whether observations shift their posterior's variances; the shift starts at zero.
  ///   - initializer: How the weights start.
  /// - Throws: `TorchError`.
  package init(
    _ scope: ParameterScope, channelCount: Int, latentCount: Int, hasShift: Bool = false,
    initializer: Initializer = .kaimingNormal
  ) throws {
    self.latentCount = latentCount
    encoder = try ConvolutionalEncoder(
      scope.scope("encoder"), channelCount: channelCount, latentCount: latentCount,
      headCount: hasShift ? 2 : 1, initializer: initializer, secondHead: .constant(0))
    decoder = try ConvolutionalDecoder(
      scope.scope("decoder"), channelCount: channelCount, latentCount: latentCount,
      initializer: initializer)
    encoderFiLM = try FiLM(
      scope.scope("encoder.film"), condition: BetaEmbedding.width,
      widths: ConvolutionalEncoder.modulatedWidths(latentCount: latentCount))
    decoderFiLM = try FiLM(
      scope.scope("decoder.film"), condition: BetaEmbedding.width,
      widths: ConvolutionalDecoder.modulatedWidths)
  }

  package var outputWeight: Tensor { decoder.outputWeight }

  package func encode(_ observations: Tensor, _ condition: Tensor) throws -> Tensor {
    try posterior(observations, condition).mean
  }

  package func posterior(_ observations: Tensor, _ condition: Tensor) throws -> PosteriorHeads {
    let heads = try encoder(observations, encoderFiLM(condition))
    return PosteriorHeads(mean: heads[0], shift: heads.count > 1 ? heads[1] : nil)
  }

  package func decode(_ latents: Tensor, _ condition: Tensor) throws -> Tensor {
    try decoder(latents, decoderFiLM(condition))
  }
}

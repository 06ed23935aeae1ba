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
  /// g(z, β): [batch, latent] → [batch, …].
  func decode(_ latents: Tensor, _ condition: Tensor) throws -> Tensor
}

extension MultiBetaNetworks {
  package var latentShape: [Int] { [latentCount] }
}

/// The study's convolutional nets for 64×64 images, modulated after every layer.
///
/// Kaiming's initial weights keep the scale of the signal from layer to layer. With the study's
/// Glorot weights the first codes are so small beside the noise that training stays on the mean
/// image for a thousand steps.
package struct ConvolutionalMultiBetaNetworks: MultiBetaNetworks {
  package let latentCount: Int
  private let encoder: ConvolutionalEncoder
  private let decoder: ConvolutionalDecoder
  private let encoderFiLM: FiLM
  private let decoderFiLM: FiLM

  package init(_ scope: ParameterScope, channelCount: Int, latentCount: Int) throws {
    self.latentCount = latentCount
    encoder = try ConvolutionalEncoder(
      scope.scope("encoder"), channelCount: channelCount, latentCount: latentCount, headCount: 1,
      initializer: .kaimingNormal)
    decoder = try ConvolutionalDecoder(
      scope.scope("decoder"), channelCount: channelCount, latentCount: latentCount,
      initializer: .kaimingNormal)
    encoderFiLM = try FiLM(
      scope.scope("encoder.film"), condition: BetaEmbedding.width,
      widths: ConvolutionalEncoder.modulatedWidths(latentCount: latentCount))
    decoderFiLM = try FiLM(
      scope.scope("decoder.film"), condition: BetaEmbedding.width,
      widths: ConvolutionalDecoder.modulatedWidths)
  }

  package var outputWeight: Tensor { decoder.outputWeight }

  package func encode(_ observations: Tensor, _ condition: Tensor) throws -> Tensor {
    try encoder(observations, encoderFiLM(condition))[0]
  }

  package func decode(_ latents: Tensor, _ condition: Tensor) throws -> Tensor {
    try decoder(latents, decoderFiLM(condition))
  }
}

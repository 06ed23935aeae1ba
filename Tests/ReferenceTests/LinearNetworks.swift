import Reference
import Torch

/// Linear encoder and decoder with gains that depend on β: the optimum of stage 1 on linear data.
struct LinearNetworks: MultiBetaNetworks {
  let latentCount: Int
  private let encoder: Linear
  private let decoder: Linear
  private let gains: FiLM
  /// An orthogonal change of the latent basis, [latent, latent].
  var rotation: Tensor?
  /// What a unit of an observation's code adds to the log-odds of its variances; nil for variances of all observations.
  var shiftWeight: Double?

  init(_ scope: ParameterScope, observationWidth: Int, latentCount: Int) throws {
    self.latentCount = latentCount
    encoder = try Linear(
      scope.scope("encoder"), input: observationWidth, output: latentCount, .glorotUniform,
      hasBias: false)
    decoder = try Linear(
      scope.scope("decoder"), input: latentCount, output: observationWidth, .glorotUniform,
      hasBias: false)
    gains = try FiLM(
      scope.scope("gains"), condition: BetaEmbedding.width, widths: [latentCount, latentCount])
  }

  var outputWeight: Tensor { decoder.weight }

  func encode(_ observations: Tensor, _ condition: Tensor) throws -> Tensor {
    let latents = try gains(condition)(encoder(observations), layer: 0)
    return try rotation.map { try latents.matmul($0.transposed(0, 1)) } ?? latents
  }

  func posterior(_ observations: Tensor, _ condition: Tensor) throws -> PosteriorHeads {
    PosteriorHeads(
      mean: try encode(observations, condition),
      shift: try shiftWeight.map { try encoder(observations) * $0 })
  }

  func decode(_ latents: Tensor, _ condition: Tensor) throws -> Tensor {
    let straight = try rotation.map { try latents.matmul($0) } ?? latents
    return try decoder(gains(condition)(straight, layer: 1))
  }
}

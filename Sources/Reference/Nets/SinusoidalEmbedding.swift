import Torch

/// Sines and cosines of a scalar at geometrically spaced frequencies.
struct SinusoidalEmbedding {
  /// Number of output features.
  let width: Int
  private let frequencies: Tensor

  /// Spaces `count` angular frequencies from 1 to `maximum`.
  ///
  /// The highest frequency bounds how fast anything conditioned on the embedding can change. The
  /// curves over β are smooth, and the second stage differentiates the encoder along β with a step
  /// of 1/1000: MODEL_SPEC's 10⁴ would make neighbouring steps unrelated and, measured on linear
  /// data, even 100 keeps the gains from settling.
  init(count: Int = 32, maximum: Double = 30, device: Device) throws {
    precondition(count > 1, "an embedding needs at least 2 frequencies, not \(count)")
    width = 2 * count
    let exponents = try Tensor.range(count, type: .float64) / Double(count - 1)
    frequencies = try (exponents * log(maximum)).exp().to(.float32).to(device)
  }

  /// [batch] → [batch, width].
  func callAsFunction(_ values: Tensor) throws -> Tensor {
    let angles = try values.unsqueezed(1) * frequencies
    return try Tensor.concatenated([angles.sin(), angles.cos()], dimension: 1)
  }
}

package import Torch

extension Tensor {
  /// Images in [0, 1], [image, channel, height, width], as bytes: one array per image,
  /// [height, width, channel].
  package func imageBytes() throws -> [[UInt8]] {
    let bytes = try (clamped(from: 0, to: 1) * 255).rounded().to(.uint8)
      .permuted([0, 2, 3, 1]).elements(as: UInt8.self)
    let size = shape.dropFirst().reduce(1, *)
    return stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<$0 + size]) }
  }
}

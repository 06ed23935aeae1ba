package import Torch

extension Tensor {
  /// Images in [0, 1], [image, channel, height, width], as bytes: one array per image,
  /// [height, width, channel].
  ///
  /// - Throws: ``UnusableImages`` if a value is not finite, which as a byte would be a plausible black.
  package func imageBytes() throws -> [[UInt8]] {
    guard try isFinite().all().item() == 1 else { throw UnusableImages() }
    let bytes = try (clamped(from: 0, to: 1) * 255).rounded().to(.uint8)
      .permuted([0, 2, 3, 1]).elements(as: UInt8.self)
    let size = shape.dropFirst().reduce(1, *)
    return stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<$0 + size]) }
  }
}

/// Images of a model that are no images.
struct UnusableImages: Error, CustomStringConvertible {
  var description: String {
    """
    The model's images hold values that are NaN or infinite, expected numbers: its parameters are \
    damaged or its training diverged; train it again, with a smaller learning rate.
    """
  }
}

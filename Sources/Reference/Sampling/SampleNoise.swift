import BenchSupport
package import Torch

/// Where a sampler's noise comes from.
package protocol NoiseSource {
  /// Standard normal draws in the shape of the states.
  mutating func next() throws -> Tensor
}

/// Noise with one random stream per sample, so that a sample's noise depends on the seed and on its
/// index only: not on the batch it is in, nor on threads.
package struct SampleNoise: NoiseSource {
  private static let firstStream: UInt64 = 0x5A4D_0000_0000_0000

  private var generators: [Philox]
  private let width: Int
  private let device: Device

  /// Noise for samples by their indices, `width` numbers each; equal indices have equal noise.
  package init(seed: UInt64, samples: some Sequence<Int>, width: Int, device: Device) {
    generators = samples.map { Philox(seed: seed, stream: Self.firstStream + UInt64($0)) }
    self.width = width
    self.device = device
  }

  /// The next draws, [sample, width].
  package mutating func next() throws -> Tensor {
    let (before, width) = (generators, width)
    let drawn = Parallel.map(before.count) { index in
      var generator = before[index]
      let values = generator.normals(width)
      return (generator, values)
    }
    generators = drawn.map(\.0)
    return try Tensor(drawn.flatMap(\.1), shape: [drawn.count, width], device: device)
  }
}

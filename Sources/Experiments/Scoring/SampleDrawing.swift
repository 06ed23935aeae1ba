import BenchSupport
package import Datasets
import FoundationEssentials
package import MessagePassing
package import Reference
import Torch

/// Draws a generator's samples in batches.
package struct SampleDrawing {
  package let generator: ImageGenerator
  package let shape: ImageShape
  package let isQuiet: Bool
  /// Processes that share the batches: each draws those that ``ProcessGroup/share(of:)`` gives it.
  package var group = ProcessGroup.alone
  /// Called before every step of the sampler.
  package var onStep: () throws -> Void = {}

  /// Describes what is drawn.
  package init(
    generator: ImageGenerator, shape: ImageShape, isQuiet: Bool,
    group: ProcessGroup = ProcessGroup.alone, onStep: @escaping () throws -> Void = {}
  ) {
    self.generator = generator
    self.shape = shape
    self.isQuiet = isQuiet
    self.group = group
    self.onStep = onStep
  }

  /// Samples that are decoded together: fewer of larger images.
  package var batchSize: Int { max(1, 500 * 64 * 64 / (shape.height * shape.width)) }

  /// The name of a sample's file.
  package static func fileName(_ index: Int) -> String {
    let digits = "\(index)"
    return String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".png"
  }

  /// Calls `body` with the pixels of every batch of this process.
  ///
  /// - Parameters:
  ///   - count: Number of samples, in all processes together.
  ///   - isDone: Whether a batch is to be left out.
  ///   - body: Takes the numbers of the samples and their bytes, [height, width, channel].
  /// - Throws: Errors of libtorch and of `body`, and an interruption.
  package func forEachBatch(
    count: Int, except isDone: (Range<Int>) -> Bool = { _ in false },
    _ body: (Range<Int>, [[UInt8]]) throws -> Void
  ) throws {
    let share = group.share(of: (count + batchSize - 1) / batchSize)
    let start = share.lowerBound * batchSize
    let end = min(share.upperBound * batchSize, count)
    var progress = ProgressReporter("sample", total: end - start, isQuiet: isQuiet)
    for first in stride(from: start, to: end, by: batchSize) {
      let batch = first..<min(first + batchSize, end)
      guard !isDone(batch) else { continue }
      let images = try generator.images(batch) { done, total in
        try Interruption.check()
        try onStep()
        progress.update(first - start + batch.count * done / total)
      }
      try Interruption.check()
      try body(batch, images.imageBytes())
    }
    progress.finish()
  }

  /// Writes every sample as a PNG file; batches whose files are there are left as they are.
  ///
  /// - Parameters:
  ///   - count: Number of samples.
  ///   - folder: Where to, created if need be.
  /// - Throws: As ``forEachBatch(count:except:_:)``.
  package func write(count: Int, to folder: String) throws {
    try createFolder(folder)
    try forEachBatch(count: count) { batch in
      batch.allSatisfy {
        FileManager.default.fileExists(atPath: "\(folder)/\(Self.fileName($0))")
      }
    } _: { batch, images in
      for (index, pixels) in zip(batch, images) {
        try PNG.write(
          RasterImage(shape: shape, pixels: pixels), to: "\(folder)/\(Self.fileName(index))")
      }
    }
  }
}

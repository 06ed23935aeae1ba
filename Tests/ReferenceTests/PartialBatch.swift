import Reference
import Testing
import Torch

/// A model's losses and gradients on some rows of a batch, with the random numbers that these rows have
/// in the whole batch.
struct PartialBatch {
  private let losses: [Double]
  private let gradients: [[[Float]]]
  private let rowCount: Int

  /// Works on rows of a batch.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - images: The whole batch.
  ///   - shard: The rows.
  /// - Throws: Errors of the model and of libtorch.
  init(_ model: any TrainableModel, _ images: Tensor, _ shard: BatchShard) throws {
    rowCount = shard.rows.count
    try TorchRandom.seed(5)
    let found = try model.losses(
      TrainingBatch(
        images: try images.narrowed(0, start: shard.rows.lowerBound, count: rowCount), step: 3,
        stepCount: 10, seed: 1, shard: shard))
    losses = try found.map { try $0.value.item() }
    gradients = try found.enumerated().map { index, loss in
      try loss.value.gradients(of: model.store.trainable, keepsGraph: index < found.count - 1)
        .map { try $0?.elements() ?? [] }
    }
  }

  /// Checks that the batch's losses and gradients are the means of those of its parts, each weighted
  /// with its number of rows.
  ///
  /// Single precision adds in another order, and gradients sum thousands of terms, hence 1e-4 of the
  /// largest.
  func expectMeans(of parts: [PartialBatch], sourceLocation: SourceLocation = #_sourceLocation) {
    let shares = parts.map { Double($0.rowCount) / Double(rowCount) }
    #expect(abs(shares.reduce(0, +) - 1) < 1e-12, sourceLocation: sourceLocation)
    for (index, loss) in losses.enumerated() {
      let mean = zip(parts, shares).reduce(0) { $0 + $1.0.losses[index] * $1.1 }
      #expect(abs(mean - loss) <= 1e-5 * abs(loss), sourceLocation: sourceLocation)
      for (parameter, gradient) in gradients[index].enumerated() {
        let scale = Double(gradient.map(abs).max() ?? 0)
        let isMean = gradient.indices.allSatisfy { place in
          let mean = zip(parts, shares).reduce(0) {
            $0 + Double($1.0.gradients[index][parameter][place]) * $1.1
          }
          return abs(mean - Double(gradient[place])) <= 1e-4 * scale + 1e-9
        }
        #expect(isMean, "parameter \(parameter)", sourceLocation: sourceLocation)
      }
    }
  }
}

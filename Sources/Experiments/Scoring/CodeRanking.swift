package import Disentanglement
import LinearAlgebra
package import Reference
import Torch

extension UnsupervisedDisentanglementRanking {
  /// Compares trained models by their codes of the same observations, without labels.
  ///
  /// Each is read as `bench disentangle` reads it: at the point picked without labels, on the axes of its
  /// definition. On its own axes latents of an average rate of 0.01 nats or less are ignored, or of
  /// no variance where a model has no rates; independent components leave out such directions themselves.
  ///
  /// - Parameters:
  ///   - models: Trained models of one dataset, at least two.
  ///   - sample: The observations.
  ///   - similarity: How latents are compared.
  ///   - progress: Called before each batch with the number of observations done, of all models together.
  /// - Throws: ``ExperimentError/notComparable(model:reason:)`` for models of other images and such as encode nothing, errors of models and of the
  ///   ranking, and what `progress` throws.
  package init(
    _ models: [TrainedModel], on sample: ObservationSample, similarity: Similarity,
    progress: (Int) throws -> Void
  ) throws {
    try requireOneDataset(models)
    let countOfModel = sample.indices.count + sample.testIndices.count
    var codes: [Codes] = []
    var rates: [[Double]] = []
    for (place, trained) in models.enumerated() {
      let measurements = try measure(
        trained.model, at: trained.model.points(), on: sample, device: trained.model.store.device
      ) { try progress(place * countOfModel + $0) }
      let picked = try measurements[labelFreePick(measurements)]
      let axes = try CodeAlignment(
        trained.specification.definition.readout, fittedTo: picked.codes)
      let latentRates =
        axes.method == .raw
        ? picked.latentRates ?? picked.variances.map { $0 > Codes.activeVariance ? .infinity : 0 }
        : Array(repeating: .infinity, count: axes.axes.rowCount)
      guard latentRates.contains(where: { $0 > Self.informativeRate }),
        try axes.method == .raw || picked.codes.activeDirectionCount() > 0
      else {
        throw ExperimentError.notComparable(
          model: trained.label, reason: "none of its latents says anything about an image")
      }
      codes.append(axes.apply(to: picked.codes))
      rates.append(latentRates)
    }
    try self.init(models: codes, klDivergences: rates, similarity: similarity)
  }
}

/// Refuses models without codes, and such as were not trained on the first one's images.
func requireOneDataset(_ models: [TrainedModel]) throws {
  for trained in models {
    try trained.specification.definition.requireCodes()
    guard trained.context.imageShape == models[0].context.imageShape,
      trained.context.datasetChecksum == models[0].context.datasetChecksum
    else {
      throw ExperimentError.notComparable(
        model: trained.label,
        reason: "it was trained on \(trained.context.dataset) of \(trained.context.imageShape), "
          + "not on the first one's \(models[0].context.dataset) of \(models[0].context.imageShape)"
      )
    }
  }
}

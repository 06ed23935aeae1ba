import BenchSupport
package import Datasets
import Disentanglement
import GenerationMetrics
import LinearAlgebra
import Plotting
package import Reference
import Results
import Torch

/// The pictures of a run that generates.
package struct GenerationPictures {
  package let folder: String
  package let dataset: any ImageDataset

  /// A grid of the first hundred samples, and the first eight beside the training images nearest to
  /// each in the space of the scores.
  ///
  /// - Parameters:
  ///   - samples: The samples.
  ///   - scores: Their scores.
  ///   - scoring: Which training images they are compared with.
  /// - Throws: Errors of files, and ``ExperimentError`` if a sample is of another size than the dataset's
  ///   images.
  package func writeSamples(
    _ samples: any PictureSource, _ scores: SampleScoring.Scores, _ scoring: SampleScoring
  )
    throws
  {
    try createFolder(folder)
    let shape = dataset.imageShape
    let shown = try (0..<min(100, samples.count)).map { index in
      let picture = try samples.picture(at: index, channelCount: shape.channelCount)
      guard picture.shape == shape else {
        throw ExperimentError.otherSize(
          file: samples.place(of: index), found: picture.shape, expected: shape)
      }
      return picture.pixels
    }
    // A hundred pictures of 256×256 would be a file of many megabytes.
    try PictureGrid(shape, tens: Array(shown.prefix(shape.height > 128 ? 20 : 100)))
      .write(to: "\(folder)/samples.png")
    guard let features = scores.side.features?.features,
      let training = scoring.training.features?.features
    else { return }
    let search = NearestImages(training)
    let rows = try (0..<min(8, shown.count)).map { row in
      let neighbours = search.neighbours(ofRow: row, in: features, count: 4)
      return [shown[row]]
        + (try neighbours.map {
          try dataset.image(at: scoring.trainingIndices[$0.row]).pixels
        })
    }
    try PictureGrid(shape, rows: rows, columnLabels: ["sample", "nearest", "2nd", "3rd", "4th"])
      .write(to: "\(folder)/neighbours.png")
  }

  /// Reconstructions at several β, with a second stage also denoised, and a strip per factor or
  /// attribute; nothing of a model without codes.
  package func write(_ model: ModelDefinition.Model, _ generator: ImageGenerator) throws {
    let points = try model.points()
    guard !points.isEmpty else { return }
    let pictures = RunPictures(
      model: model,
      sample: try ObservationSample(dataset, count: min(2000, dataset.count), seed: 0),
      shape: dataset.imageShape, folder: folder)
    try pictures.writeReconstructions(points)
    guard let denoiser = generator.denoiser else {
      let point = try model.samplingPoint()
      return try writeStrips(pictures, at: point) { try model.decode($0, at: point) }
    }
    try pictures.writeDenoised(denoiser, sigmas: [0.1, 0.3, 0.5, 0.7, 0.9], count: 4)
    let point = try denoiser.point(sigma: 0.5)
    try writeStrips(pictures, at: point) {
      try denoiser.images(ofCodes: $0, at: point, sharesNoise: true)
    }
  }

  /// One observation moved along the factors or attributes that the codes hold most of.
  private func writeStrips(
    _ pictures: RunPictures, at point: RepresentationPoint, decode: (Tensor) throws -> Tensor
  ) throws {
    guard dataset is any FactorDataset || dataset is any AttributeDataset else { return }
    let codes = try measureCodes(pictures.model, at: point, on: pictures.sample)
    let directions = LatentDirection.strongestFactors(
      8, codes, pictures.sample.indices, dataset)
    guard !directions.isEmpty else { return }
    try pictures.writeTraversals(
      directions, from: codes.matrix.row(0).map { Float($0) },
      title: "From one class mean to another at \(point.label), in units of their difference",
      unit: LatentDirection.reach, to: "strips", decode: decode)
  }
}

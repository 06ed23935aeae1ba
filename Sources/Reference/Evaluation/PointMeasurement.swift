public import Disentanglement
import LinearAlgebra
public import Torch

/// What a representation is like, without labels.
public struct PointMeasurement: Sendable {
  /// Which representation.
  public let point: RepresentationPoint
  /// The codes of the sample.
  public let codes: Codes
  /// The codes of the observations to test on, with their factors; nil where there are none.
  public let test: LabelledCodes?
  /// The mean rate KL(q(z|x) ‖ p(z)) in nats; nil for a model without a posterior.
  public let rate: Double?
  /// The mean rate of every latent in nats, for a model that knows them.
  public let latentRates: [Double]?
  /// The mean squared error of the reconstruction from the mean, per pixel in [0, 1]; nil for codes that
  /// nothing decodes.
  public let squaredError: Double?
  /// The variance of each latent's mean over observations.
  public let variances: [Double]

  /// ½(Σ log Σᵢᵢ − log det Σ) of the means' covariance over active latents, in nats.
  public let totalCorrelation: Double
}

/// Picks one of several representations of a model without looking at labels or axes.
///
/// That of `CodeAlignment.fullestPoint(of:rates:)`: neither directions nor rates know of axes, so that the
/// rule serves models whose axes mean nothing as well as others; and independent components undo the gains that
/// tell codes of different β apart (docs/experiments.md). Without rates it is the first of the points whose codes vary in
/// the most directions.
///
/// - Parameter measurements: The representations; at least one.
/// - Returns: The place of the one that stands for the model.
/// - Throws: `DisentanglementError` if there are fewer than two observations.
public func labelFreePick(_ measurements: [PointMeasurement]) throws -> Int {
  try CodeAlignment.fullestPoint(
    of: measurements.map(\.codes), rates: measurements.map { $0.rate ?? 0 })
}

/// Encodes a sample at every point of a model and measures each.
///
/// - Parameters:
///   - model: A trained model.
///   - points: The representations to measure.
///   - sample: The observations, read once; reconstructions use the first thousand.
///   - device: Where the model lives.
///   - progress: Called before each batch with the number of observations done.
/// - Returns: One measurement per point.
/// - Throws: Errors of the dataset and of libtorch, and what `progress` throws.
public func measure(
  _ model: any RepresentationModel, at points: [RepresentationPoint],
  on sample: ObservationSample, device: Device, progress: (Int) throws -> Void = { _ in }
) throws -> [PointMeasurement] {
  var tallies = points.map { _ in Tally() }
  var done = 0
  try withoutGradients {
    try sample.forEachBatch(on: device) { images in
      try progress(done)
      for (index, point) in points.enumerated() {
        try tallies[index].add(model, point, images, reconstructs: model.decodes && done < 1000)
      }
      done += images.shape[0]
    }
    try sample.forEachBatch(of: sample.testIndices, on: device) { images in
      try progress(done)
      for (index, point) in points.enumerated() {
        tallies[index].testElements += try model.encode(images, at: point).mean.elements()
      }
      done += images.shape[0]
    }
  }
  return try zip(points, tallies).map {
    try $1.measurement($0, latentCount: model.latentCount, testFactors: sample.testFactors)
  }
}

/// The codes of a whole sample at one point, without the figures of ``measure(_:at:on:device:progress:)``.
///
/// - Parameters:
///   - model: A trained model.
///   - point: The representation.
///   - sample: The observations.
/// - Returns: The posteriors' means, [observation, latent].
/// - Throws: Errors of the dataset and of libtorch.
public func measureCodes(
  _ model: any TrainableModel & RepresentationModel, at point: RepresentationPoint,
  on sample: ObservationSample
) throws -> Codes {
  var elements: [Float] = []
  try withoutGradients {
    try sample.forEachBatch(on: model.store.device) { images in
      elements += try model.encode(images, at: point).mean.elements()
    }
  }
  return try Codes(
    Matrix(
      rowCount: sample.indices.count, columnCount: model.latentCount, elements: elements))
}

/// The mean squared error of a model's sharpest reconstruction, per pixel in [0, 1].
///
/// - Parameters:
///   - model: A trained model.
///   - sample: The observations, of which the first thousand count.
/// - Returns: The error.
/// - Throws: Errors of the dataset and of libtorch.
public func reconstructionError(
  _ model: any TrainableModel & RepresentationModel, on sample: ObservationSample
) throws -> Double {
  var errors: [Double] = []
  try withoutGradients {
    let point = try model.sharpestPoint()
    let first = Array(sample.indices.prefix(1000))
    try sample.forEachBatch(of: first, on: model.store.device) { images in
      let reconstruction = try model.decode(model.encode(images, at: point).mean, at: point)
      errors += try reconstruction.squaredError(images).mean([1, 2, 3]).elements(as: Double.self)
    }
  }
  return mean(errors)
}

/// What is gathered at one point, batch after batch.
private struct Tally {
  var testElements: [Float] = []
  private var elements: [Float] = []
  private var observationCount = 0
  private var rates: [Double] = []
  private var latentRates: [Double]?
  private var errors: [Double] = []

  mutating func add(
    _ model: any RepresentationModel, _ point: RepresentationPoint, _ images: Tensor,
    reconstructs: Bool
  ) throws {
    let encoding = try model.encode(images, at: point)
    elements += try encoding.mean.elements()
    observationCount += images.shape[0]
    rates += try encoding.rate?.elements(as: Double.self) ?? []
    if let sums = try encoding.latentRates?.sum([0]).elements(as: Double.self) {
      latentRates = latentRates.map { zip($0, sums).map(+) } ?? sums
    }
    guard reconstructs else { return }
    let reconstruction = try model.decode(encoding.mean, at: point)
    errors += try reconstruction.squaredError(images).mean([1, 2, 3]).elements(as: Double.self)
  }

  func measurement(
    _ point: RepresentationPoint, latentCount: Int, testFactors: Factors?
  ) throws -> PointMeasurement {
    let codes = try Codes(
      Matrix(rowCount: observationCount, columnCount: latentCount, elements: elements))
    let test = try testFactors.map { factors in
      try LabelledCodes(
        codes: Codes(
          Matrix(
            rowCount: factors.sampleCount, columnCount: latentCount, elements: testElements)),
        factors: factors)
    }
    let covariance = try Covariance(rows: codes.matrix).matrix
    return PointMeasurement(
      point: point, codes: codes, test: test, rate: rates.isEmpty ? nil : mean(rates),
      latentRates: latentRates?.map { $0 / Double(observationCount) },
      squaredError: errors.isEmpty ? nil : mean(errors),
      variances: (0..<latentCount).map { covariance[$0, $0] },
      totalCorrelation: try gaussianTotalCorrelation(covariance))
  }
}

/// The mean squared error of predicting the mean image for every observation, per pixel in [0, 1].
public func meanImageError(of sample: ObservationSample, count: Int = 1000) throws -> Double {
  try withoutGradients {
    let images = try sample.images(count, on: .cpu)
    return try images.squaredError(images.mean([0], keepsDimensions: true)).mean().item()
  }
}

/// ½(Σ log Σᵢᵢ − log det Σ) over active latents; 0 if fewer than two do.
private func gaussianTotalCorrelation(_ covariance: Matrix<Double>) throws -> Double {
  let active = (0..<covariance.rowCount).filter {
    covariance[$0, $0] > Codes.activeVariance
  }
  guard active.count > 1 else { return 0 }
  let correlations = Matrix(
    rowCount: active.count, columnCount: active.count,
    elements: active.flatMap { i in
      active.map { j in covariance[i, j] / (covariance[i, i] * covariance[j, j]).squareRoot() }
    })
  return try -0.5 * correlations.symmetricEigenvalues().reduce(0) { $0 + log(max($1, 1e-12)) }
}

private func mean(_ values: [Double]) -> Double {
  values.reduce(0, +) / Double(max(values.count, 1))
}

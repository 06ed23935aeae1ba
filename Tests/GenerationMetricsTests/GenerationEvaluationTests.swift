import BenchSupport
import Datasets
import GenerationMetrics
import LinearAlgebra
import TestSupport
import Testing

@Suite("Several generation metrics") struct GenerationEvaluationTests {
  private func side(_ count: Int, seed: UInt64, logits: Matrix<Float>? = nil) throws
    -> GenerationSide
  {
    GenerationSide(
      features: try GenerationMetricsTests.features(count, 4, seed: seed, name: "set \(seed)"),
      logits: logits)
  }

  @Test("that were named are all computed but those that cannot be had, which say why")
  func named() throws {
    let evaluation = try GenerationEvaluation(
      reference: side(40, seed: 1), generated: side(30, seed: 2),
      metrics: [.kernel, .frechet, .inceptionScore, .precision])
    #expect(Set(evaluation.values.keys) == [.frechet, .precision])
    #expect(Set(evaluation.failed.keys) == [.kernel, .inceptionScore])
    #expect(evaluation.skipped.isEmpty)
    #expect(evaluation.failed[.kernel]?.contains("--kid-subset-size 30") == true)
    #expect(evaluation.json["kid"]?["value"] == .null)
    #expect(evaluation.json["kid"]?["reason"]?.string == evaluation.failed[.kernel])
    let error = #expect(throws: MissingValues.self) { try evaluation.requireValues() }
    #expect(error?.description.contains("no value for kid: set 1: ") == true)
    #expect(error?.description.contains("no value for is: set 2: ") == true)
  }

  @Test("that nobody named are left out where the sets do not hold what they need")
  func standard() throws {
    let evaluation = try GenerationEvaluation(
      reference: side(40, seed: 1), generated: side(30, seed: 2))
    #expect(Set(evaluation.skipped.keys) == [.kernel, .inceptionScore])
    #expect(evaluation.failed.isEmpty && evaluation.json["kid"] == nil)
    try evaluation.requireValues()
    // What they do hold and cannot be used is no matter of course.
    var logits = Matrix<Float>(rowCount: 30, columnCount: 3)
    logits[7, 1] = .nan
    let damaged = try GenerationEvaluation(
      reference: side(40, seed: 1), generated: side(30, seed: 2, logits: logits))
    #expect(damaged.values[.frechet] != nil && damaged.values[.coverage] != nil)
    #expect(damaged.failed[.inceptionScore]?.contains("row 7, column 1") == true)
    #expect(throws: MissingValues.self) { try damaged.requireValues() }
  }

  @Test("spatial statistics of ADM, whose channels come last, give the distance of the features")
  func spatialStatistics() throws {
    let folder = try TemporaryFolder()
    let (width, places) = (7 * 17 * 17, 17 * 17)
    var random = Philox(seed: 11)
    func sides(_ count: Int) throws -> (features: FeatureSet, spatial: FeatureSet) {
      (
        try FeatureSet(
          name: "main",
          features: Matrix(rowCount: count, columnCount: 3, elements: random.normals(3 * count))),
        try FeatureSet(
          name: "spatial",
          features: Matrix(
            rowCount: count, columnCount: width,
            elements: random.normals(width * count).enumerated().map { place, value in
              // Means that tell the places apart.
              value + Float(place % width) / 500
            }))
      )
    }
    let (real, made) = (try sides(20), try sides(15))
    // As ADM flattens them: [row, column, channel].
    let flattened = real.spatial.features.elements.indices.map { place in
      let (row, rest) = place.quotientAndRemainder(dividingBy: width)
      return real.spatial.features.elements[row * width + rest % 7 * places + rest / 7]
    }
    let main = try real.features.statistics()
    let spatial = try FeatureStatistics(
      name: "spatial", features: Matrix(rowCount: 20, columnCount: width, elements: flattened))
    let path = "\(folder.path)/reference.npz"
    try NPZWriter.write(
      [
        "mu": NPYArray(main.mean, shape: [3]),
        "sigma": NPYArray(main.covariance.elements, shape: [3, 3]),
        "mu_s": NPYArray(spatial.mean, shape: [width]),
        "sigma_s": NPYArray(spatial.covariance.elements, shape: [width, width]),
      ], to: path)
    let generated = GenerationSide(features: made.features, spatial: made.spatial)
    let evaluation = try GenerationEvaluation(
      reference: GenerationSide(path: path), generated: generated,
      metrics: [.frechet, .spatialFrechet])
    try evaluation.requireValues()
    let expected = try FrechetDistance(real.spatial, made.spatial).value
    let found = try #require(evaluation.values[.spatialFrechet]?.value)
    #expect(abs(found - expected) < 1e-3 * expected)
    // In the wrong order it is far off.
    let wrong = try FrechetDistance(
      spatial,
      FeatureStatistics(
        name: "made", features: made.spatial.features)
    ).value
    #expect(wrong > 1.2 * expected)
  }
}

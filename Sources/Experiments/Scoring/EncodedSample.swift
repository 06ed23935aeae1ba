package import BenchSupport
import Datasets
import Disentanglement
import LinearAlgebra
package import Reference
package import Torch

/// The codes of a dataset's observations, as `bench score` and numpy read them.
package struct EncodedSample {
  package let measurements: [PointMeasurement]
  /// The point whose codes are the file's `codes`.
  package let chosen: Int
  private let sample: ObservationSample

  /// Encodes a sample at every point of a model.
  ///
  /// - Parameters:
  ///   - model: A trained model.
  ///   - sample: The observations.
  ///   - device: Where the model lives.
  ///   - point: The label or the number of the point that counts; nil for the one picked without labels.
  ///   - progress: Called before each batch with the number of observations done.
  /// - Throws: ``ExperimentError/unknownPoint(name:known:)``, and errors of the dataset and of libtorch.
  package init(
    _ model: any RepresentationModel, _ sample: ObservationSample, on device: Device,
    point: String?,
    progress: (Int) throws -> Void
  ) throws {
    let points = try model.points()
    let named = try point.map { name throws(ExperimentError) in
      guard
        let found = points.firstIndex(where: { $0.label == name })
          ?? Int(name).flatMap({ points.indices.contains($0) ? $0 : nil })
      else { throw .unknownPoint(name: name, known: points.map(\.label)) }
      return found
    }
    measurements = try measure(model, at: points, on: sample, device: device, progress: progress)
    chosen = try named ?? labelFreePick(measurements)
    self.sample = sample
  }

  /// Writes `codes` with whatever is known of the observations, and where they stand in the dataset.
  ///
  /// - Parameters:
  ///   - path: The `.npz` file.
  ///   - withSpectrum: Adds `spectrum` and `test_spectrum`, the codes of all points [point, sample, latent].
  /// - Throws: `DatasetError` if it cannot be written.
  package func write(to path: String, withSpectrum: Bool) throws {
    let measurement = measurements[chosen]
    var arrays: [(name: String, array: NPYArray)] = [
      ("codes", Self.array(measurement.codes)),
      ("indices", NPYArray(sample.indices.map { Int64($0) }, shape: [sample.indices.count])),
      ("points", NPYArray(texts: measurements.map(\.point.label))),
      ("point", NPYArray([Int64(chosen)], shape: [1])),
    ]
    func places(_ name: String, _ value: (PointMeasurement) -> Double?) {
      let values = measurements.compactMap(value)
      guard values.count == measurements.count else { return }
      arrays.append((name, NPYArray(values, shape: [values.count])))
    }
    places("rates") { $0.rate }
    places("t") { $0.point.t }
    places("sigma") { $0.point.sigma }
    if let factors = sample.factors {
      arrays.append(("factors", Self.array(factors)))
      arrays.append(("factor_names", NPYArray(texts: factors.names)))
      arrays.append(
        ("factor_sizes", NPYArray(factors.sizes.map { Int64($0) }, shape: [factors.factorCount])))
    }
    if let attributes = sample.attributes {
      let rows = (0..<attributes.sampleCount).flatMap { row in
        attributes.columns.map { $0[row] }
      }
      arrays.append(
        ("attributes", NPYArray(rows, shape: [attributes.sampleCount, attributes.attributeCount])))
      arrays.append(("attribute_names", NPYArray(texts: attributes.names)))
    }
    if let test = measurement.test {
      arrays.append(("test_codes", Self.array(test.codes)))
      arrays.append(("test_factors", Self.array(test.factors)))
      arrays.append(
        (
          "test_indices",
          NPYArray(sample.testIndices.map { Int64($0) }, shape: [sample.testIndices.count])
        ))
    }
    if withSpectrum {
      arrays.append(("spectrum", Self.array(measurements.map(\.codes))))
      let tests = measurements.compactMap { $0.test?.codes }
      if !tests.isEmpty { arrays.append(("test_spectrum", Self.array(tests))) }
    }
    try NPZWriter.write(arrays, to: path)
  }

  /// In single precision, which is what models compute in.
  private static func array(_ codes: Codes) -> NPYArray {
    NPYArray(
      codes.matrix.elements.map { Float($0) }, shape: [codes.sampleCount, codes.latentCount])
  }

  private static func array(_ spectrum: [Codes]) -> NPYArray {
    NPYArray(
      spectrum.flatMap { $0.matrix.elements.map { Float($0) } },
      shape: [spectrum.count, spectrum[0].sampleCount, spectrum[0].latentCount])
  }

  private static func array(_ factors: Factors) -> NPYArray {
    let rows = (0..<factors.sampleCount).flatMap { row in factors.columns.map { Int64($0[row]) } }
    return NPYArray(rows, shape: [factors.sampleCount, factors.factorCount])
  }

  /// What was encoded, as JSON.
  package var json: JSONValue {
    let measurement = measurements[chosen]
    var members: [String: JSONValue] = [
      "samples": .integer(measurement.codes.sampleCount),
      "test_samples": .integer(measurement.test?.codes.sampleCount ?? 0),
      "latents": .integer(measurement.codes.latentCount),
      "point": .string(measurement.point.label), "points": .integer(measurements.count),
    ]
    members["rate"] = measurement.rate.map { .number($0) }
    return .object(members)
  }
}

import BenchSupport
import Datasets
import Disentanglement
import LinearAlgebra
import Reference

/// Every disentanglement metric of the catalog on codes like a half-good model's.
struct PerfMetricPaths {
  let settings: PerfSettings

  private static let sampleCount = 5000
  private static let latentCount = 10

  var paths: [PerfPath] {
    MetricCatalog.all.map { metric in
      PerfPath(name: "metric:\(metric.name)", itemCount: Self.sampleCount) {
        let input = try Self.input()
        return try settings.timing(counting: .matrices) { _ = try metric.evaluate(input) }
      }
    }
  }

  /// Noisy factors of rendered scenes, latents without meaning, and attributes that tell even
  /// classes from odd ones.
  private static func input() throws -> MetricInput {
    let sample = try ObservationSample(Scenes3D(), count: sampleCount, seed: 0)
    guard let factors = sample.factors else { preconditionFailure("scenes have factors") }
    var random = Philox(seed: 1)
    var codes = Matrix<Float>(rowCount: sampleCount, columnCount: latentCount)
    for row in 0..<sampleCount {
      for column in 0..<latentCount {
        let signal =
          column < factors.factorCount
          ? Double(factors.columns[column][row]) / Double(factors.sizes[column]) : 0
        codes[row, column] = Float(signal + 0.2 * random.normal())
      }
    }
    return try MetricInput(
      codes: Codes(codes), factors: factors,
      attributes: Attributes(columns: factors.columns.map { $0.map { $0 % 2 } }))
  }
}

import BenchSupport
import Datasets
import Foundation
import GenerationMetrics
import LinearAlgebra
import Testing

/// The reference values in `Golden/expected.json`; inputs lie beside it as `.npz`.
enum GoldenFile {
  /// One case: a metric on one input, with the reference implementation's output.
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    let params: JSONValue
    let expected: JSONValue
    let tolerance: JSONValue

    var testDescription: String { id }

    /// A named expected number.
    func number(_ name: String) throws -> Double {
      try #require(expected[name]?.double, "\(id) has no number '\(name)'")
    }

    /// The case's input arrays.
    func archive() throws -> NPZArchive { try NPZArchive(path: GoldenFile.path("\(id).npz")) }

    /// An input array as a checked set.
    func set(_ name: String) throws -> FeatureSet {
      let array = try archive().array(name)
      return try FeatureSet(
        name: name,
        features: Matrix(
          rowCount: array.shape[0], columnCount: array.shape[1], elements: array.floats()))
    }
  }

  static let cases = read("expected.json")

  /// The cases of a file in `Golden/`; none, and an issue, if it cannot be read.
  static func read(_ name: String) -> [Case] {
    do {
      let root = try JSONValue(parsing: Data(contentsOf: URL(filePath: path(name))))
      return (root["cases"]?.array ?? []).map {
        Case(
          id: $0["id"]?.string ?? "", params: $0["params"] ?? .null,
          expected: $0["expected"] ?? .null, tolerance: $0["tolerance"] ?? .null)
      }
    } catch {
      Issue.record("the golden file cannot be read: \(error)")
      return []
    }
  }

  static func cases(_ prefix: String) -> [Case] { cases.filter { $0.id.hasPrefix(prefix) } }

  static func one(_ id: String) throws -> Case {
    try #require(cases.first { $0.id == id }, "no golden case \(id)")
  }

  static func path(_ name: String) -> String {
    Bundle.module.bundleURL.appending(path: "Golden/\(name)").path
  }
}

/// A set of seeded features like those of a network: mixed, noisy, cut at zero.
func features(
  _ count: Int, _ width: Int, shift: Float = 0, seed: UInt64, name: String = "set"
) throws -> FeatureSet {
  var generator = Philox(seed: 99)
  let rank = 8
  let mixing = generator.normals(rank * width)
  var draws = Philox(seed: seed, stream: 1)
  var elements: [Float] = []
  for _ in 0..<count {
    let latent = draws.normals(rank)
    let noise = draws.normals(width)
    for column in 0..<width {
      let signal = (0..<rank).reduce(Float(0)) { $0 + latent[$1] * mixing[$1 * width + column] }
      elements.append(max(0, 0.2 * signal + 0.3 * noise[column] + 0.3 + shift))
    }
  }
  return try FeatureSet(
    name: name, features: Matrix(rowCount: count, columnCount: width, elements: elements))
}

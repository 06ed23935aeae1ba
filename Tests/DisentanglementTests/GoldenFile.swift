import BenchSupport
import Datasets
import Disentanglement
import Foundation
import LinearAlgebra
import Testing

/// The reference values in `Golden/expected*.json`; inputs lie beside it as `.npz`.
struct GoldenFile {
  /// One case: a metric on one input, with the reference implementation's output.
  struct Case: CustomTestStringConvertible, Sendable {
    let id: String
    let metric: String
    let params: JSONValue
    let expected: JSONValue
    let tolerance: JSONValue
    let inputs: String?

    var testDescription: String { id }

    /// The absolute tolerance for a field.
    func tolerance(_ field: String) -> Double {
      tolerance["abs"]?[field]?.double ?? tolerance["per_key"]?[field]?["abs"]?.double
        ?? tolerance["abs"]?.double ?? 0
    }
  }

  let cases: [Case]

  /// The cases of the reference implementations.
  static let shared = Result { try load(["expected.json", "expected_dci_tad.json"]) }
  /// Further cases, computed with the reference libraries' own calls.
  static let extra = Result { try load(["extra.json"]) }

  /// Axes of a spectrum of codes.
  static let spectrum = Result { try load(["expected_spectrum.json"]) }

  /// The authors' own programs of recent metrics.
  static let further = Result { try load(["further.json"]) }

  private static func load(_ names: [String]) throws -> GoldenFile {
    let cases = try names.flatMap { name in
      let root = try JSONValue(parsing: Data(contentsOf: try url(name)))
      return try #require(root["cases"]?.array)
    }
    return GoldenFile(
      cases: cases.map {
        Case(
          id: $0["id"]?.string ?? "", metric: $0["metric"]?.string ?? "",
          params: $0["params"] ?? .null, expected: $0["expected"] ?? .null,
          tolerance: $0["tolerance"] ?? .null, inputs: $0["inputs"]?.string)
      })
  }

  /// The cases of some metrics.
  static func cases(_ metrics: String...) -> [Case] {
    (try? shared.get().cases.filter { metrics.contains($0.metric) }) ?? []
  }

  func goldenCase(_ id: String) throws -> Case {
    try #require(cases.first { $0.id == id }, "no golden case \(id)")
  }

  static func url(_ name: String) throws -> URL {
    try #require(
      Bundle.module.url(forResource: "Golden/\(name)", withExtension: nil), "no \(name)")
  }
}

extension GoldenFile.Case {
  /// The case's arrays.
  func archive() throws -> NPZArchive {
    try NPZArchive(path: try GoldenFile.url(try #require(inputs)).path)
  }

  /// Codes from a two-dimensional array, in the precision of the file.
  func codes(_ name: String = "z") throws -> Codes {
    let array = try archive().array(name)
    let (rows, columns) = (array.shape[0], array.shape[1])
    return array.dataType == .float64
      ? try Codes(Matrix(rowCount: rows, columnCount: columns, elements: try array.doubles()))
      : try Codes(Matrix(rowCount: rows, columnCount: columns, elements: try array.floats()))
  }

  /// Factors from a two-dimensional array.
  func factors(_ name: String = "y") throws -> Factors {
    let array = try archive().array(name)
    return try Factors(rows: try array.integers(), factorCount: array.shape[1])
  }

  /// The seed of the case's draws.
  func seed() throws -> UInt32 {
    let number = try #require(params["seed"]?.double, "\(id) has no seed")
    return try #require(UInt32(exactly: number), "\(id) has the seed \(number)")
  }

  /// The training and the test sample.
  func split() throws -> TrainTestSplit {
    TrainTestSplit(
      train: try LabelledCodes(codes: codes("z_train"), factors: factors("y_train")),
      test: try LabelledCodes(codes: codes("z_test"), factors: factors("y_test")))
  }

  /// Checks a number against the expected field.
  func check(
    _ value: Double?, _ field: String, within tolerance: Double? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    check(value.map { [$0] } ?? [], field, within: tolerance, sourceLocation: sourceLocation)
  }

  /// Checks numbers, in row-major order, against the expected field.
  func check(
    _ values: [Double], _ field: String, within tolerance: Double? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let expected = flatten(expected[field])
    let limit = tolerance ?? self.tolerance(field)
    #expect(values.count == expected.count, "\(id) \(field)", sourceLocation: sourceLocation)
    for (value, wanted) in zip(values, expected) {
      #expect(
        abs(value - wanted) <= limit, "\(id) \(field): \(value), expected \(wanted) ± \(limit)",
        sourceLocation: sourceLocation)
    }
  }
}

/// The numbers of nested lists; texts such as `NaN` become NaN.
func flatten(_ value: JSONValue?) -> [Double] {
  guard let value else { return [] }
  switch value {
  case .array(let items): return items.flatMap { flatten($0) }
  case .bool(let flag): return [flag ? 1 : 0]
  case .string: return [.nan]
  default: return value.double.map { [$0] } ?? []
  }
}

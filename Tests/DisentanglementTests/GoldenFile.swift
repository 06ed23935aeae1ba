import BenchSupport
import Foundation
import Testing

/// The reference values in `Golden/expected.json`; inputs lie beside it as `.npz`.
struct GoldenFile {
  /// One case: a metric on one input, with the reference implementation's output.
  struct Case {
    let id: String
    let metric: String
    let params: JSONValue
    let expected: JSONValue
    let tolerance: JSONValue
    let inputs: String?
  }

  let cases: [Case]

  static func load() throws -> GoldenFile {
    let url = try #require(
      Bundle.module.url(forResource: "expected", withExtension: "json", subdirectory: "Golden"))
    let root = try JSONValue(parsing: Data(contentsOf: url))
    let cases = try #require(root["cases"]?.array)
    return GoldenFile(
      cases: cases.map {
        Case(
          id: $0["id"]?.string ?? "", metric: $0["metric"]?.string ?? "",
          params: $0["params"] ?? .null, expected: $0["expected"] ?? .null,
          tolerance: $0["tolerance"] ?? .null, inputs: $0["inputs"]?.string)
      })
  }

  func goldenCase(_ id: String) throws -> Case {
    try #require(cases.first { $0.id == id }, "no golden case \(id)")
  }
}

import BenchSupport
import Foundation
import Reference
import Testing
import Torch

/// The fixed tensors and losses of `Golden/losses.json`, from scripts/make_loss_goldens.py.
struct LossGoldens {
  private let root: JSONValue

  init() throws {
    let url = try #require(
      Bundle.module.url(forResource: "Golden/losses.json", withExtension: nil))
    root = try JSONValue(parsing: Data(contentsOf: url))
  }

  /// A number, by the names on the way to it.
  func number(_ path: String...) throws -> Double {
    try #require(value(path)?.double, "no golden number \(path)")
  }

  /// A list of numbers.
  func numbers(_ path: String...) throws -> [Double] {
    try #require(value(path)?.array, "no golden list \(path)").compactMap(\.double)
  }

  /// A list of objects.
  func objects(_ path: String...) throws -> [JSONValue] {
    try #require(value(path)?.array, "no golden list \(path)")
  }

  private func value(_ path: [String]) -> JSONValue? {
    path.reduce(root) { $0?[$1] }
  }

  /// An input matrix as a tensor.
  func tensor(_ name: String, _ type: DataType) throws -> Tensor {
    let rows = try #require(root["inputs"]?[name]?.array, "no golden input \(name)")
    let elements = rows.flatMap { $0.array?.compactMap(\.double) ?? [] }
    return try Tensor(elements, shape: [rows.count, elements.count / rows.count]).to(type)
  }

  /// The codes of the batch.
  func codes(_ type: DataType) throws -> SampledCodes {
    SampledCodes(
      mean: try tensor("mean", type), logVariance: try tensor("log_variance", type),
      latents: try tensor("latents", type))
  }
}

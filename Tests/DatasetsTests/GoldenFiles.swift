import Foundation
import Testing

/// The path of a file beside the tests.
func golden(_ name: String) throws -> String {
  let folder = try #require(Bundle.module.resourceURL)
  return folder.appendingPathComponent("Golden").appendingPathComponent(name).path
}

/// The bytes of a file.
func bytes(of path: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// Writes bytes to a file.
func write(_ bytes: [UInt8], to path: String) throws {
  try Data(bytes).write(to: URL(fileURLWithPath: path))
}

/// The error that `body` throws.
func failure<E: Error>(_ type: E.Type, _ body: () throws -> Void) throws -> E {
  try #require(#expect(throws: type) { try body() })
}

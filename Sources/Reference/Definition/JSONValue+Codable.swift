import BenchSupport
import FoundationEssentials

extension JSONValue {
  /// Any value that can be encoded.
  init(encoding value: some Encodable) throws {
    self = try JSONValue(parsing: JSONEncoder().encode(value))
  }

  /// The value of a type that this is; nil if it is something else.
  func decoded<Value: Decodable>(as type: Value.Type) -> Value? {
    guard let text = try? line() else { return nil }
    return try? JSONDecoder().decode(type, from: Data(text.utf8))
  }
}

package import BenchSupport

/// Reads fields of a JSON object with errors that name the file and the field.
package struct FieldReader {
  /// The file, for messages.
  package let path: String
  /// The place of the object within the file, for instance `provenance.host`.
  package let prefix: String
  /// The object's members.
  package let members: [String: JSONValue]

  /// Reads members of `value`.
  ///
  /// - Throws: ``ResultError`` if it is not an object.
  package init(_ value: JSONValue, path: String, prefix: String = "") throws(ResultError) {
    guard case .object(let members) = value else {
      throw .invalidField(
        path: path, field: prefix.isEmpty ? "(top level)" : prefix, expected: "an object",
        found: value.kind)
    }
    self.path = path
    self.prefix = prefix
    self.members = members
  }

  /// A member's full name, for messages.
  package func name(_ field: String) -> String { prefix.isEmpty ? field : "\(prefix).\(field)" }

  /// An error about a member.
  package func invalid(_ field: String, expected: String) -> ResultError {
    .invalidField(
      path: path, field: name(field), expected: expected, found: members[field]?.kind ?? "nothing")
  }

  /// A member that must be there; `null` counts as missing.
  package func required(_ field: String) throws(ResultError) -> JSONValue {
    guard let value = optional(field) else { throw .missingField(path: path, field: name(field)) }
    return value
  }

  /// A member that may be absent or `null`.
  package func optional(_ field: String) -> JSONValue? {
    guard let value = members[field], value != .null else { return nil }
    return value
  }

  /// A text.
  package func string(_ field: String) throws(ResultError) -> String {
    guard let text = try required(field).string else { throw invalid(field, expected: "a text") }
    return text
  }

  /// A text or nothing.
  package func optionalString(_ field: String) throws(ResultError) -> String? {
    optional(field) == nil ? nil : try string(field)
  }

  /// A finite number.
  package func number(_ field: String) throws(ResultError) -> Double {
    guard let value = try required(field).double, value.isFinite else {
      throw invalid(field, expected: "a number")
    }
    return value
  }

  /// A finite number or nothing.
  package func optionalNumber(_ field: String) throws(ResultError) -> Double? {
    optional(field) == nil ? nil : try number(field)
  }

  /// A whole number of at least `minimum`.
  package func integer(_ field: String, minimum: Int = 0) throws(ResultError) -> Int {
    guard case .integer(let value) = try required(field), value >= minimum else {
      throw invalid(field, expected: "a whole number of at least \(minimum)")
    }
    return value
  }

  /// A whole number or nothing.
  package func optionalInteger(_ field: String, minimum: Int = 0) throws(ResultError) -> Int? {
    optional(field) == nil ? nil : try integer(field, minimum: minimum)
  }

  /// A truth value or nothing.
  package func optionalBool(_ field: String) throws(ResultError) -> Bool? {
    guard let value = optional(field) else { return nil }
    guard case .bool(let truth) = value else { throw invalid(field, expected: "true or false") }
    return truth
  }

  /// A nested object.
  package func object(_ field: String) throws(ResultError) -> FieldReader {
    try FieldReader(required(field), path: path, prefix: name(field))
  }

  /// A list of texts; empty when absent.
  package func strings(_ field: String) throws(ResultError) -> [String] {
    guard let value = optional(field) else { return [] }
    guard let items = value.array else { throw invalid(field, expected: "a list of texts") }
    let texts = items.compactMap(\.string)
    guard texts.count == items.count else { throw invalid(field, expected: "a list of texts") }
    return texts
  }

  /// A list of finite numbers.
  package func numbers(_ field: String) throws(ResultError) -> [Double] {
    let items = try required(field).array ?? []
    let values = items.compactMap(\.double).filter(\.isFinite)
    guard !items.isEmpty && values.count == items.count else {
      throw invalid(field, expected: "a list of numbers")
    }
    return values
  }

  /// An object of texts; empty when absent.
  package func texts(_ field: String) throws(ResultError) -> [String: String] {
    guard let value = optional(field) else { return [:] }
    let reader = try FieldReader(value, path: path, prefix: name(field))
    var result: [String: String] = [:]
    for key in reader.members.keys { result[key] = try reader.string(key) }
    return result
  }
}

extension JSONValue {
  /// What the value is, for messages: short values themselves, else their kind.
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): "'\(value.prefix(40))'"
    case .array(let items): "a list of \(items.count)"
    case .object: "an object"
    }
  }
}

package import BenchSupport
import Yams

/// Reads a YAML file.
///
/// - Throws: `FileError`, or ``ResultError/malformed(path:reason:)`` if it is not YAML or unfolds to
///   more than 100,000 values.
package func readYAML(_ path: String) throws -> JSONValue {
  let text = String(decoding: try readFile(path), as: UTF8.self)
  let node: Node?
  do {
    node = try Yams.compose(yaml: text)
  } catch {
    let firstLine = "\(error)".split(separator: "\n").first.map(String.init) ?? "it is not YAML"
    throw ResultError.malformed(path: path, reason: firstLine.trimmingSuffix { ".:".contains($0) })
  }
  // A small file can unfold to a huge tree by naming parts of itself again and again.
  var budget = 100_000
  return try node.map { try jsonValue($0, path: path, depth: 0, budget: &budget) } ?? .null
}

/// A value as YAML text: members in the order of their names, numbers with all their digits.
package func yamlText(_ value: JSONValue) throws -> String {
  try Yams.serialize(node: yamlNode(value))
}

private func yamlNode(_ value: JSONValue) -> Node {
  switch value {
  case .null: Node("null", Tag(.null))
  case .bool(let truth): Node(truth ? "true" : "false", Tag(.bool))
  case .integer(let integer): Node("\(integer)", Tag(.int))
  case .number(let number): Node("\(number)", Tag(.float))
  case .string(let text):
    // In quotes where it would be taken for a number, a truth value or a date.
    Node(
      text, Tag(.str),
      jsonValue(Node.Scalar(text)) == value && !startsLikeDate(text) ? .any : .singleQuoted)
  case .array(let items): Node(items.map { yamlNode($0) }, Tag(.seq))
  case .object(let members):
    Node(
      members.sorted { $0.key < $1.key }.map { (Node($0.key), yamlNode($0.value)) }, Tag(.map))
  }
}

/// Whether older readers of YAML could take the text for a date.
private func startsLikeDate(_ text: String) -> Bool {
  text.utf8.count >= 8 && text.utf8.prefix(4).allSatisfy { (0x30...0x39).contains($0) }
    && Array(text.utf8)[4] == UInt8(ascii: "-")
}

private func jsonValue(
  _ node: Node, path: String, depth: Int, budget: inout Int
) throws(ResultError) -> JSONValue {
  budget -= 1
  guard budget > 0 && depth < 100 else {
    throw .malformed(path: path, reason: "it unfolds to too many values")
  }
  switch node {
  case .scalar(let scalar): return jsonValue(scalar)
  case .sequence(let sequence):
    var items: [JSONValue] = []
    for item in sequence {
      items.append(try jsonValue(item, path: path, depth: depth + 1, budget: &budget))
    }
    return .array(items)
  case .mapping(let mapping):
    var members: [String: JSONValue] = [:]
    for (key, value) in mapping {
      guard case .scalar(let name) = key else {
        throw .malformed(path: path, reason: "a name is not a text")
      }
      members[name.string] = try jsonValue(value, path: path, depth: depth + 1, budget: &budget)
    }
    return .object(members)
  case .alias: throw .malformed(path: path, reason: "it refers to a part that is not there")
  }
}

/// A scalar by YAML 1.2's core schema; quoted scalars are texts.
private func jsonValue(_ scalar: Node.Scalar) -> JSONValue {
  let text = scalar.string
  guard scalar.style == .plain || scalar.style == .any else { return .string(text) }
  switch text {
  case "", "~", "null", "Null", "NULL": return .null
  case "true", "True", "TRUE": return .bool(true)
  case "false", "False", "FALSE": return .bool(false)
  default: break
  }
  if let integer = Int(text) { return .integer(integer) }
  let isNumeric = text.allSatisfy { $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }
  if isNumeric, let number = Double(text), number.isFinite { return .number(number) }
  return .string(text)
}

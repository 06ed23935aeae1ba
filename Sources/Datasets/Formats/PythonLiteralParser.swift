/// Reads the few Python literals that NumPy writes into array headers.
struct PythonLiteralParser {
  /// A literal's value; tuples are lists.
  indirect enum Value {
    case text(String)
    case bool(Bool)
    case integer(Int)
    case list([Value])
    case dictionary([String: Value])
  }

  private let characters: [UInt8]
  private var position = 0
  private var depth = 0

  init(_ text: String) { characters = Array(text.utf8) }

  /// The next value; nil if there is none or it is not understood.
  mutating func value() -> Value? {
    skipSpace()
    guard position < characters.count && depth < 16 else { return nil }
    depth += 1
    defer { depth -= 1 }
    switch characters[position] {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return text().map { .text($0) }
    case UInt8(ascii: "{"): return dictionary()
    case UInt8(ascii: "("): return list(until: UInt8(ascii: ")"))
    case UInt8(ascii: "["): return list(until: UInt8(ascii: "]"))
    default: return word()
    }
  }

  private mutating func dictionary() -> Value? {
    position += 1
    var fields: [String: Value] = [:]
    while !take(UInt8(ascii: "}")) {
      guard case .text(let key)? = value(), take(UInt8(ascii: ":")), let value = value() else {
        return nil
      }
      fields[key] = value
      guard take(UInt8(ascii: ",")) || next == UInt8(ascii: "}") else { return nil }
    }
    return .dictionary(fields)
  }

  private mutating func list(until end: UInt8) -> Value? {
    position += 1
    var items: [Value] = []
    while !take(end) {
      guard let value = value() else { return nil }
      items.append(value)
      guard take(UInt8(ascii: ",")) || next == end else { return nil }
    }
    return .list(items)
  }

  private mutating func text() -> String? {
    let quote = characters[position]
    guard let end = characters[(position + 1)...].firstIndex(of: quote) else { return nil }
    let bytes = characters[position + 1..<end]
    guard !bytes.contains(UInt8(ascii: "\\")) else { return nil }
    position = end + 1
    return String(decoding: bytes, as: UTF8.self)
  }

  private mutating func word() -> Value? {
    let start = position
    while position < characters.count && Self.isWord(characters[position]) { position += 1 }
    var text = String(decoding: characters[start..<position], as: UTF8.self)
    if text == "True" { return .bool(true) }
    if text == "False" { return .bool(false) }
    // Python 2 wrote long integers with a trailing L.
    if text.hasSuffix("L") { text.removeLast() }
    return Int(text).map { .integer($0) }
  }

  private static func isWord(_ character: UInt8) -> Bool {
    switch character {
    case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "+"): true
    default: false
    }
  }

  private var next: UInt8? { position < characters.count ? characters[position] : nil }

  private mutating func take(_ character: UInt8) -> Bool {
    skipSpace()
    guard next == character else { return false }
    position += 1
    skipSpace()
    return true
  }

  private mutating func skipSpace() {
    while let character = next, character == 32 || (9...13).contains(character) { position += 1 }
  }
}

import Glibc

extension Double {
  /// The number with a fixed count of decimals, for instance `0.420` for three; what rounds to zero
  /// has no sign, and what reaches 10⁶ has an exponent, `1.234e+07`.
  public func fixed(_ decimals: Int) -> String {
    guard isFinite else { return isNaN ? "nan" : (self < 0 ? "-inf" : "inf") }
    return withVaList([Int32(decimals), self]) { arguments in
      var buffer = [CChar](repeating: 0, count: 512)
      let length = Int(
        vsnprintf(&buffer, buffer.count, magnitude < 1e6 ? "%.*f" : "%.*e", arguments))
      let text = buffer.prefix(min(length, buffer.count - 1)).map { UInt8(bitPattern: $0) }
      let isZero = text.allSatisfy { "-0.".utf8.contains($0) }
      return String(
        decoding: isZero ? text.drop { $0 == UInt8(ascii: "-") } : text[...], as: UTF8.self)
    }
  }
}

extension String {
  /// The text padded with spaces on the right to `width` characters.
  public func padded(to width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - count))
  }

  /// The text padded with spaces on the left to `width` characters.
  public func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: Swift.max(0, width - count)) + self
  }

  /// The text without the characters at its end that satisfy a condition.
  package func trimmingSuffix(while condition: (Character) -> Bool) -> String {
    var text = Substring(self)
    while let last = text.last, condition(last) { text.removeLast() }
    return String(text)
  }
}

/// A number of things for people, for instance `1 latent` or `3 latents`.
///
/// - Parameters:
///   - count: How many.
///   - thing: One of them; the plural takes an s.
/// - Returns: The number and the noun.
package func counted(_ count: Int, _ thing: String) -> String {
  "\(count) \(thing)\(count == 1 ? "" : "s")"
}

/// The known names nearest to a mistyped one, best first; empty if none is near.
///
/// Near means an edit distance of at most a third of the longer name's length (at least 2), or
/// that one name begins the other. A name that differs in capitals, hyphens, underscores or spaces only is
/// the one that was meant, and stands alone.
public func nearestNames(to name: String, in known: [String], limit: Int = 3) -> [String] {
  func letters(_ text: String) -> String { text.lowercased().filter { !"-_ ".contains($0) } }
  let meant = known.filter { letters($0) == letters(name) }
  guard meant.isEmpty else { return Array(meant.prefix(limit)) }
  let wanted = name.lowercased()
  let scored = known.compactMap { candidate -> (distance: Int, name: String)? in
    let other = candidate.lowercased()
    if !wanted.isEmpty && (other.hasPrefix(wanted) || wanted.hasPrefix(other)) {
      return (0, candidate)
    }
    let distance = editDistance(Array(wanted), Array(other))
    return distance <= max(2, max(wanted.count, other.count) / 3) ? (distance, candidate) : nil
  }
  return scored.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(limit).map(\.name)
}

/// What to say of a name that nothing has: which are near, and with the option where only one is, so that it
/// can be typed as it stands.
///
/// - Parameters:
///   - name: What was given.
///   - known: The names there are.
///   - option: What stands before the name on the command line, if anything.
///   - remedy: What to do where none is near, without a full stop.
/// - Returns: The end of a sentence, with its mark.
package func suggestion(
  for name: String, in known: [String], option: String? = nil, remedy: String
) -> String {
  let near = nearestNames(to: name, in: known)
  guard let only = near.first else { return "\(remedy)." }
  guard near.count > 1 else { return "did you mean \(option.map { "\($0) " } ?? "")\(only)?" }
  return "did you mean \(near.joined(separator: " or "))?"
}

/// Levenshtein distance.
private func editDistance(_ first: [Character], _ second: [Character]) -> Int {
  var row = Array(0...second.count)
  for (i, character) in first.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for j in second.indices {
      let substitution = diagonal + (character == second[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substitution, row[j] + 1, diagonal + 1)
    }
  }
  return row[second.count]
}

/// A name in a file that is none of those it may be.
public struct UnknownName: Error, Equatable, CustomStringConvertible {
  /// The name.
  public let name: String
  /// Those it may be.
  public let known: [String]

  /// What was found and what was expected, as the end of a sentence.
  public var description: String {
    "is '\(name.prefix(40))'; known are \(known.joined(separator: ", "))"
  }
}

extension Decoder {
  /// A choice by its name.
  ///
  /// - Throws: `DecodingError` with the place in the file and, as the underlying error, an
  ///   ``UnknownName``.
  public func choice<Choice: RawRepresentable<String> & CaseIterable>() throws -> Choice {
    try choice(known: Choice.allCases.map(\.rawValue)) { Choice(rawValue: $0) }
  }

  /// The same for names that are not raw values.
  ///
  /// - Parameters:
  ///   - known: The names, for the message.
  ///   - named: The choice of a name; nil for an unknown one.
  /// - Returns: The choice.
  /// - Throws: As ``choice()``.
  public func choice<Choice>(known: [String], _ named: (String) -> Choice?) throws -> Choice {
    let name = try singleValueContainer().decode(String.self)
    guard let choice = named(name) else {
      let unknown = UnknownName(name: name, known: known)
      throw DecodingError.dataCorrupted(
        .init(codingPath: codingPath, debugDescription: "\(unknown)", underlyingError: unknown))
    }
    return choice
  }
}

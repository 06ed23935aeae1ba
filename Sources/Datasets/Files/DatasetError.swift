import BenchSupport

/// What can be wrong with the files a dataset or an array is read from.
public enum DatasetError: Error, Equatable, Sendable {
  /// A file or folder is missing, not readable, or could not be read to its end.
  case cannotRead(path: String, reason: String)
  /// A file or folder could not be written.
  case cannotWrite(path: String, reason: String)
  /// A file is damaged, truncated, or not of the format its place demands.
  case malformed(file: String, format: String, reason: String)
  /// A file is of another kind than its place demands.
  case otherKind(file: String, expected: String, found: String, remedy: String?)
  /// A file is valid but uses something that is deliberately not read.
  case unsupported(file: String, format: String, reason: String)
  /// An archive lacks an array or a member.
  case missingArray(file: String, array: String, found: [String])
  /// An array has another element type than needed.
  case typeMismatch(file: String, array: String, expected: String, found: String)
  /// An array has another shape than the dataset's specification.
  case shapeMismatch(file: String, array: String, expected: [Int], found: [Int])
  /// The numbers in a file contradict the dataset's specification.
  case contentMismatch(file: String, expected: String, found: String)
  /// The size asked for exceeds the limit that guards memory.
  case tooLarge(file: String, byteCount: Int, limit: Int)
  /// Several arrays of a file may be the one that is needed.
  case ambiguousArray(file: String, role: String, found: [String], option: String)
  /// No dataset has that name.
  case unknownDataset(name: String, near: [String])
  /// The files of a dataset are not where they were looked for.
  case missingData(
    name: String, path: String, source: String?, page: String, size: String, licence: String)
  /// A download failed.
  case downloadFailed(url: String, reason: String)
  /// An argument is outside what a dataset allows.
  case invalidArgument(String)
}

extension DatasetError {
  init(_ error: FileError) {
    switch error {
    case .cannotRead(let path, let reason): self = .cannotRead(path: path, reason: reason)
    case .cannotWrite(let path, let reason), .writtenInPart(let path, let reason):
      self = .cannotWrite(path: path, reason: reason)
    }
  }
}

extension DatasetError: CustomStringConvertible {
  /// One sentence: where, what was expected, what was found, what to do.
  public var description: String {
    switch self {
    case .cannotRead(let path, let reason):
      "\(path): cannot be read: \(reason)."
    case .cannotWrite(let path, let reason):
      "\(path): cannot be written: \(reason)."
    case .malformed(let file, let format, let reason):
      "\(file): not a valid \(format) file: \(reason); "
        + (Self.handMade.contains(format)
          ? "correct it." : "it is damaged or incomplete, get it again.")
    case .otherKind(let file, let expected, let found, let remedy):
      "\(file): is \(found), expected \(expected)\(remedy.map { "; \($0)" } ?? "")."
    case .unsupported(let file, let format, let reason):
      "\(file): this \(format) file is not read: \(reason)."
    case .missingArray(let file, let array, let found):
      "\(file): has no '\(array)'; it holds \(Self.list(found))."
    case .ambiguousArray(let file, let role, let found, let option):
      "\(file): \(Self.list(found)) may each be the \(role); say which with \(option), for instance"
        + " \(option) \(found.first ?? "")."
    case .typeMismatch(let file, let array, let expected, let found):
      "\(file): '\(array)' has elements of type \(found), expected \(expected)."
    case .shapeMismatch(let file, let array, let expected, let found):
      "\(file): '\(array)' has shape \(found), expected \(expected);"
        + " the file is incomplete or another version, get it again."
    case .contentMismatch(let file, let expected, let found):
      "\(file): found \(found), expected \(expected)."
    case .tooLarge(let file, let byteCount, let limit):
      "\(file): would need \(byteCount) bytes of memory, more than the limit of \(limit)."
    case .unknownDataset(let name, let near):
      "There is no dataset '\(name)'; "
        + (near.isEmpty
          ? "see 'bench datasets list'." : "did you mean \(near.joined(separator: ", "))?")
    case .missingData(let name, let path, let source, let page, let size, let licence):
      "Dataset '\(name)' is not at \(path); "
        + (source == nil
          ? "download it by hand, then 'bench datasets fetch \(name) --from FOLDER' places it"
          : "get it with 'bench datasets fetch \(name)'")
        + " (\(size) from \(source ?? page); licence: \(licence))."
    case .downloadFailed(let url, let reason):
      "\(url): download failed: \(reason)."
    case .invalidArgument(let message):
      message
    }
  }

  /// Formats of files that people write, for which getting them again is no remedy.
  private static let handMade: Set = ["miniature", "attribute list", "partition list", "table"]

  private static func list(_ names: [String]) -> String {
    guard !names.isEmpty else { return "nothing" }
    let shown = names.prefix(8).map { "'\($0)'" }.joined(separator: ", ")
    return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
  }
}

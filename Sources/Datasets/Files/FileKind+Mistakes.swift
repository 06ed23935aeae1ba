extension DatasetError {
  /// What to say of a file in the place of another kind of file.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - expected: What it should be, for instance `a ZIP archive`.
  ///   - start: The file's first bytes, 512 of them if there are so many.
  /// - Returns: The error; nil if the bytes and the name do not tell what it is.
  static func otherKind(
    file: String, expected: String, start: [UInt8]
  ) -> DatasetError? {
    let kind = FileKind(start: start)
    switch kind {
    case .other("of a kind that is not known"): return nil
    case .other(let what):
      return .otherKind(
        file: file, expected: expected, found: what,
        remedy: remedies.first { what.hasPrefix($0.beginning) }?.remedy)
    default:
      return .otherKind(file: file, expected: expected, found: "\(kind)", remedy: nil)
    }
  }

  /// What helps where a file is of a kind whose description begins so.
  private static let remedies: [(beginning: String, remedy: String)] = [
    ("empty", "get it again"),
    ("a web page", "the download was refused there, get the file in another way"),
    ("a Git LFS pointer", "get the file itself with 'git lfs pull'"),
    ("compressed with", "unpack it first"), ("a 7z", "unpack it first"),
    ("a RAR", "unpack it first"),
    (
      "a Python pickle",
      "it could run code when loaded, so load it in Python yourself and save its "
        + "arrays with numpy.savez"
    ),
    ("a text file", "where it is a table, load it in Python and save its columns with numpy.savez"),
    ("a Parquet file", "docs/bring-your-own.md has the lines of Python that make a .npz of it"),
  ]
}

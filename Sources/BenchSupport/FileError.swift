/// A file or folder that could not be read or written.
public enum FileError: Error, Equatable, CustomStringConvertible {
  /// The file cannot be read.
  case cannotRead(path: String, reason: String)
  /// The file or folder cannot be written.
  case cannotWrite(path: String, reason: String)

  /// One sentence that says what failed, where, and why.
  public var description: String {
    switch self {
    case .cannotRead(let path, let reason): "\(path): cannot be read: \(reason)."
    case .cannotWrite(let path, let reason):
      "\(path): cannot be written: \(reason). Nothing that was there before has changed."
    }
  }
}

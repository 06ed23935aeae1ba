/// A file or folder that could not be read or written.
public enum FileError: Error, Equatable, CustomStringConvertible {
  /// The file cannot be read.
  case cannotRead(path: String, reason: String)
  /// The file or folder cannot be written, and is as it was before.
  case cannotWrite(path: String, reason: String)
  /// Writing failed where what was done before the failure cannot be taken back.
  case writtenInPart(path: String, reason: String)

  /// One sentence that says what failed, where, and why.
  public var description: String {
    switch self {
    case .cannotRead(let path, let reason): "\(path): cannot be read: \(reason)."
    case .cannotWrite(let path, let reason):
      "\(path): cannot be written: \(reason). Nothing that was there before has changed."
    case .writtenInPart(let path, let reason):
      "\(path): cannot be written to the end: \(reason). It may hold a part of what was to be written."
    }
  }

  /// Why, without the path.
  package var reason: String {
    switch self {
    case .cannotRead(_, let reason), .cannotWrite(_, let reason), .writtenInPart(_, let reason):
      reason
    }
  }
}

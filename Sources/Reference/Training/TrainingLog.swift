import BenchSupport
import FoundationEssentials

/// The log of a run: one JSON object per line, written as training goes on.
struct TrainingLog {
  private let path: String
  private var pending: [JSONValue] = []

  /// Opens the log, leaving out lines of steps after `step`, which a resumed run does again.
  init(path: String, upToStep step: Int) throws(FileError) {
    self.path = path
    guard let data = try? Data(contentsOf: URL(filePath: path)) else { return }
    let kept = data.split(separator: UInt8(ascii: "\n")).filter { line in
      guard let value = try? JSONValue(parsing: line)["step"]?.double else { return false }
      return value <= Double(step)
    }
    try AtomicFile.write(kept.flatMap { $0 + [UInt8(ascii: "\n")] }, to: path)
  }

  /// Adds a line; it reaches the file with the next ``flush()``.
  mutating func append(_ members: [String: JSONValue]) { pending.append(.object(members)) }

  /// Writes what was added.
  mutating func flush() throws {
    guard !pending.isEmpty else { return }
    let lines = try pending.map { try $0.line() + "\n" }.joined()
    try AtomicFile.append(Array(lines.utf8), to: path)
    pending = []
  }
}

import BenchSupport
import FoundationEssentials

/// The log of a run: one JSON object per line, written as training goes on, and its numbers once more as
/// TensorBoard reads them.
struct TrainingLog {
  private let path: String
  private var pending: [JSONValue] = []
  private var events: EventFile

  /// Opens `log.jsonl` in a folder, leaving out lines of steps after `step`, which a resumed run does
  /// again.
  init(folder: String, upToStep step: Int) throws(FileError) {
    path = "\(folder)/log.jsonl"
    events = EventFile(folder: folder, afterStep: step)
    guard let data = try? Data(contentsOf: URL(filePath: path)) else { return }
    let kept = data.split(separator: UInt8(ascii: "\n")).filter { line in
      guard let value = try? JSONValue(parsing: line)["step"]?.double else { return false }
      return value <= Double(step)
    }
    try AtomicFile.write(kept.flatMap { $0 + [UInt8(ascii: "\n")] }, to: path)
  }

  /// Adds a line; it reaches the files with the next ``flush()``.
  ///
  /// - Parameters:
  ///   - step: The step it is of.
  ///   - members: What is known of the step: numbers, and objects of numbers.
  mutating func append(step: Int, _ members: [String: JSONValue]) {
    pending.append(.object(members.merging(["step": .integer(step)]) { $1 }))
    var numbers: [String: Double] = [:]
    for (name, value) in members {
      if let number = value.double { numbers[name] = number }
      guard case .object(let terms) = value else { continue }
      // What is measured at several places of the β axis are several curves.
      let place = terms["t"]?.double.map { "t=\($0)/" } ?? ""
      for (term, value) in terms where term != "t" {
        if let number = value.double { numbers["\(name)/\(place)\(term)"] = number }
      }
    }
    events.append(numbers, step: step)
  }

  /// Writes what was added.
  mutating func flush() throws {
    guard !pending.isEmpty else { return }
    let lines = try pending.map { try $0.line() + "\n" }.joined()
    try AtomicFile.append(Array(lines.utf8), to: path)
    pending = []
    try events.flush()
  }
}

import BenchSupport
import FoundationEssentials
import Glibc

/// Numbers of a run as TensorBoard reads them: a file of one session.
///
/// Records with checksums, each an `Event` in protobuf's encoding: the time, the step, and one number per
/// tag. The first says that a session starts: TensorBoard then drops what earlier sessions wrote for steps
/// that this one does again.
struct EventFile {
  private let path: String
  private var pending: [UInt8] = []

  /// Describes a new file; it appears with the first ``flush()``.
  ///
  /// - Parameters:
  ///   - folder: Where it lies.
  ///   - step: The last step that is not done again.
  init(folder: String, afterStep step: Int) {
    let now = Date().timeIntervalSince1970
    // TensorBoard reads the files of a folder in the order of their names.
    path =
      "\(folder)/events.out.tfevents.\(Int(now)).\(ProcessInfo.processInfo.hostName).\(getpid())"
    append(step: 0, time: now, field: 3, Array("brain.Event:2".utf8))
    // SessionLog, status START.
    append(step: step + 1, time: now, field: 7, [0x08, 0x01])
  }

  /// Adds numbers of a step; they reach the file with the next ``flush()``.
  mutating func append(_ values: [String: Double], step: Int) {
    let summary = values.sorted { $0.key < $1.key }.flatMap { tag, value in
      var bytes = Self.field(1, Array(tag.utf8))
      bytes += [0x15] + Self.littleEndian(Float(value).bitPattern)
      return Self.field(1, bytes)
    }
    append(step: step, time: Date().timeIntervalSince1970, field: 5, summary)
  }

  /// Writes what was added.
  mutating func flush() throws(FileError) {
    guard !pending.isEmpty else { return }
    try AtomicFile.append(pending, to: path)
    pending = []
  }

  private mutating func append(step: Int, time: Double, field: UInt8, _ content: [UInt8]) {
    let event =
      [0x09] + Self.littleEndian(time.bitPattern) + [0x10] + Self.variable(UInt64(step))
      + Self.field(field, content)
    let length = Self.littleEndian(UInt64(event.count))
    pending += length + Self.littleEndian(CRC32C.masked(length))
    pending += event + Self.littleEndian(CRC32C.masked(event))
  }

  /// A field of bytes, with its number and length.
  private static func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
    [number << 3 | 2] + variable(UInt64(content.count)) + content
  }

  /// A whole number in groups of seven bits.
  private static func variable(_ value: UInt64) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

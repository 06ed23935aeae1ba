import BenchSupport

/// The lines of a text file that are not empty, without line feeds, carriage returns and a byte order mark.
struct TextLines: Sequence {
  private let bytes: [UInt8]

  /// The lines of `bytes`.
  init(_ bytes: [UInt8]) {
    let mark = CSVText.byteOrderMark
    self.bytes = bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
  }

  /// Steps through the lines.
  func makeIterator() -> AnyIterator<ArraySlice<UInt8>> {
    var rest = bytes[...]
    return AnyIterator {
      while !rest.isEmpty {
        let end = rest.firstIndex(of: 10) ?? rest.endIndex
        let line = rest[rest.startIndex..<end]
        rest = rest[Swift.min(end + 1, rest.endIndex)...]
        let text = line.last == 13 ? line.dropLast() : line
        if !text.isEmpty { return text }
      }
      return nil
    }
  }

  /// The parts of a line that spaces, tabs or commas separate.
  static func fields(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    line.split { $0 == 32 || $0 == 9 || $0 == 44 }
  }
}

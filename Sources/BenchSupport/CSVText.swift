/// Text of tables, RFC 4180: cells between commas, quoted where needed.
package enum CSVText {
  /// The cells of every line that is not empty, with the line's number; a byte order mark is passed over.
  ///
  /// - Parameters:
  ///   - bytes: The text, UTF-8.
  ///   - separator: What stands between cells.
  /// - Returns: The lines; nil if a quoted cell does not end.
  package static func lines(
    _ bytes: [UInt8], separator: UInt8 = UInt8(ascii: ",")
  ) -> [(number: Int, cells: [String])]? {
    var lines: [(number: Int, cells: [String])] = []
    var cells: [String] = []
    var cell: [UInt8] = []
    var (isQuoted, lineNumber, startNumber) = (false, 1, 1)
    func text(_ bytes: [UInt8]) -> String {
      String(decoding: bytes, as: UTF8.self).trimmingSuffix { $0 == " " || $0 == "\r" }
    }
    var index = bytes.starts(with: byteOrderMark) ? byteOrderMark.count : 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "\n") { lineNumber += 1 }
      if isQuoted {
        guard byte == UInt8(ascii: "\"") else {
          cell.append(byte)
          continue
        }
        if index < bytes.count && bytes[index] == UInt8(ascii: "\"") {
          cell.append(byte)
          index += 1
        } else {
          isQuoted = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\"") where cell.isEmpty: isQuoted = true
      case separator:
        cells.append(text(cell))
        cell = []
      case UInt8(ascii: "\n"):
        cells.append(text(cell))
        if cells != [""] { lines.append((startNumber, cells)) }
        (cells, cell, startNumber) = ([], [], lineNumber)
      case UInt8(ascii: " ") where cell.isEmpty: break
      default: cell.append(byte)
      }
    }
    guard !isQuoted else { return nil }
    cells.append(text(cell))
    if cells != [""] { lines.append((startNumber, cells)) }
    return lines
  }

  /// What editors on Windows put before UTF-8.
  package static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
}

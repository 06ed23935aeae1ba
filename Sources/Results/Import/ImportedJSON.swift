import BenchSupport

/// Reads JSON as Python writes it: with `NaN`, `Infinity` and `-Infinity`, which become null.
///
/// - Throws: `FileError` or ``ResultError/malformed(path:reason:)``.
func readPythonJSON(_ path: String) throws -> JSONValue {
  let bytes = Array(try readFile(path))
  do {
    return try JSONValue(parsing: withoutNonFiniteNumbers(bytes))
  } catch {
    throw ResultError.malformed(path: path, reason: "it is not JSON")
  }
}

/// The text with Python's words for numbers that are not finite replaced, except within strings.
private func withoutNonFiniteNumbers(_ bytes: [UInt8]) -> [UInt8] {
  let words = ["-Infinity", "Infinity", "NaN"].map { Array($0.utf8) }
  let starts = Set(words.compactMap(\.first))
  var result: [UInt8] = []
  result.reserveCapacity(bytes.count)
  var index = 0
  var isInString = false
  while index < bytes.count {
    let byte = bytes[index]
    if isInString {
      result.append(byte)
      if byte == UInt8(ascii: "\\") && index + 1 < bytes.count {
        index += 1
        result.append(bytes[index])
      } else if byte == UInt8(ascii: "\"") {
        isInString = false
      }
    } else if starts.contains(byte),
      let word = words.first(where: { bytes[index...].starts(with: $0) })
    {
      result += Array("null".utf8)
      index += word.count
      continue
    } else {
      isInString = byte == UInt8(ascii: "\"")
      result.append(byte)
    }
    index += 1
  }
  return result
}

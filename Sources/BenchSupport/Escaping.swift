/// A text with the characters that mean something in XML and HTML replaced.
package func escaped(_ text: String) -> String {
  var result = ""
  for character in text.unicodeScalars {
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case "\n", "\t", "\r": result.unicodeScalars.append(character)
    // XML has no way to write the other control characters.
    case let scalar where scalar.value < 0x20 || scalar.value == 0x7F: result += "\u{FFFD}"
    default: result.unicodeScalars.append(character)
    }
  }
  return result
}

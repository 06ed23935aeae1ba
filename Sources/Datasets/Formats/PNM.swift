/// Reads PBM, PGM and PPM pictures, in bytes and in decimal numbers (P1 to P6).
///
/// Colours with another largest value than 255 are scaled and rounded half to even; grey of more than
/// 8 bits is scaled to 16 bits and clipped at 255. That is what Pillow's `convert("RGB")` gives.
enum PNM {
  /// Decodes a file to grey or RGB.
  ///
  /// - Throws: ``DatasetError/malformed(file:format:reason:)``.
  static func decode(_ bytes: [UInt8], name: String) throws(DatasetError) -> RasterImage {
    var text = Text(bytes: bytes, name: name)
    guard bytes.count > 2, (0x31...0x36).contains(bytes[1]) else {
      throw text.malformed("it does not begin with P1 to P6")
    }
    let kind = Int(bytes[1] - 0x30)
    let isPlain = kind <= 3
    let isBilevel = kind == 1 || kind == 4
    text.place = 2
    let width = try text.number()
    let height = try text.number()
    let most = isBilevel ? 1 : try text.number()
    let channelCount = kind == 3 || kind == 6 ? 3 : 1
    guard width > 0, height > 0, (1...65_535).contains(most) else {
      throw text.malformed("its size is \(width)×\(height), its largest value \(most)")
    }
    guard let count = checkedProduct([width, height, channelCount]), count <= ImageFile.byteLimit
    else { throw text.malformed("it is larger than the limit for one picture") }
    // One byte that is a space ends the header.
    if !isPlain { text.place += 1 }
    let left = max(0, bytes.count - text.place)
    let needed =
      kind == 4 ? (width + 7) / 8 * height : !isPlain && most > 255 ? 2 * count : count
    guard needed <= left else { throw text.malformed("it ends before the last of its samples") }

    let level = Level(most: most, channelCount: channelCount)
    var pixels = [UInt8](repeating: 0, count: count)
    switch kind {
    case 1:
      for index in 0..<count { pixels[index] = try text.bit() ? 0 : 255 }
    case 2, 3:
      for index in 0..<count {
        let value = try text.number()
        guard value <= most else { throw text.malformed("the sample \(value) exceeds \(most)") }
        pixels[index] = level.byte(value)
      }
    case 4:
      let rowCount = (width + 7) / 8
      for y in 0..<height {
        for x in 0..<width {
          let byte = bytes[text.place + y * rowCount + x / 8]
          pixels[y * width + x] = byte >> UInt8(7 - x % 8) & 1 == 1 ? 0 : 255
        }
      }
    default:
      if most == 255 {
        pixels = Array(bytes[text.place..<text.place + count])
      } else if most < 255 {
        for index in 0..<count { pixels[index] = level.byte(Int(bytes[text.place + index])) }
      } else {
        for index in 0..<count {
          let place = text.place + 2 * index
          pixels[index] = level.byte(Int(bytes[place]) << 8 | Int(bytes[place + 1]))
        }
      }
    }
    return RasterImage(height: height, width: width, channelCount: channelCount, pixels: pixels)
  }

  /// From a sample to a byte.
  private struct Level {
    let most: Int
    /// What the largest value becomes, before it is clipped.
    let top: Double

    init(most: Int, channelCount: Int) {
      self.most = most
      top = most > 255 && channelCount == 1 ? 65_535 : 255
    }

    func byte(_ value: Int) -> UInt8 {
      let scaled = (Double(value) / Double(most) * top).rounded(.toNearestOrEven)
      return UInt8(min(255, scaled))
    }
  }

  /// Numbers between spaces and comments.
  private struct Text {
    let bytes: [UInt8]
    let name: String
    var place = 0

    func malformed(_ reason: String) -> DatasetError {
      .malformed(file: name, format: "PNM", reason: reason)
    }

    private mutating func skipSpace() {
      while place < bytes.count {
        if bytes[place] == UInt8(ascii: "#") {
          while place < bytes.count, bytes[place] != 10, bytes[place] != 13 { place += 1 }
        } else if bytes[place] == 32 || (9...13).contains(bytes[place]) {
          place += 1
        } else {
          return
        }
      }
    }

    mutating func number() throws(DatasetError) -> Int {
      skipSpace()
      var value = 0
      let start = place
      while place < bytes.count, (0x30...0x39).contains(bytes[place]), place - start < 10 {
        value = 10 * value + Int(bytes[place] - 0x30)
        place += 1
      }
      guard place > start else { throw malformed("a number is missing at byte \(place)") }
      return value
    }

    mutating func bit() throws(DatasetError) -> Bool {
      skipSpace()
      guard place < bytes.count, bytes[place] == 0x30 || bytes[place] == 0x31 else {
        throw malformed("a 0 or 1 is missing at byte \(place)")
      }
      defer { place += 1 }
      return bytes[place] == 0x31
    }
  }
}

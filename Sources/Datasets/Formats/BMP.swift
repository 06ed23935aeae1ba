/// Reads Windows bitmaps: 1, 4 and 8 bits with a palette, 16, 24 and 32 bits, without compression.
enum BMP {
  /// Decodes a file to RGB; a fourth channel is dropped.
  ///
  /// - Throws: ``DatasetError`` if it is damaged, compressed or of unusual colour masks.
  static func decode(_ bytes: [UInt8], name: String) throws(DatasetError) -> RasterImage {
    var reader = ByteReader(bytes[...], file: name, format: "BMP")
    let header = try Header(&reader, name: name)
    let (height, width) = (header.height, header.width)
    guard let byteCount = checkedProduct([height, width, 3]), byteCount <= ImageFile.byteLimit
    else {
      throw reader.malformed("it is larger than the limit for one picture")
    }
    // Rows fill whole units of four bytes.
    guard let rowBits = checkedProduct([width, header.bits]),
      let dataCount = checkedProduct([(rowBits + 31) / 32 * 4, height]),
      header.dataOffset <= bytes.count, dataCount <= bytes.count - header.dataOffset
    else { throw reader.malformed("it ends before the last of its rows") }
    let rowCount = (rowBits + 31) / 32 * 4
    var pixels = [UInt8](repeating: 0, count: byteCount)
    for y in 0..<height {
      let start = header.dataOffset + (header.isTopDown ? y : height - 1 - y) * rowCount
      for x in 0..<width {
        let colour = try header.colour(bytes, start, x, reader)
        let place = 3 * (y * width + x)
        pixels[place] = colour.red
        pixels[place + 1] = colour.green
        pixels[place + 2] = colour.blue
      }
    }
    return RasterImage(height: height, width: width, channelCount: 3, pixels: pixels)
  }

  private struct Colour {
    var red: UInt8
    var green: UInt8
    var blue: UInt8
  }

  /// Where a channel lies in a pixel: its lowest bit and its largest value.
  private struct Channel {
    let shift: Int
    let most: Int

    func value(_ pixel: Int) -> UInt8 { UInt8((pixel >> shift & most) * 255 / most) }
  }

  private struct Header {
    let width: Int
    let height: Int
    let isTopDown: Bool
    let bits: Int
    let dataOffset: Int
    private var palette: [Colour] = []
    /// Red, green and blue of 16 and 32 bits.
    private var channels: [Channel] = []

    init(_ reader: inout ByteReader, name: String) throws(DatasetError) {
      func unsupported(_ reason: String) -> DatasetError {
        .unsupported(file: name, format: "BMP", reason: reason)
      }
      try reader.skip(10)
      let offset = Int(try reader.integer(UInt32.self))
      let size = Int(try reader.integer(UInt32.self))
      guard [12, 40, 52, 56, 64, 108, 124].contains(size) else {
        throw unsupported("its header of \(size) bytes is not known")
      }
      let isOld = size == 12
      let signedHeight: Int
      if isOld {
        width = Int(try reader.integer(UInt16.self))
        signedHeight = Int(try reader.integer(UInt16.self))
      } else {
        width = Int(try reader.integer(Int32.self))
        signedHeight = Int(try reader.integer(Int32.self))
      }
      height = abs(signedHeight)
      isTopDown = signedHeight < 0
      guard width > 0, height > 0 else {
        throw reader.malformed("its size is \(width)×\(signedHeight)")
      }
      try reader.skip(2)
      bits = Int(try reader.integer(UInt16.self))
      guard [1, 4, 8, 16, 24, 32].contains(bits) else {
        throw unsupported("it has \(bits) bits per pixel")
      }
      let compression = isOld ? 0 : try reader.integer(UInt32.self)
      guard compression == 0 || compression == 3 else {
        throw unsupported("it is compressed; save it without compression, or as PNG")
      }
      if !isOld { try reader.skip(12) }
      let colourCount = isOld ? 0 : Int(try reader.integer(UInt32.self))
      if !isOld { try reader.skip(4) }
      var masks: [UInt32] = []
      if compression == 3 {
        for _ in 0..<3 { masks.append(try reader.integer(UInt32.self)) }
        try reader.skip(max(0, size - 52))
      } else {
        try reader.skip(max(0, size - 40))
      }
      if bits <= 8 {
        let count = colourCount == 0 ? 1 << bits : colourCount
        guard count <= 65_536 else { throw reader.malformed("its palette has \(count) colours") }
        for _ in 0..<count {
          let entry = try reader.take(isOld ? 3 : 4)
          let first = entry.startIndex
          palette.append(
            Colour(red: entry[first + 2], green: entry[first + 1], blue: entry[first]))
        }
      }
      // Some writers point at the palette.
      let isAtPalette = bits <= 8 && offset == 14 + size
      dataOffset = offset == 0 || isAtPalette ? reader.offset : offset
      guard let channels = Self.channels(masks, bits: bits) else {
        throw unsupported("its colour masks are not known")
      }
      self.channels = channels
    }

    /// The channels of 16 and 32 bits; empty for others, nil if the masks are none that are in use.
    private static func channels(_ masks: [UInt32], bits: Int) -> [Channel]? {
      guard bits == 16 || bits == 32 else {
        return masks.isEmpty || masks == [0xFF0000, 0xFF00, 0xFF] ? [] : nil
      }
      let usual: [UInt32] = bits == 16 ? [0x7C00, 0x3E0, 0x1F] : [0xFF0000, 0xFF00, 0xFF]
      var result: [Channel] = []
      for mask in masks.allSatisfy({ $0 == 0 }) ? usual : masks {
        guard mask != 0 else { return nil }
        let shift = mask.trailingZeroBitCount
        let most = Int(mask >> shift)
        guard most & (most + 1) == 0, most <= 255 else { return nil }
        result.append(Channel(shift: shift, most: most))
      }
      return result
    }

    func colour(
      _ bytes: [UInt8], _ row: Int, _ x: Int, _ reader: ByteReader
    ) throws(DatasetError) -> Colour {
      switch bits {
      case 24:
        let place = row + 3 * x
        return Colour(red: bytes[place + 2], green: bytes[place + 1], blue: bytes[place])
      case 16, 32:
        let place = row + bits / 8 * x
        var pixel = 0
        for index in 0..<bits / 8 { pixel |= Int(bytes[place + index]) << (8 * index) }
        return Colour(
          red: channels[0].value(pixel), green: channels[1].value(pixel),
          blue: channels[2].value(pixel))
      default:
        let perByte = 8 / bits
        let shift = 8 - bits * (x % perByte + 1)
        let index = Int(bytes[row + x / perByte]) >> shift & (1 << bits - 1)
        guard index < palette.count else {
          throw reader.malformed("it uses a colour that its palette lacks")
        }
        return palette[index]
      }
    }
  }
}

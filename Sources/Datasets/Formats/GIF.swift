/// Reads GIF pictures of one frame: *Graphics Interchange Format, Version 89a*, CompuServe 1990.
enum GIF {
  /// Decodes a file to RGB; transparent pixels have the colour of their index, as in Pillow.
  ///
  /// - Throws: ``DatasetError`` if it is damaged or has several frames.
  static func decode(_ bytes: [UInt8], name: String) throws(DatasetError) -> RasterImage {
    var reader = ByteReader(bytes[...], file: name, format: "GIF")
    try reader.skip(6)
    let width = Int(try reader.integer(UInt16.self))
    let height = Int(try reader.integer(UInt16.self))
    let flags = try reader.integer(UInt8.self)
    try reader.skip(2)
    let common = try palette(flags, &reader)
    var transparent = 0
    var frame: (indices: [UInt8], palette: ArraySlice<UInt8>?)?
    blocks: while reader.remaining > 0 {
      switch try reader.integer(UInt8.self) {
      case 0x21:
        let label = try reader.integer(UInt8.self)
        let block = try blocks(&reader)
        if label == 0xF9, block.count >= 4, block[0] & 1 == 1 { transparent = Int(block[3]) }
      case 0x2C:
        guard frame == nil else {
          throw .unsupported(file: name, format: "GIF", reason: "it is animated")
        }
        frame = try Self.frame(
          &reader, width: width, height: height, background: UInt8(transparent))
      case 0x3B: break blocks
      default: throw reader.malformed("a block of an unknown kind")
      }
    }
    guard let frame else { throw reader.malformed("it holds no picture") }
    return RasterImage(
      height: height, width: width, channelCount: 3,
      pixels: try colours(frame.indices, frame.palette ?? common, reader))
  }

  /// A palette if the flags say that one follows.
  private static func palette(
    _ flags: UInt8, _ reader: inout ByteReader
  ) throws(DatasetError) -> ArraySlice<UInt8>? {
    flags & 0x80 == 0 ? nil : try reader.take(3 << (Int(flags & 7) + 1))
  }

  /// The bytes of a row of blocks, each of which begins with its length.
  private static func blocks(_ reader: inout ByteReader) throws(DatasetError) -> [UInt8] {
    var bytes: [UInt8] = []
    while case let count = try reader.integer(UInt8.self), count > 0 {
      bytes += try reader.take(Int(count))
    }
    return bytes
  }

  /// The palette's indices of the whole canvas.
  private static func frame(
    _ reader: inout ByteReader, width: Int, height: Int, background: UInt8
  ) throws(DatasetError) -> (indices: [UInt8], palette: ArraySlice<UInt8>?) {
    let left = Int(try reader.integer(UInt16.self))
    let top = Int(try reader.integer(UInt16.self))
    let columns = Int(try reader.integer(UInt16.self))
    let rows = Int(try reader.integer(UInt16.self))
    let flags = try reader.integer(UInt8.self)
    let own = try palette(flags, &reader)
    guard width > 0, height > 0, columns > 0, rows > 0, left + columns <= width,
      top + rows <= height
    else { throw reader.malformed("its picture does not lie on its canvas") }
    guard 3 * width * height <= ImageFile.byteLimit else {
      throw reader.malformed("it is larger than the limit for one picture")
    }
    let codeSize = Int(try reader.integer(UInt8.self))
    guard (1...11).contains(codeSize) else {
      throw reader.malformed("its codes begin with \(codeSize) bits")
    }
    let data = try blocks(&reader)
    // A code stands for at most as many pixels as there are codes.
    guard rows * columns <= 4096 * (data.count * 8 / (codeSize + 1)) else {
      throw reader.malformed("it is too short for its width and height")
    }
    guard let pixels = unpacked(data, codeSize: codeSize, count: rows * columns) else {
      throw reader.malformed("its data is corrupt or ends too early")
    }
    var canvas = [UInt8](repeating: background, count: width * height)
    for (position, y) in order(rows, isInterlaced: flags & 0x40 != 0).enumerated() {
      let target = (top + y) * width + left
      canvas.replaceSubrange(
        target..<target + columns, with: pixels[position * columns..<(position + 1) * columns])
    }
    return (canvas, own)
  }

  /// The rows in the order in which they are stored.
  private static func order(_ rows: Int, isInterlaced: Bool) -> [Int] {
    guard isInterlaced else { return Array(0..<rows) }
    return [(0, 8), (4, 8), (2, 4), (1, 2)].flatMap { start, step in
      Array(stride(from: start, to: rows, by: step))
    }
  }

  /// Undoes the compression (LZW with codes of growing length); nil if it is wrong.
  private static func unpacked(_ data: [UInt8], codeSize: Int, count: Int) -> [UInt8]? {
    let clear = 1 << codeSize
    // What a code stands for: another code and one more index.
    var prefixes = [Int](repeating: 0, count: 4096)
    var suffixes = [UInt8](repeating: 0, count: 4096)
    var lengths = [Int](repeating: 0, count: 4096)
    for code in 0..<clear {
      suffixes[code] = UInt8(truncatingIfNeeded: code)
      lengths[code] = 1
    }
    var pixels = [UInt8](repeating: 0, count: count)
    var (filled, bits, next) = (0, codeSize + 1, clear + 2)
    var previous: Int?
    var (window, held, place) = (0, 0, 0)
    while filled < count {
      while held < bits {
        guard place < data.count else { return nil }
        window |= Int(data[place]) << held
        held += 8
        place += 1
      }
      let code = window & (1 << bits - 1)
      window >>= bits
      held -= bits
      if code == clear {
        (bits, next, previous) = (codeSize + 1, clear + 2, nil)
        continue
      }
      guard code != clear + 1 else { return nil }
      guard let last = previous else {
        guard code < clear else { return nil }
        pixels[filled] = suffixes[code]
        filled += 1
        previous = code
        continue
      }
      guard code < next || (code == next && next < 4096) else { return nil }
      // A code that is just being defined ends with what the one before begins with.
      let known = code < next ? code : last
      let length = lengths[known]
      var (at, source) = (filled + length - 1, known)
      var first: UInt8 = 0
      while true {
        first = suffixes[source]
        if at < count { pixels[at] = first }
        guard lengths[source] > 1 else { break }
        source = prefixes[source]
        at -= 1
      }
      filled += length
      if code == next {
        if filled < count { pixels[filled] = first }
        filled += 1
      }
      if next < 4096 {
        (prefixes[next], suffixes[next], lengths[next]) = (last, first, lengths[last] + 1)
        next += 1
        if next == 1 << bits, bits < 12 { bits += 1 }
      }
      previous = code
    }
    return pixels
  }

  private static func colours(
    _ indices: [UInt8], _ palette: ArraySlice<UInt8>?, _ reader: ByteReader
  ) throws(DatasetError) -> [UInt8] {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * indices.count)
    // Without a palette indices are shades of grey.
    let greys: [UInt8] = (0...255).flatMap { [$0, $0, $0] }
    let palette = palette.map { Array($0) } ?? greys
    for index in indices {
      guard 3 * Int(index) + 2 < palette.count else {
        throw reader.malformed("it uses a colour that its palette lacks")
      }
      pixels += palette[3 * Int(index)..<3 * Int(index) + 3]
    }
    return pixels
  }
}

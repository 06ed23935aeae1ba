import Datasets
import TestSupport
import Testing

@Suite("PNG and JPEG files") struct ImageFileTests {
  static let pngs = [
    "rgb8.png", "gray8.png", "palette.png", "rgba8.png", "bilevel.png", "gray16.png",
  ]
  static let jpegs = ["q95_420.jpg", "q75_444.jpg", "q60_422.jpg", "progressive.jpg", "gray.jpg"]

  /// Golden: `PIL.Image.open(path).convert("RGB")`, Pillow 13.0.0.
  static func expected(_ file: String) throws -> NPYArray {
    let name = String(file.map { $0 == "." ? "_" : $0 })
    return try NPZArchive(path: golden("decode.npz")).array(name)
  }

  @Test("PNG pixels are Pillow's", arguments: pngs)
  func png(file: String) throws {
    let image = try ImageFile.read(golden("images/\(file)"))
    let expected = try Self.expected(file)
    #expect([image.height, image.width, image.channelCount] == expected.shape)
    #expect(image.pixels == expected.bytes)
  }

  /// The golden values come from libjpeg-turbo 3.2; other conforming decoders may round differently.
  @Test("JPEG pixels are Pillow's up to rounding", arguments: jpegs)
  func jpeg(file: String) throws {
    let image = try ImageFile.read(golden("images/\(file)"))
    let expected = try Self.expected(file)
    #expect([image.height, image.width, image.channelCount] == expected.shape)
    let differences = zip(image.pixels, expected.bytes).map { abs(Int($0) - Int($1)) }
    #expect(try #require(differences.max()) <= 2)
    #expect(Double(differences.reduce(0, +)) / Double(differences.count) <= 0.25)
  }

  @Test("native channels and alpha are kept when asked for")
  func channels() throws {
    #expect(try ImageFile.read(golden("images/gray8.png"), channelCount: nil).channelCount == 1)
    #expect(try ImageFile.read(golden("images/rgb8.png"), channelCount: nil).channelCount == 3)
    #expect(try ImageFile.read(golden("images/gray.jpg"), channelCount: nil).channelCount == 1)
    let rgba = try PNG.decode(bytes(of: golden("images/rgba8.png")), channelCount: 4, name: "rgba8")
    #expect(rgba.channelCount == 4)
    let rgb = try ImageFile.read(golden("images/rgba8.png"))
    #expect(rgba.pixels.indices.filter { $0 % 4 < 3 }.map { rgba.pixels[$0] } == rgb.pixels)
  }

  @Test("what is written is read back", arguments: [1, 3, 4])
  func roundTrip(channelCount: Int) throws {
    let pixels = (0..<7 * 5 * channelCount).map { UInt8(truncatingIfNeeded: $0 * 37) }
    let image = RasterImage(height: 7, width: 5, channelCount: channelCount, pixels: pixels)
    let folder = try TemporaryFolder()
    try PNG.write(image, to: folder.path + "/a.png")
    #expect(try ImageFile.read(folder.path + "/a.png", channelCount: channelCount) == image)
    #expect(throws: DatasetError.self) { try PNG.write(image, to: folder.path + "/no/a.png") }
  }

  /// A grey progressive JPEG of 8×8 pixels whose coefficients are sent bit by bit, all of them 0.
  private func progressiveJPEG(scanCount: Int) -> [UInt8] {
    var bytes: [UInt8] = [0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0]
    bytes += [UInt8](repeating: 1, count: 64)
    bytes += [0xFF, 0xC2, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0]
    for table: UInt8 in [0x00, 0x10] {
      // One code of one bit, for the symbol 0: no difference, or the end of the block.
      bytes += [0xFF, 0xC4, 0, 20, table, 1] + [UInt8](repeating: 0, count: 16)
    }
    var scans: [(coefficient: UInt8, bits: UInt8)] = [(0, 0)]
    for coefficient: UInt8 in 1...63 {
      scans += (0...13).reversed().map { (coefficient, $0 == 13 ? 13 : $0 | ($0 + 1) << 4) }
    }
    for scan in scans.prefix(scanCount) {
      bytes += [0xFF, 0xDA, 0, 8, 1, 1, 0x00, scan.coefficient, scan.coefficient, scan.bits, 0x7F]
    }
    return bytes + [0xFF, 0xD9]
  }

  @Test("a JPEG of hundreds of scans, which could take hours, is refused")
  func manyScans() throws {
    let image = try ImageFile.decode(progressiveJPEG(scanCount: 200), name: "few")
    #expect(image.pixels == [UInt8](repeating: 128, count: 8 * 8 * 3))
    let error = try failure(DatasetError.self) {
      _ = try ImageFile.decode(progressiveJPEG(scanCount: 300), name: "many")
    }
    #expect(error.description.contains("more than 256 scans"))
  }

  @Test("truncated files are refused by name", arguments: pngs + jpegs)
  func truncated(file: String) throws {
    let whole = try bytes(of: golden("images/\(file)"))
    for share in stride(from: 0.0, to: 1.0, by: 0.07) {
      let cut = Array(whole.prefix(Int(Double(whole.count) * share)))
      let error = try failure(DatasetError.self) { _ = try ImageFile.decode(cut, name: file) }
      #expect(error.description.hasPrefix("\(file): "))
    }
  }

  @Test("a damaged PNG is refused or unchanged")
  func damaged() throws {
    let whole = try bytes(of: golden("images/palette.png"))
    let expected = try ImageFile.decode(whole, name: "palette.png")
    for place in whole.indices {
      var damaged = whole
      damaged[place] ^= UInt8(1 << (place % 8))
      do {
        #expect(try ImageFile.decode(damaged, name: "palette.png") == expected, "byte \(place)")
      } catch {
        #expect(error.description.hasPrefix("palette.png: "))
      }
    }
  }

  @Test("other files are named for what they are")
  func otherFormats() throws {
    let page = Array("<!DOCTYPE html><html>quota exceeded</html>".utf8)
    let error = try failure(DatasetError.self) { _ = try ImageFile.decode(page, name: "a.jpg") }
    #expect(error.description == "a.jpg: this image file is not read: it is a web page.")
    #expect(throws: DatasetError.self) { try ImageFile.decode([], name: "a.png") }
    #expect(throws: DatasetError.self) { try ImageFile.read("/nowhere/a.png") }
    #expect(throws: DatasetError.self) { try ImageFile.read("/") }
  }

  @Test("EXIF orientations turn the picture as Pillow's exif_transpose", arguments: 1...8)
  func orientation(value: Int) throws {
    let file = try bytes(of: golden("images/orientation.jpg"))
    // The tag's value in the file's little-endian EXIF block.
    let tag = try #require(
      file.indices.first { file[$0...].starts(with: [0x12, 1, 3, 0, 1, 0, 0, 0]) })
    var turned = file
    turned[tag + 8] = UInt8(value)
    let image = try JPEG.decode(turned, appliesOrientation: true, name: "orientation.jpg")
    let expected = try NPZArchive(path: golden("images/orientation.npz")).array("\(value)")
    #expect([image.height, image.width, 3] == expected.shape)
    #expect(zip(image.pixels, expected.bytes).allSatisfy { abs(Int($0) - Int($1)) <= 2 })
    #expect(try JPEG.decode(turned, name: "plain").height == 5)
  }

  @Test("CMYK becomes RGB as in Pillow", arguments: ["cmyk", "ycck"])
  func cmyk(name: String) throws {
    let image = try ImageFile.read(golden("images/\(name).jpg"))
    let expected = try NPZArchive(path: golden("images/orientation.npz")).array(name)
    #expect([image.height, image.width, 3] == expected.shape)
    #expect(zip(image.pixels, expected.bytes).allSatisfy { abs(Int($0) - Int($1)) <= 2 })
  }
}

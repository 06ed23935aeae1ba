import Datasets
import Foundation
import TestSupport
import Testing

/// Golden: `PIL.Image.open(path).convert("RGB")`, Pillow 13.0.0 (`scripts/make_picture_goldens.py`).
@Suite("WebP, TIFF, BMP, PNM and GIF files") struct PictureFormatTests {
  static let lossless = [
    "lossless.webp", "alpha.webp", "palette.gif", "interlaced.gif", "grey.gif", "transparent.gif",
    "noise.gif", "rgb24.bmp", "grey.bmp", "bilevel.bmp", "palette4.bmp", "rgb555.bmp", "rgb565.bmp",
    "top_down32.bmp", "masks32.bmp", "plain.pbm", "plain.pgm", "plain.ppm", "bits.pbm", "grey.pgm",
    "grey100.pgm", "grey16.pgm", "grey12.pgm", "rgb.ppm", "rgb16.ppm", "plain.tiff", "lzw.tif",
    "deflate.tiff", "packbits.tiff", "bilevel.tiff", "palette.tiff", "rgba.tiff", "cmyk.tiff",
    "turned.tiff", "grey16.tiff", "rgb16.tiff", "white.tiff", "tiles.tiff", "planes.tiff",
  ]
  static let lossy = ["lossy.webp", "lossy_alpha.webp", "jpeg.tiff"]

  private func expected(_ file: String) throws -> NPYArray {
    try NPZArchive(path: golden("pictures/pixels.npz"))
      .array(String(file.map { $0 == "." ? "_" : $0 }))
  }

  @Test("without loss are Pillow's, bit for bit", arguments: lossless)
  func exact(file: String) throws {
    let image = try ImageFile.read(golden("pictures/\(file)"))
    let expected = try expected(file)
    #expect([image.height, image.width, image.channelCount] == expected.shape)
    #expect(image.pixels == expected.bytes)
  }

  @Test("with loss are Pillow's up to rounding", arguments: lossy)
  func close(file: String) throws {
    let image = try ImageFile.read(golden("pictures/\(file)"))
    let expected = try expected(file)
    #expect([image.height, image.width, image.channelCount] == expected.shape)
    #expect(zip(image.pixels, expected.bytes).allSatisfy { abs(Int($0) - Int($1)) <= 2 })
  }

  @Test("are told apart by their bytes, whatever they are called")
  func names() throws {
    let folder = try TemporaryFolder()
    for (file, name) in [
      ("lossless.webp", "a.png"), ("rgb.ppm", "b.jpg"), ("plain.tiff", "c.jfif"),
    ] {
      try FileManager.default.copyItem(
        atPath: golden("pictures/\(file)"), toPath: "\(folder.path)/\(name)")
    }
    let found = try Pictures.open(folder.path)
    #expect(found.names == ["a.png", "b.jpg", "c.jfif"])
    for (index, file) in ["lossless.webp", "rgb.ppm", "plain.tiff"].enumerated() {
      #expect(try found.picture(at: index, channelCount: 3).pixels == expected(file).bytes)
    }
  }

  @Test("keep grey where their channels are asked for as they are")
  func channels() throws {
    for (file, count) in [("grey.pgm", 1), ("packbits.tiff", 1), ("rgb.ppm", 3), ("cmyk.tiff", 3)] {
      let image = try ImageFile.read(golden("pictures/\(file)"), channelCount: nil)
      #expect(image.channelCount == count, "\(file)")
    }
    let error = try failure(DatasetError.self) {
      _ = try ImageFile.read(golden("pictures/rgb.ppm"), channelCount: 1)
    }
    #expect(error.description.contains("it has colours where grey is needed"))
  }

  @Test(
    "of several frames or pages are refused by name",
    arguments: [
      ("animated.webp", "it is animated"), ("animated.gif", "it is animated"),
      ("pages.tiff", "it has several pages"),
    ])
  func several(file: String, reason: String) throws {
    let error = try failure(DatasetError.self) {
      _ = try ImageFile.read(golden("pictures/\(file)"))
    }
    #expect(error.description.contains("\(file): this "))
    #expect(error.description.contains(reason))
  }

  @Test("that are cut are refused by name", arguments: lossless + lossy)
  func truncated(file: String) throws {
    let whole = try bytes(of: golden("pictures/\(file)"))
    for share in stride(from: 0.0, to: 0.95, by: 0.07) {
      let cut = Array(whole.prefix(Int(Double(whole.count) * share)))
      let error = try failure(DatasetError.self) { _ = try ImageFile.decode(cut, name: file) }
      #expect(error.description.hasPrefix("\(file): "))
    }
  }

  @Test(
    "that are damaged are refused or read, and never end the process", arguments: lossless + lossy)
  func damaged(file: String) throws {
    let whole = try bytes(of: golden("pictures/\(file)"))
    for round in 0..<FuzzTests.roundCount {
      do {
        let image = try ImageFile.decode(FuzzTests.mutated(whole, round: round), name: file)
        #expect(image.pixels.count == image.height * image.width * 3)
      } catch {
        #expect(error.description.hasPrefix("\(file): "))
      }
    }
  }

  @Test("a JPEG with an odd header is read: an unknown revision of JFIF, bytes between markers")
  func oddHeaders() throws {
    let whole = try bytes(of: golden("images/q95_420.jpg"))
    let expected = try ImageFile.decode(whole, name: "a.jpg")
    var revised = whole
    let mark = try #require(whole.indices.first { whole[$0...].starts(with: Array("JFIF\0".utf8)) })
    (revised[mark + 5], revised[mark + 6]) = (0, 0)
    #expect(try ImageFile.decode(revised, name: "a.jpg") == expected)
    revised[mark + 5] = 9
    #expect(try ImageFile.decode(revised, name: "a.jpg") == expected)
    var longer = whole
    longer.insert(contentsOf: [1, 2, 3], at: mark + 14)
    #expect(try ImageFile.decode(longer, name: "a.jpg") == expected)
  }
}

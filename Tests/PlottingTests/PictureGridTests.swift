import Datasets
import Plotting
import Testing

@Suite("Grids of pictures") struct PictureGridTests {
  /// A picture of one colour, 4×4.
  private func picture(_ value: UInt8, channels: Int = 3) -> [UInt8] {
    Array(repeating: value, count: 16 * channels)
  }

  private let colour = ImageShape(height: 4, width: 4, channelCount: 3)

  private func pixel(_ image: RasterImage, _ x: Int, _ y: Int) -> [UInt8] {
    Array(image.pixels[(y * image.width + x) * 3..<(y * image.width + x) * 3 + 3])
  }

  @Test("are as wide as their columns and hold every picture")
  func size() {
    let black = picture(0)
    let image = PictureGrid(
      colour, rows: [[black, black], [black, []]], columnLabels: ["x", "t=0.1"],
      rowLabels: ["first"], title: "A title"
    ).image(scale: 2)
    #expect(image.pixels.count == image.width * image.height * 3)
    let blackCount = stride(from: 0, to: image.pixels.count, by: 3).count { image.pixels[$0] == 0 }
    #expect(blackCount == 3 * 64)
  }

  @Test("enlarge grey and colour pictures", arguments: [1, 3])
  func enlarged(channels: Int) {
    let shape = ImageShape(height: 2, width: 2, channelCount: channels)
    let bytes = (0..<4 * channels).map { UInt8($0 / channels * 10) }
    let image = PictureGrid(shape, rows: [[bytes]]).image(scale: 2)
    // A margin of four pixels, then squares of two.
    #expect(pixel(image, 5, 5) == [0, 0, 0] && pixel(image, 6, 4) == [10, 10, 10])
    #expect(pixel(image, 7, 7) == [30, 30, 30] && pixel(image, 0, 0) == [255, 255, 255])
  }

  @Test("have a distinct glyph for every printable ASCII character and a box for others")
  func glyphs() {
    func drawn(_ character: Character) -> [UInt8] {
      PictureGrid(colour, rows: [], title: String(character)).image().pixels
    }
    let printable = (0x20...0x7E).compactMap { UnicodeScalar($0).map(Character.init) }
    let box = drawn("\u{4E00}")
    #expect(Set(printable.map(drawn)).count == printable.count)
    #expect(!printable.contains { drawn($0) == box })
  }

  @Test("of a dataset have one row per factor, or rows of ten")
  func dataset() throws {
    let scenes = try PictureGrid(of: Scenes3D(), columnCount: 5)
    #expect(scenes.rowLabels == Scenes3D().factorNames)
    #expect(scenes.rows.map(\.count) == scenes.rowLabels.map { _ in 5 })
    let first = try Scenes3D().pixels(at: [
      Scenes3D().index(ofFactors: [0] + Scenes3D().factorSizes.dropFirst().map { $0 / 2 })
    ])
    #expect(scenes.rows[0][0] == first)
    let plain = try PictureGrid(of: Numbered())
    #expect(plain.rows.map(\.count) == [10, 10, 5] && plain.rowLabels.isEmpty)
    #expect(plain.rows[2][4] == [24])
  }
}

/// 25 images of one pixel, without factors.
private struct Numbered: ImageDataset {
  let name = "numbered"
  let imageShape = ImageShape(height: 1, width: 1, channelCount: 1)
  let count = 25
  let checksum = "none"

  func read(
    _ indices: [Int], into pixels: UnsafeMutableBufferPointer<UInt8>
  ) throws(DatasetError) {
    for (place, index) in indices.enumerated() { pixels[place] = UInt8(index) }
  }
}

import Results
import Testing

@Suite("Canvas") struct CanvasTests {
  @Test("fills rectangles and cuts them at the edges")
  func fill() {
    var canvas = Canvas(width: 4, height: 3)
    canvas.fill(x: 2, y: -5, width: 100, height: 6, color: .init(0x102030))
    #expect(canvas[2, 0] == .init(0x102030) && canvas[3, 0] == .init(0x102030))
    #expect(canvas[1, 0] == .white && canvas[2, 1] == .white)
    #expect(canvas.pixels.count == 4 * 3 * 3)
  }

  @Test("ignores what lies outside", arguments: [-1e300, .nan, .infinity, 1e300])
  func outside(position: Double) {
    var canvas = Canvas(width: 8, height: 8)
    canvas.line(from: (position, 1), to: (2, position), color: .ink)
    canvas.band(x: [0, position], lower: [0, 1], upper: [1, 2], color: .ink, opacity: 1)
    canvas.fill(x: -9, y: -9, width: 3, height: 3, color: .ink)
    canvas.text("far away", x: 1000, y: -1000)
    #expect(canvas.pixels.count == 192)
  }

  @Test("draws a horizontal line of the given thickness")
  func line() {
    var canvas = Canvas(width: 9, height: 9)
    canvas.line(from: (0, 4.5), to: (9, 4.5), color: .init(0), thickness: 3)
    #expect((0..<9).map { canvas[4, $0] == .init(0) } == (0..<9).map { (3...5).contains($0) })
  }

  @Test("enlarges grey and colour pictures", arguments: [1, 3])
  func picture(channels: Int) {
    var canvas = Canvas(width: 4, height: 4)
    let bytes = (0..<4 * channels).map { UInt8($0 / channels * 10) }
    canvas.draw(bytes, imageWidth: 2, imageHeight: 2, channelCount: channels, x: 0, y: 0, scale: 2)
    #expect(canvas[1, 1] == .init(0) && canvas[2, 0] == .init(0x0A0A0A))
    #expect(canvas[3, 3] == .init(0x1E1E1E))
  }

  @Test("has a distinct glyph for every printable ASCII character and a box for others")
  func glyphs() {
    func drawn(_ character: Character) -> [UInt8] {
      var canvas = Canvas(width: 6, height: 9)
      canvas.text(String(character), x: 0, y: 0)
      return canvas.pixels
    }
    let printable = (0x20...0x7E).compactMap { UnicodeScalar($0).map(Character.init) }
    let box = drawn("\u{4E00}")
    #expect(Set(printable.map(drawn)).count == printable.count)
    #expect(!printable.contains { drawn($0) == box })
  }

  @Test("grids are as wide as their columns and hold every picture")
  func grid() {
    let black = [UInt8](repeating: 0, count: 48)
    let canvas = PictureGrid(
      imageWidth: 4, imageHeight: 4, rows: [[black, black], [black, []]],
      columnLabels: ["x", "t=0.1"], rowLabels: ["first"], title: "A title"
    ).canvas(scale: 2)
    #expect(canvas.pixels.count == canvas.width * canvas.height * 3)
    let pixelCount = stride(from: 0, to: canvas.pixels.count, by: 3).count {
      canvas.pixels[$0] == 0
    }
    #expect(pixelCount == 3 * 64)
  }
}

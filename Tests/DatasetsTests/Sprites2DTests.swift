import Datasets
import TestSupport
import Testing

@Suite("Built-in sprites") struct Sprites2DTests {
  let sprites = Sprites2D()

  private func image(_ factors: [Int]) throws -> RasterImage {
    try sprites.image(at: sprites.index(ofFactors: factors))
  }

  @Test("factors are those of dSprites")
  func factors() {
    #expect(sprites.factorSizes == [3, 6, 40, 32, 32])
    #expect(sprites.factorSizes.reduce(1, *) == sprites.count)
    #expect(
      sprites.factorNames == ["shape", "scale", "orientation", "position_x", "position_y"])
    #expect(sprites.factors(at: 1) == [0, 0, 0, 0, 1])
  }

  /// Cuts the sprite's square out at a position: its pixels, for all positions the same.
  private func square(_ image: RasterImage, _ x: Int, _ y: Int) -> [UInt8] {
    image.cropped(top: y, left: x, height: 32, width: 32).pixels
  }

  /// Without looking at the index: the position from the centre of mass, which of the 720 sprites from the
  /// pixels around it; a square has a quarter, an ellipse half a turn of orientations.
  @Test("every factor can be read off the pixels")
  func recovery() throws {
    var forms: [[UInt8]: [Int]] = [:]
    var middles: [[UInt8]: (x: Double, y: Double)] = [:]
    for shape in 0..<3 {
      for scale in 0..<6 {
        for turn in 0..<[10, 20, 40][shape] {
          let pixels = square(try image([shape, scale, turn, 0, 0]), 0, 0)
          #expect(forms[pixels] == nil, "\(shape), \(scale), \(turn) is like another")
          forms[pixels] = [shape, scale, turn]
          middles[pixels] = middle(pixels, width: 32)
        }
      }
    }
    #expect(forms.count == 6 * (10 + 20 + 40))
    for index in stride(from: 0, to: sprites.count, by: 7919) {
      let factors = sprites.factors(at: index)
      let picture = try sprites.image(at: index)
      let (x, y) = (factors[3], factors[4])
      let pixels = square(picture, x, y)
      let found = try #require(forms[pixels], "\(factors)")
      #expect(found == [factors[0], factors[1], factors[2] % [10, 20, 40][factors[0]]])
      let whole = middle(picture.pixels, width: 64)
      let own = try #require(middles[pixels])
      #expect(abs(whole.x - own.x - Double(x)) < 1e-9 && abs(whole.y - own.y - Double(y)) < 1e-9)
      // Nothing lies outside the square, and nothing is cut off at its border.
      #expect(
        picture.pixels.reduce(0) { $0 + Int($1) } == pixels.reduce(0) { $0 + Int($1) })
      #expect((0..<32).allSatisfy { pixels[$0] == 0 && pixels[31 * 32 + $0] == 0 })
      #expect((0..<32).allSatisfy { pixels[32 * $0] == 0 && pixels[32 * $0 + 31] == 0 })
    }
  }

  private func middle(_ pixels: [UInt8], width: Int) -> (x: Double, y: Double) {
    var (x, y, sum) = (0.0, 0.0, 0.0)
    for (place, value) in pixels.enumerated() where value > 0 {
      x += Double(place % width) * Double(value)
      y += Double(place / width) * Double(value)
      sum += Double(value)
    }
    return (x / sum, y / sum)
  }

  @Test("edges are antialiased and the inside is white")
  func coverage() throws {
    let pixels = try image([1, 5, 3, 16, 16]).pixels
    let inside = pixels.count { $0 == 255 }
    let edge = pixels.count { $0 > 0 && $0 < 255 }
    // An ellipse of 12 by 6.5 pixels covers 245 of them.
    #expect((180...245).contains(inside) && (40...120).contains(edge))
    let area = pixels.reduce(0) { $0 + Double($1) } / 255
    #expect(abs(area - 3.14159265 * 12 * 6.5) < 2)
  }

  @Test("drawing does not depend on the order or the company of images")
  func determinism() throws {
    let indices = [0, 737_279, 345_678, 12, 345_678]
    let together = try sprites.pixels(at: indices)
    let size = sprites.imageShape.byteCount
    for (place, index) in indices.enumerated() {
      let alone = try Sprites2D().image(at: index).pixels
      #expect(Array(together[place * size..<(place + 1) * size]) == alone)
    }
  }

  @Test("the correlated scenes are a part of the scenes, and their hues occur together")
  func correlation() throws {
    let part = try #require(
      try DatasetCatalog.open("scenes3d-correlated", dataDirectory: "/nowhere")
        as? any FactorDataset)
    #expect(part.factorSizes == [10, 10, 10, 8, 4, 15])
    #expect((100_000..<300_000).contains(part.count))
    var (product, squares) = (0.0, 0.0)
    for index in stride(from: 0, to: part.count, by: 97) {
      let factors = part.factors(at: index)
      product += (Double(factors[0]) - 4.5) * (Double(factors[1]) - 4.5)
      squares += (Double(factors[0]) - 4.5) * (Double(factors[0]) - 4.5)
    }
    #expect(product / squares > 0.6)
  }
}

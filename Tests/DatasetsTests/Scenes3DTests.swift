import Datasets
import TestSupport
import Testing

@Suite("Built-in scenes") struct Scenes3DTests {
  let scenes = Scenes3D()
  /// The factors the tests vary one at a time.
  static let middle = [0, 3, 6, 4, 1, 7]

  func image(_ changes: [Int: Int]) throws -> RasterImage {
    var factors = Self.middle
    for (factor, value) in changes { factors[factor] = value }
    return try scenes.image(at: scenes.index(ofFactors: factors))
  }

  @Test("factors are those of Shapes3D")
  func factors() {
    #expect(scenes.factorSizes == [10, 10, 10, 8, 4, 15])
    #expect(scenes.factorSizes.reduce(1, *) == scenes.count)
    #expect(scenes.factors(at: 0) == [0, 0, 0, 0, 0, 0])
    #expect(scenes.factors(at: 1) == [0, 0, 0, 0, 0, 1])
    #expect(scenes.index(ofFactors: [9, 9, 9, 7, 3, 14]) == 479_999)
  }

  @Test("every value of every factor gives another picture", arguments: 0..<6)
  func distinct(factor: Int) throws {
    let images = try (0..<scenes.factorSizes[factor]).map { try image([factor: $0]) }
    for first in images.indices {
      for second in images.indices where second > first {
        let different = zip(images[first].pixels, images[second].pixels).filter {
          abs(Int($0) - Int($1)) > 12
        }
        #expect(different.count > 150, "values \(first) and \(second)")
      }
    }
  }

  @Test("a hue changes the pixels of its own surface alone")
  func locality() throws {
    let reference = try image([:])
    let changed = try (0..<3).map { factor in
      let other = try image([factor: (Self.middle[factor] + 5) % 10])
      return (0..<64 * 64).map { pixel in
        (0..<3).contains { other.pixels[3 * pixel + $0] != reference.pixels[3 * pixel + $0] }
      }
    }
    // Only antialiased edges, a few hundred pixels, belong to two surfaces; hardly any to none.
    let owners = (0..<64 * 64).map { pixel in changed.filter { $0[pixel] }.count }
    #expect(owners.filter { $0 == 0 }.count < 20)
    #expect(owners.filter { $0 > 1 }.count < 400)
    #expect(changed.allSatisfy { $0.filter { $0 }.count > 300 })
  }

  @Test("drawing does not depend on the order or the company of images")
  func determinism() throws {
    let indices = [0, 479_999, 123_456, 77, 123_456]
    let together = try scenes.pixels(at: indices)
    let size = scenes.imageShape.byteCount
    for (place, index) in indices.enumerated() {
      let alone = try Scenes3D().image(at: index).pixels
      #expect(Array(together[place * size..<(place + 1) * size]) == alone)
    }
  }

  /// Golden: recorded from this renderer; the version in `checksum` changes when it does.
  ///
  /// One level of difference is allowed for other mathematical libraries.
  @Test("the pictures are those of version 1")
  func golden() throws {
    let indices = (0..<24).map { $0 * 20_011 % scenes.count }
    let images = try indices.map { try scenes.image(at: $0) }
    let sheet = try ImageFile.read(DatasetsTests.golden("scenes3d-v1.png"))
    // Eight in a row, two pixels between them.
    for (place, image) in images.enumerated() {
      let expected = sheet.cropped(
        top: 2 + place / 8 * (image.height + 2), left: 2 + place % 8 * (image.width + 2),
        height: image.height, width: image.width)
      #expect(zip(image.pixels, expected.pixels).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
    }
  }
}

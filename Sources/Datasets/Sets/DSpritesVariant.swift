import BenchSupport

/// dSprites in colour, on noise, or on a painting, after disentanglement_lib's variants.
///
/// disentanglement_lib draws colours and backgrounds anew whenever it samples; here they are a
/// function of the image's index, so that a dataset is one dataset. Their distributions are the same.
public struct DSpritesVariant: FactorDataset {
  /// What surrounds or colours the sprite.
  public enum Kind: Sendable {
    /// Every sprite in one colour, each channel uniform in 0.5…1.
    case color
    /// Uniform noise, independent for every sample, outside the sprite.
    case noise
    /// A random part of a painting with a random tint; the sprite inverts it. The painting is scaled
    /// to fit 350×274 with Pillow's bicubic filter.
    case scream(RasterImage)
  }

  /// The name in the catalog.
  public let name: String
  /// 64×64×3.
  public let imageShape: ImageShape
  private let base: GridDataset
  private let kind: Kind

  init(_ base: GridDataset, _ kind: Kind, name: String) {
    self.base = base
    self.name = name
    imageShape = ImageShape(
      height: base.imageShape.height, width: base.imageShape.width, channelCount: 3)
    if case .scream(let painting) = kind {
      let scale = min(350 / Double(painting.width), 274 / Double(painting.height))
      self.kind = .scream(
        painting.resized(
          height: max(1, Int((Double(painting.height) * scale).rounded())),
          width: max(1, Int((Double(painting.width) * scale).rounded())), filter: .bicubic))
    } else {
      self.kind = kind
    }
  }

  /// Those of dSprites.
  public var factorNames: [String] { base.factorNames }
  /// Those of dSprites.
  public var factorSizes: [Int] { base.factorSizes }
  /// That of dSprites.
  public var count: Int { base.count }

  /// The checksum of dSprites, and the variant.
  public var checksum: String {
    switch kind {
    case .color: "\(base.checksum):color:v1"
    case .noise: "\(base.checksum):noise:v1"
    case .scream(let painting):
      "\(base.checksum):scream:v1:\(Digest.of(painting.pixels).prefix(16))"
    }
  }

  /// Draws the images.
  public func read(
    _ indices: [Int], into pixels: UnsafeMutableBufferPointer<UInt8>
  ) throws(DatasetError) {
    checkRequest(indices, pixels)
    let size = imageShape.byteCount
    for (place, index) in indices.enumerated() {
      var generator = Philox(seed: 0xD5, stream: UInt64(index))
      let sprite = try base.pixels(at: [index])
      let image = draw(sprite, &generator)
      _ = UnsafeMutableBufferPointer(rebasing: pixels[place * size..<(place + 1) * size])
        .update(from: image)
    }
  }

  private func draw(_ sprite: [UInt8], _ generator: inout Philox) -> [UInt8] {
    switch kind {
    case .color:
      let color = (0..<3).map { _ in 0.5 + 0.5 * generator.uniform() }
      return sprite.flatMap { value in
        color.map { UInt8((Double(value) * $0).rounded()) }
      }
    case .noise:
      return sprite.flatMap { value -> [UInt8] in
        (0..<3).map { _ in max(value, UInt8((255 * generator.uniform()).rounded())) }
      }
    case .scream(let painting):
      let (height, width) = (imageShape.height, imageShape.width)
      let top = generator.integer(below: painting.height - height)
      let left = generator.integer(below: painting.width - width)
      let tint = (0..<3).map { _ in generator.uniform() }
      let part = painting.cropped(top: top, left: left, height: height, width: width).pixels
      return part.indices.map { sample in
        let value = (Double(part[sample]) / 255 + tint[sample % 3]) / 2
        let isSprite = sprite[sample / 3] == 255
        return UInt8((255 * (isSprite ? 1 - value : value)).rounded())
      }
    }
  }
}

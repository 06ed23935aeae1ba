/// The shape of every image of a dataset: `[height, width, channel]`.
public struct ImageShape: Sendable, Equatable, Hashable, Codable {
  /// Rows.
  public let height: Int
  /// Pixels per row.
  public let width: Int
  /// Samples per pixel: 1 grey, 3 RGB.
  public let channelCount: Int

  /// A shape.
  public init(height: Int, width: Int, channelCount: Int) {
    self.height = height
    self.width = width
    self.channelCount = channelCount
  }

  /// Bytes of one image, one byte per sample.
  public var byteCount: Int { height * width * channelCount }
}

extension ImageShape: CustomStringConvertible {
  /// For instance `64×64×3`.
  public var description: String { "\(height)×\(width)×\(channelCount)" }
}

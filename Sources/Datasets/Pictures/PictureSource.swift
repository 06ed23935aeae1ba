/// Pictures in a fixed order, wherever they lie.
public protocol PictureSource: Sendable {
  /// The files they lie in: for telling whether a cache is stale.
  var files: [String] { get }
  /// The pictures' names, in order.
  var names: [String] { get }
  /// The number of pictures.
  var count: Int { get }
  /// What changes when a picture is replaced by another of its name; empty if ``files`` tell.
  var stamps: [String] { get }
  /// What a user should know about what was found, one sentence each.
  var notes: [String] { get }
  /// What errors call a picture.
  func place(of index: Int) -> String
  /// One picture.
  ///
  /// - Parameters:
  ///   - index: Which one; may be asked for from several threads, fastest in order.
  ///   - channelCount: 1 (grey pictures only) or 3; nil for whichever it has.
  /// - Returns: The picture.
  /// - Throws: ``DatasetError`` if it cannot be read.
  func picture(at index: Int, channelCount: Int?) throws(DatasetError) -> RasterImage
}

extension PictureSource {
  /// Nothing, as for archives.
  public var stamps: [String] { [] }
  /// Nothing.
  public var notes: [String] { [] }
  /// The number of ``names``.
  public var count: Int { names.count }

  /// One picture as RGB.
  func picture(at index: Int) throws(DatasetError) -> RasterImage {
    try picture(at: index, channelCount: 3)
  }
}

/// Pictures that are files of a picture format.
protocol EncodedPictureSource: PictureSource {
  /// One picture's file.
  func bytes(at index: Int) throws(DatasetError) -> [UInt8]
}

extension EncodedPictureSource {
  /// Decodes one picture.
  func picture(at index: Int, channelCount: Int?) throws(DatasetError) -> RasterImage {
    try ImageFile.decode(
      try bytes(at: index), channelCount: channelCount, name: place(of: index))
  }
}

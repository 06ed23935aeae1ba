import BenchSupport

/// Pictures made equal by a named protocol.
///
/// They are decoded once into a pixel cache where that is not too large, else whenever read.
public struct PictureDataset: ImageDataset {
  /// Largest cache that is made: 64 GB.
  static let cacheLimit = 64_000_000_000

  /// The name in the catalog, with the protocol and the side where they are not the default.
  public let name: String
  /// Square, RGB.
  public let imageShape: ImageShape
  /// Identifies the pixels, or the files and the protocol if they are not cached.
  public let checksum: String
  /// The pictures' names in the files they came from, in order.
  public let pictureNames: [String]
  private let cache: StoredPixels?
  private let source: any PictureSource
  private let reading: @Sendable (Int) throws(DatasetError) -> RasterImage

  /// The number of pictures.
  public var count: Int { pictureNames.count }
  /// What was left out of the files, and the like.
  public var notes: [String] { source.notes }

  /// Opens pictures.
  ///
  /// - Parameters:
  ///   - source: The files.
  ///   - request: Which protocol and side.
  ///   - cacheFolder: Where the pixel cache lies or is made; nil to decode whenever read.
  /// - Throws: ``DatasetError`` if there is no picture, or one cannot be read.
  init(
    _ source: any PictureSource, _ request: PictureRequest, cacheFolder: String?
  ) throws(DatasetError) {
    name = request.name
    let shape = ImageShape(height: request.side, width: request.side, channelCount: 3)
    imageShape = shape
    self.source = source
    let names = source.names
    pictureNames = names
    guard !names.isEmpty else {
      throw .contentMismatch(
        file: source.files.first ?? request.name, expected: "pictures (\(PictureEnding.formats))",
        found: "none")
    }
    let reading = { @Sendable (index: Int) throws(DatasetError) -> RasterImage in
      try request.protocol.apply(
        try source.picture(at: index), side: request.side, file: source.place(of: index))
    }
    self.reading = reading
    let recipe = "\(request.protocol.name)@\(request.side):v1"
    let list = Digest.of(Array(names.joined(separator: "\n").utf8))
    guard let cacheFolder, names.count * shape.byteCount <= Self.cacheLimit else {
      cache = nil
      checksum = "names:\(list):\(recipe)"
      return
    }
    let stamps = Digest.of(Array(source.stamps.joined(separator: "\n").utf8))
    let pixels = PixelSource(
      name: request.name, recipe: "\(recipe):\(list):\(stamps)", files: source.files,
      imageShape: shape,
      count: names.count
    ) { (sink) throws(DatasetError) in
      // Several pictures per thread at a time keep all threads busy and memory small.
      let step = 32 * max(1, Parallel.threadCount)
      for first in stride(from: 0, to: names.count, by: step) {
        let images = Parallel.map(min(step, names.count - first)) { place in
          Result { () throws(DatasetError) in try reading(first + place).pixels }
        }
        for image in images {
          try (try image.get()).withBytes { (bytes) throws(DatasetError) in try sink.append(bytes) }
        }
      }
    }
    let opened = try PixelCache.open(pixels, folder: cacheFolder)
    cache = opened
    checksum = opened.checksum
  }

  /// Copies images out of the cache, or decodes them.
  public func read(
    _ indices: [Int], into pixels: UnsafeMutableBufferPointer<UInt8>
  ) throws(DatasetError) {
    checkRequest(indices, pixels)
    if let cache {
      try cache.read(indices, into: pixels)
      return
    }
    let size = imageShape.byteCount
    for (place, index) in indices.enumerated() {
      let image = try reading(index)
      _ = UnsafeMutableBufferPointer(rebasing: pixels[place * size..<(place + 1) * size])
        .update(from: image.pixels)
    }
  }

  /// One image made from its file, whether it is cached or not.
  ///
  /// - Throws: ``DatasetError`` if it cannot be read.
  public func decoded(at index: Int) throws(DatasetError) -> RasterImage { try reading(index) }

  /// The whole picture as it lies in its file.
  ///
  /// - Throws: ``DatasetError`` if it cannot be read.
  public func original(at index: Int) throws(DatasetError) -> RasterImage {
    try source.picture(at: index)
  }
}

/// Pictures with binary attributes.
public struct AttributePictureDataset: AttributeDataset {
  /// The pictures without their attributes.
  public let pictures: PictureDataset
  private let table: AttributeTable

  init(_ pictures: PictureDataset, _ table: AttributeTable) {
    precondition(pictures.count == table.rows.count, "\(table.rows.count) rows of attributes")
    self.pictures = pictures
    self.table = table
  }

  /// The name in the catalog, with the protocol and the side where they are not the default.
  public var name: String { pictures.name }
  /// Square, RGB.
  public var imageShape: ImageShape { pictures.imageShape }
  /// The number of pictures.
  public var count: Int { pictures.count }
  /// What was left out of the files, and the like.
  public var notes: [String] { pictures.notes }
  /// Identifies the pixels.
  public var checksum: String { pictures.checksum }
  /// The pictures' names in the files they came from, in order.
  public var pictureNames: [String] { pictures.pictureNames }
  /// The attributes' names, in the order of the attribute file.
  public var attributeNames: [String] { table.names }

  /// Which attributes a picture has.
  public func attributes(at index: Int) -> [Bool] { table.attributes(at: index) }

  /// Copies images out of the cache, or decodes them.
  public func read(
    _ indices: [Int], into pixels: UnsafeMutableBufferPointer<UInt8>
  ) throws(DatasetError) {
    try pictures.read(indices, into: pixels)
  }
}

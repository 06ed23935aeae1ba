import Datasets
import FoundationEssentials
package import GenerationMetrics
package import MessagePassing
import Torch

/// Reads the sides of a comparison; a network is loaded only if a side holds images.
package struct ImageSideLoader {
  /// The sides and what was noticed on the way.
  package struct Sides {
    /// One per path, in their order.
    package var sides: [GenerationSide] = []
    /// Why images were left out, in their order.
    package var skipped: [String] = []
    /// Where the network's weights came from, if one was needed.
    package var weightsName: String?
    /// Seconds spent on reading images and computing their features, and how many there were.
    package var extractionSeconds = 0.0
    package var imageCount = 0
    /// The sides whose features were computed before, in their order.
    package var fromCache: [String] = []
  }

  package let settings: ImageFeatureSettings
  package let environment: RunEnvironment
  /// Processes that share each side's images.
  package var group = ProcessGroup.alone
  /// The folder with datasets, for sides that are a dataset's name; nil if none may be.
  package var dataDirectory: String?
  /// Whether only statistics are wanted: images are not looked at where their statistics are known.
  package var needsStatisticsAlone = false
  /// Where features that were computed before are kept; nil for nowhere.
  package var cache: FeatureCache?
  /// How the statistics in files were made that do not say so themselves, by path.
  package var statedProtocols: [String: String] = [:]

  /// Describes how sides are read.
  package init(
    settings: ImageFeatureSettings, environment: RunEnvironment,
    group: ProcessGroup = ProcessGroup.alone, dataDirectory: String? = nil
  ) {
    self.settings = settings
    self.environment = environment
    self.group = group
    self.dataDirectory = dataDirectory
  }

  /// Images whose features are to be computed.
  private struct Images {
    let name: String
    let count: Int
    let notes: [String]
    let image: @Sendable (Int) throws -> RasterImage
    /// The file or folder that holds them and nothing else; nil for a dataset.
    var path: String?
    /// Statistics that came with them.
    var statistics: GenerationSide?

    init(_ pictures: any PictureSource, name: String, statistics: GenerationSide? = nil) {
      self.name = name
      path = name
      self.statistics = statistics
      count = pictures.count
      notes = pictures.notes
      image = { index in try pictures.picture(at: index, channelCount: 3) }
    }

    init(_ dataset: any ImageDataset) {
      name = dataset.name
      count = dataset.count
      notes = dataset.notes
      image = { index in try dataset.image(at: index).inColour }
    }
  }

  private enum Source {
    case images(Images)
    case side(GenerationSide)
  }

  /// The sides behind paths: pictures in folders, archives and arrays, names of datasets, files of
  /// features or statistics.
  ///
  /// Files are read first, so that what is wrong with them shows before minutes go into images.
  ///
  /// - Parameters:
  ///   - paths: The sides.
  ///   - loaded: What makes the features, where it is loaded already.
  /// - Returns: The sides in their order; only the main process gets those of images.
  /// - Throws: Errors of files, weights and libtorch.
  package func sides(_ paths: [String], with loaded: FeatureExtractor? = nil) async throws -> Sides
  {
    let sources = try paths.map { try source($0) }
    var result = Sides()
    var extractor = loaded
    for case .images in sources where extractor == nil {
      extractor = try settings.extractor(environment, for: group)
    }
    if let extractor {
      for case .side(let side) in sources {
        try side.requireProtocol(extractor.protocolID, of: "this run")
        if side.protocolID == nil, group.isFirst {
          environment.note(
            """
            note: \(side.name) does not say how its features were made and is taken to be of \(extractor.protocolID); \
            ADM's reference batches are of --protocol tf1
            """)
        }
      }
      result.weightsName = extractor.weightsName
    }
    for source in sources {
      switch source {
      case .side(let side): result.sides.append(side)
      case .images(let images):
        guard let extractor else { continue }
        try await extract(images, extractor, into: &result)
      }
    }
    return result
  }

  // MARK: - What a side is

  private func source(_ path: String) throws -> Source {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      return .images(Images(try dataset(path)))
    }
    guard !isFolder else { return try pictures(path) }
    switch try FileKind(path: path) {
    case .numpy where try !Pictures.isImages(npy: path):
      return .side(try file(path))
    case .zip where try Pictures.holdsArrays(zip: path):
      return try arrays(path)
    default:
      return try pictures(path)
    }
  }

  private func pictures(_ path: String) throws -> Source {
    .images(Images(try Pictures.open(path, range: settings.sampleRange), name: path))
  }

  /// A `.npz` file: features, statistics, images, or images with statistics.
  private func arrays(_ path: String) throws -> Source {
    let archive = try NPZArchive(path: path)
    guard !archive.names.contains("features"),
      let pictures = try Pictures.images(in: archive, range: settings.sampleRange)
    else { return .side(try file(path)) }
    guard GenerationSide.statisticsNames(in: archive) != nil else {
      return .images(Images(pictures, name: path))
    }
    let statistics = try file(path)
    guard !needsStatisticsAlone else { return .side(statistics) }
    return .images(Images(pictures, name: path, statistics: statistics))
  }

  /// Features or statistics, with the protocol that was stated for them if the file states none.
  private func file(_ path: String) throws -> GenerationSide {
    try GenerationSide(path: path).described(protocolID: statedProtocols[path])
  }

  private func dataset(_ name: String) throws -> any ImageDataset {
    guard let dataDirectory, !name.contains("/"), !name.contains(".") else {
      throw DatasetError.cannotRead(path: name, reason: "there is no such folder or file")
    }
    do {
      return try DatasetCatalog.open(name, dataDirectory: dataDirectory)
    } catch DatasetError.unknownDataset(_, let near) {
      let advice =
        near.isEmpty ? "" : "; did you mean the dataset \(near.joined(separator: " or "))?"
      throw DatasetError.cannotRead(
        path: name, reason: "there is no such folder, file or dataset\(advice)")
    }
  }

  // MARK: - Features

  private func extract(
    _ images: Images, _ extractor: FeatureExtractor, into result: inout Sides
  ) async throws {
    if group.isFirst {
      for note in images.notes { environment.note(note) }
    }
    let key = group.isFirst ? cacheKey(images, extractor) : nil
    let found = key.flatMap { cache?.side($0, name: images.name) }
    // What one process finds, none computes.
    if try group.any([found != nil])[0] {
      guard let found else { return }
      environment.note("\(images.name): its features were computed before (--no-cache: anew)")
      result.fromCache.append(images.name)
      result.sides.append(try complete(found, with: images.statistics, extractor))
      return
    }
    let start = ContinuousClock.now
    guard
      let extraction = try await extractor.extract(
        name: images.name, count: images.count, batchSize: settings.batchSize,
        onError: settings.onError, isQuiet: environment.isQuiet, group: group, image: images.image)
    else { return }
    result.extractionSeconds += (ContinuousClock.now - start) / .seconds(1)
    result.imageCount += extraction.side.count ?? 0
    for failure in extraction.skipped { environment.note("left out: \(failure)") }
    result.skipped += extraction.skipped
    result.sides.append(try complete(extraction.side, with: images.statistics, extractor))
    // Without the pictures that were left out, another call would not hear of them.
    if let key, extraction.skipped.isEmpty {
      _ = cache?.keep(extraction.side, key, source: images.name)
    }
  }

  /// The key of a side's features; nil if they are not kept.
  private func cacheKey(_ images: Images, _ extractor: FeatureExtractor) -> String? {
    guard cache != nil, let path = images.path else { return nil }
    // Beyond the protocol, what moves features by rounding: the same call gives the same digits.
    return FeatureCache.key(
      of: path,
      maker: [
        extractor.protocolID, "\(settings.sampleRange, default: "8 bits")", JPEG.decoderName,
        "batch \(settings.batchSize)", "processes \(group.size)", environment.deviceName,
        (try? Libtorch.version()) ?? "no libtorch",
      ])
  }

  /// The features of images together with the statistics that lie beside them, if those are of the same
  /// kind.
  private func complete(
    _ side: GenerationSide, with statistics: GenerationSide?, _ extractor: FeatureExtractor
  ) throws -> GenerationSide {
    guard let statistics else { return side }
    guard statistics.width == side.width else {
      environment.note(
        "\(side.name): its 'mu' and 'sigma' are of \(statistics.width) features, these are \(side.width); only its images are used"
      )
      return side
    }
    if statistics.protocolID == nil {
      environment.note(
        "\(side.name): its 'mu' and 'sigma' do not say how they were made and are taken to be of \(extractor.protocolID); ADM's reference batches are of --protocol tf1"
      )
    }
    return try GenerationSide(images: side, given: statistics)
  }
}

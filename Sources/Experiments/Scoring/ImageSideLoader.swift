import FoundationEssentials
package import GenerationMetrics
package import MessagePassing

/// Reads the sides of a comparison; a network is loaded only if a side is a folder.
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
  }

  package let settings: ImageFeatureSettings
  package let environment: RunEnvironment
  /// Processes that share each folder's images.
  package var group = ProcessGroup.alone

  /// Describes how sides are read.
  package init(
    settings: ImageFeatureSettings, environment: RunEnvironment,
    group: ProcessGroup = ProcessGroup.alone
  ) {
    self.settings = settings
    self.environment = environment
    self.group = group
  }

  private enum Source {
    case folder(ImageFolder)
    case side(GenerationSide)
  }

  /// The sides behind paths: folders of images, files of features or statistics.
  ///
  /// Files are read first, so that what is wrong with them shows before minutes go into folders.
  ///
  /// - Parameters:
  ///   - paths: The sides.
  ///   - loaded: What makes the features, where it is loaded already.
  /// - Returns: The sides in their order; only the main process gets those of folders.
  /// - Throws: Errors of files, weights and libtorch.
  package func sides(_ paths: [String], with loaded: FeatureExtractor? = nil) async throws -> Sides
  {
    let sources = try paths.map { path -> Source in
      var isFolder = false
      let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      return exists && isFolder
        ? .folder(try ImageFolder(path: path)) : .side(try GenerationSide(path: path))
    }
    var result = Sides()
    var extractor = loaded
    for case .folder in sources where extractor == nil {
      extractor = try settings.extractor(environment, for: group)
    }
    if let extractor {
      for case .side(let side) in sources {
        try side.requireProtocol(extractor.protocolID, of: "this run")
      }
      result.weightsName = extractor.weightsName
    }
    for source in sources {
      switch source {
      case .side(let side): result.sides.append(side)
      case .folder(let folder):
        guard let extractor else { continue }
        try await extract(folder, extractor, into: &result)
      }
    }
    return result
  }

  private func extract(
    _ folder: ImageFolder, _ extractor: FeatureExtractor, into result: inout Sides
  ) async throws {
    let start = ContinuousClock.now
    guard
      let extraction = try await extractor.extract(
        folder, batchSize: settings.batchSize, onError: settings.onError,
        isQuiet: environment.isQuiet, group: group)
    else { return }
    result.extractionSeconds += (ContinuousClock.now - start) / .seconds(1)
    result.imageCount += extraction.side.count ?? 0
    for failure in extraction.skipped { environment.note("left out: \(failure)") }
    result.skipped += extraction.skipped
    result.sides.append(extraction.side)
  }
}

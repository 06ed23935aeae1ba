import BenchSupport
public import Datasets
import LinearAlgebra
public import MessagePassing
import Torch

/// Images to features: a network and the way its input is prepared.
public struct FeatureExtractor: Sendable {
  /// The network and what is taken from it.
  public enum Network: Sendable {
    /// Inception-v3; features of `tap`, and with ``InceptionNetwork/Tap/pool3`` also the logits and
    /// the spatial features.
    case inception(InceptionNetwork, ImagePreparation, tap: InceptionNetwork.Tap)
    /// VGG-16.
    case vgg16(VGG16Network, VGGPreparation, tap: VGG16Network.Tap)
    /// A vision transformer of DINOv2: its class token.
    case dinov2(DINOv2Network, DINOv2Preparation)
    /// The visual tower of a CLIP.
    case clip(CLIPNetwork, CLIPPreparation, tap: CLIPNetwork.Tap)
    /// No network: the suite's own descriptor, see ``BenchFeatures``.
    case benchFeatures
  }

  /// What is done about an image that cannot be read.
  public enum ErrorPolicy: String, Sendable, CaseIterable {
    /// The extraction fails with the image's error.
    case stop
    /// The image is left out and named in the result.
    case skip
  }

  /// A set's features and the images that were left out.
  public struct Extraction: Sendable {
    /// The features.
    public let side: GenerationSide
    /// Why images were left out, in their order.
    public let skipped: [String]
  }

  /// The network.
  public let network: Network
  /// Where the weights came from, for instance a path or `random:1`; nil without weights.
  public let weightsName: String?

  /// Takes a network.
  ///
  /// - Parameters:
  ///   - network: The network, the way its input is prepared, and what is taken from it.
  ///   - weightsName: Where its weights came from; nil without weights.
  public init(network: Network, weightsName: String? = nil) {
    self.network = network
    self.weightsName = weightsName
  }

  /// Identifies how features were made; values with different ids cannot be compared.
  ///
  /// Preparation, network with the checksum of its weights (or the seed of random ones), layer, and
  /// crop or side of the input.
  public var protocolID: String {
    func name(_ checksum: String) -> String {
      guard let weightsName, weightsName.hasPrefix(RandomWeights.prefix) else {
        return String(checksum.prefix(12))
      }
      return weightsName
    }
    return switch network {
    case .inception(let network, let preparation, let tap):
      "\(preparation.rawValue)/inception-2015-12-05@\(name(network.checksum))/\(tap.rawValue)/no-crop"
    case .vgg16(let network, let preparation, let tap):
      "\(preparation.rawValue)-224/vgg16@\(name(network.checksum))/\(tap.rawValue)/no-crop"
    case .dinov2(let network, let preparation):
      "\(preparation.rawValue)/\(network.name)@\(name(network.checksum))/cls/\(DINOv2Network.inputSide)"
    case .clip(let network, let preparation, let tap):
      "\(preparation.rawValue)/\(network.name)@\(name(network.checksum))/\(tap.rawValue)\(preparation.normalizesFeatures ? "-l2" : "")/\(network.inputSide)"
    case .benchFeatures: BenchFeatures.name
    }
  }

  /// Extracts the features of pictures.
  ///
  /// - Parameters:
  ///   - pictures: The pictures.
  ///   - name: What errors and results call the set.
  ///   - batchSize: Images per run of the network; values differ by rounding alone.
  ///   - onError: What is done about images that cannot be read.
  ///   - isQuiet: Shows no progress.
  /// - Returns: The features and what was left out.
  /// - Throws: ``GenerationError`` if a picture cannot be read, or none can.
  public func extract(
    _ pictures: any PictureSource, name: String, batchSize: Int = 32,
    onError: ErrorPolicy = .stop, isQuiet: Bool = true
  ) async throws -> Extraction {
    try await extract(
      name: name, count: pictures.count, batchSize: batchSize, onError: onError, isQuiet: isQuiet
    ) { index in try pictures.picture(at: index, channelCount: 3) }
  }

  /// Extracts the features of images from anywhere, which several processes share.
  ///
  /// - Parameters:
  ///   - name: What errors call the set.
  ///   - count: Number of images.
  ///   - batchSize: Images per run of the network; values differ by rounding alone.
  ///   - onError: What is done about images that cannot be read.
  ///   - isQuiet: Shows no progress.
  ///   - group: The processes; all of them call this.
  ///   - image: The RGB image of an index; called from several threads.
  /// - Returns: The features and what was left out; nil in every process but the first.
  /// - Throws: What `image` throws, `TorchError`, `ProcessGroupError`, or ``GenerationError`` if no
  ///   picture is left.
  public func extract(
    name: String, count: Int, batchSize: Int = 32, onError: ErrorPolicy = .stop,
    isQuiet: Bool = true, group: ProcessGroup,
    image: @escaping @Sendable (Int) throws -> RasterImage
  ) async throws -> Extraction? {
    let share = group.share(of: count)
    var (collected, skipped) = try await collect(
      name: name, count: share.count, batchSize: batchSize, onError: onError, isQuiet: isQuiet
    ) { index in try image(share.lowerBound + index) }
    collected = try collected.gathered(by: group)
    let lines = try group.gather(skipped.flatMap { Array($0.utf8) + [0] })
    skipped = lines.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    return group.isFirst ? try extraction(collected, skipped, name: name) : nil
  }

  /// Extracts the features of images from anywhere, for instance a generator.
  ///
  /// While the network runs on one batch, the next is read and prepared.
  ///
  /// - Parameters:
  ///   - name: What errors call the set.
  ///   - count: Number of images.
  ///   - batchSize: Images per run of the network.
  ///   - onError: What is done about images that cannot be read.
  ///   - isQuiet: Shows no progress.
  ///   - image: The RGB image of an index; called from several threads.
  /// - Returns: The features and what was left out.
  /// - Throws: What `image` throws, `TorchError`, or ``GenerationError`` if no picture is left.
  public func extract(
    name: String, count: Int, batchSize: Int = 32, onError: ErrorPolicy = .stop,
    isQuiet: Bool = true, image: @escaping @Sendable (Int) throws -> RasterImage
  ) async throws -> Extraction {
    let (collected, skipped) = try await collect(
      name: name, count: count, batchSize: batchSize, onError: onError, isQuiet: isQuiet,
      image: image)
    return try extraction(collected, skipped, name: name)
  }

  private func extraction(
    _ collected: CollectedFeatures, _ skipped: [String], name: String
  ) throws(GenerationError) -> Extraction {
    guard collected.count > 0 else {
      throw GenerationError.noImages(
        path: name, reason: skipped.first.map { "none of them can be read: \($0)" } ?? "it is empty"
      )
    }
    return Extraction(
      side: try collected.side(name: name, protocolID: protocolID), skipped: skipped)
  }

  @concurrent
  private func collect(
    name: String, count: Int, batchSize: Int, onError: ErrorPolicy, isQuiet: Bool,
    image: @escaping @Sendable (Int) throws -> RasterImage
  ) async throws -> (CollectedFeatures, skipped: [String]) {
    precondition(batchSize > 0, "batches of \(batchSize)")
    var collected = CollectedFeatures()
    var skipped: [String] = []
    var progress = ProgressReporter("features of \(name)", total: count, isQuiet: isQuiet)
    var next = try prepare(0..<min(batchSize, count), onError, Parallel.threadCount, image)
    var position = 0
    while position < count {
      try Task.checkCancellation()
      let current = next
      let start = min(count, position + batchSize)
      let upcoming = start..<min(count, start + batchSize)
      async let following = prepare(upcoming, onError, backgroundThreadCount, image)
      if current.count > 0 { collected.append(try run(current)) }
      skipped += current.failures
      next = try await following
      position = start
      progress.update(position)
    }
    progress.finish()
    return (collected, skipped)
  }

  /// Threads that prepare images while the network runs: few, as the network uses all of them.
  private var backgroundThreadCount: Int {
    if case .benchFeatures = network { return Parallel.threadCount }
    return max(1, Parallel.threadCount / 4)
  }

  // MARK: - One batch

  private struct Batch: Sendable {
    /// The network's input, or the features themselves where there is no network.
    var planes: [Float] = []
    var count = 0
    var failures: [String] = []
  }

  private func prepare(
    _ indices: Range<Int>, _ onError: ErrorPolicy, _ threadCount: Int,
    _ image: @Sendable (Int) throws -> RasterImage
  ) throws -> Batch {
    let results = Parallel.$threadCount.withValue(threadCount) {
      Parallel.map(indices.count) { offset in
        Result { planes(try image(indices.lowerBound + offset)) }
      }
    }
    var batch = Batch()
    for result in results {
      switch result {
      case .success(let planes):
        batch.planes += planes
        batch.count += 1
      case .failure(let error):
        guard onError == .skip else {
          guard let error = error as? DatasetError else { throw error }
          throw GenerationError.unreadablePicture(reason: error.description)
        }
        batch.failures.append("\(error)")
      }
    }
    return batch
  }

  private func planes(_ image: RasterImage) -> [Float] {
    switch network {
    case .inception(_, let preparation, _): preparation.planes(image)
    case .vgg16(_, let preparation, _): preparation.planes(image)
    case .dinov2(_, let preparation): preparation.planes(image)
    case .clip(let network, let preparation, _):
      preparation.planes(image, side: network.inputSide)
    case .benchFeatures: BenchFeatures.features(of: image)
    }
  }

  private func run(_ batch: Batch) throws -> CollectedFeatures {
    var result = CollectedFeatures()
    result.count = batch.count
    switch network {
    case .inception(let network, _, let tap):
      let side = InceptionNetwork.inputSide
      let images = try Tensor(batch.planes, shape: [batch.count, 3, side, side])
      let taps: Set = tap == .pool3 ? [tap, .logits, .spatial] : [tap]
      let outputs = try network.features(of: images, taps: taps)
      result.features = try outputs[tap]?.elements() ?? []
      result.width = tap.width
      result.logits = try outputs[.logits]?.elements() ?? []
      result.spatial = try outputs[.spatial]?.elements() ?? []
    case .vgg16(let network, _, let tap):
      let side = VGG16Network.inputSide
      let images = try Tensor(batch.planes, shape: [batch.count, 3, side, side])
      result.features = try network.features(of: images, tap: tap).elements()
      result.width = VGG16Network.width
    case .dinov2(let network, _):
      let side = DINOv2Network.inputSide
      let images = try Tensor(batch.planes, shape: [batch.count, 3, side, side])
      result.features = try network.features(of: images).elements()
      result.width = network.width
    case .clip(let network, let preparation, let tap):
      let side = network.inputSide
      let images = try Tensor(batch.planes, shape: [batch.count, 3, side, side])
      result.width = network.width(tap)
      result.features = preparation.finished(
        try network.features(of: images, tap: tap).elements(), width: result.width)
    case .benchFeatures:
      result.features = batch.planes
      result.width = BenchFeatures.width
    }
    return result
  }
}

/// Features gathered batch by batch.
private struct CollectedFeatures: Sendable {
  var count = 0
  var width = 0
  var features: [Float] = []
  var logits: [Float] = []
  var spatial: [Float] = []

  mutating func append(_ other: CollectedFeatures) {
    count += other.count
    width = other.width
    features += other.features
    logits += other.logits
    spatial += other.spatial
  }

  /// Those of all processes, for the first; nothing for the others.
  func gathered(by group: ProcessGroup) throws(ProcessGroupError) -> CollectedFeatures {
    var all = CollectedFeatures()
    all.features = try group.gather(features)
    all.logits = try group.gather(logits)
    all.spatial = try group.gather(spatial)
    all.count = try group.gather([Float(count)]).reduce(0) { $0 + Int($1) }
    all.width = all.count > 0 ? all.features.count / all.count : 0
    return all
  }

  func side(name: String, protocolID: String) throws(GenerationError) -> GenerationSide {
    func matrix(_ elements: [Float]) -> Matrix<Float>? {
      guard !elements.isEmpty else { return nil }
      return Matrix(
        rowCount: count, columnCount: elements.count / count, elements: elements)
    }
    let main = Matrix(rowCount: count, columnCount: width, elements: features)
    let spatialSet: FeatureSet?
    if let spatial = matrix(spatial) {
      spatialSet = try FeatureSet(name: name, features: spatial)
    } else {
      spatialSet = nil
    }
    return GenerationSide(
      features: try FeatureSet(name: name, features: main), logits: matrix(logits),
      spatial: spatialSet, protocolID: protocolID)
  }
}

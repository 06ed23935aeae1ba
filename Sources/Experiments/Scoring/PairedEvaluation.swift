import BenchSupport
package import Datasets
import FoundationEssentials
package import GenerationMetrics
import Torch

/// How close pictures are to originals of the same names: PSNR, SSIM and, where there are weights, LPIPS.
package struct PairedEvaluation {
  /// The mean of one measure.
  package enum Outcome: Equatable {
    /// The mean over the pairs.
    case mean(Double)
    /// Why there is none.
    case missing(String)
  }

  /// Number of pairs.
  package let count: Int
  /// The mean over the pairs of the peak signal-to-noise ratio, in decibel.
  package let psnr: Outcome
  /// The ratio of the squared error averaged over all samples of all pairs, in decibel.
  package let psnrOfMeanError: Outcome
  /// The mean structural similarity.
  package let ssim: Outcome
  /// The mean learned perceptual distance.
  package let lpips: Outcome
  /// How LPIPS was computed; nil if it was not.
  package let lpipsProtocol: String?

  /// Computes the measures.
  ///
  /// - Parameters:
  ///   - originals: The reference pictures.
  ///   - pictures: Pictures of the same names and sizes.
  ///   - names: What errors call the two sides.
  ///   - distance: The learned distance, or why there is none.
  ///   - isQuiet: Shows no progress.
  /// - Throws: ``PairError`` if names or sizes disagree, `DatasetError` if a picture cannot be read, and
  ///   `TorchError`.
  package init(
    _ originals: any PictureSource, _ pictures: any PictureSource, names: (String, String),
    distance: LearnedDistance, isQuiet: Bool = true
  ) throws {
    let partners = try Self.partners(originals, pictures, names)
    var progress = ProgressReporter("pairs", total: partners.count, isQuiet: isQuiet)
    var sums = Sums()
    let batchSize = 32
    for start in stride(from: 0, to: partners.count, by: batchSize) {
      let batch = start..<min(partners.count, start + batchSize)
      let pairs = try Parallel.tryMap(batch.count) { offset in
        let index = start + offset
        return try Pair(
          original: originals.picture(at: partners[index], channelCount: 3),
          picture: pictures.picture(at: index, channelCount: 3), place: pictures.place(of: index),
          originalPlace: originals.place(of: partners[index]))
      }
      for pair in pairs { sums.add(pair) }
      if case .network(let measure, _) = distance, sums.smallestSide >= 16 {
        sums.lpips += try Self.distances(pairs, measure).reduce(0, +)
      }
      progress.update(batch.upperBound)
    }
    progress.finish()
    let total = Double(partners.count)
    count = partners.count
    let equal =
      "\(sums.equalCount) of \(partners.count) pairs are equal, and their ratio is infinite"
    psnr = sums.equalCount > 0 ? .missing(equal) : .mean(sums.psnr / total)
    let error = sums.squaredError / sums.sampleCount
    psnrOfMeanError =
      error > 0
      ? .mean(PixelMetrics.peakSignalToNoiseRatio(ofSquaredError: error, peak: 255))
      : .missing("all pairs are equal, and their ratio is infinite")
    func smallest(_ needed: Int) -> String {
      "a picture is only \(sums.smallestSide) pixels wide or high, and \(needed) are needed"
    }
    ssim = sums.smallestSide < 11 ? .missing(smallest(11)) : .mean(sums.ssim / total)
    switch distance {
    case .missing(let reason):
      lpips = .missing(reason)
      lpipsProtocol = nil
    case .network(_, let name):
      lpips = sums.smallestSide < 16 ? .missing(smallest(16)) : .mean(sums.lpips / total)
      lpipsProtocol = name
    }
  }

  /// The measures with the names and protocols of records.
  package var measures: [(name: String, protocolID: String, outcome: Outcome)] {
    [
      ("psnr", "8-bit RGB, peak 255, mean over pairs", psnr),
      ("psnr:of-mse", "8-bit RGB, peak 255, of the mean squared error", psnrOfMeanError),
      (
        "ssim",
        "8-bit RGB, Gaussian window 11, deviation 1.5, biased moments, mean over channels and pairs",
        ssim
      ), ("lpips", lpipsProtocol ?? "lpips-0.1/vgg16", lpips),
    ]
  }

  // MARK: - Pairs

  /// The place of the original of every picture.
  private static func partners(
    _ originals: any PictureSource, _ pictures: any PictureSource, _ names: (String, String)
  ) throws(PairError) -> [Int] {
    let places = Dictionary(
      originals.names.enumerated().map { ($0.element, $0.offset) }
    ) { first, _ in first }
    let alone = pictures.names.filter { places[$0] == nil }
    if let first = alone.first {
      throw .noPartner(
        name: first, side: names.1, other: names.0, count: alone.count, total: pictures.count)
    }
    let known = Set(pictures.names)
    let left = originals.names.filter { !known.contains($0) }
    if let first = left.first {
      throw .noPartner(
        name: first, side: names.0, other: names.1, count: left.count, total: originals.count)
    }
    return pictures.names.compactMap { places[$0] }
  }

  private struct Pair: Sendable {
    let original: RasterImage
    let picture: RasterImage
    let squaredError: Double
    let ssim: Double

    init(
      original: RasterImage, picture: RasterImage, place: String, originalPlace: String
    ) throws(PairError) {
      guard original.shape == picture.shape else {
        throw .otherSize(
          file: place, found: picture.shape, other: originalPlace, expected: original.shape)
      }
      self.original = original
      self.picture = picture
      squaredError = PixelMetrics.meanSquaredError(original, picture)
      ssim =
        min(original.height, original.width) < 11
        ? 0 : PixelMetrics.structuralSimilarity(original, picture)
    }
  }

  private struct Sums {
    var psnr = 0.0
    var ssim = 0.0
    var lpips = 0.0
    var squaredError = 0.0
    var sampleCount = 0.0
    var equalCount = 0
    var smallestSide = Int.max

    mutating func add(_ pair: Pair) {
      let samples = Double(pair.picture.pixels.count)
      squaredError += pair.squaredError * samples
      sampleCount += samples
      smallestSide = min(smallestSide, pair.picture.height, pair.picture.width)
      ssim += pair.ssim
      if pair.squaredError == 0 {
        equalCount += 1
      } else {
        psnr += PixelMetrics.peakSignalToNoiseRatio(ofSquaredError: pair.squaredError, peak: 255)
      }
    }
  }

  /// The learned distances of pairs, those of one size together.
  private static func distances(
    _ pairs: [Pair], _ measure: PerceptualDistance
  ) throws -> [Double] {
    var distances: [Double] = []
    var start = 0
    while start < pairs.count {
      var end = start
      while end < pairs.count && pairs[end].picture.shape == pairs[start].picture.shape { end += 1 }
      let part = pairs[start..<end]
      distances += try measure(part.map(\.original), part.map(\.picture))
      start = end
    }
    return distances
  }
}

/// The network behind LPIPS, or why it is not there.
package enum LearnedDistance {
  /// The distance and its protocol.
  case network(PerceptualDistance, protocolID: String)
  /// Why there is none.
  case missing(String)

  /// The distance, if there is one.
  package var network: PerceptualDistance? {
    if case .network(let distance, _) = self { distance } else { nil }
  }

  /// Its protocol.
  package var protocolID: String? {
    if case .network(_, let protocolID) = self { protocolID } else { nil }
  }

  /// Loads VGG-16 and the linear layers from the usual places; weights that are not there are a reason.
  ///
  /// - Parameters:
  ///   - weights: VGG-16's file, or nil to look where it usually lies.
  ///   - environment: Device and cache.
  /// - Throws: `WeightError` if a file that was named cannot be used, and `TorchError`.
  package init(weights: String?, environment: RunEnvironment) throws {
    let variables = ProcessInfo.processInfo.environment
    func source(_ known: KnownWeights, _ choice: String?) throws(WeightError) -> any WeightSource {
      try known.source(choice, environment: variables, cacheRoot: environment.cacheRoot)
    }
    let vgg: any WeightSource
    let layers: any WeightSource
    do {
      vgg = try source(.vgg16, weights)
      layers = try source(.lpips, nil)
    } catch WeightError.missing(let network, let looked, let advice) {
      self = .missing("\(WeightError.missing(network: network, looked: looked, advice: advice))")
      return
    }
    let device = try environment.openDevice()
    let network = try VGG16Network(weights: vgg, isConvolutional: true, device: device)
    let name =
      vgg.name.hasPrefix(RandomWeights.prefix) ? vgg.name : String(network.checksum.prefix(12))
    self = .network(
      try PerceptualDistance(network: network, weights: layers, device: device),
      protocolID: "lpips-0.1/vgg16@\(name)")
  }
}

/// What keeps two sets of pictures from being pairs.
package enum PairError: Error, Equatable, CustomStringConvertible {
  /// A picture has no partner of its name.
  case noPartner(name: String, side: String, other: String, count: Int, total: Int)
  /// A picture has another size than its partner.
  case otherSize(file: String, found: ImageShape, other: String, expected: ImageShape)

  /// One sentence: where, what is wrong, and what to do.
  package var description: String {
    switch self {
    case .noPartner(let name, let side, let other, let count, let total):
      """
      \(side): \(count) of \(total) pictures have no partner of their name in \(other), the first is '\(name)'; \
      pairs must have equal names below both folders.
      """
    case .otherSize(let file, let found, let other, let expected):
      """
      \(file): a picture of \(found), and \(other) of \(expected); pairs must be of one size, so resize one of \
      them.
      """
    }
  }
}

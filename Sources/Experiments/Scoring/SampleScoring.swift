package import BenchSupport
package import Datasets
package import GenerationMetrics

/// Scores samples against a dataset, all under one protocol.
package struct SampleScoring {
  /// One set of samples, scored.
  package struct Scores {
    /// The samples' features.
    package let side: GenerationSide
    /// Objects for the result record, by metric.
    package let metrics: [String: JSONValue]
  }

  /// The dataset's images whose features ``training`` holds.
  package let trainingIndices: [Int]
  /// Features of the dataset's images, for neighbours and, mostly, as the reference set.
  package let training: GenerationSide
  /// Features of images that no stage was trained on.
  private let heldOut: GenerationSide?
  private let reference: GenerationSide
  private let extractor: FeatureExtractor
  private let environment: RunEnvironment

  /// The id of how features are made.
  package var protocolID: String { extractor.protocolID }

  /// Computes the features of the reference set and, where samples are compared with them, of the held-out images.
  package init(
    _ settings: SampleSettings, _ preset: Preset, extractor: FeatureExtractor,
    dataset: any ImageDataset, split: HeldOutSplit? = nil, comparesHeldOut: Bool = true,
    environment: RunEnvironment
  ) async throws {
    self.extractor = extractor
    self.environment = environment
    func side(_ name: String, _ indices: [Int]) async throws -> GenerationSide {
      try await extractor.extract(
        name: name, count: indices.count, batchSize: settings.features.batchSize,
        isQuiet: environment.isQuiet
      ) { place in try dataset.image(at: indices[place]).inColour }.side
    }
    let wanted = settings.referenceCount ?? preset.referenceCount
    if let split {
      trainingIndices = Self.indices(wanted, of: split.training.count)
        .map { split.training.indices[$0] }
      heldOut =
        comparesHeldOut ? try await side(split.heldOut.name, split.heldOut.indices) : nil
    } else {
      trainingIndices = Self.indices(wanted, of: dataset.count)
      heldOut = nil
    }
    training = try await side(dataset.name, trainingIndices)
    guard let path = settings.reference else {
      reference = training
      return
    }
    reference = try await ImageSideLoader(settings: settings.features, environment: environment)
      .sides([path], with: extractor).sides[0]
    try reference.requireProtocol(extractor.protocolID, of: "this run")
  }

  /// Distinct images of a dataset, all in order where there are no more than wanted, else drawn.
  private static func indices(_ wanted: Int, of count: Int) -> [Int] {
    var indices = Array(0..<count)
    guard wanted < count else { return indices }
    var generator = Philox(seed: 0, stream: 0x5EF0_0000)
    for place in 0..<wanted {
      indices.swapAt(place, place + generator.integer(below: count - place))
    }
    return Array(indices.prefix(wanted))
  }

  /// Whether values are FID: Inception's features with real weights.
  private var isFID: Bool {
    guard case .inception = extractor.network else { return false }
    return extractor.weightsName?.hasPrefix(RandomWeights.prefix) == false
  }

  /// Scores the first of some pictures.
  ///
  /// - Parameters:
  ///   - pictures: The samples.
  ///   - name: What results call them.
  ///   - count: How many, at most.
  ///   - seed: The run's seed, which the metrics' random choices follow from.
  ///   - comparesHeldOut: Whether what made the samples has not seen the held-out images either.
  /// - Returns: The scores.
  /// - Throws: Errors of files and ``GenerationError``.
  package func scores(
    of pictures: any PictureSource, name: String, count: Int, seed: UInt64,
    comparesHeldOut: Bool
  ) async throws -> Scores {
    let count = min(count, pictures.count)
    if count < pictures.count {
      environment.note(
        """
        note: \(name): the first \(count) of \(pictures.count) pictures are scored, in the order of their names; \
        --samples \(pictures.count) scores all
        """)
    }
    let side = try await extractor.extract(
      name: name, count: count, isQuiet: environment.isQuiet
    ) { index in try pictures.picture(at: index, channelCount: 3) }.side
    var options = GenerationOptions()
    options.seed = seed
    var metrics = try records(
      GenerationEvaluation(reference: reference, generated: side, options: options),
      against: reference, count: count)
    if comparesHeldOut, let heldOut {
      if let held = heldOut.count, held < count {
        environment.note(
          """
          note: \(count) samples and \(held) held-out images: Fréchet distances of fewer images are larger, so that \
          the ratio of real images to real images is below 1; --samples \(held) makes the counts equal
          """)
      }
      // Whatever else the reference is: copies are copies of training images.
      let evaluation = try GenerationEvaluation(
        reference: training, generated: side, heldOut: heldOut,
        metrics: GenerationMetric.ofMemorisation, options: options)
      if let overlap = evaluation.heldOutOverlap, overlap > 0 {
        environment.note(
          "note: \(overlap) of \(heldOut.name)'s images have the same features as one trained on")
      }
      metrics.merge(records(evaluation, against: training, heldOut, count: count)) { $1 }
    }
    if let features = side.features, let images = training.features {
      metrics["nearest"] = nearestRecord(features, images)
    }
    return Scores(side: side, metrics: metrics)
  }

  /// Records of an evaluation's values, and why others are missing.
  private func records(
    _ evaluation: GenerationEvaluation, against reference: GenerationSide,
    _ heldOut: GenerationSide? = nil, count: Int
  ) -> [String: JSONValue] {
    var metrics: [String: JSONValue] = [:]
    func add(_ fields: [String: JSONValue], _ metric: GenerationMetric, _ name: String) {
      var members = metric.description.members.merging(fields) { $1 }
      members["protocol"] = .string(protocolID)
      members["generated_count"] = .integer(count)
      // A Fréchet distance to moments that came with the images is one to whatever these are of.
      let moments = metric.needsStatisticsAlone ? reference.givenStatistics : nil
      members["reference_count"] =
        (moments.map(\.count) ?? reference.count).map { .integer($0) } ?? .null
      members["reference"] = .string(reference.name)
      if let heldOutCount = heldOut?.count { members["held_out_count"] = .integer(heldOutCount) }
      metrics[name] = .object(members)
    }
    for (metric, value) in evaluation.values {
      guard let name = recordName(metric) else { continue }
      add(value.details.merging(["value": .number(value.value)]) { $1 }, metric, name)
    }
    let missing = evaluation.skipped.merging(evaluation.failed) { $1 }
    for (metric, reason) in missing.sorted(by: { $0.key.name < $1.key.name }) {
      guard let name = recordName(metric) else { continue }
      environment.note("without \(name): \(reason)")
      add(["value": .null, "reason": .string(reason)], metric, name)
    }
    return metrics
  }

  private func nearestRecord(_ samples: FeatureSet, _ images: FeatureSet) -> JSONValue {
    var members = RunMetrics.nearest.members
    members["protocol"] = .string(protocolID)
    members["reference_count"] = .integer(images.count)
    members["estimator"] = """
      median distance of a sample to the nearest training image over that of a training image to \
      the nearest other, 200 of each; near 0 for copies
      """
    if let ratio = NearestImages(images.features).distanceRatio(of: samples.features) {
      members["value"] = .number(ratio)
    } else {
      members["value"] = .null
      members["reason"] =
        "half of the training images have an equal among them, or there is one alone"
    }
    return .object(members)
  }

  /// What a metric is called in records; nil for those that these features say nothing with.
  private func recordName(_ metric: GenerationMetric) -> String? {
    isFID ? metric.name : metric.nameWithOtherFeatures
  }
}

extension RasterImage {
  /// The image with three channels.
  package var inColour: RasterImage {
    guard channelCount == 1 else { return self }
    return RasterImage(
      height: height, width: width, channelCount: 3, pixels: pixels.flatMap { [$0, $0, $0] })
  }
}

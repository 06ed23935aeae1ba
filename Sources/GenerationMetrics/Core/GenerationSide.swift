package import Datasets
public import LinearAlgebra

/// One side of a comparison: features, or statistics alone, and how they were made.
public struct GenerationSide: Sendable {
  /// What errors and results call it, for instance its path.
  public let name: String
  /// The features; nil if only statistics are known.
  public let features: FeatureSet?
  /// The classifier's logits, `[image, class]`, for the inception score.
  public let logits: Matrix<Float>?
  /// Features with places, for spatial FID.
  public let spatial: FeatureSet?
  /// The statistics as they were read; nil if they are computed from the features.
  public let givenStatistics: FeatureStatistics?
  /// Statistics of features with places as they were read; nil if they are computed from ``spatial``.
  public let spatialStatistics: FeatureStatistics?
  /// The id of the protocol that made the features; nil if the file does not say.
  public let protocolID: String?

  /// Takes features.
  ///
  /// - Parameters:
  ///   - features: The features.
  ///   - logits: The classifier's logits of the same images.
  ///   - spatial: Features with places of the same images.
  ///   - protocolID: How the features were made.
  public init(
    features: FeatureSet, logits: Matrix<Float>? = nil, spatial: FeatureSet? = nil,
    protocolID: String? = nil
  ) {
    name = features.name
    self.features = features
    self.logits = logits
    self.spatial = spatial
    givenStatistics = nil
    spatialStatistics = nil
    self.protocolID = protocolID
  }

  /// Takes statistics.
  ///
  /// - Parameters:
  ///   - statistics: Mean and covariance.
  ///   - spatial: Those of features with places.
  ///   - protocolID: How the features behind them were made.
  public init(
    statistics: FeatureStatistics, spatial: FeatureStatistics? = nil, protocolID: String? = nil
  ) {
    name = statistics.name
    features = nil
    logits = nil
    self.spatial = nil
    givenStatistics = statistics
    spatialStatistics = spatial
    self.protocolID = protocolID
  }

  /// A set of which some images and the statistics of more are known, as in ADM's reference batches:
  /// what looks at statistics alone takes the given ones.
  ///
  /// - Parameters:
  ///   - images: Features of the images.
  ///   - given: The statistics.
  /// - Throws: ``GenerationError`` if they are of different protocols.
  public init(images: GenerationSide, given: GenerationSide) throws(GenerationError) {
    try given.requireProtocol(images.protocolID, of: "this run")
    name = images.name
    features = images.features
    logits = images.logits
    spatial = images.spatial
    givenStatistics = given.givenStatistics
    spatialStatistics = given.spatialStatistics
    protocolID = images.protocolID
  }

  /// Number of images, where known.
  public var count: Int? { features?.count ?? givenStatistics?.count }

  /// Number of features per image.
  public var width: Int { features?.width ?? givenStatistics?.mean.count ?? 0 }

  /// Mean and covariance, read or computed.
  ///
  /// - Throws: ``GenerationError/tooFewSamples(set:found:needed:metric:)``.
  public func statistics() throws(GenerationError) -> FeatureStatistics {
    if let givenStatistics { return givenStatistics }
    guard let features else { throw .noFeatures(file: name, found: []) }
    return try features.statistics()
  }
}

extension GenerationSide {
  /// Refuses to be compared with features made in another way; a file that does not say how its
  /// features were made is taken at its word.
  ///
  /// - Parameters:
  ///   - other: The other protocol's id; nil if it is not known.
  ///   - name: What the error calls the other side.
  /// - Throws: ``GenerationError/protocolMismatch(first:firstProtocol:second:secondProtocol:)``.
  public func requireProtocol(
    _ other: String?, of name: String
  ) throws(GenerationError) {
    guard let protocolID, let other, !Self.agree(protocolID, other) else { return }
    throw .protocolMismatch(
      first: self.name, firstProtocol: protocolID, second: name, secondProtocol: other)
  }
}

extension GenerationSide {
  /// Whether two protocols are one; `*` stands for any checksum of weights, but not for random ones.
  private static func agree(_ first: String, _ second: String) -> Bool {
    guard first != second else { return true }
    let parts = [first, second].map { $0.split(separator: "/") }
    guard parts[0].count == parts[1].count else { return false }
    return zip(parts[0], parts[1]).allSatisfy { left, right in
      if left == right { return true }
      let names = [left, right].map { $0.split(separator: "@", maxSplits: 1) }
      guard names.allSatisfy({ $0.count == 2 }), names[0][0] == names[1][0] else { return false }
      let marks = names.map { $0[1] }
      return marks.contains("*") && !marks.contains { $0.hasPrefix(RandomWeights.prefix) }
    }
  }

  /// The same set under another name, and of a protocol that its file does not state.
  ///
  /// - Parameters:
  ///   - name: What errors and results call it; nil for the name it has.
  ///   - protocolID: How the features were made, if it does not say itself.
  /// - Returns: The set.
  /// - Throws: ``GenerationError`` if a value is not finite.
  public func described(
    name: String? = nil, protocolID: String? = nil
  ) throws(GenerationError) -> GenerationSide {
    let name = name ?? self.name
    let protocolID = self.protocolID ?? protocolID
    guard let features else {
      guard let given = givenStatistics else { return self }
      return GenerationSide(
        statistics: FeatureStatistics(
          name: name, mean: given.mean, trustedCovariance: given.covariance, count: given.count),
        spatial: spatialStatistics, protocolID: protocolID)
    }
    return GenerationSide(
      features: try features.named(name), logits: logits, spatial: try spatial?.named(name),
      protocolID: protocolID)
  }
}

/// Files of features and statistics.
extension GenerationSide {
  /// Reads a file of features or of statistics.
  ///
  /// A `.npz` file holds `features` `[image, feature]`, perhaps with `logits`, or `mu` and `sigma`, also called
  /// `mean` and `cov` or `m` and `s`, perhaps with ADM's `mu_s` and `sigma_s`; one with both is read as
  /// features. A `.npy` file holds features. Axes of size 1 before a mean or covariance and behind features
  /// are dropped.
  ///
  /// - Parameter path: The file.
  /// - Throws: `DatasetError` if it cannot be read, ``GenerationError`` if what it holds is not
  ///   features or statistics.
  public init(path: String) throws {
    if try FileKind(path: path) == .numpy {
      self.init(features: try Self.featureSet(NPYArray(path: path), path: path))
      return
    }
    let archive = try NPZArchive(path: path)
    // What is only said of the numbers never makes them unreadable.
    let protocolID = try? archive.arrayIfPresent("protocol")?.texts().first
    if let array = try archive.arrayIfPresent("features") {
      let features = try Self.featureSet(array, path: path)
      let logits = try archive.arrayIfPresent("logits").map { array in
        try Self.matrix(array, path: path, name: "logits", elements: array.floats())
      }
      if let logits, logits.rowCount != features.count {
        throw GenerationError.shapeMismatch(
          set: path, array: "logits", expected: "[\(features.count), class] as 'features' has",
          found: [logits.rowCount, logits.columnCount])
      }
      let spatial = try archive.arrayIfPresent("spatial").map { array in
        try FeatureSet(
          name: path,
          features: Self.matrix(array, path: path, name: "spatial", elements: array.floats()))
      }
      self.init(features: features, logits: logits, spatial: spatial, protocolID: protocolID)
    } else if let names = Self.statisticsNames(in: archive) {
      let hasSpatial = archive.names.contains("mu_s") && archive.names.contains("sigma_s")
      self.init(
        statistics: try Self.statistics(names.mean, names.covariance, in: archive),
        spatial: hasSpatial
          ? try Self.statistics("mu_s", "sigma_s", in: archive).channelsFirst() : nil,
        protocolID: protocolID)
    } else {
      throw GenerationError.noFeatures(file: path, found: archive.names)
    }
  }

  /// Writes `mu` and `sigma` in double precision, readable by pytorch-fid, with the number of
  /// images and the protocol where known.
  ///
  /// - Throws: `DatasetError` if the file cannot be written, ``GenerationError`` if there are fewer
  ///   than two images.
  public func writeStatistics(to path: String) throws {
    let statistics = try statistics()
    let width = statistics.mean.count
    var arrays = [
      (name: "mu", array: NPYArray(statistics.mean, shape: [width])),
      (name: "sigma", array: NPYArray(statistics.covariance.elements, shape: [width, width])),
    ]
    if let count = statistics.count {
      arrays.append(("count", NPYArray([Int64(count)], shape: [1])))
    }
    if let protocolID { arrays.append(("protocol", NPYArray(texts: [protocolID]))) }
    try NPZWriter.write(arrays, to: path)
  }

  /// Writes `features`, and where known the logits, the spatial features and the protocol.
  ///
  /// - Throws: `DatasetError` if the file cannot be written, ``GenerationError`` if there are only
  ///   statistics.
  public func writeFeatures(to path: String) throws {
    guard let features else {
      throw GenerationError.missingInput(set: name, needed: "features", metric: "saving features")
    }
    var arrays = [
      (
        name: "features",
        array: NPYArray(features.features.elements, shape: [features.count, features.width])
      )
    ]
    if let logits {
      arrays.append(
        ("logits", NPYArray(logits.elements, shape: [logits.rowCount, logits.columnCount])))
    }
    if let spatial {
      arrays.append(
        ("spatial", NPYArray(spatial.features.elements, shape: [spatial.count, spatial.width])))
    }
    if let protocolID { arrays.append(("protocol", NPYArray(texts: [protocolID]))) }
    try NPZWriter.write(arrays, to: path)
  }

  /// What mean and covariance are called: by pytorch-fid, by others in full, and by code with short names.
  private static let knownStatisticsNames = [
    (mean: "mu", covariance: "sigma"), (mean: "mean", covariance: "cov"),
    (mean: "m", covariance: "s"),
  ]

  /// What mean and covariance are called in a file; nil if it holds none.
  package static func statisticsNames(
    in archive: NPZArchive
  ) -> (mean: String, covariance: String)? {
    knownStatisticsNames.first { pair in
      archive.names.contains(pair.mean) && archive.names.contains(pair.covariance)
    }
  }

  private static func statistics(
    _ meanName: String, _ covarianceName: String, in archive: NPZArchive
  ) throws -> FeatureStatistics {
    let mean = try archive.array(meanName).droppingLeadingAxes(downTo: 1)
    let sigma = try archive.array(covarianceName).droppingLeadingAxes(downTo: 2)
    guard mean.shape.count == 1 else {
      throw GenerationError.shapeMismatch(
        set: archive.path, array: meanName, expected: "one axis", found: mean.shape)
    }
    let covariance = try matrix(
      sigma, path: archive.path, name: covarianceName, elements: sigma.doubles())
    return try FeatureStatistics(
      name: archive.path, mean: mean.doubles(), covariance: covariance,
      count: try? archive.arrayIfPresent("count")?.integers().first)
  }

  private static func featureSet(_ given: NPYArray, path: String) throws -> FeatureSet {
    // Features of one place are saved as [image, feature, 1, 1] too.
    let array = given.droppingTrailingAxes(downTo: 2)
    if array.dataType == .float64 {
      return try FeatureSet(
        name: path,
        doubles: matrix(array, path: path, name: "features", elements: array.doubles()))
    }
    return try FeatureSet(
      name: path, features: matrix(array, path: path, name: "features", elements: array.floats()))
  }

  private static func matrix<Scalar: BLASScalar>(
    _ array: NPYArray, path: String, name: String, elements: [Scalar]
  ) throws(GenerationError) -> Matrix<Scalar> {
    guard array.shape.count == 2 && array.shape[1] > 0 else {
      throw .shapeMismatch(
        set: path, array: name, expected: "two axes", found: array.shape)
    }
    return Matrix(rowCount: array.shape[0], columnCount: array.shape[1], elements: elements)
  }
}

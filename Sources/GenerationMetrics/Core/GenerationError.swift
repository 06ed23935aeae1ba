public import LinearAlgebra

/// Why a generation metric has no value.
public enum GenerationError: Error, Equatable, CustomStringConvertible {
  /// A set has fewer samples than the metric needs; `remedy` is what helps besides more samples.
  case tooFewSamples(
    set: String, found: Int, needed: Int, metric: String, remedy: String? = nil)
  /// The two sets have features of different widths.
  case widthMismatch(first: String, firstWidth: Int, second: String, secondWidth: Int)
  /// A value is NaN or infinite.
  case notFinite(set: String, array: String, row: Int, column: Int)
  /// An array has another shape than it must have.
  case shapeMismatch(set: String, array: String, expected: String, found: [Int])
  /// A covariance differs from its transpose.
  case asymmetricCovariance(set: String, row: Int, column: Int, value: Double, transposed: Double)
  /// A covariance has a clearly negative variance.
  case negativeCovariance(set: String, eigenvalue: Double)
  /// A metric needs features, but a side has only statistics or no logits.
  case missingInput(set: String, needed: String, metric: String)
  /// A folder has no images to compare.
  case noImages(path: String, reason: String)
  /// A picture cannot be read, and none were to be left out; `reason` is a whole sentence that names it.
  case unreadablePicture(reason: String)
  /// A file holds nothing that can be compared.
  case noFeatures(file: String, found: [String])
  /// Statistics that nobody knows by that name.
  case unknownStatistics(name: String, near: [String])
  /// Statistics that have a name and are not on this machine.
  case statisticsNotFetched(name: String, size: String)
  /// A file of another kind does not hold statistics.
  case notStatistics(file: String, reason: String)
  /// The two sides were made in different ways.
  case protocolMismatch(
    first: String, firstProtocol: String, second: String, secondProtocol: String)
  /// A way from images to features that a network does not have.
  case unknownProtocol(name: String, network: String, known: [String])
  /// A metric of three sets has no held-out one.
  case missingHeldOut(metric: String)
  /// The held-out set has no distance from the reference.
  case heldOutIsReference(set: String)
  /// A feature that a metric divides by the deviation of does not vary.
  case constantFeature(set: String, column: Int, metric: String)
  /// A row of embeddings has another length than 1, for a metric that is defined on such alone.
  case notNormalised(set: String, row: Int, length: Double, metric: String)
  /// A parameter is outside its range.
  case invalidParameter(name: String, value: Int, expected: String)
  /// Linear algebra failed.
  case linearAlgebra(LinearAlgebraError)

  /// One sentence that says where, what was expected, what was found, and what to do.
  public var description: String {
    switch self {
    case .tooFewSamples(let set, let found, let needed, let metric, let remedy):
      "\(set): \(metric) needs at least \(needed) samples, found \(found); add samples\(remedy.map { " or \($0)" } ?? "")."
    case .widthMismatch(let first, let firstWidth, let second, let secondWidth):
      "\(first) has features of width \(firstWidth), \(second) of width \(secondWidth); both must come from one layer of one network."
    case .notFinite(let set, let array, let row, let column):
      "\(set): '\(array)' is NaN or infinite in row \(row), column \(column), expected finite numbers; compute it again."
    case .shapeMismatch(let set, let array, let expected, let found):
      "\(set): '\(array)' has shape \(found), expected \(expected)."
    case .asymmetricCovariance(let set, let row, let column, let value, let transposed):
      "\(set): 'sigma' is not symmetric: [\(row), \(column)] is \(value) but [\(column), \(row)] is \(transposed); save the covariance again."
    case .negativeCovariance(let set, let eigenvalue):
      "\(set): 'sigma' is not a covariance: it has the negative eigenvalue \(eigenvalue); save it again in float64."
    case .missingInput(let set, let needed, let metric):
      "\(set): \(metric) needs \(needed), which it does not hold; give a file with them, or choose other metrics."
    case .noImages(let path, let reason):
      "\(path): there are no images: \(reason); give other pictures, or a .npz file of features."
    case .unreadablePicture(let reason):
      "\(reason) To leave out and list what cannot be read: --on-error skip."
    case .noFeatures(let file, let found):
      "\(file): expected 'features' [image, feature], 'mu' and 'sigma', or images [N, height, width, 3]; it holds \(found.isEmpty ? "nothing" : found.joined(separator: ", "))."
    case .unknownStatistics(let name, let near):
      "there are no statistics named '\(name)'"
        + (near.isEmpty
          ? "; 'bench stats list' names those that are known."
          : "; did you mean \(near.joined(separator: " or "))?")
    case .statisticsNotFetched(let name, let size):
      "the statistics \(name) are not on this machine; get them with 'bench stats fetch \(name)' (\(size))."
    case .notStatistics(let file, let reason):
      "\(file): cannot be read as statistics: \(reason)."
    case .protocolMismatch(let first, let firstProtocol, let second, let secondProtocol):
      "\(first) was made with protocol \(firstProtocol), \(second) with \(secondProtocol); their values cannot be compared, make both in one way."
    case .unknownProtocol(let name, let network, let known):
      "the protocol \(name) says nothing of the features \(network); "
        + (known.isEmpty
          ? "they are made in one way alone, leave --protocol out."
          : "expected \(known.joined(separator: ", ")).")
    case .missingHeldOut(let metric):
      "\(metric) compares with real images that were not trained on; give them with --held-out."
    case .heldOutIsReference(let set):
      "\(set): the held-out set has no distance from the reference, which nothing can be divided by; give images that were not trained on."
    case .constantFeature(let set, let column, let metric):
      "\(set): \(metric) divides features by their deviation, and feature \(column) is the same in all images; give more images, or features of another layer."
    case .notNormalised(let set, let row, let length, let metric):
      "\(set): \(metric) is defined on embeddings of length 1, and row \(row) has length \(length); divide every row by its length, or choose 'kid:rbf', which takes any features."
    case .invalidParameter(let name, let value, let expected):
      "\(name) is \(value), expected \(expected)."
    case .linearAlgebra(let error): error.description
    }
  }

  /// Runs linear algebra, wrapping its errors.
  static func wrap<Result>(
    _ body: () throws(LinearAlgebraError) -> Result
  ) throws(GenerationError) -> Result {
    do { return try body() } catch { throw .linearAlgebra(error) }
  }

  /// Throws unless every element is finite; `set` and `array` name the matrix.
  static func requireFinite<Scalar: BLASScalar>(
    _ matrix: Matrix<Scalar>, set: String, array: String = "features"
  ) throws(GenerationError) {
    do { try matrix.requireFinite(array) } catch {
      guard case .notFinite(_, let row, let column) = error else { throw .linearAlgebra(error) }
      throw .notFinite(set: set, array: array, row: row, column: column)
    }
  }

  /// Throws unless both sets have features of one width.
  static func requireEqualWidth(
    _ first: FeatureSet, _ second: FeatureSet
  ) throws(GenerationError) {
    guard first.width == second.width else {
      throw .widthMismatch(
        first: first.name, firstWidth: first.width, second: second.name, secondWidth: second.width)
    }
  }
}

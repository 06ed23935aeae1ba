import BenchSupport
import Glibc
public import LinearAlgebra

/// A linear change of the latents' axes, fitted on unlabelled codes.
///
/// Scores that look at single latents depend on the axes; a model whose posterior is isotropic has
/// none of its own. Every such score can therefore be given on the raw axes and on these.
public struct CodeAlignment: Sendable, Equatable {
  /// How axes are chosen.
  public enum Method: Sendable, Equatable {
    /// The codes as they are.
    case raw
    /// The principal axes, by falling variance; a rotation, nothing is rescaled.
    case pca
    /// Independent components by FastICA (symmetric, log cosh) on whitened codes, of unit variance, the
    /// best of ``icaStartCount`` starts; directions without variance are dropped.
    case ica(seed: UInt64)
    /// A random rotation (uniform over all of them), for a baseline.
    case rotation(seed: UInt64)
    /// The principal axes of the point of a model's β axis whose spectrum tells most; of one point, `pca`.
    case spectrum
    /// The axes that tell what is lost along a model's β axis apart, of unit variance.
    case spectrumJoint

    /// The name for tables and results.
    public var name: String {
      switch self {
      case .raw: "raw"
      case .pca: "pca"
      case .ica: "ica"
      case .rotation: "rotation"
      case .spectrum: "spectrum"
      case .spectrumJoint: "spectrum-joint"
      }
    }
  }

  /// How axes were chosen.
  public let method: Method
  /// The mean code, which is subtracted first.
  public let mean: [Double]
  /// The new axes, `[new latent, old latent]`.
  public let axes: Matrix<Double>
  /// Whether the fit converged; only what is found by iteration can fail to.
  public let hasConverged: Bool
  /// How far the starts of ICA agree; nil for other axes.
  ///
  /// The mean absolute cosine, in the whitened space, between the best start's components and their nearest
  /// ones of the other starts: 1 if all found the same.
  public let stability: Double?

  /// Starts of ICA, of which the one with the largest contrast is kept.
  public static let icaStartCount = 5

  /// Fits axes to codes.
  ///
  /// - Parameters:
  ///   - method: How axes are chosen.
  ///   - codes: Unlabelled codes; PCA and ICA need at least two samples.
  /// - Throws: ``DisentanglementError`` if there are too few samples or ICA finds no varying latent;
  ///   `LinearAlgebraError` if OpenBLAS is missing.
  public init(_ method: Method, fittedTo codes: Codes) throws {
    let count = codes.latentCount
    let none = [Double](repeating: 0, count: count)
    switch method {
    case .raw: self.init(method, mean: none, axes: .identity(count))
    case .rotation(let seed):
      self.init(method, mean: none, axes: randomRotation(count, seed: seed))
    case .pca:
      let principal = try PrincipalAxes(codes)
      self.init(method, mean: principal.mean, axes: principal.axes)
    case .ica(let seed):
      let principal = try PrincipalAxes(codes)
      let unmixing = try independentAxes(codes, principal, seed: seed)
      self.init(
        method, mean: principal.mean, axes: unmixing.axes, hasConverged: unmixing.hasConverged,
        stability: unmixing.stability)
    case .spectrum: try self.init(spectrumOf: [codes])
    case .spectrumJoint: try self.init(jointSpectrumOf: [codes])
    }
  }

  /// Takes axes that were found elsewhere.
  init(
    _ method: Method, mean: [Double], axes: Matrix<Double>, hasConverged: Bool = true,
    stability: Double? = nil
  ) {
    self.method = method
    self.mean = mean
    self.axes = axes
    self.hasConverged = hasConverged
    self.stability = stability
  }

  /// The codes on the new axes, in the precision of the codes.
  public func apply(to codes: Codes) -> Codes {
    if method == .raw { return codes }
    var result = Matrix<Double>(rowCount: codes.sampleCount, columnCount: axes.rowCount)
    let isSingle = codes.precision == .float32
    var centred = mean
    for sample in 0..<codes.sampleCount {
      for latent in mean.indices { centred[latent] = codes.matrix[sample, latent] - mean[latent] }
      for axis in 0..<axes.rowCount {
        var sum = 0.0
        for latent in mean.indices { sum += axes[axis, latent] * centred[latent] }
        result[sample, axis] = isSingle ? Double(Float(sum)) : sum
      }
    }
    return Codes(finite: result, precision: codes.precision)
  }

  /// One latent per unit of a code made of vectors: each unit's first principal component.
  ///
  /// DisDiff's and EncDiff's protocol (`sklearn PCA(n_components=1)` per unit, fitted on all codes).
  ///
  /// - Parameters:
  ///   - codes: The codes, units side by side, `[sample, unit × size]`.
  ///   - unitCount: Number of units; must divide the number of latents.
  /// - Returns: `[sample, unit]`, in the precision of the codes.
  /// - Throws: ``DisentanglementError`` if the sizes do not fit, and as ``init(_:fittedTo:)``.
  public static func firstComponents(of codes: Codes, unitCount: Int) throws -> Codes {
    guard unitCount > 0 && codes.latentCount % unitCount == 0 else {
      throw DisentanglementError.invalidArgument(
        metric: "alignment", argument: "number of units",
        expected: "a divisor of \(codes.latentCount)", found: "\(unitCount)")
    }
    let size = codes.latentCount / unitCount
    var result = Matrix<Double>(rowCount: codes.sampleCount, columnCount: unitCount)
    for unit in 0..<unitCount {
      let part = codes.latents(Array(unit * size..<(unit + 1) * size))
      let projected = try CodeAlignment(.pca, fittedTo: part).apply(to: part)
      for sample in 0..<codes.sampleCount { result[sample, unit] = projected.matrix[sample, 0] }
    }
    return Codes(finite: result, precision: codes.precision)
  }
}

extension Matrix<Double> {
  fileprivate static func identity(_ order: Int) -> Matrix<Double> {
    var result = Matrix(rowCount: order, columnCount: order)
    for index in 0..<order { result[index, index] = 1 }
    return result
  }
}

/// The eigenvectors of the covariance, by falling eigenvalue.
struct PrincipalAxes {
  let mean: [Double]
  let variances: [Double]
  /// One axis per row; of each axis, the entry largest in magnitude is positive.
  let axes: Matrix<Double>

  init(_ codes: Codes) throws {
    guard codes.sampleCount >= 2 else {
      throw DisentanglementError.tooFewSamples(
        metric: "alignment", needed: 2, found: codes.sampleCount)
    }
    // One thread: the order of sums must not depend on the thread count.
    let (covariance, eigen) = try Parallel.$threadCount.withValue(1) {
      let covariance = try Covariance(rows: codes.matrix)
      return (covariance, try SymmetricEigen(covariance.matrix))
    }
    mean = covariance.mean
    variances = eigen.values.reversed()
    let count = codes.latentCount
    var axes = Matrix<Double>(rowCount: count, columnCount: count)
    for axis in 0..<count {
      let vector = Array(eigen.vectors.row(count - 1 - axis))
      let largest = vector.reduce(0) { abs($1) > abs($0) ? $1 : $0 }
      for index in vector.indices {
        axes[axis, index] = largest < 0 ? -vector[index] : vector[index]
      }
    }
    self.axes = axes
  }
}

/// A rotation drawn uniformly: Gram–Schmidt on normal draws, twice for full precision.
func randomRotation(_ count: Int, seed: UInt64, stream: UInt64 = 0) -> Matrix<Double> {
  var random = Philox(seed: seed, stream: stream)
  var result = Matrix<Double>(rowCount: count, columnCount: count)
  for row in 0..<count {
    var vector = (0..<count).map { _ in random.normal() }
    for _ in 0..<2 {
      for other in 0..<row {
        let product = zip(vector, result.row(other)).reduce(0) { $0 + $1.0 * $1.1 }
        for index in vector.indices { vector[index] -= product * result[other, index] }
      }
    }
    let length = sqrt(vector.reduce(0) { $0 + $1 * $1 })
    for index in vector.indices { result[row, index] = vector[index] / length }
  }
  return result
}

extension Matrix<Double> {
  /// Every row minus a row.
  func subtracting(_ mean: [Double]) -> Matrix<Double> {
    var result = self
    for row in 0..<rowCount {
      for column in 0..<columnCount { result[row, column] -= mean[column] }
    }
    return result
  }
}

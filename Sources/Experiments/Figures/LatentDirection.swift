import BenchSupport
package import Datasets
package import Disentanglement
import LinearAlgebra
package import Reference

/// A way to change a code, from position −1 to 1.
package struct LatentDirection {
  /// What it is, for rows of pictures.
  package let label: String
  /// How many differences of class means a factor's direction reaches either way.
  package static let reach = 1.5

  /// The code's change per unit of position.
  private let offset: [Double]
  /// The latent that the position sets, instead of adding to it.
  private let replaced: Int?

  /// The code at a position.
  package func code(from code: [Float], at position: Double) -> [Float] {
    var result = zip(code, offset).map { $0 + Float(position * $1) }
    if let replaced { result[replaced] = Float(position * offset[replaced]) }
    return result
  }

  /// Single latents, the most variable ones first, at most twelve.
  ///
  /// - Parameters:
  ///   - measurement: The representation.
  ///   - reach: They go from the negative of this to this; nil for two standard deviations either way of the code.
  /// - Returns: The directions.
  package static func latents(_ measurement: PointMeasurement, reach: Double?) -> [LatentDirection]
  {
    let variances = measurement.variances
    return variances.indices.sorted { variances[$0] > variances[$1] }.prefix(12).map { latent in
      var offset = [Double](repeating: 0, count: variances.count)
      offset[latent] = reach ?? 2 * variances[latent].squareRoot()
      return LatentDirection(
        label: "z\(latent)  var \(variances[latent].fixed(2))", offset: offset,
        replaced: reach == nil ? nil : latent)
    }
  }

  /// Principal axes or independent components of the codes, to two standard deviations either way, at most
  /// twelve, those that account for most of the codes' variance first.
  ///
  /// Components are uncorrelated, so that the code moves with one of them by the regression of the latents on it.
  ///
  /// - Parameters:
  ///   - method: How axes are chosen.
  ///   - codes: The codes.
  /// - Returns: The directions.
  /// - Throws: What keeps axes from being found.
  package static func axes(
    _ method: CodeAlignment.Method, of codes: Codes
  ) throws -> [LatentDirection] {
    let aligned = try CodeAlignment(method, fittedTo: codes).apply(to: codes)
    let latents = (0..<codes.latentCount).map { codes.latent($0) }
    let found = (0..<aligned.latentCount).compactMap {
      axis -> (index: Int, steps: [Double], variance: Double)? in
      let component = aligned.latent(axis)
      let deviation = variance(component).squareRoot()
      guard deviation > 0 else { return nil }
      // What a standard deviation of the component changes of each latent.
      let steps = latents.map { covariance($0, component) / deviation }
      return (axis, steps, steps.reduce(0) { $0 + $1 * $1 })
    }
    return found.sorted {
      $0.variance == $1.variance ? $0.index < $1.index : $0.variance > $1.variance
    }.prefix(12).enumerated().map { place, axis in
      LatentDirection(
        label: "axis \(place)  var \(axis.variance.fixed(2))", offset: axis.steps.map { 2 * $0 },
        replaced: nil)
    }
  }

  private static func covariance(_ left: [Double], _ right: [Double]) -> Double {
    let count = Double(left.count)
    let (first, second) = (left.reduce(0, +) / count, right.reduce(0, +) / count)
    return zip(left, right).reduce(0) { $0 + ($1.0 - first) * ($1.1 - second) } / count
  }

  private static func variance(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
  }

  /// From one value of a factor, or attribute, to another: the difference of the codes' class means,
  /// one and a half times either way.
  ///
  /// - Parameters:
  ///   - request: `NAME` (first and last value) or `NAME:LOW:HIGH`.
  ///   - codes: Codes of the sample.
  ///   - indices: The sample's images.
  ///   - dataset: Where their factors or attributes are.
  /// - Returns: The direction, labelled with the factor and its two values.
  /// - Throws: ``ExperimentError/unknownDirection(name:known:)``.
  package static func factor(
    _ request: String, _ codes: Codes, _ indices: [Int], _ dataset: any ImageDataset
  ) throws -> LatentDirection {
    let parts = request.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let (names, values) = labels(dataset, indices)
    guard let column = names.firstIndex(of: parts[0]) else {
      throw ExperimentError.unknownDirection(name: parts[0], known: names)
    }
    let present = values[column].sorted()
    let ends =
      parts.count == 3
      ? [Int(parts[1]), Int(parts[2])] : parts.count == 1 ? [present.first, present.last] : []
    let codes = codes.matrix
    let means = ends.map { end -> [Double]? in
      let rows = values[column].indices.filter { values[column][$0] == end }
      guard end != nil, !rows.isEmpty else { return nil }
      return (0..<codes.columnCount).map { latent in
        rows.reduce(0) { $0 + codes[$1, latent] } / Double(rows.count)
      }
    }
    guard means.count == 2, let low = means[0], let high = means[1], low != high else {
      throw ExperimentError.unknownDirection(
        name: request, known: ["\(parts[0]):\(present.first ?? 0):\(present.last ?? 0)"])
    }
    return LatentDirection(
      label: request, offset: zip(low, high).map { reach * ($1 - $0) }, replaced: nil)
  }

  /// The directions of the factors and attributes that codes hold most of.
  ///
  /// By the squared difference of the class means in units of each latent's deviation, times the shares
  /// of both classes, so that a rare attribute's noisy mean does not come first.
  ///
  /// - Parameters:
  ///   - count: At most how many.
  ///   - codes: Codes of the sample.
  ///   - indices: The sample's images.
  ///   - dataset: Where their factors or attributes are.
  /// - Returns: The directions, the strongest first; none where nothing is labelled.
  package static func strongestFactors(
    _ count: Int, _ codes: Codes, _ indices: [Int], _ dataset: any ImageDataset
  ) -> [LatentDirection] {
    let (names, values) = labels(dataset, indices)
    let variances = (0..<codes.latentCount).map { variance(codes.latent($0)) }
    let found = names.indices.compactMap {
      column -> (direction: LatentDirection, strength: Double)? in
      let values = values[column]
      guard let low = values.min(), let high = values.max(), low < high,
        let direction = try? factor(names[column], codes, indices, dataset)
      else { return nil }
      let separation = zip(direction.offset, variances).reduce(0) {
        $0 + $1.0 * $1.0 / max($1.1, 1e-6)
      }
      let shares = values.count { $0 == low } * values.count { $0 == high }
      return (direction, separation * Double(shares))
    }
    return found.sorted { $0.strength > $1.strength }.prefix(count).map(\.direction)
  }

  /// The names of a dataset's factors and attributes, and their values for some images,
  /// `[name][image]`.
  private static func labels(_ dataset: any ImageDataset, _ indices: [Int]) -> (
    names: [String], values: [[Int]]
  ) {
    let factors = dataset as? any FactorDataset
    let attributes = dataset as? any AttributeDataset
    let rows = indices.map { index in
      (factors?.factors(at: index) ?? [])
        + (attributes?.attributes(at: index).map { $0 ? 1 : 0 } ?? [])
    }
    let names = (factors?.factorNames ?? []) + (attributes?.attributeNames ?? [])
    return (names, names.indices.map { column in rows.map { $0[column] } })
  }
}

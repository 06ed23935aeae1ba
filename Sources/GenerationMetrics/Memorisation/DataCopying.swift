import BenchSupport
import LinearAlgebra

/// The data-copying statistic `C_T`: whether generated samples lie nearer to the training set than
/// held-out ones do.
///
/// *A Non-Parametric Test to Detect Data-Copying in Generative Models*, arXiv:2004.05675, as its authors'
/// code and dgm-eval's `compute_CTscore` have it: features of more than 64 columns are reduced to 64
/// principal components of the training set; the space is cut into cells; in each, the distances of
/// generated and held-out samples to the training set are compared by the Mann–Whitney statistic in
/// standard deviations; the cells with more than 20 generated samples are averaged by their share of
/// held-out ones. Far below 0: copies. Far above 0: the generated samples lie farther off.
public struct DataCopying: Sendable, Equatable {
  /// Which cell every sample lies in, numbered from 0.
  public struct Cells: Sendable, Equatable {
    /// The cells of the training samples.
    public let training: [Int]
    /// The cells of the held-out samples.
    public let heldOut: [Int]
    /// The cells of the generated samples.
    public let generated: [Int]

    /// Takes cells, one per sample.
    public init(training: [Int], heldOut: [Int], generated: [Int]) {
      self.training = training
      self.heldOut = heldOut
      self.generated = generated
    }
  }

  /// The statistic.
  public let value: Double
  /// The statistic of each cell; nil for a cell with too few generated samples, which does not count.
  public let cellValues: [Double?]

  /// Cells with no more generated samples than this do not count.
  static let generatedCountLimit = 20
  private static let componentCount = 64
  private static let cellCount = 3

  /// Computes the statistic.
  ///
  /// - Parameters:
  ///   - training: Features of the training images.
  ///   - heldOut: Features of real images that were not trained on.
  ///   - generated: Features of the generated images.
  ///   - cells: The cells; nil for those of three means of the training set, the best of ten searches.
  ///   - seed: Seed of the searches, which the references leave unseeded.
  /// - Throws: ``GenerationError`` if widths differ, or a cell that counts has no training or no held-out
  ///   sample.
  public init(
    training: FeatureSet, heldOut: FeatureSet, generated: FeatureSet, cells: Cells? = nil,
    seed: UInt64 = 0
  ) throws {
    try GenerationError.requireEqualWidth(training, heldOut)
    try GenerationError.requireEqualWidth(training, generated)
    for (set, needed) in [
      (training, Self.cellCount), (heldOut, 1), (generated, Self.generatedCountLimit + 1),
    ] where set.count < needed {
      throw GenerationError.tooFewSamples(
        set: set.name, found: set.count, needed: needed, metric: "'ct'")
    }
    var parts = [training.features, heldOut.features, generated.features]
    if training.width > Self.componentCount {
      let components = try PrincipalComponents(training.features, count: Self.componentCount)
      parts = try parts.map { try components.applied(to: $0) }
    }
    let cells =
      cells
      ?? {
        let means = NearestMeans(parts[0], count: Self.cellCount, seed: seed)
        return Cells(
          training: means.cells(of: parts[0]), heldOut: means.cells(of: parts[1]),
          generated: means.cells(of: parts[2]))
      }()
    let places = [cells.training, cells.heldOut, cells.generated]
    for (cell, part) in zip(places, parts) {
      precondition(cell.count == part.rowCount, "\(cell.count) cells of \(part.rowCount) samples")
    }
    let count = (places.joined().max() ?? 0) + 1
    var values: [Double?] = []
    var (sum, weight) = (0.0, 0.0)
    for cell in 0..<count {
      let inside = zip(parts, places).map { part, cells in
        Self.rows(of: part, at: cells.indices.filter { cells[$0] == cell })
      }
      // The references need samples of both real sets in every cell.
      for (set, part) in [(training, inside[0]), (heldOut, inside[1])] where part.rowCount == 0 {
        throw GenerationError.tooFewSamples(
          set: set.name, found: 0, needed: 1, metric: "cell \(cell) of 'ct'")
      }
      guard inside[2].rowCount > Self.generatedCountLimit else {
        values.append(nil)
        continue
      }
      let held = try NearestRows(of: inside[1], in: inside[0]).squares
      let made = try NearestRows(of: inside[2], in: inside[0]).squares
      let value = Self.standardRank(of: made, among: held)
      values.append(value)
      sum += value * Double(inside[1].rowCount)
      weight += Double(inside[1].rowCount)
    }
    guard weight > 0 else {
      throw GenerationError.tooFewSamples(
        set: generated.name, found: generated.count, needed: count * Self.generatedCountLimit + 1,
        metric: "'ct' with \(count) cells")
    }
    value = sum / weight
    cellValues = values
  }

  /// The Mann–Whitney statistic of the first values in standard deviations, ties at their mean rank; with
  /// the continuity correction of the authors' code.
  static func standardRank(of first: [Double], among second: [Double]) -> Double {
    let all = first.map { ($0, true) } + second.map { ($0, false) }
    let sorted = all.sorted { $0.0 < $1.0 }
    var rankSum = 0.0
    var start = 0
    while start < sorted.count {
      var end = start
      while end < sorted.count && sorted[end].0 == sorted[start].0 { end += 1 }
      let rank = Double(start + 1 + end) / 2
      rankSum += rank * Double(sorted[start..<end].count { $0.1 })
      start = end
    }
    let (m, n) = (Double(first.count), Double(second.count))
    let statistic = rankSum - m * (m + 1) / 2
    return (statistic - (n * m / 2 - 0.5)) / (n * m * (n + m + 1) / 12).squareRoot()
  }

  private static func rows(of matrix: Matrix<Float>, at rows: [Int]) -> Matrix<Float> {
    Matrix(
      rowCount: rows.count, columnCount: matrix.columnCount,
      elements: rows.flatMap { matrix.row($0) })
  }
}

/// The directions of largest variance of a set.
private struct PrincipalComponents {
  private let mean: [Double]
  /// `[component, feature]`.
  private let axes: Matrix<Double>

  init(_ features: Matrix<Float>, count: Int) throws {
    let covariance = try Covariance(rows: features, divisor: .count)
    mean = covariance.mean
    let eigen = try SymmetricEigen(covariance.matrix)
    let width = features.columnCount
    axes = Matrix(
      rowCount: count, columnCount: width,
      elements: (0..<count).flatMap { eigen.vectors.row(width - 1 - $0) })
  }

  func applied(to features: Matrix<Float>) throws -> Matrix<Float> {
    var centred = Matrix<Double>(
      rowCount: features.rowCount, columnCount: features.columnCount)
    for row in 0..<features.rowCount {
      let start = row * features.columnCount
      for column in mean.indices {
        centred.elements[start + column] = Double(features.elements[start + column]) - mean[column]
      }
    }
    let product = try centred.multiplied(by: axes, transposingOther: true)
    return Matrix(
      rowCount: product.rowCount, columnCount: product.columnCount,
      elements: product.elements.map { Float($0) })
  }
}

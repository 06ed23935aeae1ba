import BenchSupport
import Glibc
public import LinearAlgebra

/// How straight and axis-aligned the codes run when one factor goes through all its values: the width of the path
/// over its length.
///
/// Michlo et al., as disent 0.8 measures it (`metric_flatness`): a path starts at a random state and visits all values of one factor. Its width
/// is the largest distance between two of its codes, its length the mean step times the number of steps,
/// the longest step of the closed path left out, so that a cycle does not count its jump back. The headline
/// divides the Euclidean width by the length in the city-block metric, which is equal for straight paths along
/// an axis only.
public struct Flatness: Sendable, Equatable {
  /// Means over the paths of one factor.
  public struct Path: Sendable, Equatable {
    /// The mean of the Euclidean widths.
    public let width: Double
    /// The mean of the city-block widths.
    public let blockWidth: Double
    /// The mean Euclidean step, longest left out, times the number of steps.
    public let length: Double
    /// The same in the city-block metric.
    public let blockLength: Double
  }

  /// The mean over the factors of Euclidean width over city-block length, in 0…1.
  public let value: Double
  /// The same with both in the city-block metric.
  public let blockValue: Double
  /// The same with both Euclidean.
  public let euclideanValue: Double
  /// The means of each factor with more than one value, by their order.
  public let paths: [Path]

  /// Scores codes of paths.
  ///
  /// - Parameter codes: For every factor with more than one value its paths, each the codes,
  ///   `[value, latent]`, at all values in order.
  public init(ofPaths codes: [[Matrix<Double>]]) {
    let means = codes.map { paths in
      let measured = Parallel.map(paths.count) { Measured(paths[$0]) }
      let stepCount = Double(paths[0].rowCount - 1)
      return Path(
        width: measured.map(\.width).mean, blockWidth: measured.map(\.blockWidth).mean,
        length: stepCount * measured.map(\.step).mean,
        blockLength: stepCount * measured.map(\.blockStep).mean)
    }
    func ratio(_ width: (Path) -> Double, _ length: (Path) -> Double) -> Double {
      means.map { length($0) > 0 ? width($0) / length($0) : 0 }.mean
    }
    paths = means
    value = ratio(\.width, \.blockLength)
    blockValue = ratio(\.blockWidth, \.blockLength)
    euclideanValue = ratio(\.width, \.length)
  }

  /// Scores a source.
  ///
  /// - Parameters:
  ///   - source: A source with a code for every combination of factor values.
  ///   - pathCount: Paths per factor.
  ///   - seed: Seed of the states that paths start from.
  /// - Throws: ``DisentanglementError/notApplicable(metric:reason:)`` if the source lacks states or no factor has
  ///   two values, and whatever an encoder throws.
  public init(_ source: InterventionSource, pathCount: Int = 1024, seed: UInt32 = 0) throws {
    guard source.isComplete else {
      throw DisentanglementError.notApplicable(
        metric: "flatness",
        reason: "it follows one factor with all others fixed, and not every combination has a code")
    }
    let varied = source.factorSizes.indices.filter { source.factorSizes[$0] > 1 }
    guard !varied.isEmpty else {
      throw DisentanglementError.notApplicable(
        metric: "flatness", reason: "no factor has two values")
    }
    var random = NumPyRandom(seed: seed)
    self.init(
      ofPaths: try varied.map { factor in
        let starts = source.factorSizes.map { random.randint($0, count: pathCount) }
        let size = source.factorSizes[factor]
        // As many paths at a time as an encoder takes well.
        let groupSize = max(1, 4096 / size)
        return try stride(from: 0, to: pathCount, by: groupSize).flatMap { first in
          let places = first..<min(pathCount, first + groupSize)
          let columns = starts.indices.map { other in
            places.flatMap { place in
              (0..<size).map { other == factor ? $0 : starts[other][place] }
            }
          }
          let codes = try source.codes(
            of: Factors(checked: columns, sizes: source.factorSizes, names: source.factorNames)
          ).matrix
          return places.indices.map { place in
            let start = (place - first) * size
            return Matrix(
              rowCount: size, columnCount: codes.columnCount,
              elements: Array(
                codes.elements[start * codes.columnCount..<(start + size) * codes.columnCount]))
          }
        }
      })
  }
}

/// One path's widths and mean steps.
private struct Measured {
  let width: Double
  let blockWidth: Double
  let step: Double
  let blockStep: Double

  init(_ codes: Matrix<Double>) {
    var widths = (0.0, 0.0)
    for row in 0..<codes.rowCount {
      for other in 0..<row {
        let distance = distances(codes, row, other)
        widths = (max(widths.0, distance.0), max(widths.1, distance.1))
      }
    }
    let steps = (0..<codes.rowCount).map { distances(codes, $0, ($0 + 1) % codes.rowCount) }
    (width, blockWidth) = widths
    step = Self.meanWithoutLargest(steps.map(\.0))
    blockStep = Self.meanWithoutLargest(steps.map(\.1))
  }

  private static func meanWithoutLargest(_ values: [Double]) -> Double {
    (values.reduce(0, +) - (values.max() ?? 0)) / Double(values.count - 1)
  }
}

/// The Euclidean and the city-block distance of two rows.
private func distances(_ codes: Matrix<Double>, _ first: Int, _ second: Int) -> (Double, Double) {
  var (squares, sum) = (0.0, 0.0)
  for column in 0..<codes.columnCount {
    let difference = codes[first, column] - codes[second, column]
    squares += difference * difference
    sum += abs(difference)
  }
  return (squares.squareRoot(), sum)
}

extension MetricParameter {
  fileprivate static let repeats = MetricParameter.whole(
    "repeats", 1024, in: 1...1_000_000, "paths per factor")
}

extension MetricDefinition {
  /// `flatness`.
  static let flatness = MetricDefinition(
    MetricDescription(name: "flatness"),
    summary: "Width over length of the codes' path along one factor", requirements: [.everyState],
    parameters: [.repeats]
  ) { input in
    let pathCount = input.settings.count(.repeats, of: "flatness")
    let source = try input.interventions(metric: "flatness")
    let flatness = try Flatness(source, pathCount: pathCount, seed: input.seed)
    return try MetricResult(
      metric: "flatness",
      scores: [
        .init("value", flatness.value), .init("flatness_l1", flatness.blockValue),
        .init("flatness_l2", flatness.euclideanValue),
      ],
      details: [
        "widths_l1": .numbers(flatness.paths.map(\.blockWidth)),
        "widths_l2": .numbers(flatness.paths.map(\.width)),
        "lengths_l1": .numbers(flatness.paths.map(\.blockLength)),
        "lengths_l2": .numbers(flatness.paths.map(\.length)),
      ],
      estimator: "\(pathCount) paths per factor, Euclidean width over city-block length; "
        + source.kindDescription)
  }
}

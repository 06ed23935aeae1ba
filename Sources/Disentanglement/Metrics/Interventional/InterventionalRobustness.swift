import BenchSupport
public import LinearAlgebra

/// The interventional robustness score (IRS): how little a latent moves while its factor is held
/// fixed and all others change.
///
/// *Robustly Disentangled Causal Mechanisms*, arXiv:1811.00007, §4, with the estimator of
/// disentanglement_lib's `irs.py`: factors binned into 20, deviations from the mean within each
/// bin, their quantile averaged over bins and divided by the largest deviation overall, latents
/// weighted by that largest deviation. The code takes the 0.99 quantile, the paper the maximum.
public struct InterventionalRobustness: Sendable, Equatable {
  /// The weighted mean over latents; 0 if every latent is constant.
  public let value: Double
  /// The latents that vary; the rows of the other parts.
  public let activeLatents: [Int]
  /// The best factor's robustness for each active latent.
  public let scoreOfLatent: [Double]
  /// The best factor of each active latent.
  public let parentOfLatent: [Int]
  /// Robustness, `[active latent, factor]`.
  public let robustness: Matrix<Double>
  /// The largest deviation from the mean of each active latent.
  public let maximalDeviations: [Double]

  /// Scores codes.
  ///
  /// - Parameters:
  ///   - codes: The codes, `[sample, latent]`.
  ///   - factors: The factors of the same samples.
  ///   - quantile: The quantile of the deviations, in 0…1: 0.99 in the code, 1 in the paper.
  ///   - binCount: Number of histogram bins of the factors.
  /// - Throws: ``DisentanglementError`` if numbers of samples differ.
  public init(
    codes: Codes, factors: Factors, quantile: Double = 0.99, binCount: Int = 20
  ) throws(DisentanglementError) {
    precondition((0...1).contains(quantile), "quantile \(quantile)")
    let labelled = try LabelledCodes(codes: codes, factors: factors)
    let discretizer = HistogramDiscretizer(binCount: binCount)
    let groups = labelled.factors.columns.map { column in
      SampleGroups(
        discretizer.labels(of: column.map { Double($0) }, precision: .float64))
    }
    let rows = Parallel.map(codes.latentCount) { latent -> LatentDeviations? in
      LatentDeviations(codes.latent(latent), groups, quantile)
    }
    activeLatents = rows.indices.filter { rows[$0] != nil }
    let active = rows.compactMap { $0 }
    let matrix = Matrix(
      rowCount: active.count, columnCount: groups.count,
      elements: active.flatMap(\.robustness))
    robustness = matrix
    maximalDeviations = active.map(\.largest)
    parentOfLatent = active.map { row in
      row.robustness.indices.reduce(0) { row.robustness[$1] > row.robustness[$0] ? $1 : $0 }
    }
    scoreOfLatent = zip(active, parentOfLatent).map { $0.robustness[$1] }
    let total = maximalDeviations.reduce(0, +)
    value =
      active.isEmpty
      ? 0 : zip(scoreOfLatent, maximalDeviations).reduce(0) { $0 + $1.0 * ($1.1 / total) }
  }
}

/// The samples of every class, class after class.
private struct SampleGroups {
  let samples: [[Int32]]

  init(_ labels: Labels) {
    var samples = labels.counts.map { _ in [Int32]() }
    for (sample, label) in labels.values.enumerated() {
      samples[Int(label)].append(Int32(sample))
    }
    self.samples = samples
  }
}

/// One latent's deviations; nil for a constant latent.
private struct LatentDeviations {
  let largest: Double
  let robustness: [Double]

  init?(_ values: [Double], _ groups: [SampleGroups], _ quantile: Double) {
    guard values.contains(where: { $0 != values[0] }) else { return nil }
    let mean = values.mean
    let largest = values.reduce(0) { max($0, abs($1 - mean)) }
    self.largest = largest
    robustness = groups.map { factor in
      let deviations = factor.samples.map { members -> Double in
        var sum = 0.0
        var group = [Double](unsafeUninitializedCapacity: members.count) { group, count in
          values.withUnsafeBufferPointer { values in
            for (place, sample) in members.enumerated() {
              let value = values[Int(sample)]
              sum += value
              group[place] = value
            }
          }
          count = members.count
        }
        let centre = sum / Double(group.count)
        group.withUnsafeMutableBufferPointer { group in
          for index in group.indices { group[index] = abs(group[index] - centre) }
        }
        return Disentanglement.quantile(quantile, ofUnsorted: &group)
      }
      return 1 - deviations.mean / largest
    }
  }
}

extension MetricParameter {
  fileprivate static let quantile = MetricParameter.real(
    "diff_quantile", 0.99, in: 0...1, "quantile of the deviations from a class's mean")
  fileprivate static let factorBinCount = MetricParameter.whole(
    "num_bins", 20, in: 1...100_000, "histogram bins of the factors")
}

extension MetricDefinition {
  /// `irs`.
  static let interventionalRobustness = irs(
    "irs", quantile: 0.99, "0.99 quantile of the deviations, as in the reference code",
    parameters: [.quantile, .factorBinCount])

  /// `irs:paper`.
  static let paperInterventionalRobustness = irs(
    "irs:paper", quantile: 1, "largest deviation, as in the paper",
    parameters: [.factorBinCount])

  private static func irs(
    _ name: String, quantile: Double, _ words: String, parameters: [MetricParameter]
  ) -> MetricDefinition {
    MetricDefinition(
      MetricDescription(name: name, protocolID: name == "irs" ? "dlib" : nil),
      summary: "Interventional robustness score, \(words)", requirements: [.factors],
      sampling: .samples(10_000), parameters: parameters
    ) { input in
      let isSet = parameters.contains(.quantile)
      let chosen = isSet ? input.settings.value(.quantile, of: name) : quantile
      let binCount = input.settings.count(.factorBinCount, of: name)
      let score = try InterventionalRobustness(
        codes: input.codes, factors: try input.factors(for: name), quantile: chosen,
        binCount: binCount)
      return try MetricResult(
        metric: name, scores: [.init("value", score.value)],
        details: [
          "active_latents": .array(score.activeLatents.map { .integer($0) }),
          "per_latent": .numbers(score.scoreOfLatent),
          "parents": .array(score.parentOfLatent.map { .integer($0) }),
          "matrix": score.robustness.json,
          "max_deviations": .numbers(score.maximalDeviations),
        ],
        estimator: (chosen == quantile ? words : "\(chosen) quantile of the deviations")
          + "; factors in \(binCount) bins, constant latents dropped")
    }
  }
}

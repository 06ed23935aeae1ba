import BenchSupport

/// Bootstrap intervals of a metric's scores.
public struct BootstrapInterval: Sendable, Equatable {
  /// The score's name.
  public let score: String
  /// The lower and upper percentile.
  public let range: ClosedRange<Double>
  /// The standard deviation over the resamples (divisor n − 1).
  public let standardError: Double
}

extension MetricDefinition {
  /// Percentile bootstrap intervals of every score of this metric.
  ///
  /// Samples are drawn with replacement, the rows of the training and of the test sample separately;
  /// a metric that draws from an intervention source is repeated with other seeds instead, which
  /// measures the spread of its own sampling. Plug-in mutual information grows when samples repeat, so intervals of
  /// information metrics lie somewhat above the estimate; they show the spread, not the bias.
  ///
  /// - Parameters:
  ///   - input: What the metric was evaluated on.
  ///   - resampleCount: Number of resamples; at least 2.
  ///   - level: Probability mass between the percentiles.
  /// - Returns: One interval per score, in the order of the scores.
  /// - Throws: The metric's error if more than half of the resamples cannot be scored.
  public func bootstrapIntervals(
    _ input: MetricInput, resampleCount: Int = 100, level: Double = 0.95
  ) throws -> [BootstrapInterval] {
    precondition(resampleCount >= 2, "\(resampleCount) resamples")
    precondition(level > 0 && level < 1, "level \(level)")
    let outcomes = Parallel.map(resampleCount) { index in
      Result { try evaluate(input.resampled(index, for: self)) }
    }
    let results = outcomes.compactMap { try? $0.get() }
    guard 2 * results.count > resampleCount, let first = results.first else {
      _ = try outcomes.first { (try? $0.get()) == nil }?.get()
      return []
    }
    return first.scores.map { score in
      var values = results.compactMap { $0[score.name] }
      let mean = values.mean
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      values.sort()
      return BootstrapInterval(
        score: score.name,
        range: quantile(
          (1 - level) / 2, ofSorted: values)...quantile(
            (1 + level) / 2, ofSorted: values),
        standardError: (squares / Double(max(1, values.count - 1))).squareRoot())
    }
  }
}

extension MetricInput {
  /// A resample for a metric; the same index always gives the same one.
  func resampled(_ index: Int, for metric: MetricDefinition) throws -> MetricInput {
    var random = Philox(seed: UInt64(seed), stream: UInt64(index))
    func draw(_ count: Int) -> [Int] { (0..<count).map { _ in random.integer(below: count) } }
    var result = self
    let rows: [Int]
    if case .trainAndTest = metric.sampling, test == nil, testValues == nil {
      // A sample that the metric splits keeps its two parts apart.
      let parts = try split.rows(of: codes.sampleCount, seed: seed, metric: metric.name)
      rows = [parts.train, parts.test].flatMap { part in draw(part.count).map { part[$0] } }
      result.split = SplitRule(
        order: .ordered, trainCount: parts.train.count, testCount: parts.test.count)
    } else {
      rows = draw(codes.sampleCount)
    }
    result.codes = codes.samples(rows)
    result.factors = factors?.samples(rows)
    result.attributes = attributes?.samples(rows)
    result.factorValues = factorValues?.samples(rows)
    result.testValues = testValues.map { $0.samples(draw($0.sampleCount)) }
    result.test = test.map { $0.samples(draw($0.sampleCount)) }
    result.seed = seed &+ UInt32(truncatingIfNeeded: index) &+ 1
    return result
  }
}

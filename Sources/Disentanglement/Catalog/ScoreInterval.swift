import BenchSupport

/// An interval of one of a metric's scores.
public struct ScoreInterval: Sendable, Equatable {
  /// The score's name.
  public let score: String
  /// The ends of the interval around the estimate.
  public let range: ClosedRange<Double>
  /// The standard error of the estimate.
  public let standardError: Double
}

extension MetricDefinition {
  /// Intervals of every score of a result, from halves of its samples.
  ///
  /// Subsampling (Politis & Romano, *Annals of Statistics* 22(4), 1994): the score of m of n samples drawn without
  /// replacement varies around its mean as √((n − m)/m) times the score of all n does around its own, so its deviations,
  /// scaled back, are laid around the estimate. Samples never repeat as they do in a bootstrap, whose copies raise
  /// mutual information, plug-in or by nearest neighbours, beyond all spread. What a score of half as many samples has
  /// more of bias is in that mean and drops out; the estimate's own bias stays in the estimate.
  ///
  /// The rows of the training and of the test sample are halved separately; a metric that draws from an encoder or
  /// from the codes of every state is repeated with other seeds instead, which measures the spread of its own sampling.
  ///
  /// - Parameters:
  ///   - result: The metric's result on the input.
  ///   - input: What the metric was evaluated on.
  ///   - resampleCount: Number of halves; at least 2.
  ///   - level: Probability mass between the ends.
  /// - Returns: One interval per score that has a value, in the order of the scores.
  /// - Throws: The metric's error if more than half of the halves cannot be scored.
  public func intervals(
    of result: MetricResult, on input: MetricInput, resampleCount: Int = 100, level: Double = 0.95
  ) throws -> [ScoreInterval] {
    precondition(resampleCount >= 2, "\(resampleCount) resamples")
    precondition(level > 0 && level < 1, "level \(level)")
    let outcomes = Parallel.map(resampleCount) { index in
      Result { try evaluate(input.halved(index, for: self)) }
    }
    let results = outcomes.compactMap { try? $0.get() }
    guard 2 * results.count > resampleCount else {
      _ = try outcomes.first { (try? $0.get()) == nil }?.get()
      return []
    }
    let (count, half) = (input.codes.sampleCount, MetricInput.half(input.codes.sampleCount))
    let scale = (Double(half) / Double(max(1, count - half))).squareRoot()
    return result.scores.compactMap { score in
      let values = results.compactMap { $0[score.name] }
      guard let estimate = result[score.name], values.count > 1 else { return nil }
      let mean = values.mean
      let deviations = values.map { scale * ($0 - mean) }.sorted()
      let squares = deviations.reduce(0) { $0 + $1 * $1 }
      return ScoreInterval(
        score: score.name,
        range: estimate + quantile((1 - level) / 2, ofSorted: deviations)...estimate
          + quantile((1 + level) / 2, ofSorted: deviations),
        standardError: (squares / Double(values.count - 1)).squareRoot())
    }
  }
}

extension MetricInput {
  /// How many of so many samples are a half.
  fileprivate static func half(_ count: Int) -> Int { max(1, count / 2) }

  /// A half of the samples for a metric; the same index always gives the same one.
  func halved(_ index: Int, for metric: MetricDefinition) throws -> MetricInput {
    // Half of a grid is none: draws from every state would become another estimator.
    if metric.sampling == .draws || metric.requirements.contains(.everyState),
      let source = try? interventions(metric: metric.name), source.isComplete
    {
      var repeated = self
      repeated.interventions = source
      repeated.seed = seed &+ UInt32(truncatingIfNeeded: index) &+ 1
      return repeated
    }
    var random = Philox(seed: UInt64(seed), stream: UInt64(index))
    func draw(_ count: Int) -> [Int] {
      var rows = Array(0..<count)
      for place in 0..<Self.half(count) {
        rows.swapAt(place, place + random.integer(below: count - place))
      }
      return Array(rows[..<Self.half(count)])
    }
    var result = self
    let rows: [Int]
    if case .trainAndTest = metric.sampling, test == nil, testValues == nil {
      // A sample that the metric splits keeps its two parts apart.
      let parts = try split.rows(of: codes.sampleCount, seed: seed, metric: metric.name)
      rows = [parts.train, parts.test].flatMap { part in draw(part.count).map { part[$0] } }
      result.split = SplitRule(
        order: .ordered, trainCount: Self.half(parts.train.count),
        testCount: Self.half(parts.test.count))
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

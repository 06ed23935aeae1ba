import BenchSupport

/// How models rank over several datasets by one metric.
public struct RankSummary: Sendable, Equatable {
  /// The best-ranked model against another one, over all datasets.
  public struct Pair: Sendable, Equatable {
    /// The other model.
    public var model: String
    /// Wilcoxon's test of the paired differences; nil if all are zero.
    public var test: SignedRankTest?
    /// Its p-value after Holm's correction.
    public var adjustedPValue: Double
  }

  /// The metric.
  public var metric: String
  /// The datasets on which every model has values.
  public var datasets: [String]
  /// The models, best mean rank first.
  public var models: [String]
  /// Mean ranks in the order of ``models``, and whether they differ.
  public var analysis: RankAnalysis
  /// The first model against each of the others.
  public var pairs: [Pair]

  /// The summaries of the metrics that are shown and that at least two models have on at least two datasets,
  /// by one protocol on each.
  static func all(_ results: [RunResult], options: Comparison.Options) -> [RankSummary] {
    let all = results.flatMap { $0.metrics.keys.sorted() }.uniqued()
    let names = options.showsPrimaryOnly ? PrimaryMetrics.among(all) : all
    let wanted = Set(options.metrics.map(MetricName.canonical))
    return names.filter { wanted.isEmpty || wanted.contains(MetricName.canonical($0)) }
      .compactMap { RankSummary(results, metric: $0, options: options) }
  }

  private init?(_ results: [RunResult], metric: String, options: Comparison.Options) {
    guard let direction = MetricDirection.of(metric, in: results) else { return nil }
    let wanted = Set(options.datasets.map(DatasetName.family))
    // samples[dataset][model]; presets of one model count as different models
    var samples: [String: [String: Sample]] = [:]
    let hasPresets = Set(results.map(\.preset)).count > 1
    let groups = Dictionary(grouping: results) { result in
      [result.dataset.name, hasPresets ? "\(result.model) (\(result.preset))" : result.model]
    }
    for (key, results) in groups where wanted.isEmpty || wanted.contains(DatasetName.family(key[0]))
    {
      guard let sample = Sample(results, metric: metric), !sample.isSelectedOnLabels,
        sample.undefinedCount == 0, sample.summary != nil
      else { continue }
      samples[key[0], default: [:]][key[1]] = sample
    }
    let everyModel = Set(samples.values.flatMap(\.keys))
    let common = everyModel.filter { model in samples.values.allSatisfy { $0[model] != nil } }
      .sorted()
    let datasets = samples.keys.sorted()
    let ranked = datasets.map { dataset in common.compactMap { samples[dataset]?[$0] } }
    // Values of different protocols are in no order.
    guard ranked.allSatisfy({ Set($0.flatMap(\.protocols)).count == 1 }) else { return nil }
    let scores = ranked.map { $0.compactMap { $0.summary?.mean } }
    guard
      var analysis = RankAnalysis(
        scores: scores, direction: direction, significance: options.significance)
    else { return nil }
    let order = common.indices.sorted {
      (analysis.meanRanks[$0], common[$0]) < (analysis.meanRanks[$1], common[$1])
    }
    let tests = order.dropFirst().map { model in
      SignedRankTest(scores.map { $0[order[0]] - $0[model] })
    }
    let adjusted = holmAdjusted(tests.map { $0?.pValue ?? 1 })
    analysis.meanRanks = order.map { analysis.meanRanks[$0] }
    self.metric = metric
    self.datasets = datasets
    models = order.map { common[$0] }
    self.analysis = analysis
    pairs = zip(order.dropFirst(), zip(tests, adjusted)).map { model, result in
      Pair(model: common[model], test: result.0, adjustedPValue: result.1)
    }
  }
}

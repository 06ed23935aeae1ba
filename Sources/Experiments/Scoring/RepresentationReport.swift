package import BenchSupport
package import Disentanglement
package import Plotting
package import Reference
package import Results

/// The scores of one representation on one or more kinds of axes.
package struct PointScores {
  /// The ways of choosing axes, the model's own first; all without labels.
  package static func alignments(ofPoints count: Int) -> [CodeAlignment.Method] {
    // The axes of a spectrum need more than one point.
    [.raw, .pca, .ica(seed: 0)] + (count > 1 ? [.spectrum, .spectrumJoint] : [])
      + [.rotation(seed: 0)]
  }

  /// Those that can be had at every point, each its own.
  package static let everywhere: [CodeAlignment.Method] = [.raw, .pca, .ica(seed: 0)]

  /// The ways of choosing axes of these scores.
  package let alignments: [CodeAlignment.Method]
  /// The results per alignment, by the metric's name; a metric that has no value there has none.
  package let results: [[String: MetricResult]]
  /// Why the other metrics have none, likewise, where that says something about the representation:
  /// latents that do not vary, or that are combinations of others.
  package let reasons: [[String: String]]
  /// How far the starts of independent components agree, per alignment; nil for other axes.
  package let stabilities: [Double?]

  /// Scores a representation.
  ///
  /// - Parameters:
  ///   - measurement: The representation.
  ///   - sample: What it represents.
  ///   - metrics: The metrics.
  ///   - alignments: The ways of choosing axes.
  ///   - spectrum: All representations of the model, for the axes that need them.
  ///   - onMetric: Called before each metric with its name.
  /// - Throws: Errors of metrics that are not about the representation, and of `onMetric`.
  package init(
    _ measurement: PointMeasurement, _ sample: ObservationSample, metrics: [MetricDefinition],
    alignments: [CodeAlignment.Method], spectrum: [PointMeasurement] = [],
    onMetric: (String) throws -> Void = { _ in }
  ) throws {
    self.alignments = alignments
    let axes = { (method: CodeAlignment.Method) in
      switch method {
      case .spectrum where !spectrum.isEmpty:
        try CodeAlignment(spectrumOf: spectrum.map(\.codes))
      case .spectrumJoint where !spectrum.isEmpty:
        try CodeAlignment(jointSpectrumOf: spectrum.map(\.codes))
      default: try CodeAlignment(method, fittedTo: measurement.codes)
      }
    }
    let outcomes = try alignments.map {
      alignment -> ([String: MetricResult], [String: String], Double?) in
      // Codes that do not vary can have no independent components either.
      let axes = Result { try axes(alignment) }
      let input = Result { try axes.get().apply(to: MetricInput(measurement, sample)) }
      var results: [String: MetricResult] = [:]
      var reasons: [String: String] = [:]
      for metric in metrics {
        try onMetric(metric.name)
        do {
          results[metric.name] = try metric.evaluate(input.get())
        } catch let error as DisentanglementError
          where error.isOfRepresentation(of: measurement.codes)
        {
          reasons[metric.name] = "\(measurement.point.label), \(alignment.name) axes: \(error)"
        }
      }
      return (results, reasons, try? axes.get().stability)
    }
    results = outcomes.map(\.0)
    reasons = outcomes.map(\.1)
    stabilities = outcomes.map(\.2)
  }
}

extension MetricInput {
  /// A representation and the labels of what it represents.
  package init(_ measurement: PointMeasurement, _ sample: ObservationSample) throws {
    try self.init(
      codes: measurement.codes, factors: sample.factors, attributes: sample.attributes,
      test: measurement.test)
  }
}

extension DisentanglementError {
  /// Whether the codes leave a metric without a value, rather than wrong data or settings.
  fileprivate func isOfRepresentation(of codes: Codes) -> Bool {
    switch self {
    case .undefined, .noActiveLatents, .constantLatent, .notApplicable: true
    // The model has enough latents; the alignment or the metric left out those that do not vary.
    case .tooFewLatents(_, let needed, _): codes.latentCount >= needed
    default: false
    }
  }
}

/// What all representations of one model scored, and which of them stands for the model.
package struct RepresentationReport {
  /// The metrics, in the order of tables.
  package let definitions: [MetricDefinition]
  package let measurements: [PointMeasurement]
  /// The representation picked without labels.
  package let picked: Int
  /// The axes of the model's headline score.
  package let readout: CodeAlignment.Method
  /// The scores of every point, on the readout's axes or on ``PointScores/everywhere``.
  package let scores: [PointScores]
  /// The scores of the picked point on ``PointScores/alignments(ofPoints:)``.
  package let pickedScores: PointScores
  /// The names of the factors, in the order of scores per factor.
  package let factorNames: [String]
  /// The ranks of scores of the picked point on the model's own axes among rotations, by metric.
  package let ranks: [String: HaarRank]

  /// Why metrics have no value at some points or on some axes.
  package var reasons: [String] {
    (scores + [pickedScores]).flatMap(\.reasons).flatMap { reasons in
      reasons.sorted { $0.key < $1.key }.map(\.value)
    }.uniqued()
  }

  /// The points at which a metric has a value, in their order.
  private func values(
    _ metric: MetricDefinition, _ alignment: Int
  ) -> [(point: Int, value: Double)] {
    scores.indices.compactMap { point in
      scores[point].results[alignment][metric.name]?.scores.first.map { (point, $0.value) }
    }
  }

  /// Metrics for the result record: `mig@readout`, the model's headline score; at the same β `mig` on the model's
  /// own axes, `mig@pca`, `mig@ica`, `mig@spectrum`, `mig@spectrum-joint` and `mig@rotation` on others; and, of
  /// all β, `mig@best`, `mig@best@pca` and `mig@best@ica`, which the labels chose, where all were scored.
  package var metrics: [String: JSONValue] {
    var metrics: [String: JSONValue] = [:]
    for (alignment, way) in pickedScores.alignments.enumerated() {
      for metric in definitions {
        let record = record(
          metric, pickedScores, alignment, at: picked, "label-free:fullest",
          rank: way == .raw ? ranks[metric.name] : nil)
        metrics[way == .raw ? metric.name : "\(metric.name)@\(way.name)"] = record
        if way == readout { metrics[RunResult.readoutName(metric.name)] = record }
      }
    }
    // What has one point or one kind of axes has nothing to choose.
    if scores.count > 1, scores[picked].alignments.count > 1 {
      for (alignment, way) in scores[picked].alignments.enumerated() {
        for metric in definitions {
          guard let direction = metric.description.direction,
            let best = values(metric, alignment)
              .max(by: { direction.isBetter($1.value, than: $0.value) })?.point
          else { continue }
          let name = "\(metric.name)@best" + (way == .raw ? "" : "@\(way.name)")
          metrics[name] = record(metric, scores[best], alignment, at: best, "selected-on-labels")
        }
      }
    }
    metrics["rate"] = measurements[picked].rate.map { rate in
      RunMetrics.rate.record(
        rate, estimator: "mean KL of posterior and prior in nats, at the label-free point")
    }
    metrics["total_correlation"] = RunMetrics.totalCorrelation.record(
      measurements[picked].totalCorrelation,
      estimator: "Gaussian, of the posterior means over active latents, in nats")
    return metrics
  }

  private func record(
    _ metric: MetricDefinition, _ scores: PointScores, _ alignment: Int, at point: Int,
    _ selection: String, rank: HaarRank? = nil
  ) -> JSONValue? {
    var members: [String: JSONValue]
    if let result = scores.results[alignment][metric.name], let headline = result.scores.first,
      case .object(let found) = result.json
    {
      members = found
      members["value"] = .number(headline.value)
    } else if let reason = scores.reasons[alignment][metric.name] {
      members = metric.description.members.merging(
        ["value": .null, "reason": .string(reason)]
      ) { $1 }
    } else {
      return nil
    }
    if members["per_factor"] != nil {
      members["factors"] = .array(factorNames.map { .string($0) })
    }
    members["point"] = .string(measurements[point].point.label)
    members["rate"] = measurements[point].rate.map { .number($0) }
    if measurements.count > 1 { members["selection"] = .string(selection) }
    members["alignment"] = .string(scores.alignments[alignment].name)
    members["stability"] = scores.stabilities[alignment].map { .number($0) }
    members["rotations"] = rank?.json
    return .object(members)
  }

  /// Everything against the rate, for models with more than one representation that have rates.
  package var curves: [String: Curve] {
    let rates = measurements.compactMap(\.rate)
    guard measurements.count > 1, rates.count == measurements.count else { return [:] }
    func curve(_ label: String, _ y: [Double], at points: [Int]? = nil) -> Curve {
      let points = points ?? Array(measurements.indices)
      return Curve(
        xLabel: "rate (nats)", yLabel: label, x: points.map { rates[$0] }, y: y)
    }
    var curves = [
      "distortion": curve("squared error per pixel", measurements.compactMap(\.squaredError)),
      "t": curve("position t on the β axis", measurements.compactMap(\.point.t)),
      "total_correlation": curve("total correlation (nats)", measurements.map(\.totalCorrelation)),
    ]
    let sigmas = measurements.compactMap(\.point.sigma)
    if sigmas.count == measurements.count {
      curves["sigma"] = curve("posterior deviation σ", sigmas)
    }
    for (alignment, way) in scores[picked].alignments.enumerated() {
      for metric in definitions {
        let values = values(metric, alignment)
        guard values.count > 1 else { continue }
        curves["\(metric.name)@\(way.name)"] = curve(
          "\(metric.name), \(way.name) axes", values.map(\.value), at: values.map(\.point))
      }
    }
    return curves
  }

  /// One plot per metric, one of rate and one of distortion, against t.
  package func plots(title: String) -> [(name: String, plot: LinePlot)] {
    let t = measurements.compactMap(\.point.t)
    guard t.count == measurements.count, t.count > 1 else { return [] }
    func plot(_ label: String, _ series: [LinePlot.Series]) -> LinePlot {
      LinePlot(
        title: title, xLabel: "position t on the β axis", yLabel: label, series: series,
        marks: [LinePlot.Mark(x: t[picked], label: "label-free pick")])
    }
    let metricPlots = definitions.compactMap { metric -> (name: String, plot: LinePlot)? in
      let series = scores[picked].alignments.enumerated().compactMap {
        alignment, way -> LinePlot.Series? in
        let values = values(metric, alignment)
        guard !values.isEmpty else { return nil }
        return LinePlot.Series(
          name: "\(way.name) axes", x: values.map { t[$0.point] }, y: values.map(\.value),
          hasDots: true)
      }
      guard !series.isEmpty else { return nil }
      return (name: metric.name.replacing(":", with: "-"), plot: plot(metric.name, series))
    }
    let rates = measurements.compactMap(\.rate)
    let ratePlots =
      rates.count == t.count
      ? [(name: "rate", plot: plot("rate (nats)", [.init(name: "KL", x: t, y: rates)]))] : []
    return metricPlots + ratePlots + [
      (
        "distortion",
        plot(
          "squared error per pixel",
          [.init(name: "reconstruction", x: t, y: measurements.compactMap(\.squaredError))])
      )
    ]
  }
}

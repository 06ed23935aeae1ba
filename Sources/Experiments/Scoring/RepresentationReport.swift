package import BenchSupport
package import Disentanglement
package import Plotting
package import Reference
package import Results

/// The scores of one representation, on its own axes and on aligned ones.
package struct PointScores {
  /// The ways of choosing axes at every point, in the order of tables; the first is the model's own.
  package static let alignments: [CodeAlignment.Method] = [.raw, .pca]
  /// Further ways, at the label-free point only: they cost more or say less.
  ///
  /// The axes of a spectrum need more than one point.
  package static func furtherAlignments(ofPoints count: Int) -> [CodeAlignment.Method] {
    [.ica(seed: 0), .rotation(seed: 0)] + (count > 1 ? [.spectrum, .spectrumJoint] : [])
  }

  /// The ways of choosing axes of these scores.
  package let alignments: [CodeAlignment.Method]
  /// The results per alignment, by the metric's name; a metric that has no value there has none.
  package let results: [[String: MetricResult]]
  /// Why the other metrics have none, likewise, where that says something about the representation:
  /// latents that do not vary, or that are combinations of others.
  package let reasons: [[String: String]]

  package init(
    _ measurement: PointMeasurement, _ sample: ObservationSample, metrics: [MetricDefinition],
    alignments: [CodeAlignment.Method] = Self.alignments, spectrum: [PointMeasurement] = []
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
    let outcomes = try alignments.map { alignment in
      // Codes that do not vary can have no independent components either.
      let input = Result {
        try axes(alignment).apply(to: MetricInput(measurement, sample))
      }
      var results: [String: MetricResult] = [:]
      var reasons: [String: String] = [:]
      for metric in metrics {
        do {
          results[metric.name] = try metric.evaluate(input.get())
        } catch let error as DisentanglementError
          where error.isOfRepresentation(of: measurement.codes)
        {
          reasons[metric.name] = "\(measurement.point.label), \(alignment.name) axes: \(error)"
        }
      }
      return (results, reasons)
    }
    results = outcomes.map(\.0)
    reasons = outcomes.map(\.1)
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
  package let scores: [PointScores]
  /// The scores of the picked point on ``PointScores/furtherAlignments(ofPoints:)``.
  package let further: PointScores
  /// The ranks of scores of the picked point on the model's own axes among rotations, by metric.
  package let ranks: [String: HaarRank]

  /// The representation picked without labels.
  package var picked: Int { labelFreePick(measurements) }

  /// Why metrics have no value at some points or on some axes.
  package var reasons: [String] {
    (scores + [further]).flatMap(\.reasons).flatMap { reasons in
      reasons.sorted { $0.key < $1.key }.map(\.value)
    }
  }

  /// The points at which a metric has a value, in their order.
  private func values(
    _ metric: MetricDefinition, _ alignment: Int
  ) -> [(point: Int, value: Double)] {
    scores.indices.compactMap { point in
      scores[point].results[alignment][metric.name]?.scores.first.map { (point, $0.value) }
    }
  }

  /// Metrics for the result record: `mig` on the model's own axes, `mig@pca`, `mig@ica`,
  /// `mig@rotation`, `mig@spectrum` and `mig@spectrum-joint` on others, and `mig@best` for the best point, which the labels chose.
  package var metrics: [String: JSONValue] {
    var metrics: [String: JSONValue] = [:]
    for (alignment, way) in PointScores.alignments.enumerated() {
      let suffix = alignment == 0 ? "" : "@\(way.name)"
      for metric in definitions {
        metrics[metric.name + suffix] = record(
          metric, scores[picked], alignment, at: picked, "label-free",
          rank: alignment == 0 ? ranks[metric.name] : nil)
        let direction = metric.description.direction
        guard scores.count > 1,
          let best = values(metric, alignment)
            .max(by: { direction.isBetter($1.value, than: $0.value) })?.point
        else { continue }
        metrics["\(metric.name)@best\(suffix)"] = record(
          metric, scores[best], alignment, at: best, "selected-on-labels")
      }
    }
    for (alignment, way) in further.alignments.enumerated() {
      for metric in definitions {
        metrics["\(metric.name)@\(way.name)"] = record(
          metric, further, alignment, at: picked, "label-free")
      }
    }
    let rate = measurements[picked].rate
    metrics["rate"] = RunMetrics.rate.record(
      rate, estimator: "mean KL of posterior and prior in nats, at the label-free point")
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
    members["point"] = .string(measurements[point].point.label)
    members["rate"] = .number(measurements[point].rate)
    if measurements.count > 1 { members["selection"] = .string(selection) }
    members["alignment"] = .string(scores.alignments[alignment].name)
    members["rotations"] = rank?.json
    return .object(members)
  }

  /// Everything against the rate, for models with more than one representation.
  package var curves: [String: Curve] {
    guard measurements.count > 1 else { return [:] }
    func curve(_ label: String, _ y: [Double], at points: [Int]? = nil) -> Curve {
      let points = points ?? Array(measurements.indices)
      return Curve(
        xLabel: "rate (nats)", yLabel: label, x: points.map { measurements[$0].rate }, y: y)
    }
    var curves = [
      "distortion": curve("squared error per pixel", measurements.map(\.squaredError)),
      "t": curve("position t on the β axis", measurements.compactMap(\.point.t)),
      "total_correlation": curve("total correlation (nats)", measurements.map(\.totalCorrelation)),
    ]
    let sigmas = measurements.compactMap(\.point.sigma)
    if sigmas.count == measurements.count {
      curves["sigma"] = curve("posterior deviation σ", sigmas)
    }
    for (alignment, way) in PointScores.alignments.enumerated() {
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
      let series = PointScores.alignments.enumerated().compactMap {
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
    return metricPlots + [
      ("rate", plot("rate (nats)", [.init(name: "KL", x: t, y: measurements.map(\.rate))])),
      (
        "distortion",
        plot(
          "squared error per pixel",
          [.init(name: "reconstruction", x: t, y: measurements.map(\.squaredError))])
      ),
    ]
  }
}

import BenchSupport
import Disentanglement
import Reference
import Results

/// The scores of one representation, on its own axes and on aligned ones.
struct PointScores {
  /// The ways of choosing axes at every point, in the order of tables; the first is the model's own.
  static let alignments: [CodeAlignment.Method] = [.raw, .pca]
  /// Further ways, at the label-free point only: they cost more or say less.
  static let furtherAlignments: [CodeAlignment.Method] = [.ica(seed: 0), .rotation(seed: 0)]

  /// One metric's result per alignment, `[alignment][metric]`; a metric for which an alignment leaves
  /// too few latents has none there.
  let results: [[MetricResult]]

  init(
    _ measurement: PointMeasurement, _ sample: ObservationSample, metrics: [MetricDefinition],
    alignments: [CodeAlignment.Method] = Self.alignments
  ) throws {
    results = try alignments.map { alignment in
      let input = try MetricInput(
        codes: CodeAlignment(alignment, fittedTo: measurement.codes).apply(to: measurement.codes),
        factors: sample.factors, attributes: sample.attributes)
      return try metrics.compactMap { metric in
        do {
          return try metric.evaluate(input)
        } catch DisentanglementError.tooFewLatents where alignment.dropsLatents {
          return nil
        }
      }
    }
  }
}

/// What all representations of one model scored, and which of them stands for the model.
struct RepresentationReport {
  let measurements: [PointMeasurement]
  let scores: [PointScores]
  /// The scores of the picked point on ``PointScores/furtherAlignments``.
  let further: PointScores

  /// The representation picked without labels.
  var picked: Int { labelFreePick(measurements) }

  private func value(_ metric: Int, _ alignment: Int, _ point: Int) -> Double {
    scores[point].results[alignment][metric].scores.first?.value ?? 0
  }

  /// Metrics for the result record: `mig` on the model's own axes, `mig@pca`, `mig@ica` and
  /// `mig@rotation` on others, and `mig@best` for the best point, which the labels chose.
  var metrics: [String: JSONValue] {
    var metrics: [String: JSONValue] = [:]
    for (alignment, way) in PointScores.alignments.enumerated() {
      for metric in scores[0].results[alignment].indices {
        let name = scores[0].results[alignment][metric].metric
        let suffix = alignment == 0 ? "" : "@\(way.name)"
        metrics[name + suffix] = record(
          scores[picked].results[alignment][metric], picked, way, "label-free")
        guard scores.count > 1 else { continue }
        let best =
          scores.indices.max { value(metric, alignment, $0) < value(metric, alignment, $1) } ?? 0
        metrics["\(name)@best\(suffix)"] = record(
          scores[best].results[alignment][metric], best, way, "selected-on-labels")
      }
    }
    for (way, results) in zip(PointScores.furtherAlignments, further.results) {
      for result in results {
        metrics["\(result.metric)@\(way.name)"] = record(result, picked, way, "label-free")
      }
    }
    let rate = measurements[picked].rate
    metrics["rate"] = [
      "value": .number(rate), "higher_is_better": false,
      "estimator": "mean KL of posterior and prior in nats, at the label-free point",
    ]
    metrics["total_correlation"] = [
      "value": .number(measurements[picked].totalCorrelation), "higher_is_better": false,
      "estimator": "Gaussian, of the posterior means over active latents, in nats",
    ]
    return metrics
  }

  private func record(
    _ result: MetricResult, _ point: Int, _ alignment: CodeAlignment.Method, _ selection: String
  ) -> JSONValue {
    guard case .object(var members) = result.json else { return .null }
    members["value"] = .number(result.scores.first?.value ?? 0)
    members["point"] = .string(measurements[point].point.label)
    members["rate"] = .number(measurements[point].rate)
    if scores.count > 1 { members["selection"] = .string(selection) }
    members["alignment"] = .string(alignment.name)
    return .object(members)
  }

  /// Everything against the rate, for models with more than one representation.
  var curves: [String: Curve] {
    guard measurements.count > 1 else { return [:] }
    func curve(_ label: String, _ y: [Double]) -> Curve {
      Curve(xLabel: "rate (nats)", yLabel: label, x: measurements.map(\.rate), y: y)
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
      for metric in scores[0].results[alignment].indices {
        let name = scores[0].results[alignment][metric].metric
        curves["\(name)@\(way.name)"] = curve(
          "\(name), \(way.name) axes", scores.indices.map { value(metric, alignment, $0) })
      }
    }
    return curves
  }

  /// One plot per metric, one of rate and one of distortion, against t.
  func plots(title: String) -> [(name: String, plot: LinePlot)] {
    let t = measurements.compactMap(\.point.t)
    guard t.count == measurements.count, t.count > 1 else { return [] }
    func plot(_ label: String, _ series: [LinePlot.Series]) -> LinePlot {
      LinePlot(
        title: title, xLabel: "position t on the β axis", yLabel: label, series: series,
        marks: [LinePlot.Mark(x: t[picked], label: "label-free pick")])
    }
    let metricPlots = scores[0].results[0].indices.map { metric in
      let name = scores[0].results[0][metric].metric
      let series = PointScores.alignments.enumerated().map { alignment, way in
        LinePlot.Series(
          name: "\(way.name) axes", x: t,
          y: scores.indices.map { value(metric, alignment, $0) }, hasDots: true)
      }
      return (name: name.replacing(":", with: "-"), plot: plot(name, series))
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

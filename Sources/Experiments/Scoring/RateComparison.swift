package import BenchSupport
package import Plotting
package import Results

/// Models with a whole curve over the rate beside models with one point each.
///
/// Values of a curve at a baseline's own rate are the fair ones: a model that may keep more
/// information than another reconstructs better and scores otherwise for that reason alone.
package struct RateComparison {
  /// One quantity that depends on the rate.
  private struct Quantity {
    let name: String
    let label: String
    let metric: String
    let curve: (RunResult) -> Curve?
  }

  private let results: [RunResult]
  private let quantities: [Quantity]
  /// Models with a curve, in the order of the results.
  private let curveModels: [String]
  /// Models with one point.
  private let pointModels: [String]

  /// Prepares a comparison of runs of one dataset and preset by some metrics, in their order.
  package init(_ results: [RunResult], metrics: [String]) {
    self.results = results
    let models = results.map(\.model).reduce(into: [String]()) { names, name in
      if !names.contains(name) { names.append(name) }
    }
    func hasCurve(_ model: String) -> Bool {
      results.contains { $0.model == model && !$0.curves.isEmpty }
    }
    curveModels = models.filter(hasCurve)
    pointModels = models.filter { !hasCurve($0) }
    let metrics = metrics.filter { name in
      results.contains { $0.metrics[RunResult.readoutName(name)] != nil }
    }
    quantities =
      [
        Quantity(
          name: "distortion", label: "squared error per pixel", metric: "mse"
        ) { $0.curves["distortion"] }
      ]
      + metrics.map { name in
        Quantity(name: name, label: name, metric: RunResult.readoutName(name)) {
          $0.readoutCurve(name)
        }
      }
  }

  private func curves(_ model: String, _ quantity: Quantity) -> [Curve] {
    results.filter { $0.model == model }.compactMap(quantity.curve)
  }

  private func summary(_ model: String, _ metric: String) -> Summary? {
    let values = results.filter { $0.model == model }.compactMap { $0.value(metric) }
    return values.isEmpty || !values.allSatisfy(\.isFinite) ? nil : Summary(values)
  }

  /// The mean over seeds of a curve at a rate; nil if a seed's curve does not reach it.
  private func value(_ model: String, _ quantity: Quantity, at rate: Double) -> Double? {
    let curves = curves(model, quantity)
    let values = curves.compactMap { $0.value(at: rate) }
    guard !values.isEmpty, values.count == curves.count else { return nil }
    return Summary(values).mean
  }

  // MARK: - Plots

  /// One plot per quantity; none unless a model has a curve.
  package var plots: [(name: String, plot: LinePlot)] {
    guard !curveModels.isEmpty else { return [] }
    return quantities.map { quantity in
      let whole = curveModels.compactMap {
        LinePlot.Series.mean(name: $0, of: curves($0, quantity))
      }
      let plot = LinePlot(
        title: "\(results[0].dataset.name), preset \(results[0].preset)", xLabel: "rate (nats)",
        yLabel: quantity.label, series: whole + families(quantity))
      return ("rate-\(quantity.name.replacing(":", with: "-"))-\(results[0].preset)", plot)
    }
  }

  /// The points of models that differ in options only, joined by a dashed line.
  private func families(_ quantity: Quantity) -> [LinePlot.Series] {
    let names = pointModels.map(family).reduce(into: [String]()) { names, name in
      if !names.contains(name) { names.append(name) }
    }
    return names.compactMap { name in
      let points = pointModels.filter { family($0) == name }.compactMap { model in
        summary(model, "rate").flatMap { rate in
          summary(model, quantity.metric).map { (x: rate.mean, y: $0) }
        }
      }.sorted { $0.x < $1.x }
      guard !points.isEmpty else { return nil }
      let spreads = points.map { $0.y.standardDeviation ?? 0 }
      let hasBand = points.count > 1 && spreads.contains { $0 > 0 }
      return LinePlot.Series(
        name: name, x: points.map(\.x), y: points.map(\.y.mean),
        lower: hasBand ? zip(points, spreads).map { $0.y.mean - $1 } : [],
        upper: hasBand ? zip(points, spreads).map { $0.y.mean + $1 } : [], isDashed: true,
        hasDots: true)
    }
  }

  private func family(_ model: String) -> String { String(model.prefix { $0 != ":" }) }

  // MARK: - Table

  /// Each baseline beside the curves at its own rate; nil unless there are both.
  package var table: ResultTable? {
    guard !curveModels.isEmpty, !pointModels.isEmpty else { return nil }
    var table = ResultTable(
      title: "At each baseline's rate",
      header: ["baseline", "rate"]
        + quantities.flatMap { quantity in
          [quantity.name] + curveModels.map { "\(quantity.name) \($0)" }
        },
      footnotes: [
        "mean over seeds on the axes of each model's readout; – where the baseline's rate is outside a curve"
      ])
    for model in pointModels {
      guard let rate = summary(model, "rate")?.mean else { continue }
      let cells = quantities.flatMap { quantity -> [ResultTable.Cell] in
        let values =
          [summary(model, quantity.metric)?.mean]
          + curveModels.map { value($0, quantity, at: rate) }
        return values.map { value in
          .init(value.map { $0.fixed(quantity.metric == "mse" ? 4 : 3) } ?? "–")
        }
      }
      table.append([.init(model), .init(rate.fixed(2))] + cells)
    }
    return table
  }

  /// The table as JSON: one object per baseline.
  package var json: JSONValue {
    .array(
      pointModels.compactMap { model in
        guard let rate = summary(model, "rate")?.mean, !curveModels.isEmpty else { return nil }
        let quantities = quantities.map { quantity -> (String, JSONValue) in
          var values: [String: JSONValue] = [:]
          values[model] = summary(model, quantity.metric).map { .number($0.mean) }
          for other in curveModels {
            values[other] = value(other, quantity, at: rate).map { .number($0) }
          }
          return (quantity.name, .object(values))
        }
        let members = Dictionary(uniqueKeysWithValues: quantities)
        return .object(
          members.merging(["baseline": .string(model), "rate": .number(rate)]) { $1 })
      })
  }
}

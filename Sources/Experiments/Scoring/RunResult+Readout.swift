import BenchSupport
import Disentanglement
package import Reference
package import Results

/// The one label-free score per metric that stands for a model.
extension RunResult {
  /// The result with headline scores, for one of a version that did not name them.
  ///
  /// They are what such a result says of the label-free point on the axes of the model's readout, or on its
  /// own where it says nothing of those.
  ///
  /// - Parameter specification: The model.
  /// - Returns: The result.
  package func namingReadout(of specification: ModelSpecification) -> RunResult {
    var result = self
    let axes = specification.definition.readout
    for metric in MetricCatalog.all.map(\.name) where metrics[Self.readoutName(metric)] == nil {
      result.metrics[Self.readoutName(metric)] =
        metrics[axes == .raw ? metric : "\(metric)@\(axes.name)"] ?? metrics[metric]
    }
    return result
  }

  /// Whether the points of a model with several were scored on all axes that every point has.
  package var hasAllAxes: Bool {
    curves.isEmpty
      || PointScores.everywhere.allSatisfy { axes in
        curves.keys.contains { $0.hasSuffix("@\(axes.name)") }
      }
  }

  /// The curve of a metric over the rate on the axes of its headline score.
  ///
  /// - Parameter metric: The metric's name.
  /// - Returns: The curve; nil for a model with one point.
  package func readoutCurve(_ metric: String) -> Curve? {
    let axes =
      metrics[Self.readoutName(metric)]?["alignment"]?.string ?? CodeAlignment.Method.raw.name
    return curves["\(metric)@\(axes)"]
  }

  /// On which axes and at which β a headline score was read, for people: `own`, `ica, σ=0.43`.
  ///
  /// - Parameter metric: The metric's name.
  /// - Returns: The text; nil without such a score.
  package func readoutText(_ metric: String) -> String? {
    guard let record = metrics[Self.readoutName(metric)] else { return nil }
    let axes = record["alignment"]?.string ?? CodeAlignment.Method.raw.name
    // What has one point only has nothing to say about it.
    let point = record["selection"]?.string == nil ? nil : record["point"]?.string
    return ([axes == CodeAlignment.Method.raw.name ? "own" : axes] + [point].compactMap { $0 })
      .joined(separator: ", ")
  }
}

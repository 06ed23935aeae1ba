extension MetricSettings {
  /// Reads settings written `METRIC.PARAMETER=VALUE`, for instance `mig.num_bins=10`.
  ///
  /// - Throws: ``DisentanglementError`` if a metric or parameter is unknown or a value is outside
  ///   its range.
  public init(_ texts: [String]) throws(DisentanglementError) {
    var values: [String: Double] = [:]
    for text in texts {
      let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, let dot = sides[0].lastIndex(of: ".") else {
        throw .invalidArgument(
          metric: "settings", argument: "one of them", expected: "METRIC.PARAMETER=VALUE",
          found: "'\(text)'")
      }
      let metric = try MetricCatalog.metric(named: String(sides[0][..<dot]))
      let name = sides[0][sides[0].index(after: dot)...]
      guard let parameter = metric.parameters.first(where: { $0.name == name }) else {
        throw .invalidArgument(
          metric: metric.name, argument: "the parameter",
          expected: metric.parameters.isEmpty
            ? "none, for this metric has no parameters"
            : "one of \(metric.parameters.map(\.name).joined(separator: ", "))",
          found: "'\(name)'")
      }
      guard let value = Double(sides[1]), parameter.range.contains(value),
        !parameter.isWhole || value == value.rounded()
      else {
        throw .invalidArgument(
          metric: metric.name, argument: parameter.name,
          expected: "a \(parameter.isWhole ? "whole " : "")number from "
            + "\(plain(parameter.range.lowerBound)) to \(plain(parameter.range.upperBound))",
          found: "'\(sides[1])'")
      }
      values["\(metric.name).\(parameter.name)"] = value
    }
    self.init(values: values)
  }
}

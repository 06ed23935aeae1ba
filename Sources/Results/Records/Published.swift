public import BenchSupport

/// One number of a published table.
public struct PublishedRow: Sendable, Equatable {
  /// The dataset, as the source names it.
  public var dataset: String
  /// The method, as the source names it.
  public var method: String
  /// The metric, as the source names it.
  public var metric: String
  /// The published mean; nil if only other statistics could be read.
  public var mean: Double?
  /// The published spread; what it is over is in ``spread``.
  public var standardDeviation: Double?
  /// The median, where a plot shows it.
  public var median: Double?
  /// The smallest and largest value, where a plot shows them.
  public var range: ClosedRange<Double>?
  /// Over how many runs; nil if the source does not say.
  public var count: Int?
  /// Whether larger is better.
  public var direction: MetricDirection
  /// The citation, always shown with the number.
  public var source: String
  /// What the spread is over: `runs`, `folds`, or `unknown`.
  public var spread: String
  /// How the number was obtained: `text`, `digitised` from a plot, or `secondary` quotation.
  public var verified: String
  /// How the number was measured, in words.
  public var protocolText: String?
  /// The protocol that runs must share to be compared; nil if the source does not say enough.
  public var protocolID: String?
  /// Anything a reader should know.
  public var note: String?
  /// Whether it is of the work that this project reproduces; its tables are shown first and whole.
  public var isPrimary = false

  /// The number as text, for instance `0.40 ± 0.02` or `~0.46 [0.12, 0.62]` for a median read off.
  public var text: String {
    let numbers = [mean, standardDeviation, median, range?.lowerBound, range?.upperBound]
    // As many decimals as the source gives, no more.
    let places = numbers.compactMap { $0.map(Self.decimals) }.max() ?? 0
    if let mean {
      let summary = Summary(mean: mean, standardDeviation: standardDeviation, count: count ?? 0)
      return summary.text(decimals: places)
    }
    let interval = range.map {
      "[\($0.lowerBound.fixed(places)), \($0.upperBound.fixed(places))]"
    }
    return [median.map { "~\($0.fixed(places))" }, interval].compactMap { $0 }
      .joined(separator: " ")
  }

  private static func decimals(_ value: Double) -> Int {
    let text = "\(value)"
    guard let point = text.firstIndex(of: "."), !text.contains("e"), !text.hasSuffix(".0") else {
      return 0
    }
    return text.distance(from: point, to: text.endIndex) - 1
  }

  /// The number by which rows are ordered: the mean, else the median, else the middle of the range.
  package var center: Double {
    mean ?? median ?? range.map { ($0.lowerBound + $0.upperBound) / 2 } ?? .nan
  }
}

extension PublishedRow {
  /// Creates a row with a mean; what else the source says is set afterwards.
  public init(
    dataset: String, method: String, metric: String, mean: Double?, standardDeviation: Double?,
    count: Int?, direction: MetricDirection, source: String
  ) {
    self.init(
      dataset: dataset, method: method, metric: metric, mean: mean,
      standardDeviation: standardDeviation, median: nil, range: nil, count: count,
      direction: direction, source: source, spread: "unknown", verified: "text")
  }

  /// Reads all rows of a file with `"kind": "published"`.
  ///
  /// - Throws: ``ResultError`` that names the row and the field.
  static func rows(of value: JSONValue, path: String) throws(ResultError) -> [PublishedRow] {
    let reader = try FieldReader(value, path: path)
    guard let items = try reader.required("rows").array else {
      throw reader.invalid("rows", expected: "a list")
    }
    let isPrimary = try reader.optionalBool("primary") ?? false
    var rows: [PublishedRow] = []
    for (index, item) in items.enumerated() {
      var row = try PublishedRow(FieldReader(item, path: path, prefix: "rows[\(index)]"))
      row.isPrimary = isPrimary
      rows.append(row)
    }
    return rows
  }

  private init(_ reader: FieldReader) throws(ResultError) {
    guard case .bool(let isHigher) = try reader.required("higher_is_better") else {
      throw reader.invalid("higher_is_better", expected: "true or false")
    }
    let low = try reader.optionalNumber("min")
    let high = try reader.optionalNumber("max")
    if let low, let high, low > high {
      throw reader.invalid("max", expected: "at least the field 'min', \(low)")
    }
    if let deviation = try reader.optionalNumber("std"), deviation < 0 {
      throw reader.invalid("std", expected: "a number of at least 0")
    }
    self.init(
      dataset: try reader.string("dataset"), method: try reader.string("method"),
      metric: try reader.string("metric"), mean: try reader.optionalNumber("mean"),
      standardDeviation: try reader.optionalNumber("std"),
      median: try reader.optionalNumber("median"),
      range: low.flatMap { low in high.map { low...$0 } },
      count: try reader.optionalInteger("n", minimum: 1),
      direction: isHigher ? .higherIsBetter : .lowerIsBetter,
      source: try reader.string("source"),
      spread: try reader.optionalString("spread") ?? "unknown",
      verified: try reader.string("verified"),
      protocolText: try reader.optionalString("protocol"),
      protocolID: try reader.optionalString("protocol_id"), note: try reader.optionalString("note"))
    guard center.isFinite else {
      throw .missingField(path: reader.path, field: reader.name("mean"))
    }
  }
}

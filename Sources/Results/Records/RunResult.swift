public import BenchSupport

/// What one run of one model with one seed on one dataset gave: the contents of `result.json`.
///
/// The format is documented in docs/results.md.
public struct RunResult: Sendable, Equatable {
  /// The version of the format this program writes.
  public static let schema = 1

  /// Which data, by name and content.
  public struct DatasetIdentity: Sendable, Equatable {
    /// The dataset's name, for instance `scenes3d`.
    public var name: String
    /// A checksum such as `sha256:…`; nil if the data are not a file, for instance rendered.
    public var checksum: String?

    /// Creates an identity.
    public init(name: String, checksum: String? = nil) {
      self.name = name
      self.checksum = checksum
    }
  }

  /// The data.
  public var dataset: DatasetIdentity
  /// The model's name.
  public var model: String
  /// The preset's name.
  public var preset: String
  /// The seed.
  public var seed: Int
  /// Objects by metric name; each has a number `value` (or `null` where the metric is undefined)
  /// and may have `protocol`, `higher_is_better`, `selection` (`label-free` or
  /// `selected-on-labels`) and further details.
  public var metrics: [String: JSONValue]
  /// Curves by name, for instance metrics against the rate; empty if there are none.
  public var curves: [String: Curve]
  /// Where the result comes from; nil only for imported results.
  public var provenance: Provenance?

  /// Creates a result.
  public init(
    dataset: DatasetIdentity, model: String, preset: String, seed: Int,
    metrics: [String: JSONValue], curves: [String: Curve] = [:], provenance: Provenance?
  ) {
    self.dataset = dataset
    self.model = model
    self.preset = preset
    self.seed = seed
    self.metrics = metrics
    self.curves = curves
    self.provenance = provenance
  }

  /// The run's dataset, model, preset and seed in one text.
  public var name: String { "\(dataset.name)/\(model)/\(preset)/seed-\(seed)" }

  /// A metric's number by `name` (its `value`) or `name.field` (another number of its object).
  ///
  /// - Returns: NaN if the metric is there but undefined, for its fields too; nil if it is not there.
  public func value(_ name: String) -> Double? {
    guard let metric = record(of: name) else { return nil }
    // The fields of a metric without a value are no results either.
    guard let value = metric["value"]?.double else { return .nan }
    guard metrics[name] == nil, let dot = name.lastIndex(of: ".") else { return value }
    return metric[String(name[name.index(after: dot)...])]?.double
  }

  /// The object of a metric, or of the metric that a field after a dot belongs to.
  private func record(of name: String) -> JSONValue? {
    if let metric = metrics[name] { return metric }
    return name.lastIndex(of: ".").flatMap { metrics[String(name[..<$0])] }
  }

  /// The name of a metric's headline score, as the model is read.
  package static func readoutName(_ metric: String) -> String { "\(metric)@readout" }

  /// What must agree for a metric's values to be compared: its `protocol`, or ``unstatedProtocol``.
  public func protocolID(_ metric: String) -> String {
    record(of: metric)?["protocol"]?.string ?? Self.unstatedProtocol
  }

  /// The protocol of values that do not state one: comparable with one another, and with no others.
  public static let unstatedProtocol = "unstated"

  /// Whether the value was picked among several by looking at the labels that it is judged by.
  public func isSelectedOnLabels(_ metric: String) -> Bool {
    record(of: metric)?["selection"]?.string == "selected-on-labels"
  }
}

/// A curve with optional bounds, for instance a metric against the rate.
public struct Curve: Sendable, Equatable {
  /// Label of the horizontal axis, with its unit.
  public var xLabel: String
  /// Label of the vertical axis, with its unit.
  public var yLabel: String
  /// Horizontal positions.
  public var x: [Double]
  /// Values, as many as positions.
  public var y: [Double]
  /// Whether the horizontal axis is logarithmic.
  public var isLogarithmic: Bool

  /// Creates a curve.
  public init(
    xLabel: String, yLabel: String, x: [Double], y: [Double], isLogarithmic: Bool = false
  ) {
    precondition(x.count == y.count, "\(x.count) positions for \(y.count) values")
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.x = x
    self.y = y
    self.isLogarithmic = isLogarithmic
  }
}

// MARK: - JSON

extension RunResult {
  /// The result as JSON.
  public var json: JSONValue {
    var members: [String: JSONValue] = [
      "schema": .integer(Self.schema),
      "dataset": [
        "name": .string(dataset.name), "checksum": dataset.checksum.map { .string($0) } ?? .null,
      ],
      "model": .string(model),
      "preset": .string(preset),
      "seed": .integer(seed),
      "metrics": .object(metrics),
    ]
    if !curves.isEmpty { members["curves"] = .object(curves.mapValues(\.json)) }
    if let provenance { members["provenance"] = provenance.json }
    return .object(members)
  }

  /// Reads a result.
  ///
  /// - Parameters:
  ///   - value: The JSON object.
  ///   - path: The file it comes from, for messages.
  /// - Throws: ``ResultError`` that names the field.
  public init(_ value: JSONValue, path: String) throws(ResultError) {
    let reader = try FieldReader(value, path: path)
    let schema = try reader.integer("schema", minimum: 1)
    guard schema <= Self.schema else {
      throw .unsupportedSchema(path: path, found: schema, supported: Self.schema)
    }
    let dataset = try reader.object("dataset")
    let metrics = try reader.object("metrics")
    for name in metrics.members.keys.sorted() {
      try Self.validateMetric(metrics.object(name))
    }
    var curves: [String: Curve] = [:]
    if reader.optional("curves") != nil {
      let object = try reader.object("curves")
      for name in object.members.keys.sorted() { curves[name] = try Curve(object.object(name)) }
    }
    self.init(
      dataset: DatasetIdentity(
        name: try dataset.string("name"), checksum: try dataset.optionalString("checksum")),
      model: try reader.string("model"),
      preset: try reader.string("preset"),
      seed: try reader.integer("seed"),
      metrics: metrics.members,
      curves: curves,
      provenance: try reader.optional("provenance").map { value throws(ResultError) in
        try Provenance(value, path: path)
      })
  }

  private static func validateMetric(_ metric: FieldReader) throws(ResultError) {
    guard let value = metric.members["value"] else {
      throw .missingField(path: metric.path, field: metric.name("value"))
    }
    guard value == .null || value.double?.isFinite == true else {
      throw metric.invalid("value", expected: "a number, or null where undefined")
    }
    _ = try metric.optionalString("protocol")
    _ = try metric.optionalString("selection")
  }

  /// Reads `result.json` or another file of the same format.
  ///
  /// - Throws: `FileError` or ``ResultError``.
  public init(path: String) throws { try self.init(readJSON(path), path: path) }

  /// Writes the result; the file appears whole or not at all.
  ///
  /// - Throws: `FileError`; `EncodingError` if a number is not finite.
  public func write(to path: String) throws {
    try AtomicFile.write(Array((json.text() + "\n").utf8), to: path)
  }
}

extension Curve {
  /// The curve as JSON.
  public var json: JSONValue {
    [
      "x_label": .string(xLabel), "y_label": .string(yLabel), "x": .numbers(x), "y": .numbers(y),
      "log_x": .bool(isLogarithmic),
    ]
  }

  init(_ reader: FieldReader) throws(ResultError) {
    let x = try reader.numbers("x")
    let y = try reader.numbers("y")
    guard x.count == y.count else {
      throw reader.invalid("y", expected: "a list as long as x, \(x.count)")
    }
    self.init(
      xLabel: try reader.string("x_label"), yLabel: try reader.string("y_label"), x: x, y: y,
      isLogarithmic: try reader.optionalBool("log_x") ?? false)
  }
}

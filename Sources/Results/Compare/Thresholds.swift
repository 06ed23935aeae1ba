import BenchSupport

/// How far new runs may fall behind the reference: the contents of `thresholds.yaml`.
///
/// The format is documented in docs/results.md.
public struct Thresholds: Sendable, Equatable {
  /// Limits for some runs.
  ///
  /// A run's metric is judged by the first rule that matches it; every limit of that rule must
  /// hold.
  public struct Rule: Sendable, Equatable {
    /// The dataset's name; `*` stands for any characters.
    public var dataset = "*"
    /// The preset's name; `*` stands for any characters.
    public var preset = "*"
    /// The model's name; `*` stands for any characters.
    public var model = "*"
    /// The metric's name; `*` stands for any characters.
    public var metric: String
    /// The mean may be worse than the reference mean by this much.
    public var absolute: Double?
    /// The mean may be worse by this share of the reference mean's size.
    public var relative: Double?
    /// The mean may be worse by this many standard deviations of the reference seeds.
    public var sigma: Double?
    /// The mean must be at least this.
    public var minimum: Double?
    /// The mean must be at most this.
    public var maximum: Double?
    /// Whether being better by more than the limits fails as well.
    public var isTwoSided = false
    /// The fewest seeds; the reference may have more.
    public var minimumSeeds = 1

    /// Creates a rule without limits.
    public init(metric: String) { self.metric = metric }

    /// What the rule is for, for messages.
    var scope: String { "\(dataset)/\(model)/\(preset) \(metric)" }
  }

  /// The rules, in the order they are tried.
  public var rules: [Rule]

  /// Creates thresholds.
  public init(rules: [Rule]) { self.rules = rules }

  /// Drops rules that are only about other presets and datasets; empty lists drop nothing.
  ///
  /// A rule that matches no runs fails a comparison, but not one that left its runs out.
  public mutating func keep(presets: [String], datasets: [String]) {
    func isKept(_ pattern: String, _ names: [String]) -> Bool {
      names.isEmpty || names.contains { Rule.matches(pattern, $0) }
    }
    rules = rules.filter { isKept($0.preset, presets) && isKept($0.dataset, datasets) }
  }

  /// Reads a YAML or JSON file.
  ///
  /// - Throws: `FileError` or ``ResultError`` that names the rule and the field.
  public init(path: String) throws {
    let reader = try FieldReader(readYAML(path), path: path)
    let schema = try reader.integer("schema", minimum: 1)
    guard schema == 1 else {
      throw ResultError.unsupportedSchema(path: path, found: schema, supported: 1)
    }
    guard let items = try reader.required("rules").array, !items.isEmpty else {
      throw reader.invalid("rules", expected: "a list of rules")
    }
    rules = try items.enumerated().map { index, item in
      try Rule(FieldReader(item, path: path, prefix: "rules[\(index)]"))
    }
  }
}

extension Thresholds.Rule {
  private static let fields = [
    "dataset", "preset", "model", "metric", "absolute", "relative", "sigma", "min", "max",
    "two_sided", "minimum_seeds", "note",
  ]

  fileprivate init(_ reader: FieldReader) throws(ResultError) {
    // A misspelt limit must not pass as no limit.
    for field in reader.members.keys.sorted() where !Self.fields.contains(field) {
      throw .invalidField(
        path: reader.path, field: reader.name(field),
        expected: "one of \(Self.fields.joined(separator: ", "))", found: "'\(field)'")
    }
    self.init(metric: try reader.string("metric"))
    dataset = try reader.optionalString("dataset") ?? "*"
    preset = try reader.optionalString("preset") ?? "*"
    model = try reader.optionalString("model") ?? "*"
    absolute = try Self.limit(reader, "absolute")
    relative = try Self.limit(reader, "relative")
    sigma = try Self.limit(reader, "sigma")
    minimum = try reader.optionalNumber("min")
    maximum = try reader.optionalNumber("max")
    minimumSeeds = try reader.optionalInteger("minimum_seeds", minimum: 1) ?? 1
    if let value = reader.optional("two_sided") {
      guard case .bool(let isTwoSided) = value else {
        throw reader.invalid("two_sided", expected: "true or false")
      }
      self.isTwoSided = isTwoSided
    }
    guard [absolute, relative, sigma, minimum, maximum].contains(where: { $0 != nil }) else {
      throw .invalidField(
        path: reader.path, field: reader.prefix,
        expected: "at least one of absolute, relative, sigma, min, max", found: "no limit")
    }
  }

  private static func limit(_ reader: FieldReader, _ field: String) throws(ResultError) -> Double? {
    guard let value = try reader.optionalNumber(field) else { return nil }
    guard value >= 0 else { throw reader.invalid(field, expected: "a number of at least 0") }
    return value
  }

  /// Whether the rule is for a run's metric.
  func matches(dataset: String, preset: String, model: String, metric: String) -> Bool {
    Self.matches(self.dataset, dataset) && Self.matches(self.preset, preset)
      && Self.matches(self.model, model) && Self.matches(self.metric, metric)
  }

  /// Whether a name is of a pattern, in which `*` stands for any characters.
  fileprivate static func matches(_ pattern: String, _ name: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1, let first = parts.first, let last = parts.last else {
      return pattern == name
    }
    guard name.hasPrefix(first) && name.hasSuffix(last) && name.count >= first.count + last.count
    else { return false }
    var rest = name.dropFirst(first.count).dropLast(last.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let found = firstRange(of: part, in: rest) else { return false }
      rest = rest[found.upperBound...]
    }
    return true
  }

  private static func firstRange(of part: String, in text: Substring) -> Range<Substring.Index>? {
    text.indices.first { text[$0...].hasPrefix(part) }.map {
      $0..<text.index($0, offsetBy: part.count)
    }
  }
}

import BenchSupport

/// Results from a table of (method, seed, metrics).
public enum CSVImport {
  /// Reads a CSV file with a header.
  ///
  /// The columns `method` (or `model`) and `seed` must be there; `dataset` and `preset` may be; every
  /// other column is a metric. Empty cells are left out, `nan` is an undefined value.
  ///
  /// - Parameters:
  ///   - path: The file, RFC 4180: commas, quoted cells where needed, one header line.
  ///   - dataset: The dataset if the file has no such column.
  ///   - preset: The preset if the file has no such column.
  /// - Returns: One result per line, without provenance.
  /// - Throws: `FileError` or ``ResultError`` that names the line.
  public static func results(
    path: String, dataset: String?, preset: String = "imported"
  ) throws -> [RunResult] {
    guard let lines = CSVText.lines(Array(try readFile(path))) else {
      throw ResultError.malformed(path: path, reason: "a quoted cell does not end")
    }
    guard let header = lines.first?.cells.map({ $0.lowercased() }), lines.count > 1 else {
      throw ResultError.malformed(path: path, reason: "it has no header and line")
    }
    for name in ["seed"] where !header.contains(name) {
      throw ResultError.missingField(path: path, field: name)
    }
    guard let method = header.firstIndex(of: "method") ?? header.firstIndex(of: "model") else {
      throw ResultError.missingField(path: path, field: "method")
    }
    guard Set(header).count == header.count else {
      throw ResultError.malformed(path: path, reason: "two columns have the same name")
    }
    return try lines.dropFirst().map { line in
      let place = "\(path), line \(line.number)"
      guard line.cells.count == header.count else {
        throw ResultError.malformed(
          path: place, reason: "\(line.cells.count) cells for \(header.count) columns")
      }
      func cell(_ name: String) -> String? {
        header.firstIndex(of: name).map { line.cells[$0] }.flatMap { $0.isEmpty ? nil : $0 }
      }
      guard let seed = Int(cell("seed") ?? ""), seed >= 0 else {
        throw ResultError.invalidField(
          path: place, field: "seed", expected: "a whole number of at least 0",
          found: "'\(cell("seed") ?? "")'")
      }
      guard let dataset = cell("dataset") ?? dataset else {
        throw ResultError.missingField(path: place, field: "dataset")
      }
      var metrics: [String: JSONValue] = [:]
      for (name, text) in zip(header, line.cells)
      where !["method", "model", "seed", "dataset", "preset"].contains(name) && !text.isEmpty {
        metrics[MetricName.canonical(name)] = ["value": try number(text, name, place)]
      }
      return RunResult(
        dataset: .init(name: dataset), model: line.cells[method], preset: cell("preset") ?? preset,
        seed: seed, metrics: metrics, provenance: nil)
    }
  }

  private static func number(
    _ text: String, _ name: String, _ place: String
  ) throws(ResultError) -> JSONValue {
    if text.lowercased() == "nan" { return .null }
    guard let value = Double(text), value.isFinite else {
      throw .invalidField(path: place, field: name, expected: "a number or nan", found: "'\(text)'")
    }
    return .number(value)
  }
}

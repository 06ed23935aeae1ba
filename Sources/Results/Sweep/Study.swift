import BenchSupport

/// A grid of runs: the contents of `study.yaml`.
///
/// The format is documented in docs/results.md.
public struct Study: Sendable, Equatable {
  /// One run of the grid.
  public struct Task: Sendable, Equatable {
    /// The dataset's name.
    public var dataset: String
    /// The model's name, with options.
    public var model: String
    /// The seed.
    public var seed: Int
    /// Where its result will be.
    public var folder: RunDirectory

    /// The run in one text.
    public var name: String { "\(dataset) \(model) seed \(seed)" }
  }

  /// The datasets.
  public var datasets: [String]
  /// The names by which runs on a dataset are filed, where these are not those in ``datasets``.
  public var filedNames: [String: String] = [:]
  /// The models, each with its options.
  public var models: [String]
  /// The models of a dataset under the names by which their runs are filed, where these are not ``models``.
  public var modelsOfDataset: [String: [String]] = [:]
  /// The seeds.
  public var seeds: [Int]
  /// The preset.
  public var preset: String
  /// The folder of the runs.
  public var out: String
  /// Threads per run.
  public var threadCount: Int
  /// Further arguments of every run.
  public var arguments: [String]
  /// The command of one run with placeholders in braces; nil for `bench disentangle`.
  public var command: [String]?
  /// Options of every Slurm job, without the leading dashes.
  public var slurm: [String: String]

  /// The models of a dataset, by the names of their runs.
  func models(of dataset: String) -> [String] { modelsOfDataset[dataset] ?? models }

  /// Every run, by dataset, seed, and model: after an interruption all models have the same seeds.
  ///
  /// - Throws: ``ResultError/invalidName(_:)``.
  public func tasks() throws(ResultError) -> [Task] {
    var tasks: [Task] = []
    for dataset in datasets {
      for seed in seeds {
        for model in models(of: dataset) {
          tasks.append(
            Task(
              dataset: dataset, model: model, seed: seed,
              folder: try RunDirectory(
                root: out, dataset: filedNames[dataset] ?? dataset, model: model, preset: preset,
                seed: seed)))
        }
      }
    }
    return tasks
  }

  /// The command line of a run.
  ///
  /// - Parameters:
  ///   - task: The run.
  ///   - program: The path of this program, which replaces a leading `bench`.
  /// - Returns: The program and its arguments.
  public func commandLine(of task: Task, program: String) -> [String] {
    let values = [
      "dataset": task.dataset, "model": task.model, "seed": "\(task.seed)", "preset": preset,
      "out": out, "threads": "\(threadCount)", "folder": task.folder.path,
    ]
    var words = (command ?? Self.defaultCommand).map { word in
      values.reduce(word) { text, value in
        text.split(separator: "{\(value.key)}", omittingEmptySubsequences: false)
          .joined(separator: value.value)
      }
    }
    if words[0] == "bench" { words[0] = program }
    return words + arguments
  }

  private static let defaultCommand = [
    "bench", "disentangle", "--dataset", "{dataset}", "--model", "{model}", "--seeds", "{seed}",
    "--preset", "{preset}", "--out", "{out}", "--threads", "{threads}", "--resume", "--quiet",
  ]
}

extension Study {
  private static let fields = [
    "schema", "datasets", "models", "seeds", "preset", "out", "threads", "arguments", "command",
    "slurm", "note",
  ]
  private static let placeholders = [
    "dataset", "model", "seed", "preset", "out", "threads", "folder",
  ]

  /// Reads a YAML file.
  ///
  /// - Throws: `FileError` or ``ResultError`` that names the field.
  public init(path: String) throws {
    let reader = try FieldReader(readYAML(path), path: path)
    for field in reader.members.keys.sorted() where !Self.fields.contains(field) {
      throw ResultError.invalidField(
        path: path, field: field, expected: "one of \(Self.fields.joined(separator: ", "))",
        found: "'\(field)'")
    }
    let schema = try reader.integer("schema", minimum: 1)
    guard schema == 1 else {
      throw ResultError.unsupportedSchema(path: path, found: schema, supported: 1)
    }
    datasets = try Self.names(reader, "datasets")
    models = try Self.names(reader, "models")
    seeds = try Self.seeds(reader)
    preset = try reader.optionalString("preset") ?? "quick"
    out = try reader.optionalString("out") ?? "runs"
    threadCount = try reader.optionalInteger("threads", minimum: 1) ?? 1
    arguments = try reader.strings("arguments")
    command = reader.optional("command") == nil ? nil : try reader.strings("command")
    slurm = try Self.slurmOptions(reader)
    if command == nil { try checkArguments(reader) }
    if let command {
      guard !command.isEmpty else { throw reader.invalid("command", expected: "at least one word") }
      // A run that does not know its seed or folder cannot be one of a grid.
      for word in command { try Self.checkPlaceholders(word, reader) }
      guard command.contains(where: { $0.contains("{folder}") || $0.contains("{seed}") }) else {
        throw reader.invalid("command", expected: "a command with {folder} or {seed}")
      }
    }
    let count = datasets.count.multipliedReportingOverflow(by: models.count * seeds.count)
    guard !count.overflow && count.partialValue <= 100_000 else {
      throw reader.invalid("seeds", expected: "at most 100,000 runs")
    }
    _ = try tasks()
  }

  /// Refuses arguments that would file runs elsewhere than where their results are looked for.
  private func checkArguments(_ reader: FieldReader) throws(ResultError) {
    for argument in arguments {
      let option = String(argument.prefix { $0 != "=" })
      if ["--steps", "--latents", "--precision"].contains(option) {
        throw .invalidField(
          path: reader.path, field: "arguments",
          expected: "no \(option), which belongs to the preset, for instance "
            + "preset: '\(preset):\(option.dropFirst(2))=…'",
          found: argument)
      }
      if ["--dataset", "--model", "--seeds", "--seed", "--preset", "--out"].contains(option) {
        throw .invalidField(
          path: reader.path, field: "arguments",
          expected: "no \(option); the study's own fields say that", found: argument)
      }
    }
  }

  private static func names(
    _ reader: FieldReader, _ field: String
  ) throws(ResultError) -> [String] {
    _ = try reader.required(field)
    let names = try reader.strings(field)
    guard !names.isEmpty && Set(names).count == names.count && names.count <= 1000 else {
      throw reader.invalid(field, expected: "a list of up to 1000 different names")
    }
    return names
  }

  /// A number, a list of numbers, or a text such as `0-9`.
  private static func seeds(_ reader: FieldReader) throws(ResultError) -> [Int] {
    let expected = "numbers such as [0, 1, 2], or a range such as 0-9"
    let value = try reader.required("seeds")
    if case .integer(let seed) = value, seed >= 0 { return [seed] }
    if let text = value.string {
      let ends = text.split(separator: "-").map { Int($0) }
      guard ends.count == 2, let low = ends[0], let high = ends[1], low <= high,
        high - low < 100_000
      else { throw reader.invalid("seeds", expected: expected) }
      return Array(low...high)
    }
    guard let items = value.array, !items.isEmpty else {
      throw reader.invalid("seeds", expected: expected)
    }
    var seeds: [Int] = []
    for item in items {
      guard case .integer(let seed) = item, seed >= 0, !seeds.contains(seed) else {
        let isRepeated = item.integer.map(seeds.contains) == true
        throw .invalidField(
          path: reader.path, field: "seeds", expected: expected,
          found: ((try? item.text()) ?? "something else") + (isRepeated ? " twice" : ""))
      }
      seeds.append(seed)
    }
    return seeds
  }

  private static func checkPlaceholders(
    _ word: String, _ reader: FieldReader
  ) throws(ResultError) {
    for part in word.split(separator: "{").dropFirst(word.hasPrefix("{") ? 0 : 1) {
      let name = String(part.prefix { $0 != "}" })
      guard part.contains("}"), !placeholders.contains(name), name.allSatisfy(\.isLetter) else {
        continue
      }
      throw .invalidField(
        path: reader.path, field: "command",
        expected: "placeholders \(placeholders.map { "{\($0)}" }.joined(separator: " "))",
        found: "{\(name)}")
    }
  }

  private static func slurmOptions(_ reader: FieldReader) throws(ResultError) -> [String: String] {
    guard reader.optional("slurm") != nil else { return [:] }
    let object = try reader.object("slurm")
    var options: [String: String] = [:]
    for name in object.members.keys.sorted() {
      let value: String
      switch object.members[name] {
      case .string(let text)?: value = text
      case .integer(let number)?: value = "\(number)"
      default: throw object.invalid(name, expected: "a text or a whole number")
      }
      let isPlain = name.allSatisfy { $0.isASCII && ($0.isLowercase || $0 == "-") }
      guard isPlain && !name.isEmpty && !value.contains(where: { $0.isNewline || $0 == "\0" })
      else {
        throw .invalidField(
          path: reader.path, field: object.name(name),
          expected: "an option of sbatch, such as time: '04:00:00'", found: "'\(name)'")
      }
      options[name] = value
    }
    return options
  }
}

import ArgumentParser
import BenchSupport
import Disentanglement
import Experiments
import LinearAlgebra
import Results

/// `bench score`.
struct ScoreCommand: BenchCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Scores representations made anywhere, Python included.",
    discussion: """
      CODES is a .npz file with 'codes' (float, [samples, latents]) and 'factors' (class indices, \
      [samples, factors]) and/or 'attributes' (0 or 1, [samples, attributes]); optional are \
      'test_codes' and 'test_factors', 'factor_names', 'attribute_names' and 'factor_sizes'. \
      Or it is a .npy file or a table (.csv, .tsv, .txt) of codes alone, and --factors or --attributes \
      name files of the same kinds. In a .npz file the arrays may have the names of other libraries: \
      codes \(CodesRole.codes.names.dropFirst().joined(separator: ", ")); factors \
      \(CodesRole.factors.names.dropFirst().joined(separator: ", ")); attributes \
      \(CodesRole.attributes.names.dropFirst().joined(separator: ", ")); each with _train or _test. \
      Factors may be texts or any whole numbers, attributes -1 and 1. Continuous factors are an array \
      'factor_values' (float; 'test_factor_values'), or factors whose values hardly repeat: mcc, r2, \
      dci:lasso, dci:forest-regressor and sap:continuous score their values, the others do not apply.

      A factor with one value in the samples is left out of all metrics, and named.

      Without a test sample, metrics that train a model draw their training and test rows at random: \
      two thirds and one third, at most 10,000 and 5,000 as in the reference protocol (--train, \
      --test, --split). \
      If 'factors' covers a full grid of 'factor_sizes', metrics that intervene replay the \
      reference's draws; else they resample the rows that share a class.

      Examples:
        bench score codes.npz
        bench score codes.npy --factors y.npy
        bench score codes.npz --codes z --factors labels.csv
        bench score codes.npz --metrics mig,sap,factorvae --json
        bench score codes.npz --metrics mig --ci --align pca,ica
        bench score codes.npz --metrics mig --set mig.num_bins=10
        bench score codes.npz --metrics dci --train 5000 --test 2000
        bench score codes.npz --metrics mig --rotations 199
        bench score codes.npz --metrics mcc,r2:linear,r2:kernel

      Metrics:
      \(MetricCatalog.all.map { "  \($0.name.padded(to: 28)) \($0.summary)" }.joined(separator: "\n"))

      Parameters:
      \(MetricCatalog.all.flatMap { metric in
        metric.parameters.map { parameter in
          "  \("\(metric.name).\(parameter.name)".padded(to: 33)) \(parameter.summary)"
        }
      }.joined(separator: "\n"))
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(help: "The file with codes.", completion: .file())
  var codes: String

  @Option(
    name: .customLong("codes"), help: "Which array of a .npz file the codes are.")
  var codesName: String?

  @Option(
    help:
      "A .npy, .npz, .csv, .tsv or .txt file with the factors, or the name of their array in CODES.",
    completion: .file())
  var factors: String?

  @Option(
    help: "The same for the attributes: 0 and 1, or -1 and 1.", completion: .file())
  var attributes: String?

  @Option(
    help: """
      Names, separated by commas; 'all' for every variant. Default: every metric the file has the \
      inputs for, without variants.
      """)
  var metrics: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "A number of a metric's protocol; may be repeated. Default: the reference's.",
      valueName: "metric.parameter=value"))
  var settings: [String] = []

  @Option(help: "Rows to train on; default: two thirds of them, at most 10,000.")
  var train: Int?

  @Option(help: "Rows to test on; default: the rest, at most 5,000.")
  var test: Int?

  @Option(
    help: "random, or ordered: the first rows train, the next ones test (for shuffled files only).")
  var split = SplitRule.Order.random

  @Flag(help: "Adds 95 % intervals, from scores of halves of the samples.")
  var ci = false

  @Option(help: "Number of halves for --ci.")
  var ciResamples = 100

  @Option(
    help: """
      Ranks every score on the codes' own axes among as many random rotations of them: an exact \
      p-value for whether the axes mean anything; 199 is usual, 0 for none.
      """)
  var rotations = 0

  @Option(
    help: "Further axes to score on, fitted on the codes alone: pca, ica, rotation; with commas.")
  var align: String?

  func validate() throws {
    guard ciResamples >= 2 && ciResamples <= 100_000 else {
      throw ValidationError("--ci-resamples is \(ciResamples); it must be 2 to 100000.")
    }
    guard (0...100_000).contains(rotations) else {
      throw ValidationError("--rotations is \(rotations); it must be 0 to 100,000.")
    }
    for (name, value) in [("--train", train), ("--test", test)] {
      guard value.map({ $0 >= 1 }) ?? true else {
        throw ValidationError("\(name) is \(value ?? 0); it must be at least 1.")
      }
    }
    guard global.seed <= Int(UInt32.max) else {
      throw ValidationError("--seed is \(global.seed); it must be at most \(UInt32.max).")
    }
    guard metrics?.contains(where: { $0 != "," }) ?? true else {
      throw ValidationError("--metrics is empty; name metrics separated by commas, or all.")
    }
    do {
      _ = try chosenMetrics()
    } catch {
      throw ValidationError("--metrics: \(error)")
    }
    do {
      _ = try MetricSettings(settings)
    } catch {
      throw ValidationError("--set: \(error)")
    }
    _ = try alignments()
  }

  func execute() throws {
    let start = ContinuousClock.now
    let settings = try MetricSettings(settings)
    let file = try CodesFile(
      CodesFile.Parts(path: codes, codes: codesName, factors: factors, attributes: attributes),
      seed: UInt32(global.seed), settings: settings,
      split: SplitRule(order: split, trainCount: train, testCount: test))
    for note in file.notes { global.note("note: \(note)") }
    let hasTest = file.input.test != nil || file.input.testValues != nil
    guard !hasTest || (train == nil && test == nil) else {
      throw SplitOfGivenSample(path: codes)
    }
    let raw = try report(file.input)
    let aligned = try alignments().map { method -> (String, CodeAlignment, MetricReport) in
      let alignment = try CodeAlignment(method, fittedTo: file.input.codes)
      let leftOut = file.input.codes.latentCount - alignment.axes.rowCount
      if leftOut > 0 {
        global.note(
          """
          note: \(method.name) leaves out \(counted(leftOut, "direction")) of hardly any variance (at most 0.01, or that \
          share of the largest if it is below 1); give latents of different units one scale
          """)
      }
      return (method.name, alignment, try report(alignment.apply(to: file.input)))
    }
    if raw.entries.isEmpty, let first = raw.skipped.first {
      throw UnscorableCodes(path: codes, reason: first.reason)
    }
    let ranks = try ranks(raw, file.input)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    try global.emit(
      json(file, raw, aligned, ranks, seconds),
      text: table(file, raw, aligned.map { ($0.0, $0.2) }, ranks))
    // Asked for by name, and not there: a script must not take the rest for all.
    if !isSelective, !raw.skipped.isEmpty { throw ExitCode(2) }
  }

  // MARK: - Choices

  /// The metrics that were named; else the usual ones, for continuous factors those of values and the
  /// unsupervised ones.
  private func chosenMetrics(for input: MetricInput? = nil) throws -> [MetricDefinition] {
    guard let metrics else {
      guard input?.factorValues != nil else { return MetricCatalog.headline }
      return MetricCatalog.continuous + MetricCatalog.headline
    }
    return try MetricCatalog.metrics(named: metrics.split(separator: ",").map { $0.trimmed })
  }

  /// Whether metrics that the file cannot serve are left out rather than refused.
  private var isSelective: Bool {
    metrics.map { $0.split(separator: ",").map(\.trimmed).contains("all") } ?? true
  }

  private func alignments() throws -> [CodeAlignment.Method] {
    try (align ?? "").split(separator: ",").map(\.trimmed).map { name in
      switch name {
      case "pca": .pca
      case "ica": .ica(seed: UInt64(global.seed))
      case "rotation": .rotation(seed: UInt64(global.seed))
      default: throw ValidationError("--align: '\(name)' is none of pca, ica, rotation.")
      }
    }
  }

  private func report(_ input: MetricInput) throws -> MetricReport {
    let metrics = try chosenMetrics(for: input)
    var progress = ProgressReporter("score", total: metrics.count, isQuiet: global.quiet)
    var done = 0
    defer { progress.finish() }
    return try MetricCatalog.evaluate(
      metrics, on: input, resampleCount: ci ? ciResamples : nil, skipsFailures: true
    ) { name in
      progress.update(done, detail: name)
      done += 1
    }
  }

  /// The ranks of all metrics that have a value, by name.
  private func ranks(_ raw: MetricReport, _ input: MetricInput) throws -> [String: HaarRank] {
    guard rotations > 0 else { return [:] }
    let metrics = try chosenMetrics(for: input).filter { metric in
      raw.entries.contains { $0.result.metric == metric.name }
    }
    var progress = ProgressReporter(
      "rotations", total: metrics.count * rotations, isQuiet: global.quiet)
    defer { progress.finish() }
    var ranks: [String: HaarRank] = [:]
    for (index, metric) in metrics.enumerated() {
      do {
        ranks[metric.name] = try HaarRank(
          of: metric, input, rotationCount: rotations, seed: UInt64(global.seed)
        ) { progress.update(index * rotations + $0, detail: metric.name) }
      } catch let error as DisentanglementError {
        global.note("note: \(metric.name) has no rank among rotations: \(error)")
      }
    }
    return ranks
  }

  // MARK: - Output

  private func json(
    _ file: CodesFile, _ raw: MetricReport,
    _ aligned: [(name: String, alignment: CodeAlignment, report: MetricReport)],
    _ ranks: [String: HaarRank], _ seconds: Double
  ) -> JSONValue {
    let testCount = file.input.test?.sampleCount ?? file.input.testValues?.sampleCount
    var members: [String: JSONValue] = [
      "metrics": isSelective ? raw.json : raw.jsonWithSkipped,
      "seconds": raw.secondsJSON,
      "provenance": Provenance.now(
        gpu: nil, wallSeconds: seconds,
        config: [
          "codes": .string(codes),
          "samples": .integer(file.input.codes.sampleCount),
          "latents": .integer(file.input.codes.latentCount),
          "precision": .string(file.input.codes.precision.rawValue),
          "test_samples": testCount.map { .integer($0) } ?? .null,
          "split": testCount == nil ? .string(split.rawValue) : .null,
          "unit_size": file.unitSize.map { .integer($0) } ?? .null,
          "factors": factors.map { .string($0) } ?? .null,
          "attributes": attributes.map { .string($0) } ?? .null,
          "seed": .integer(global.seed),
          "settings": file.input.settings.json,
          "ci_resamples": ci ? .integer(ciResamples) : .null,
        ]
      ).json,
    ]
    if !file.notes.isEmpty { members["notes"] = .array(file.notes.map { .string($0) }) }
    let constant = file.input.constantFactors
    if !constant.isEmpty {
      members["constant_factors"] = .array(constant.map { .string($0) })
    }
    if !raw.skipped.isEmpty { members["skipped"] = raw.skippedJSON }
    if !ranks.isEmpty { members["rotations"] = .object(ranks.mapValues(\.json)) }
    if !aligned.isEmpty {
      members["aligned"] = .object(
        Dictionary(
          aligned.map { name, alignment, report in
            (
              name,
              [
                "metrics": report.json, "skipped": report.skippedJSON,
                "converged": .bool(alignment.hasConverged),
                "axes": .integer(alignment.axes.rowCount),
              ]
            )
          }
        ) { $1 })
    }
    return .object(members)
  }

  private func table(
    _ file: CodesFile, _ raw: MetricReport, _ aligned: [(name: String, report: MetricReport)],
    _ ranks: [String: HaarRank]
  ) -> String {
    let input = file.input
    var title =
      "\(codes): \(counted(input.codes.sampleCount, "sample")), "
      + counted(input.codes.latentCount, "latent")
    if let factors = input.factors { title += ", \(counted(factors.factorCount, "factor"))" }
    if let values = input.factorValues {
      title += ", \(counted(values.factorCount, "continuous factor"))"
    }
    if let attributes = input.attributes {
      title += ", \(counted(attributes.attributeCount, "attribute"))"
    }
    if file.unitSize != nil { title += "; every unit reduced to its first principal component" }
    var table = ResultTable(
      title: title,
      header: ["metric", "score", "value"] + (ci ? ["95 % interval"] : [])
        + (ranks.isEmpty ? [] : ["rotated", "p"]) + aligned.map(\.name))
    for entry in raw.entries {
      for (index, score) in entry.result.scores.enumerated() {
        var cells: [ResultTable.Cell] = [
          .init(index == 0 ? entry.result.metric : ""), .init(score.name),
          .init(score.value.fixed(4)),
        ]
        if ci {
          let interval = entry.intervals?.first { $0.score == score.name }?.range
          cells.append(
            .init(
              interval.map { "\($0.lowerBound.fixed(4)) … \($0.upperBound.fixed(4))" } ?? ""))
        }
        if !ranks.isEmpty {
          let rank = index == 0 ? ranks[entry.result.metric] : nil
          cells += [
            .init(rank?.meanOfRotated.fixed(4) ?? ""), .init(rank?.pValue.fixed(3) ?? ""),
          ]
        }
        cells += aligned.map { other in
          let found = other.report.entries.first { $0.result.metric == entry.result.metric }
          return .init(found?.result[score.name]?.fixed(4) ?? "")
        }
        table.append(cells)
      }
    }
    for missing in raw.skipped where !isSelective {
      table.append([.init(missing.metric), "value", "–"])
    }
    let label = isSelective ? "left out" : "no value"
    table.footnotes = raw.skipped.map { "\(label): \($0.reason)" }
    if let note = input.constantFactorNote { table.footnotes.append(note) }
    if !ranks.isEmpty {
      table.footnotes.append(
        "rotated: the mean over \(rotations) random rotations of the codes; p: the rank among them "
          + "of the score on the codes' own axes")
    }
    return table.text()
  }
}

/// A file none of whose metrics can be evaluated.
struct UnscorableCodes: Error, CustomStringConvertible {
  let path: String
  let reason: String

  var description: String { "\(path): no metric can be evaluated; \(reason)" }
}

/// Sizes of a split for a file that brings its own test sample.
struct SplitOfGivenSample: Error, CustomStringConvertible {
  let path: String

  var description: String {
    "\(path): it has test_codes, which are the test sample; leave out --train and --test."
  }
}

extension StringProtocol {
  /// The text without spaces at its ends.
  fileprivate var trimmed: String {
    var text = Substring(self)
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

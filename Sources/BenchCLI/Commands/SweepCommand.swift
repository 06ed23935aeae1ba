import ArgumentParser
import BenchSupport
import Datasets
import Experiments
import FoundationEssentials
import Reference
import Results

/// `bench sweep`.
struct SweepCommand: BenchCommand {
  static let isResumable = true

  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Runs a grid of datasets, models and seeds, here or as a Slurm job array.",
    discussion: """
      Runs with a result are not repeated, so a sweep that was stopped, or whose machine was, is \
      continued by starting it again.

      Examples:
        bench sweep study.yaml
        bench sweep study.yaml --threads 16 --status
        bench sweep study.yaml --slurm study.sh && sbatch study.sh
      """)

  @Argument(help: "The study (YAML).", completion: .file(extensions: ["yaml", "yml"]))
  var study: String

  @Option(help: "Runs at a time; default: as many as --threads allows.")
  var workers: Int?

  @Flag(help: "Only show what is done, failed, running and missing.")
  var status = false

  @Option(help: "Write a Slurm job array of what is missing to this file; - for standard output.")
  var slurm: String?

  @Option(help: "Only the run of this number, as job arrays do.")
  var task: Int?

  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if let workers, !(1...4096).contains(workers) {
      throw ValidationError("--workers is \(workers); it must be 1 to 4096.")
    }
    guard [status, slurm != nil, task != nil].count(where: { $0 }) <= 1 else {
      throw ValidationError("--status, --slurm and --task exclude each other.")
    }
  }

  func execute() throws {
    let plan = try plan()
    let program = try executablePath()
    let sweep = try Sweep(study: plan, program: program)
    if status { return try show(sweep, sweep.outcomes) }
    if let slurm { return try writeSlurm(plan, program: program, to: slurm) }
    if let task { return try run(task, of: sweep) }
    let workerCount = workers ?? max(1, global.threadCount / plan.threadCount)
    let missing = sweep.outcomes.count { $0 != .alreadyDone }
    global.note("\(missing) of \(sweep.tasks.count) runs to do, \(workerCount) at a time")
    let outcomes = try sweep.run(workerCount: workerCount) { task, outcome in
      switch outcome {
      case nil: global.note("start  \(task.name)")
      case .failed(let code)?:
        global.note("FAILED \(task.name): exit code \(code), see \(task.folder.path)/worker.log")
      case .missing?, .running?: global.note("stop   \(task.name)")
      case .done?, .alreadyDone?: global.note("done   \(task.name)")
      }
    }
    try show(sweep, outcomes)
    try Interruption.check()
    let failures = outcomes.count { if case .failed = $0 { true } else { false } }
    if failures > 0 { throw SweepError.failed(failures, of: outcomes.count) }
  }

  /// The study, with the names that runs are filed by; what is unknown is refused before anything runs.
  private func plan() throws -> Study {
    var plan = try Study(path: study)
    // The words of a command of one's own mean what it makes of them.
    guard plan.command == nil else { return plan }
    guard let preset = PresetArgument(argument: plan.preset)?.preset else {
      throw ResultError.invalidField(
        path: study, field: "preset",
        expected: "one of \(Preset.allCases.map(\.rawValue).joined(separator: ", ")), "
          + "perhaps with settings as in quick:steps=500",
        found: "'\(plan.preset)'")
    }
    let models = try ModelCatalog.specifications(plan.models)
    for dataset in plan.datasets {
      let entry = DatasetCatalog.path(dataset) == nil ? try DatasetCatalog.entry(dataset) : nil
      let hasFactors = DatasetEntry.withFactors.contains { $0.name == entry?.name }
      // Whole sets with factors have one kind of images and are filed by the entry's name: nothing large needs to be opened.
      let isWhole = hasFactors && entry?.name == dataset && entry?.files.isEmpty == false
      let opened =
        isWhole ? nil : try? DatasetCatalog.open(dataset, dataDirectory: global.dataRoot)
      plan.filedNames[dataset] = opened?.name
      let pictures = hasFactors ? nil : opened
      plan.modelsOfDataset[dataset] = try models.map { model in
        if let pictures { return try preset.adapted(model, to: pictures).label }
        return try preset == .paper ? model.withPublishedSizes().label : model.label
      }
    }
    return plan
  }

  private func run(_ task: Int, of sweep: Sweep) throws {
    guard sweep.tasks.indices.contains(task) else {
      throw ValidationError(
        "--task is \(task); the study has the tasks 0 to \(sweep.tasks.count - 1).")
    }
    let outcome = try sweep.run(task: task)
    if case .failed = outcome { throw SweepError.failed(1, of: 1) }
    if outcome == .missing { throw Interrupted() }
    global.note("done   \(sweep.tasks[task].name)")
  }

  private func writeSlurm(_ plan: Study, program: String, to path: String) throws {
    let folder = FileManager.default.currentDirectoryPath
    let studyPath = study.hasPrefix("/") ? study : "\(folder)/\(study)"
    let script = try SlurmScript(
      study: plan, studyPath: studyPath, program: program, folder: folder)
    guard let text = script.text else {
      global.note("every run has a result; there is nothing to submit")
      return
    }
    if path == "-" {
      print(text, terminator: "")
    } else {
      try AtomicFile.write(Array(text.utf8), to: path)
      global.note("written: sbatch \(path)")
    }
  }

  private func show(_ sweep: Sweep, _ outcomes: [Sweep.Outcome]) throws {
    let names = zip(sweep.tasks, outcomes).map { task, outcome -> JSONValue in
      let state =
        switch outcome {
        case .alreadyDone, .done: "done"
        case .failed(let code): "failed with exit code \(code)"
        case .running: "running"
        case .missing: "missing"
        }
      return ["folder": .string(task.folder.path), "state": .string(state)]
    }
    try global.emit(["runs": .array(names)], text: sweep.summary(outcomes).text())
  }

  /// The path of this program.
  private func executablePath() throws -> String {
    do {
      return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    } catch {
      throw FileError.cannotRead(path: "/proc/self/exe", reason: "it is not there")
    }
  }
}

/// Runs of a study failed.
enum SweepError: Error, CustomStringConvertible {
  /// So many of so many.
  case failed(Int, of: Int)

  var description: String {
    switch self {
    case .failed(let count, let total):
      "\(count) of \(total) runs failed; see worker.log in their folders, then start the sweep again."
    }
  }
}

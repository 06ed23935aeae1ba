import BenchSupport
import Glibc

/// Runs what is missing of a study, several runs at a time.
public struct Sweep: Sendable {
  /// What became of a run.
  public enum Outcome: Sendable, Equatable {
    /// It had a result before.
    case alreadyDone
    /// It has a result now.
    case done
    /// Its command ended without a result.
    case failed(exitCode: Int)
    /// A process works on it.
    case running
    /// It was not started, or stopped before its end.
    case missing
  }

  /// The runs.
  public let tasks: [Study.Task]
  private let study: Study
  private let program: String

  /// Prepares a sweep.
  ///
  /// - Parameters:
  ///   - study: The study.
  ///   - program: The path of this program.
  /// - Throws: ``ResultError/invalidName(_:)``.
  public init(study: Study, program: String) throws(ResultError) {
    self.study = study
    self.program = program
    tasks = try study.tasks()
  }

  /// What each run's folder says now.
  public var outcomes: [Outcome] {
    tasks.map { task in
      if task.folder.isComplete { return .alreadyDone }
      if task.folder.isInUse { return .running }
      return task.folder.failure.map { .failed(exitCode: $0) } ?? .missing
    }
  }

  /// Runs all that is missing.
  ///
  /// After a signal no run is started, the running ones are asked to stop and waited for. Commands
  /// write to `worker.log` in their run's folder.
  ///
  /// - Parameters:
  ///   - workerCount: Runs at a time.
  ///   - report: Called with every run that starts or ends.
  /// - Returns: What became of every run.
  /// - Throws: ``ResultError/cannotUse(folder:reason:)``; `FileError` if a command cannot be started.
  public func run(
    workerCount: Int, report: (Study.Task, Outcome?) -> Void
  ) throws -> [Outcome] {
    var outcomes = tasks.map { $0.folder.isComplete ? Outcome.alreadyDone : .missing }
    var waiting = tasks.indices.filter { outcomes[$0] == .missing }
    var running: [(index: Int, process: ChildProcess)] = []
    var hasForwarded = false
    defer { for worker in running { worker.process.send(SIGTERM) } }
    while !running.isEmpty || (!waiting.isEmpty && !Interruption.isRequested) {
      if Interruption.isRequested && !hasForwarded {
        hasForwarded = true
        for worker in running { worker.process.send(SIGTERM) }
      }
      while running.count < workerCount && !Interruption.isRequested {
        // A run whose folder is in use, for instance by a worker that outlived its sweep, waits.
        guard let place = waiting.firstIndex(where: { !tasks[$0].folder.isInUse }) else { break }
        let index = waiting.remove(at: place)
        guard !tasks[index].folder.isComplete else {
          outcomes[index] = .done
          report(tasks[index], .done)
          continue
        }
        report(tasks[index], nil)
        running.append((index, try start(tasks[index])))
      }
      for (place, worker) in running.enumerated().reversed() {
        guard let code = worker.process.poll() else { continue }
        running.remove(at: place)
        outcomes[worker.index] = try outcome(of: tasks[worker.index], exitCode: Int(code))
        report(tasks[worker.index], outcomes[worker.index])
      }
      usleep(20_000)
    }
    return outcomes
  }

  /// Runs one task in the foreground, for job arrays.
  ///
  /// - Parameter index: Its place in ``tasks``.
  /// - Returns: What became of it.
  /// - Throws: As ``run(workerCount:report:)``.
  public func run(task index: Int) throws -> Outcome {
    guard !tasks[index].folder.isComplete else { return .alreadyDone }
    try tasks[index].folder.create()
    let process = try ChildProcess(study.commandLine(of: tasks[index], program: program))
    var hasForwarded = false
    while true {
      if let code = process.poll() { return try outcome(of: tasks[index], exitCode: Int(code)) }
      if Interruption.isRequested && !hasForwarded {
        hasForwarded = true
        process.send(SIGTERM)
      }
      usleep(20_000)
    }
  }

  private func start(_ task: Study.Task) throws -> ChildProcess {
    try task.folder.create()
    let log = ChildProcess.Output.file("\(task.folder.path)/worker.log")
    return try ChildProcess(
      study.commandLine(of: task, program: program), output: log, errors: log)
  }

  private func outcome(of task: Study.Task, exitCode: Int) throws -> Outcome {
    let hasFailed = !task.folder.isComplete && !Interruption.isRequested && exitCode != 130
    try task.folder.setFailure(hasFailed ? exitCode : nil)
    if task.folder.isComplete { return .done }
    return hasFailed ? .failed(exitCode: exitCode) : .missing
  }

  /// A table of models and seeds per dataset: what is done, what failed, what runs, what is missing.
  public func summary(_ outcomes: [Outcome]) -> ResultTable {
    var table = ResultTable(header: ["dataset", "model", "done", "failed", "running", "missing"])
    for dataset in study.datasets {
      for model in study.models(of: dataset) {
        let own = tasks.indices.filter { tasks[$0].dataset == dataset && tasks[$0].model == model }
        func seeds(_ isMember: (Outcome) -> Bool) -> ResultTable.Cell {
          .init(SlurmScript.ranges(own.filter { isMember(outcomes[$0]) }.map { tasks[$0].seed }))
        }
        table.append([
          .init(dataset), .init(model), seeds { $0 == .done || $0 == .alreadyDone },
          seeds { if case .failed = $0 { true } else { false } }, seeds { $0 == .running },
          seeds { $0 == .missing },
        ])
      }
    }
    return table
  }
}

import ArgumentParser
import BenchSupport
import Experiments
@preconcurrency import Glibc
import MessagePassing
import Reference
import Results

/// The program: its commands, and the one place where errors become messages and exit codes.
@main
struct Bench: AsyncParsableCommand {
  /// Every command, in the order of the help.
  static let commands: [any AsyncParsableCommand.Type] = [
    DisentangleCommand.self,
    GenerateCommand.self,
    TrainCommand.self,
    SampleCommand.self,
    DenoiseCommand.self,
    AuditCommand.self,
    TraverseCommand.self,
    ReconstructCommand.self,
    ScoreCommand.self,
    FIDCommand.self,
    BetaCommand.self,
    PerfCommand.self,
    CompareCommand.self,
    ReportCommand.self,
    SweepCommand.self,
    ImportCommand.self,
    DatasetsCommand.self,
    WeightsCommand.self,
    DoctorCommand.self,
  ]

  /// The names of the commands whose work several processes can do together.
  static var jointCommands: [String] {
    commands.compactMap { $0 as? any BenchCommand.Type }.filter { $0.isJoint }
      .compactMap { $0.configuration.commandName }
  }

  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Trains, scores and compares representation-learning and image-generation models.",
    discussion: """
      Results go to standard output, all else to standard error. Exit codes: 0 success, \
      1 a comparison or threshold failed, 2 bad input or a failed run, 64 wrong arguments, \
      130 interrupted (start the same command again to resume).
      """,
    version: benchVersion,
    subcommands: commands)

  static func main() async {
    ProcessSettings.choose()
    setvbuf(stdout, nil, Int32(_IOLBF), 0)
    do {
      try checkCommandName(CommandLine.arguments.dropFirst().first)
      var command = try await asyncParseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      end(with: error)
    }
  }

  /// Refuses an unknown command with the names nearest to it.
  private static func checkCommandName(_ name: String?) throws {
    let known = commands.compactMap { $0.configuration.commandName } + ["help"]
    guard let name, !name.hasPrefix("-"), !known.contains(name) else { return }
    let near = nearestNames(to: name, in: known)
    throw ValidationError(
      "there is no command '\(name)'"
        + (near.isEmpty ? "." : "; did you mean \(near.joined(separator: " or "))?"))
  }

  /// Prints what went wrong and ends the process with the exit code for it.
  private static func end(with error: any Error) -> Never {
    // Help, wrong arguments and codes that a command chose are the argument parser's to report.
    let isParsers = error is ExitCode || exitCode(for: error) != .failure
    let code =
      RunEnvironment.isInterruption(error) ? 130 : isParsers ? exitCode(for: error).rawValue : 2
    // Several processes have the same command line; what is wrong with it is said once.
    guard Launch.current().rank == 0 || error is ProcessGroupError else { Glibc.exit(code) }
    if isParsers { exit(withError: error) }
    letFirstProcessSpeak()
    fputs("bench: \(error)\n", stderr)
    Glibc.exit(code)
  }
}

/// A command with the options that all commands share.
protocol BenchCommand: AsyncParsableCommand {
  /// The shared options.
  var global: GlobalOptions { get }
  /// Whether the command's loops ask ``Interruption`` and stop with their work saved. Others are
  /// ended by the first signal.
  static var isResumable: Bool { get }
  /// Whether several processes, started by mpirun or srun, can do the command's work together.
  static var isJoint: Bool { get }
  /// Does the command's work, with the number of threads already set.
  func execute() async throws
}

extension BenchCommand {
  static var isResumable: Bool { false }
  static var isJoint: Bool { false }

  func run() async throws {
    let launch = Launch.current()
    guard Self.isJoint || !launch.isJoint else {
      throw CommandError.oneProcessOnly(
        command: Self.configuration.commandName ?? "", processCount: launch.processCount)
    }
    if Self.isResumable { Interruption.listen(announces: launch.rank == 0) }
    try await global.withThreads { try await execute() }
  }
}

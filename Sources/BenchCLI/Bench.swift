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
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Trains, scores and compares representation-learning and image-generation models.",
    discussion: """
      Results go to standard output, all else to standard error. Exit codes: 0 success, \
      1 a comparison or threshold failed, 2 bad input or a failed run, 64 wrong arguments, \
      130 interrupted (start the same command again to resume).
      """,
    version: benchVersion,
    subcommands: Commands.all)

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
    let known = Commands.all.compactMap { $0.configuration.commandName } + ["help"]
    guard let name, !name.hasPrefix("-"), !known.contains(name) else { return }
    throw ValidationError(
      "there is no command '\(name)'; "
        + suggestion(for: name, in: known, option: "bench", remedy: "'bench --help' lists them"))
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

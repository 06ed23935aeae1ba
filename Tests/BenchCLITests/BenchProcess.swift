import Foundation
import TestSupport
import Testing

/// One run of the built `bench`.
struct BenchProcess {
  /// What it wrote to standard output.
  let output: String
  /// What it wrote to standard error.
  let errors: String
  /// Its exit code; 128 plus the signal's number if a signal ended it.
  let exitCode: Int

  /// Runs `bench` to its end.
  ///
  /// - Parameters:
  ///   - arguments: Arguments after the program's name.
  ///   - environment: Variables on top of those of the tests; nil removes one.
  ///   - folder: Working folder.
  /// - Returns: What it wrote and how it ended.
  /// - Throws: What prevented the program from starting.
  static func run(
    _ arguments: [String], environment: [String: String?] = [:], in folder: String? = nil
  ) async throws -> BenchProcess {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    let scratch = try TemporaryFolder()
    // A cache of its own: nothing is taken from earlier runs, and nothing left in the user's.
    var variables = ProcessInfo.processInfo.environment
    variables["BENCH_CACHE"] = "\(scratch.path)/cache"
    for (name, value) in environment { variables[name] = value }
    process.environment = variables
    if let folder { process.currentDirectoryURL = URL(filePath: folder) }
    // Files instead of pipes: no reader is needed, and nothing blocks when much is written.
    let (outputPath, errorPath) = ("\(scratch.path)/out", "\(scratch.path)/err")
    for path in [outputPath, errorPath] { try Data().write(to: URL(filePath: path)) }
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: outputPath))
    process.standardError = try FileHandle(forWritingTo: URL(filePath: errorPath))
    process.standardInput = FileHandle.nullDevice
    try await withCheckedThrowingContinuation { (end: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in end.resume() }
      do { try process.run() } catch { end.resume(throwing: error) }
    }
    let signal = process.terminationReason == .uncaughtSignal ? 128 : 0
    return BenchProcess(
      output: try String(contentsOfFile: outputPath, encoding: .utf8),
      errors: try String(contentsOfFile: errorPath, encoding: .utf8),
      exitCode: signal + Int(process.terminationStatus))
  }

  /// Checks that the run failed as bad input does: exit code 2, one sentence with all
  /// `fragments`, no trace.
  func expectFailure(
    code: Int = 2, _ fragments: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(exitCode == code, "\(errors)\(output)", sourceLocation: sourceLocation)
    #expect(output == "", sourceLocation: sourceLocation)
    #expect(errors.hasPrefix("bench: "), "\(errors)", sourceLocation: sourceLocation)
    #expect(
      errors.split(separator: "\n").count == 1, "\(errors)", sourceLocation: sourceLocation)
    for fragment in fragments {
      #expect(errors.contains(fragment), "\(errors)", sourceLocation: sourceLocation)
    }
  }

  /// The program in the build folder that the tests themselves lie in.
  static let executable: URL = {
    let folder = Bundle.module.bundleURL.deletingLastPathComponent()
    let candidates = ["bench", "BenchCLI"].map { folder.appendingPathComponent($0) }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0.path) }
      ?? candidates[0]
  }()
}

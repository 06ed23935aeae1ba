import Foundation
import TestSupport
import Testing

/// The example of the README, as it lies in Examples/Study: a program that sees public names alone.
@Suite("The example study", .enabled(if: hasLibtorch)) struct ExampleTests {
  @Test("trains the suite's model and one of its own, and prints their scores")
  func run() async throws {
    let scratch = try TemporaryFolder()
    let output = URL(filePath: "\(scratch.path)/output")
    try Data().write(to: output)
    let process = Process()
    // The test runner and the programs lie in one folder.
    process.executableURL = try #require(Bundle.main.executableURL).deletingLastPathComponent()
      .appendingPathComponent("ExampleStudy")
    process.arguments = ["\(scratch.path)/runs"]
    process.standardOutput = try FileHandle(forWritingTo: output)
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let lines = try String(contentsOf: output, encoding: .utf8).split(separator: "\n")
      .map { $0.split(separator: " ") }
    #expect(
      lines.map { $0.prefix(2).joined(separator: " ") }
        == [
          "beta-vae:beta=8 0", "beta-vae:beta=8 1", "linear-autoencoder 0", "linear-autoencoder 1",
        ])
    #expect(lines.allSatisfy { $0.count == 4 && (Double($0[3]) ?? .nan) > 0 })
  }
}

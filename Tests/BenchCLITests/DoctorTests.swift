import BenchSupport
import TestSupport
import Testing

@Suite("bench doctor") struct DoctorTests {
  @Test("shows versions and threads")
  func table() async throws {
    let run = try await BenchProcess.run(["doctor", "--threads", "3"])
    #expect(run.exitCode == 0)
    for word in ["bench", "swift", "processor", "openblas", "mpi", "libtorch", "data"] {
      #expect(run.output.contains(word))
    }
    #expect(run.output.contains("ok  threads    3\n"))
  }

  @Test("a dataset that was looked for and not found is none that is there")
  func stub() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    let missing = try await BenchProcess.run(
      ["datasets", "info", "cars3d", "--sheet", "\(path)/sheet.png", "--data-dir", path])
    #expect(missing.exitCode == 2, "\(missing.output)")
    let run = try await BenchProcess.run(["doctor", "--data-dir", path])
    #expect(run.output.contains("nothing in \(path)"), "\(run.output)")
  }

  @Test("prints one JSON object")
  func json() async throws {
    let run = try await BenchProcess.run(["doctor", "--json"])
    #expect(run.exitCode == 0)
    let value = try JSONValue(parsing: run.output.utf8)
    #expect(value["findings"]?.array?.isEmpty == false)
    #expect(value["missing"]?.array != nil)
  }

  @Test(
    "refuses wrong shared options with code 64",
    arguments: [
      ["doctor", "--threads", "0"], ["doctor", "--device", "gpu"], ["doctor", "--seed", "-1"],
      ["doctr"], ["doctor", "--nonsense"],
    ])
  func wrongArguments(arguments: [String]) async throws {
    let run = try await BenchProcess.run(arguments)
    #expect(run.exitCode == 64)
    #expect(run.output == "")
    #expect(run.errors.contains("Error: "))
  }

  @Test("every command has examples in its help")
  func help() async throws {
    let help = try await BenchProcess.run(["--help"])
    #expect(help.exitCode == 0)
    let commands = help.output.split(separator: "SUBCOMMANDS:").last?.split(separator: "\n") ?? []
    let names = commands.filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
    #expect(names.contains("doctor"))
    for name in names where name != "help" && name != "See" {
      let run = try await BenchProcess.run([name, "--help"])
      #expect(run.output.contains("Examples:\n  bench \(name)"), "\(name)")
    }
  }
}

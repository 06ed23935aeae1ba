import BenchSupport
import Foundation
import Testing

@Suite("bench perf") struct PerfTests {
  @Test("measures the paths that are named, and no others")
  func named() async throws {
    let run = try await BenchProcess.run(
      ["perf", "--only", "machine:sort,metric:mig,read:", "--repeats", "2", "--json", "--quiet"])
    #expect(run.exitCode == 0, "\(run.errors)")
    let paths = try #require(
      JSONValue(parsing: Data(run.output.utf8))["paths"]?.array)
    #expect(
      paths.compactMap { $0["name"]?.string } == [
        "machine:sort", "metric:mig", "read:scenes3d", "read:batches:scenes3d", "read:png",
      ])
    for path in paths {
      #expect(path["seconds"]?.array?.count == 2)
      #expect((path["median_seconds"]?.double ?? 0) > 0)
      #expect((path["items_per_second"]?.double ?? 0) > 0)
    }
  }

  @Test("refuses a path that does not exist")
  func unknown() async throws {
    let run = try await BenchProcess.run(["perf", "--only", "training"])
    #expect(run.exitCode == 64)
    #expect(run.errors.contains("--only 'training'"))
  }
}

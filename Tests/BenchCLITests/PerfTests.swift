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

  @Test(
    "counts the operations of products, of libtorch and of BLAS, beside the limit of the same run")
  func operations() async throws {
    let run = try await BenchProcess.run(
      ["perf", "--only", "machine:", "--repeats", "2", "--json", "--quiet"])
    let json = try JSONValue(parsing: Data(run.output.utf8))
    let found = try #require(json["paths"]?.array).map {
      ($0["name"]?.string, $0["operations_per_item"]?.double)
    }
    let product = 2 * 1024.0 * 1024 * 1024
    // 16×16 places of 32·32·4·4 weights, forward and twice backward.
    for (name, expected) in [
      ("machine:matmul", product), ("machine:blas", product),
      ("machine:convolution", 3 * 2 * 256 * 16384), ("machine:sort", nil),
    ] {
      #expect(found.first { $0.0 == name }?.1 == expected, "\(name)")
    }
    #expect(
      json["matrix_product_operations_per_second"]?.double
        == json["paths"]?.array?.first?["operations_per_second"]?.double)
  }

  @Test("refuses a path that does not exist")
  func unknown() async throws {
    let run = try await BenchProcess.run(["perf", "--only", "training"])
    #expect(run.exitCode == 64)
    #expect(run.errors.contains("--only 'training'"))
  }
}

package import BenchSupport
package import Reference
package import Torch

/// One hot path: what it is called, and how it is measured.
package struct PerfPath {
  /// Its name, `kind:what`.
  package let name: String
  /// How many items (images, samples, sets) one repetition handles.
  package let itemCount: Int
  /// Measures it; whatever it works on is made here and not counted.
  package let measure: () throws -> Timing

  /// The path that is the yardstick of arithmetic.
  package static let matrixProduct = "machine:matmul"

  /// All paths.
  ///
  /// - Parameters:
  ///   - settings: What they share.
  ///   - dataRoot: The folder of the datasets.
  ///   - dataset: A dataset that is opened and read as well.
  /// - Returns: The paths, in the order of tables.
  /// - Throws: Errors of the dataset.
  package static func all(
    _ settings: PerfSettings, dataRoot: String, dataset: String?
  ) throws -> [PerfPath] {
    let data = PerfDataPaths(settings: settings, dataRoot: dataRoot)
    let named = try dataset.map { try data.paths(of: $0) } ?? []
    return PerfMachinePaths(settings: settings).paths + PerfModelPaths(settings: settings).paths
      + PerfMetricPaths(settings: settings).paths + PerfGenerationPaths(settings: settings).paths
      + data.paths + named
  }
}

/// What all measurements of one run share.
package struct PerfSettings {
  /// Measured repetitions of each path.
  let repeats: Int
  /// The precision of training steps.
  let precision: Precision
  /// Where tensors live; asked only by paths with tensors, so that others run without libtorch.
  let openDevice: () throws -> Device
  /// Threads of everything.
  let threadCount: Int

  /// Says how paths are measured.
  package init(
    repeats: Int, precision: Precision, openDevice: @escaping () throws -> Device,
    threadCount: Int
  ) {
    self.repeats = repeats
    self.precision = precision
    self.openDevice = openDevice
    self.threadCount = threadCount
  }

  /// Times `body`, after unmeasured calls; of the first of them, a counter counts the operations.
  func timing(
    warmUp: Int = 1, counting counter: OperationCounter? = nil, _ body: () throws -> Void
  ) throws -> Timing {
    try Timing(count: repeats, warmUp: warmUp, counter: counter, body)
  }
}

/// A measured path.
package struct PerfRecord {
  package let path: PerfPath
  package let timing: Timing

  /// Measures a path.
  package init(measuring path: PerfPath) throws {
    self.path = path
    timing = try path.measure()
  }

  /// Items per second at the median.
  package var rate: Double { Double(path.itemCount) / timing.median }

  /// Floating-point operations in convolutions and matrix products per item; nil where there are none.
  package var operationsPerItem: Double? {
    timing.operations.flatMap { $0 > 0 ? Double($0) / Double(path.itemCount) : nil }
  }

  /// The same per second, at the median.
  package var operationsPerSecond: Double? { operationsPerItem.map { $0 * rate } }

  /// The record as JSON.
  package var json: JSONValue {
    var json: [String: JSONValue] = [
      "name": .string(path.name), "items": .integer(path.itemCount),
      "median_seconds": .number(timing.median),
      "spread_seconds": .number(timing.interquartileRange),
      "items_per_second": .number(rate), "seconds": .numbers(timing.seconds),
    ]
    json["operations_per_item"] = operationsPerItem.map { .number($0) }
    json["operations_per_second"] = operationsPerSecond.map { .number($0) }
    return .object(json)
  }
}

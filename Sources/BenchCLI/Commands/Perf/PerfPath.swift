import BenchSupport
import Reference
import Torch

/// One hot path: what it is called, and how it is measured.
struct PerfPath {
  /// Its name, `kind:what`.
  let name: String
  /// How many items (images, samples, sets) one repetition handles.
  let itemCount: Int
  /// Measures it; whatever it works on is made here and not counted.
  let measure: () throws -> Timing
}

/// What all measurements of one run share.
struct PerfSettings {
  /// Measured repetitions of each path.
  let repeats: Int
  /// The precision of training steps.
  let precision: Precision
  /// Where tensors live; asked only by paths with tensors, so that others run without libtorch.
  let openDevice: () throws -> Device
  /// Threads of everything.
  let threadCount: Int

  /// Times `body`, after unmeasured calls.
  func timing(warmUp: Int = 1, _ body: () throws -> Void) rethrows -> Timing {
    try Timing(count: repeats, warmUp: warmUp, body)
  }
}

/// A measured path.
struct PerfRecord {
  let path: PerfPath
  let timing: Timing

  /// Items per second at the median.
  var rate: Double { Double(path.itemCount) / timing.median }

  var json: JSONValue {
    [
      "name": .string(path.name), "items": .integer(path.itemCount),
      "median_seconds": .number(timing.median),
      "spread_seconds": .number(timing.interquartileRange),
      "items_per_second": .number(rate), "seconds": .numbers(timing.seconds),
    ]
  }
}

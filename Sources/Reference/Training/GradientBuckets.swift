package import MessagePassing
package import Torch

/// Averages gradients over processes, several parameters in one message.
///
/// A message has a cost of its own beside that of its bytes, which grows with the number of processes,
/// and a model has dozens of small parameters. Sums in memory are fastest while they fit in the cache, and
/// a ring of processes cuts a bucket into as many messages: 256 KiB of each, at least 4 MiB in all.
package struct GradientBuckets {
  private let ranges: [Range<Int>]
  private let buckets: [TensorBucket]
  private let group: ProcessGroup
  private let devices: DeviceGroup?

  /// Room for the gradients of `parameters`.
  ///
  /// - Parameters:
  ///   - parameters: The parameters, in the order in which gradients will come.
  ///   - group: The processes.
  ///   - devices: Their graphics processors, where the parameters live on such.
  ///   - capacity: Elements after which a bucket is full; nil for the sizes above.
  /// - Throws: `TorchError`.
  package init(
    _ parameters: [Tensor], over group: ProcessGroup, devices: DeviceGroup? = nil,
    capacity: Int? = nil
  ) throws {
    self.group = group
    self.devices = devices
    ranges = Self.ranges(
      parameters.map(\.count), capacity: capacity ?? max(1 << 20, group.size << 16))
    buckets = try ranges.map { try TensorBucket(like: Array(parameters[$0])) }
  }

  /// Replaces every gradient by its mean over the processes.
  ///
  /// - Throws: `TorchError` or `ProcessGroupError`.
  package func average(_ gradients: [Tensor]) throws {
    for (range, bucket) in zip(ranges, buckets) {
      try bucket.load(Array(gradients[range]))
      try bucket.elements.sumInPlace(over: group, devices)
      try bucket.elements.multiplyInPlace(1 / Double(group.size))
      try bucket.store(in: Array(gradients[range]))
    }
  }

  /// Divides a list of sizes into runs that hold at most `capacity`, or a single larger item.
  package static func ranges(_ sizes: [Int], capacity: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var (start, held) = (0, 0)
    for (index, size) in sizes.enumerated() {
      if index > start && held + size > capacity {
        ranges.append(start..<index)
        (start, held) = (index, 0)
      }
      held += size
    }
    if start < sizes.count { ranges.append(start..<sizes.count) }
    return ranges
  }
}

extension Tensor {
  /// Replaces every number by its sum over processes: on their graphics processors where there are such, which
  /// nobody waits for, else in memory.
  func sumInPlace(over group: ProcessGroup, _ devices: DeviceGroup?) throws {
    if let devices {
      try withAddress { try devices.sum($0, count: count, stream: $1) }
    } else {
      try withElements { try group.sum($0) }
    }
  }
}

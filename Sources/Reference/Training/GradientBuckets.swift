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

  /// Room for the gradients of `parameters`.
  ///
  /// - Parameters:
  ///   - parameters: The parameters, in the order in which gradients will come.
  ///   - group: The processes.
  ///   - capacity: Elements after which a bucket is full; nil for the sizes above.
  /// - Throws: `TorchError`.
  package init(
    _ parameters: [Tensor], over group: ProcessGroup, capacity: Int? = nil
  ) throws {
    self.group = group
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
      try bucket.elements.withElements { try group.sum($0) }
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

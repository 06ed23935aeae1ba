public import MessagePassing
import Torch

/// The rows of a batch that this process works on: all of them, unless several processes train
/// together and each takes an equal share.
///
/// Whatever is random about an observation is drawn for the whole batch and then cut to the share,
/// so that several processes together see what one would.
public struct BatchShard: Sendable {
  /// Observations of the batch in all processes.
  public let batchSize: Int
  /// The processes that share the batch.
  public let group: ProcessGroup
  /// This process's rows.
  public let rows: Range<Int>

  /// This process's share of a batch.
  ///
  /// - Parameters:
  ///   - batchSize: Observations of the whole batch, a multiple of the number of processes.
  ///   - group: The processes.
  public init(batchSize: Int, group: ProcessGroup = .alone) {
    precondition(
      batchSize % group.size == 0, "a batch of \(batchSize) for \(group.size) processes")
    let count = batchSize / group.size
    self.init(
      batchSize: batchSize, rows: group.rank * count..<(group.rank + 1) * count, group: group)
  }

  /// Any rows of a batch.
  package init(batchSize: Int, rows: Range<Int>, group: ProcessGroup = .alone) {
    precondition(
      !rows.isEmpty && rows.lowerBound >= 0 && rows.upperBound <= batchSize,
      "rows \(rows) of a batch of \(batchSize)")
    self.batchSize = batchSize
    self.group = group
    self.rows = rows
  }

  /// This process's rows of a batch that is worked on in parts, each of which all processes share.
  ///
  /// - Parameters:
  ///   - batchSize: Observations of the whole batch.
  ///   - partCount: Parts of it; for several processes, of equal size.
  ///   - group: The processes.
  /// - Returns: Row numbers within the batch, those of the first part first.
  package static func rows(ofBatch batchSize: Int, partCount: Int, group: ProcessGroup) -> [Int] {
    guard group.isJoint else { return Array(0..<batchSize) }
    let part = BatchShard(batchSize: batchSize / partCount, group: group)
    return (0..<partCount).flatMap { index in part.rows.map { index * part.batchSize + $0 } }
  }

  /// Standard normal draws of libtorch's generator in the shape, type and place of a tensor with one
  /// row, or several, per observation of the share.
  func normal(like tensor: Tensor) throws -> Tensor {
    try normal(tensor.shape, type: tensor.dataType, device: tensor.device)
  }

  /// The same for a shape, whose first size belongs to the share.
  func normal(_ shape: [Int], type: DataType = .float32, device: Device) throws -> Tensor {
    let rowsEach = shape[0] / rows.count
    let whole = [rowsEach * batchSize] + shape.dropFirst()
    let draws = try Tensor.normal(whole, type: type, device: device)
    guard rows.count < batchSize else { return draws }
    return try draws.narrowed(0, start: rowsEach * rows.lowerBound, count: shape[0])
  }

  /// The mean over all processes of a scalar that is itself a mean over the share.
  ///
  /// Its gradient is that of the share's mean; averaged over the processes, it is that of the whole
  /// batch's mean in any function of it.
  func mean(_ shareMean: Tensor) throws -> Tensor {
    guard group.isJoint else { return shareMean }
    let (own, all) = try (shareMean.item(), group.means([shareMean.item()])[0])
    return try shareMean + (all - own)
  }
}

import Synchronization

/// The equal rows of an array that can only be read from its start to its end.
///
/// Rows are asked for by several threads, nearly in order; those that were read last are kept. What the
/// stream verifies at its end has been verified once the last row is returned.
final class RowStream: @unchecked Sendable {
  // All that changes is touched under `turn` alone.
  private let turn = Mutex(())
  private let start: @Sendable () throws(DatasetError) -> any ByteStream
  private let rowByteCount: Int
  private let count: Int
  private var stream: (any ByteStream)?
  private var nextRow = 0
  /// Row `i` lies at `i % kept.count`.
  private var kept: [[UInt8]]
  private var failure: DatasetError?

  /// Memory for the rows that are kept: 256 MiB, but two rows at least.
  private static let memory = 1 << 28
  /// No more rows than that are kept: two of the largest batches.
  private static let keptLimit = 8192

  /// Reads `count` rows of `rowByteCount` bytes.
  ///
  /// - Parameters:
  ///   - rowByteCount: Bytes of a row.
  ///   - count: How many rows there are.
  ///   - start: Opens the stream at its first row.
  init(
    rowByteCount: Int, count: Int,
    start: @escaping @Sendable () throws(DatasetError) -> any ByteStream
  ) {
    precondition(rowByteCount > 0 && count > 0, "\(count) rows of \(rowByteCount) bytes")
    self.start = start
    self.rowByteCount = rowByteCount
    self.count = count
    kept = Array(
      repeating: [], count: min(count, Self.keptLimit, max(2, Self.memory / rowByteCount)))
  }

  /// One row; going back further than what is kept begins anew.
  func row(_ index: Int) throws(DatasetError) -> [UInt8] {
    try turn.withLock { (_) throws(DatasetError) -> [UInt8] in
      if index < nextRow - kept.count {
        stream = nil
        nextRow = 0
      }
      while nextRow <= index { try readNext() }
      return kept[index % kept.count]
    }
  }

  private func readNext() throws(DatasetError) {
    if let failure { throw failure }
    do throws(DatasetError) {
      let source: any ByteStream
      if let stream { source = stream } else { source = try start() }
      stream = source
      var row = [UInt8](repeating: 0, count: rowByteCount)
      try row.withMutableBytes { (buffer) throws(DatasetError) in
        try source.readExactly(into: buffer)
      }
      if nextRow == count - 1 { try source.finish() }
      kept[nextRow % kept.count] = row
      nextRow += 1
    } catch {
      failure = error
      throw error
    }
  }
}

internal import CMPI
import Glibc

/// The processes that work together, and this one's place among them.
///
/// All operations but ``abort(code:)`` are collective: every process calls them in the same order
/// with buffers of the same size, from one thread at a time. Alone they do nothing.
public struct ProcessGroup: Sendable, Equatable {
  /// This process's number, from 0.
  public let rank: Int
  /// Number of processes.
  public let size: Int

  /// The group of a process that works alone.
  public static let alone = ProcessGroup(rank: 0, size: 1)

  /// Names a place; ``join(_:)`` is what connects processes.
  package init(rank: Int, size: Int) {
    precondition(rank >= 0 && rank < size, "rank \(rank) of \(size)")
    self.rank = rank
    self.size = size
  }

  /// Whether there are several processes.
  public var isJoint: Bool { size > 1 }
  /// Whether this is the process that writes files and speaks.
  public var isFirst: Bool { rank == 0 }

  /// This process's share of `count` things in a row: without gaps, those of process 0 first.
  public func share(of count: Int) -> Range<Int> {
    count * rank / size..<count * (rank + 1) / size
  }

  /// Connects this process with the others of its launch; once per process.
  ///
  /// - Returns: The group; ``alone`` if the process was started alone, without touching MPI.
  /// - Throws: ``ProcessGroupError``.
  public static func join(_ launch: Launch = .current()) throws(ProcessGroupError) -> ProcessGroup {
    guard launch.isJoint else { return .alone }
    if let reason = cmpi_load() { throw .unavailable(reason: String(cString: reason)) }
    var (rank, size): (Int32, Int32) = (0, 1)
    try ProcessGroupError.check("MPI_Init_thread", rank: launch.rank, cmpi_join(&rank, &size))
    guard Int(size) == launch.processCount else {
      throw .otherSize(started: launch.processCount, connected: Int(size))
    }
    return ProcessGroup(rank: Int(rank), size: Int(size))
  }

  /// Ends the connection, when every process is done.
  ///
  /// - Throws: ``ProcessGroupError/failed(call:rank:message:)``.
  public func leave() throws(ProcessGroupError) {
    guard isJoint else { return }
    try barrier()
    try check("MPI_Finalize", cmpi_leave())
  }

  /// Ends all processes at once, whatever the others are doing.
  public func abort(code: Int32) -> Never {
    if isJoint { cmpi_abort(code) }
    exit(code)
  }

  /// Replaces every number by its sum over all processes.
  ///
  /// - Throws: ``ProcessGroupError/failed(call:rank:message:)``.
  public func sum(_ values: UnsafeMutableBufferPointer<Float>) throws(ProcessGroupError) {
    guard isJoint else { return }
    try inPieces(values.count) { start, count in
      cmpi_sum_floats(values.baseAddress.map { $0 + start }, count)
    }
  }

  /// The means of numbers over all processes.
  ///
  /// - Throws: ``ProcessGroupError/failed(call:rank:message:)``.
  public func means(_ values: [Double]) throws(ProcessGroupError) -> [Double] {
    try sums(values).map { $0 / Double(size) }
  }

  /// For each flag, whether it is set in any process.
  ///
  /// - Throws: ``ProcessGroupError/failed(call:rank:message:)``.
  public func any(_ flags: [Bool]) throws(ProcessGroupError) -> [Bool] {
    try sums(flags.map { $0 ? 1 : 0 }).map { $0 > 0 }
  }

  private func sums(_ values: [Double]) throws(ProcessGroupError) -> [Double] {
    guard isJoint else { return values }
    var sums = values
    try check("MPI_Allreduce", cmpi_sum_doubles(&sums, Int32(sums.count)))
    return sums
  }

  /// The bytes that process 0 passes; what the others pass is ignored.
  ///
  /// - Throws: ``ProcessGroupError/failed(call:rank:message:)``.
  public func broadcast(_ bytes: [UInt8]) throws(ProcessGroupError) -> [UInt8] {
    guard isJoint else { return bytes }
    var count = Int64(bytes.count)
    let length = withUnsafeMutableBytes(of: &count) {
      cmpi_broadcast($0.baseAddress, Int32($0.count))
    }
    try check("MPI_Bcast", length)
    var result = isFirst ? bytes : [UInt8](repeating: 0, count: Int(count))
    let message = result.withUnsafeMutableBytes { buffer in
      Result { () throws(ProcessGroupError) in
        try inPieces(buffer.count, call: "MPI_Bcast") { start, count in
          cmpi_broadcast(buffer.baseAddress.map { $0 + start }, count)
        }
      }
    }
    try message.get()
    return result
  }

  /// What every process passes, in the order of their numbers, for process 0; nothing for the others.
  ///
  /// - Throws: ``ProcessGroupError/failed(call:rank:message:)``.
  public func gather(_ values: [Float]) throws(ProcessGroupError) -> [Float] {
    try gather(values, zero: 0)
  }

  /// The same for bytes.
  ///
  /// - Throws: ``ProcessGroupError/failed(call:rank:message:)``.
  public func gather(_ bytes: [UInt8]) throws(ProcessGroupError) -> [UInt8] {
    try gather(bytes, zero: 0)
  }

  private func gather<Value: BitwiseCopyable>(
    _ values: [Value], zero: Value
  ) throws(ProcessGroupError) -> [Value] {
    guard isJoint else { return values }
    // Those that are done first wait asleep.
    try barrier()
    guard isFirst else {
      try send([values.count])
      try send(values)
      return []
    }
    var all = values
    for other in 1..<size {
      let count = try receive(1, zero: 0, from: other)[0]
      all += try receive(count, zero: zero, from: other)
    }
    return all
  }

  private func send<Value: BitwiseCopyable>(_ values: [Value]) throws(ProcessGroupError) {
    let message = values.withUnsafeBytes { buffer in
      Result { () throws(ProcessGroupError) in
        try inPieces(buffer.count, call: "MPI_Send") { start, count in
          cmpi_send(buffer.baseAddress.map { $0 + start }, count)
        }
      }
    }
    try message.get()
  }

  private func receive<Value: BitwiseCopyable>(
    _ count: Int, zero: Value, from other: Int
  ) throws(ProcessGroupError) -> [Value] {
    var values = [Value](repeating: zero, count: count)
    let message = values.withUnsafeMutableBytes { buffer in
      Result { () throws(ProcessGroupError) in
        try inPieces(buffer.count, call: "MPI_Recv") { start, count in
          cmpi_receive(buffer.baseAddress.map { $0 + start }, count, Int32(other))
        }
      }
    }
    try message.get()
    return values
  }

  /// Waits for all processes, asleep: for pauses in which one of them works for long.
  ///
  /// MPI's own waiting keeps a core busy, as is best for the short waits of every step.
  ///
  /// - Throws: ``ProcessGroupError/failed(call:rank:message:)``.
  public func barrier() throws(ProcessGroupError) {
    guard isJoint else { return }
    try check("MPI_Ibarrier", cmpi_barrier_begin())
    var isDone: Int32 = 0
    while true {
      try check("MPI_Test", cmpi_barrier_test(&isDone))
      if isDone != 0 { return }
      usleep(1000)
    }
  }

  // MARK: - Calls

  /// MPI counts elements with 32 bits.
  private func inPieces(
    _ count: Int, call: String = "MPI_Allreduce",
    _ body: (Int, Int32) -> UnsafeMutablePointer<CChar>?
  ) throws(ProcessGroupError) {
    let largest = 1 << 30
    for start in stride(from: 0, to: count, by: largest) {
      try check(call, body(start, Int32(min(largest, count - start))))
    }
  }

  private func check(_ call: String, _ message: UnsafeMutablePointer<CChar>?)
    throws(ProcessGroupError)
  { try ProcessGroupError.check(call, rank: rank, message) }
}

/// The version of the Open MPI that several processes would use; nil if there is none.
public func openMPIVersion() -> String? {
  // "Open MPI v4.1.4, package: …"
  cmpi_version().map { String(cString: $0).split(separator: ",").first.map(String.init) ?? "" }
}

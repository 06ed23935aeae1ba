internal import CNCCL
import FoundationEssentials
import Glibc

/// The graphics processors that work together, one for each process, connected by NCCL.
///
/// NCCL is loaded at run time, as the library that libtorch has brought along; `BENCH_NCCL` names another. All
/// operations are collective: every process calls them in the same order with as many numbers, from one thread
/// at a time. They are put into the device's queue and do not wait for it.
public final class DeviceGroup {
  private let communicator: UnsafeMutableRawPointer
  private let rank: Int

  /// Connects the current device of this process with those of the others.
  ///
  /// - Parameter group: The processes, connected by MPI, which passes the id of the first to all.
  /// - Throws: ``ProcessGroupError``.
  public convenience init(_ group: ProcessGroup) throws(ProcessGroupError) {
    try self.init(
      rank: group.rank, size: group.size,
      library: ProcessInfo.processInfo.environment["BENCH_NCCL"] ?? "libnccl.so.2"
    ) { id throws(ProcessGroupError) in try group.broadcast(id) }
  }

  /// Connects processes that pass the id in a way of their own.
  ///
  /// - Parameters:
  ///   - rank: This process's number.
  ///   - size: How many there are.
  ///   - library: NCCL's path or name.
  ///   - share: Gives every process what the first one passes.
  /// - Throws: ``ProcessGroupError``.
  package init(
    rank: Int, size: Int, library: String,
    share: ([UInt8]) throws(ProcessGroupError) -> [UInt8]
  ) throws(ProcessGroupError) {
    self.rank = rank
    if let message = cnccl_load(library) {
      defer { free(message) }
      throw .noNCCL(reason: String(cString: message))
    }
    var id = [UInt8](repeating: 0, count: Int(cnccl_id_size))
    if rank == 0 {
      try ProcessGroupError.check(
        "ncclGetUniqueId", rank: rank,
        id.withUnsafeMutableBytes {
          cnccl_make_id($0.baseAddress)
        })
    }
    id = try share(id)
    var found: UnsafeMutableRawPointer?
    try ProcessGroupError.check(
      "ncclCommInitRank", rank: rank,
      id.withUnsafeBytes {
        cnccl_join($0.baseAddress, Int32(size), Int32(rank), &found)
      })
    guard let found else {
      throw .failed(call: "ncclCommInitRank", rank: rank, message: "it gave no communicator")
    }
    communicator = found
  }

  deinit { cnccl_leave(communicator) }

  /// Replaces every number by its sum over all processes.
  ///
  /// - Parameters:
  ///   - values: Single-precision numbers in the device's memory.
  ///   - count: How many.
  ///   - stream: The queue whose earlier work makes them and whose later work reads the sums.
  /// - Throws: ``ProcessGroupError/failed(call:rank:message:)``.
  public func sum(
    _ values: UnsafeMutableRawPointer?, count: Int, stream: UnsafeMutableRawPointer?
  ) throws(ProcessGroupError) {
    try ProcessGroupError.check(
      "ncclAllReduce", rank: rank,
      cnccl_sum_floats(communicator, values, Int64(count), stream))
  }
}

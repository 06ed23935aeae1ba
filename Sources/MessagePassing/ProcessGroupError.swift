import Glibc

/// Why several processes cannot work together.
public enum ProcessGroupError: Error, Equatable, CustomStringConvertible {
  /// The process was started as one of several, but there is no Open MPI.
  case unavailable(reason: String)
  /// A call of the MPI library failed.
  case failed(call: String, rank: Int, message: String)
  /// MPI connects another number of processes than were started.
  case otherSize(started: Int, connected: Int)
  /// Several processes were to work on graphics processors, but there is no NCCL.
  case noNCCL(reason: String)
  /// Processes that should hold the same parameters do not.
  case different(what: String, rank: Int)

  /// One sentence: what, where, and what to do.
  public var description: String {
    switch self {
    case .unavailable(let reason):
      """
      this process was started as one of several, but Open MPI cannot be loaded: \(reason); install \
      it on every machine (apt-get install openmpi-bin), or start bench without mpirun or srun.
      """
    case .failed(let call, let rank, let message): "\(call) failed in process \(rank): \(message)."
    case .otherSize(let started, let connected):
      """
      \(started) processes were started, but MPI connects \(connected); start them with the mpirun \
      of the installed Open MPI, or with srun --mpi=pmix.
      """
    case .noNCCL(let reason):
      """
      several processes on graphics processors need NCCL, which cannot be loaded: \(reason); install \
      libtorch with CUDA (pip install torch brings it), name the library in BENCH_NCCL, or use --device cpu.
      """
    case .different(let what, let rank):
      """
      process \(rank) holds other \(what) than process 0; start all of them with the same program \
      on machines of one kind, and continue from the last checkpoint.
      """
    }
  }
}

extension ProcessGroupError {
  /// Throws what a library's call said, if it failed.
  ///
  /// - Parameters:
  ///   - call: The call.
  ///   - rank: The process that made it.
  ///   - message: Why it failed, freed here; nil for success.
  /// - Throws: ``failed(call:rank:message:)``.
  static func check(
    _ call: String, rank: Int, _ message: UnsafeMutablePointer<CChar>?
  ) throws(ProcessGroupError) {
    guard let message else { return }
    defer { free(message) }
    throw .failed(call: call, rank: rank, message: String(cString: message))
  }
}

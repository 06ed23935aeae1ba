import FoundationEssentials

/// How this process was started: alone, or by mpirun or srun as one of several.
public struct Launch: Sendable, Equatable {
  /// Processes that were started together; 1 for a process that was started alone.
  public let processCount: Int
  /// This process's number among them, from 0.
  public let rank: Int
  /// Its number among those on this machine, from 0; that among all if the starter does not say.
  public let localRank: Int
  /// Those of them on this machine; nil if the starter does not say.
  public let localProcessCount: Int?

  /// Reads what mpirun (`OMPI_COMM_WORLD_SIZE` …) or `srun --mpi=pmix` (`PMIX_RANK`,
  /// `SLURM_STEP_NUM_TASKS` …) says in the environment.
  public init(environment: [String: String]) {
    func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }
    let ofMPIRun = number("OMPI_COMM_WORLD_SIZE")
    let ofSRun = number("PMIX_RANK") == nil ? nil : number("SLURM_STEP_NUM_TASKS")
    processCount = max(ofMPIRun ?? ofSRun ?? 1, 1)
    rank = number("OMPI_COMM_WORLD_RANK") ?? number("PMIX_RANK") ?? 0
    localRank = number("OMPI_COMM_WORLD_LOCAL_RANK") ?? number("SLURM_LOCALID") ?? rank
    // Slurm lists machines, "4" or "4(x2),3"; the first has the most.
    let ofFirstMachine = environment["SLURM_STEP_TASKS_PER_NODE"]?.prefix(while: \.isNumber)
    localProcessCount = number("OMPI_COMM_WORLD_LOCAL_SIZE") ?? ofFirstMachine.flatMap { Int($0) }
  }

  /// The launch of this process.
  public static func current() -> Launch {
    Launch(environment: ProcessInfo.processInfo.environment)
  }

  /// Whether several processes were started together.
  public var isJoint: Bool { processCount > 1 }

  /// The threads for each process: the processors it may run on, but no more than its share of the
  /// machine's.
  ///
  /// - Parameters:
  ///   - allowed: Processors this process may run on; fewer than the machine's where the starter
  ///     binds processes.
  ///   - machine: Processors of the machine.
  /// - Returns: At least 1.
  public func threadCount(allowed: Int, machine: Int) -> Int {
    guard isJoint, let localProcessCount else { return allowed }
    return max(1, min(allowed, machine / localProcessCount))
  }
}

import MessagePassing
import Testing

@Suite("How a process was started") struct LaunchTests {
  @Test("a process without MPI's variables is alone")
  func alone() throws {
    let launch = Launch(environment: ["SLURM_NTASKS": "4", "PATH": "/bin"])
    #expect(!launch.isJoint)
    #expect(launch.rank == 0)
    #expect(try ProcessGroup.join(launch) == .alone)
  }

  @Test("mpirun says how many there are and which this is")
  func mpirun() {
    let launch = Launch(environment: [
      "OMPI_COMM_WORLD_SIZE": "8", "OMPI_COMM_WORLD_RANK": "5", "OMPI_COMM_WORLD_LOCAL_SIZE": "4",
      "PMIX_RANK": "5",
    ])
    #expect(launch.isJoint)
    #expect(launch.processCount == 8 && launch.rank == 5 && launch.localProcessCount == 4)
  }

  @Test("srun says it where it offers PMIx; without, every process is alone")
  func srun() {
    let tasks = ["SLURM_STEP_NUM_TASKS": "3"]
    #expect(!Launch(environment: tasks).isJoint)
    let more = ["PMIX_RANK": "2", "SLURM_STEP_TASKS_PER_NODE": "2(x1),1"]
    let launch = Launch(environment: tasks.merging(more) { $1 })
    #expect(launch.processCount == 3 && launch.rank == 2 && launch.localProcessCount == 2)
  }

  @Test(
    "threads are the share of the machine, within what the process may use",
    arguments: [
      // allowed, machine, processes on the machine, threads
      (64, 64, 8, 8), (1, 64, 2, 1), (8, 64, 8, 8), (2, 2, 4, 1),
    ])
  func threads(allowed: Int, machine: Int, local: Int, expected: Int) {
    let launch = Launch(environment: [
      "OMPI_COMM_WORLD_SIZE": "16", "OMPI_COMM_WORLD_LOCAL_SIZE": "\(local)",
    ])
    #expect(launch.threadCount(allowed: allowed, machine: machine) == expected)
    #expect(Launch(environment: [:]).threadCount(allowed: allowed, machine: machine) == allowed)
  }
}

@Suite("A process that is alone") struct LoneProcessTests {
  @Test("is the first, and its group changes nothing")
  func nothing() throws {
    let group = ProcessGroup.alone
    #expect(group.isFirst && !group.isJoint)
    #expect(try group.means([1, 2.5]) == [1, 2.5])
    #expect(try group.any([true, false]) == [true, false])
    #expect(try group.broadcast([1, 2, 3]) == [1, 2, 3])
    #expect(try group.gather([1, 2, 3] as [UInt8]) == [1, 2, 3])
    #expect(try group.gather([0.5] as [Float]) == [0.5])
    #expect(group.share(of: 7) == 0..<7)
    var values: [Float] = [1, 2]
    try values.withUnsafeMutableBufferPointer { try group.sum($0) }
    #expect(values == [1, 2])
    try group.barrier()
    try group.leave()
  }

  @Test("errors say what to do")
  func errors() {
    let missing = ProcessGroupError.unavailable(reason: "no such file")
    #expect("\(missing)".contains("apt-get install openmpi-bin"))
    let other = ProcessGroupError.otherSize(started: 4, connected: 1)
    #expect("\(other)".contains("srun --mpi=pmix"))
    let call = ProcessGroupError.failed(call: "MPI_Bcast", rank: 3, message: "truncated")
    #expect("\(call)" == "MPI_Bcast failed in process 3: truncated.")
    let drift = ProcessGroupError.different(what: "parameters", rank: 2)
    #expect("\(drift)".contains("process 2 holds other parameters than process 0"))
  }
}

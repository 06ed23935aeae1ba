import Testing

/// Commands that were started by mpirun; `scripts/check_mpi.sh` tests what they do together.
@Suite("Several processes") struct JointWorkTests {
  private static func environment(rank: Int) -> [String: String] {
    ["OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "\(rank)"]
  }

  @Test("commands that work alone refuse", arguments: [["disentangle"], ["doctor"]])
  func refuses(arguments: [String]) async throws {
    let run = try await BenchProcess.run(arguments, environment: Self.environment(rank: 0))
    run.expectFailure(
      "bench \(arguments[0]) works in one process", "2 were started together",
      "commands that share their work: train, sample, fid")
  }

  @Test("what is wrong with the command line is said by one process", arguments: [0, 1])
  func speaksOnce(rank: Int) async throws {
    let run = try await BenchProcess.run(
      ["train", "--model", "beta-vae"], environment: Self.environment(rank: rank))
    #expect(run.exitCode == 64)
    #expect(run.errors.contains("--out") == (rank == 0))
  }
}

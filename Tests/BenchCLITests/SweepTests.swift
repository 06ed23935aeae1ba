import BenchSupport
import Foundation
import Glibc
import Results
import TestSupport
import Testing

@Suite("bench sweep") struct SweepTests {
  /// A study whose runs write a line into `started`, do what `script` says and write a result.
  private static func study(script: String = "") -> String {
    let result = #"""
      {"schema": 1, "dataset": {"name": "{dataset}"}, "model": "{model}", "preset": "quick",
      "seed": {seed}, "metrics": {"mig": {"value": 0.{seed}}}}
      """#.split(separator: "\n").joined(separator: " ")
    return """
      schema: 1
      datasets: [d]
      models: [a, b]
      seeds: 0-2
      command:
        - sh
        - -c
        - |
          echo {model}-{seed} >> started
          \(script)
          echo '\(result)' > {folder}/result.$$
          mv {folder}/result.$$ {folder}/result.json
      """
  }

  private static func write(_ text: String, to folder: String) throws {
    try Data(text.utf8).write(to: URL(filePath: "\(folder)/study.yaml"))
  }

  private static func started(_ folder: String) throws -> [String] {
    let text = try? String(contentsOfFile: "\(folder)/started", encoding: .utf8)
    return (text ?? "").split(separator: "\n").map(String.init).sorted()
  }

  /// The words of every line of a table.
  private static func words(_ table: String) -> [[String]] {
    table.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
  }

  @Test("one seed needs no list")
  func oneSeed() async throws {
    let folder = try TemporaryFolder()
    let study = Self.study().replacingOccurrences(of: "seeds: 0-2", with: "seeds: 1")
    try Self.write(study, to: folder.path)
    let run = try await BenchProcess.run(["sweep", "study.yaml"], in: folder.path)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(try Self.started(folder.path) == ["a-1", "b-1"])
  }

  @Test("models are filed by their own names, however the study writes them")
  func names() async throws {
    let folder = try TemporaryFolder()
    func study(_ models: String, preset: String = "smoke:steps=2") -> String {
      """
      schema: 1
      datasets: [sprites2d]
      models: \(models)
      seeds: [0]
      preset: \(preset)
      arguments: [--metrics, mig]
      """
    }
    try Self.write(study("[\"beta-vae:beta=4.0\", \"beta-vae:beta=1\"]"), to: folder.path)
    let run = try await BenchProcess.run(["sweep", "study.yaml"], in: folder.path)
    #expect(run.exitCode == 0, "\(run.errors)")
    for model in ["beta-vae", "beta-vae:beta=1"] {
      let result = "\(folder.path)/runs/sprites2d/\(model)/smoke:steps=2/seed-0/result.json"
      #expect(FileManager.default.fileExists(atPath: result))
    }
    let status = ["sweep", "study.yaml", "--status"]
    let json = try await BenchProcess.run(status + ["--json"], in: folder.path)
    #expect(
      try JSONValue(parsing: json.output.utf8)["runs"]?.array?.map { $0["state"] }
        == ["done", "done"])
    // A part of a dataset has a name of its own.
    try Self.write(
      study("[beta-vae]").replacingOccurrences(of: "sprites2d", with: "scenes3d-correlated"),
      to: folder.path)
    let part = try await BenchProcess.run(["sweep", "study.yaml"], in: folder.path)
    #expect(part.exitCode == 0, "\(part.errors)")
    // A preset's own nets are part of the name; what is unknown is refused before anything starts.
    try Self.write(study("[encdiff]", preset: "paper"), to: folder.path)
    let paper = try await BenchProcess.run(status, in: folder.path)
    #expect(paper.output.contains("encdiff:net=published,width=64"), "\(paper.output)")
    for (text, message) in [
      (study("[beta-vea]"), "did you mean --model beta-vae"),
      (study("[beta-vae]", preset: "quik"), "'quik'"),
      (study("[beta-vae]").replacingOccurrences(of: "sprites2d", with: "sprites3d"), "sprites2d"),
      (study("[beta-vae]").replacingOccurrences(of: "[0]", with: "[0, 1, 0]"), "0 twice"),
    ] {
      try Self.write(text, to: folder.path)
      let refused = try await BenchProcess.run(status, in: folder.path)
      #expect(refused.exitCode == 2 && refused.errors.contains(message), "\(refused.errors)")
    }
  }

  @Test("runs what is missing and nothing twice")
  func completes() async throws {
    let folder = try TemporaryFolder()
    try Self.write(Self.study(), to: folder.path)
    let first = try await BenchProcess.run(
      ["sweep", "study.yaml", "--threads", "3"], in: folder.path)
    #expect(first.exitCode == 0, "\(first.errors)")
    let all = ["a-0", "a-1", "a-2", "b-0", "b-1", "b-2"]
    #expect(try Self.started(folder.path) == all)
    let second = try await BenchProcess.run(["sweep", "study.yaml", "--json"], in: folder.path)
    #expect(second.exitCode == 0)
    #expect(try Self.started(folder.path) == all)
    let states = try JSONValue(parsing: second.output.utf8)["runs"]?.array?.map { $0["state"] }
    #expect(states == Array(repeating: "done", count: 6))
  }

  @Test(
    "continues after being killed, without repeating finished runs", arguments: [SIGKILL, SIGTERM])
  func killed(signal: Int32) async throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    // The third run waits for a file that is not there: the signal meets it, however late it comes.
    let gate =
      "[ {seed} = 0 ] || touch third; while [ -e third ] && [ ! -e go ]; do sleep 0.05; done"
    try Self.write(Self.study(script: gate), to: path)
    // Foundation's Process would wait for the worker as well, which inherits its socket.
    let sweep = try ChildProcess(
      ["sh", "-c", #"cd "$1" && exec "$2" sweep study.yaml --workers 1 --quiet"#, "sh"]
        + [path, BenchProcess.executable.path], output: .discarded, errors: .discarded)
    #expect(await whenFileAppears("\(path)/third") { sweep.send(signal) })
    #expect(sweep.wait() == (signal == SIGTERM ? 130 : 128 + signal))
    #expect(RunDirectory.complete(under: "\(path)/runs").count == 2)

    // A worker outlives a sweep that was killed; it may finish its run beside the second sweep.
    try Data().write(to: URL(filePath: "\(path)/go"))
    let second = try await BenchProcess.run(["sweep", "study.yaml", "--quiet"], in: path)
    #expect(second.exitCode == 0, "\(second.errors)")
    #expect(RunDirectory.complete(under: "\(path)/runs").count == 6)
    let started = try Self.started(path)
    #expect(Set(started).count == 6)
    // Only the run that was stopped before its end may have been started again.
    #expect(started.count <= 7)
  }

  @Test("goes on after a failed run and ends with 2")
  func failure() async throws {
    let folder = try TemporaryFolder()
    try Self.write(
      Self.study(script: "[ {model}{seed} = a1 ] && echo broken && exit 7"),
      to: folder.path)
    let run = try await BenchProcess.run(["sweep", "study.yaml", "--quiet"], in: folder.path)
    #expect(run.exitCode == 2)
    #expect(run.errors.hasPrefix("bench: 1 of 6 runs failed; see worker.log in their folders"))
    #expect(Self.words(run.output).contains(["d", "a", "0,2", "1"]))
    let log = try String(
      contentsOfFile: "\(folder.path)/runs/d/a/quick/seed-1/worker.log", encoding: .utf8)
    #expect(log == "broken\n")
    // Another call still knows, until the run is tried again.
    let status = ["sweep", "study.yaml", "--status", "--json"]
    func states() async throws -> [String: Int] {
      let json = try await BenchProcess.run(status, in: folder.path).output
      let runs = try JSONValue(parsing: json.utf8)["runs"]?.array ?? []
      return Dictionary(runs.map { ($0["state"]?.string ?? "", 1) }, uniquingKeysWith: +)
    }
    #expect(try await states() == ["failed with exit code 7": 1, "done": 5])
    try Self.write(Self.study(), to: folder.path)
    let again = try await BenchProcess.run(["sweep", "study.yaml", "--quiet"], in: folder.path)
    #expect(again.exitCode == 0, "\(again.errors)")
    #expect(try await states() == ["done": 6])
    #expect(
      !FileManager.default.fileExists(atPath: "\(folder.path)/runs/d/a/quick/seed-1/failed"))
  }

  /// The runs of a sweep inherit what bench has set for itself.
  @Test("waiting threads spin for 3,000 rounds, unless the user says otherwise")
  func spinning() async throws {
    let cases: [([String: String], String)] = [
      ([:], "3000"), (["GOMP_SPINCOUNT": "7"], "7"), (["OMP_WAIT_POLICY": "active"], ""),
    ]
    // What the user of the tests says is another matter.
    let nothing: [String: String?] = ["GOMP_SPINCOUNT": nil, "OMP_WAIT_POLICY": nil]
    for (chosen, expected) in cases {
      let environment = nothing.merging(chosen) { $1 }
      let folder = try TemporaryFolder()
      try Self.write(
        Self.study(script: "echo \"<$GOMP_SPINCOUNT>\" >> spins"), to: folder.path)
      let run = try await BenchProcess.run(
        ["sweep", "study.yaml", "--quiet"], environment: environment, in: folder.path)
      #expect(run.exitCode == 0, "\(run.errors)")
      let spins = try String(contentsOfFile: "\(folder.path)/spins", encoding: .utf8)
      #expect(Set(spins.split(separator: "\n")) == ["<\(expected)>"])
    }
  }

  @Test("shows what is missing")
  func status() async throws {
    let folder = try TemporaryFolder()
    try Self.write(Self.study(), to: folder.path)
    try ResultFixture.write(
      [0.1, 0.2], model: "a", dataset: "d", preset: "quick", in: "\(folder.path)/runs")
    let run = try await BenchProcess.run(["sweep", "study.yaml", "--status"], in: folder.path)
    #expect(run.exitCode == 0)
    #expect(Self.words(run.output).contains(["d", "a", "0-1", "2"]))
    #expect(Self.words(run.output).contains(["d", "b", "0-2"]))
    #expect(try Self.started(folder.path) == [])
    let running = try RunDirectory(
      root: "\(folder.path)/runs", dataset: "d", model: "b", preset: "quick", seed: 1)
    let lock = try running.lock()
    defer { lock.release() }
    let beside = try await BenchProcess.run(["sweep", "study.yaml", "--status"], in: folder.path)
    #expect(Self.words(beside.output).contains(["d", "b", "1", "0,2"]), "\(beside.output)")
  }

  @Test("writes a Slurm job array of the missing runs, whose tasks run")
  func slurm() async throws {
    let folder = try TemporaryFolder()
    let text = Self.study() + "\nthreads: 2\nslurm: {time: '04:00:00', gres: 'gpu:1'}\n"
    try Self.write(text, to: folder.path)
    // Tasks are numbered by seed, then model: a-0, b-0, a-1, b-1, a-2, b-2.
    try ResultFixture.write(
      [0.1, 0.2], model: "b", dataset: "d", preset: "quick", in: "\(folder.path)/runs")
    let run = try await BenchProcess.run(["sweep", "study.yaml", "--slurm", "-"], in: folder.path)
    #expect(run.exitCode == 0, "\(run.errors)")
    for line in [
      "#SBATCH --array=0,2,4-5\n", "#SBATCH --cpus-per-task=2\n", "#SBATCH --time=04:00:00\n",
      "#SBATCH --gres=gpu:1\n", #""$SLURM_ARRAY_TASK_ID""#,
    ] { #expect(run.output.contains(line), "\(run.output)") }
    try Data(run.output.utf8).write(to: URL(filePath: "\(folder.path)/job.sh"))

    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.arguments = ["job.sh"]
    shell.currentDirectoryURL = URL(filePath: folder.path)
    shell.environment = ProcessInfo.processInfo.environment.merging(["SLURM_ARRAY_TASK_ID": "4"]) {
      $1
    }
    shell.standardError = FileHandle.nullDevice
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 0)
    #expect(try Self.started(folder.path) == ["a-2"])
  }

  @Test(
    "refuses a study that is no grid",
    arguments: [
      ("schema: 1", "'datasets' is missing"), ("[", "cannot be parsed"),
      ("schema: 1\ndatasets: [d]\nmodels: [a]\nseeds: 3-1", "'seeds'"),
      ("schema: 1\ndatasets: [d]\nmodels: [a]\nseeds: [0, 0]", "'seeds'"),
      ("schema: 1\ndatasets: [d]\nmodels: [a]\nseeds: 0-99999\nmodel: [b]", "'model'"),
      ("schema: 1\ndatasets: [d, e]\nmodels: [a]\nseeds: 0-99999", "100,000"),
      ("schema: 1\ndatasets: [../x]\nmodels: [a]\nseeds: [0]", "'../x'"),
      ("schema: 1\ndatasets: [d]\nmodels: [a, a]\nseeds: [0]", "'models'"),
      (
        "schema: 1\ndatasets: [d]\nmodels: [a]\nseeds: [0]\ncommand: ['true']", "{folder} or {seed}"
      ),
      ("schema: 1\ndatasets: [d]\nmodels: [a]\nseeds: [0]\ncommand: ['{sed}']", "{sed}"),
      ("schema: 1\ndatasets: [d]\nmodels: [a]\nseeds: [0]\nslurm: {Time: 1}", "slurm.Time"),
      (
        "schema: 1\ndatasets: [d]\nmodels: [a]\nseeds: [0]\narguments: [--steps, '5']",
        "preset: 'quick:steps=…'"
      ),
      (
        "schema: 1\ndatasets: [d]\nmodels: [a]\nseeds: [0]\narguments: [--out=x]",
        "the study's own fields"
      ),
    ])
  func refused(text: String, fragment: String) async throws {
    let folder = try TemporaryFolder()
    try Self.write(text, to: folder.path)
    try await BenchProcess.run(["sweep", "study.yaml"], in: folder.path).expectFailure(fragment)
  }
}

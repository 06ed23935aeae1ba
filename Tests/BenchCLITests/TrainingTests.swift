import BenchSupport
import Foundation
import TestSupport
import Testing

/// Trainings of the built program: interruption, damage, lack of room.
@Suite("bench train", .serialized) struct TrainingTests {
  private static func arguments(_ folder: String, steps: Int, model: String = "multi-beta-vae")
    -> [String]
  {
    [
      "train", "--model", model, "--steps", "\(steps)", "--checkpoint-every", "5", "--threads", "1",
      "--out", folder, "--quiet",
    ]
  }

  private static func weights(_ folder: String) throws -> Data {
    try Data(contentsOf: URL(filePath: "\(folder)/checkpoint/model.safetensors"))
  }

  /// Starts a training and kills it without warning once its first checkpoint is there.
  private static func killDuringTraining(_ arguments: [String], folder: String) async throws {
    let process = Process()
    process.executableURL = BenchProcess.executable
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let id = process.processIdentifier
    #expect(await whenFileAppears("\(folder)/checkpoint/state.json") { kill(id, SIGKILL) })
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal, "the training ended before it was killed")
  }

  /// Makes a finished training of five steps one that was interrupted after four: the same folder with a
  /// longer plan is refused.
  private static func forgetLastStep(of folder: String) throws {
    let state = URL(filePath: "\(folder)/checkpoint/state.json")
    let text = try String(contentsOf: state, encoding: .utf8)
    try text.replacingOccurrences(of: "\"step\" : 5", with: "\"step\" : 4")
      .write(to: state, atomically: true, encoding: .utf8)
  }

  @Test(
    "a killed and resumed training ends with the same bits",
    arguments: ["beta-vae", "multi-beta-vae-diag"])
  func killAndResume(model: String) async throws {
    let folder = try TemporaryFolder()
    let (whole, killed) = ("\(folder.path)/whole", "\(folder.path)/killed")
    let reference = try await BenchProcess.run(Self.arguments(whole, steps: 20, model: model))
    #expect(reference.exitCode == 0, "\(reference.errors)")
    let arguments = Self.arguments(killed, steps: 20, model: model)
    try await Self.killDuringTraining(arguments, folder: killed)
    let resumed = try await BenchProcess.run(arguments + ["--resume"])
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    #expect(try Self.weights(whole) == Self.weights(killed))
  }

  @Test("damaged checkpoints are refused, whichever byte it is")
  func damagedCheckpoint() async throws {
    let folder = try TemporaryFolder()
    let arguments = Self.arguments(folder.path, steps: 2)
    #expect(try await BenchProcess.run(arguments).exitCode == 0)
    for name in ["model.safetensors", "optimizer.safetensors", "state.json"] {
      let path = URL(filePath: "\(folder.path)/checkpoint/\(name)")
      let original = try Data(contentsOf: path)
      var damaged = original
      damaged[damaged.count / 2] ^= 0x40
      for content in [damaged, original.prefix(original.count / 3), Data()] {
        try content.write(to: path)
        let run = try await BenchProcess.run(arguments)
        run.expectFailure("checkpoint", "not a usable checkpoint")
      }
      try original.write(to: path)
    }
    #expect(try await BenchProcess.run(arguments).exitCode == 0)
  }

  /// A limit on file sizes makes every longer write fail, as a full disk does.
  @Test("a full disk during a checkpoint keeps the previous one")
  func fullDisk() async throws {
    let folder = try TemporaryFolder()
    #expect(try await BenchProcess.run(Self.arguments(folder.path, steps: 5)).exitCode == 0)
    let before = try Self.weights(folder.path)
    try Self.forgetLastStep(of: folder.path)
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    let command = ([BenchProcess.executable.path] + Self.arguments(folder.path, steps: 5))
      .map { "'\($0)'" }.joined(separator: " ")
    process.arguments = ["-c", "trap '' XFSZ; ulimit -f 100; exec \(command)"]
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let message = String(
      decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 2)
    #expect(message.contains("cannot be written: File too large"), "\(message)")
    #expect(message.split(separator: "\n").count == 1, "\(message)")
    #expect(try Self.weights(folder.path) == before)
    #expect(try await BenchProcess.run(Self.arguments(folder.path, steps: 5)).exitCode == 0)
  }

  @Test("writes TensorBoard's event files beside the log, one per session")
  func eventFiles() async throws {
    let folder = try TemporaryFolder()
    let arguments = Self.arguments(folder.path, steps: 5)
    #expect(try await BenchProcess.run(arguments).exitCode == 0)
    try Self.forgetLastStep(of: folder.path)
    #expect(try await BenchProcess.run(arguments + ["--resume"]).exitCode == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
      $0.hasPrefix("events.out.tfevents.")
    }
    #expect(names.count == 2)
    for name in names {
      var rest = Array(try Data(contentsOf: URL(filePath: "\(folder.path)/\(name)")))[...]
      var recordCount = 0
      func take<Value: FixedWidthInteger>(_ type: Value.Type) -> Value {
        defer { rest = rest.dropFirst(MemoryLayout<Value>.size) }
        return rest.prefix(MemoryLayout<Value>.size).reversed().reduce(0) { $0 << 8 | Value($1) }
      }
      while !rest.isEmpty {
        let lengthBytes = rest.prefix(8)
        let length = Int(take(UInt64.self))
        #expect(take(UInt32.self) == CRC32C.masked(lengthBytes))
        let event = rest.prefix(length)
        #expect(event.count == length)
        rest = rest.dropFirst(length)
        #expect(take(UInt32.self) == CRC32C.masked(event))
        recordCount += 1
      }
      // The version, the start of the session, and the steps that are logged.
      #expect(recordCount > 3)
    }
  }

  /// The log grows beyond the limit in the middle of a line.
  @Test("a full disk during a line of the log leaves whole lines")
  func fullDiskDuringLog() async throws {
    let folder = try TemporaryFolder()
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    let arguments = [
      "train", "--model", "beta-vae", "--steps", "2000", "--checkpoint-every", "2000", "--threads",
      "1", "--batch-size", "1", "--out", folder.path, "--quiet",
    ]
    let command = ([BenchProcess.executable.path] + arguments).map { "'\($0)'" }
      .joined(separator: " ")
    process.arguments = ["-c", "trap '' XFSZ; ulimit -f 1; exec \(command)"]
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let message = String(
      decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 2)
    #expect(message.contains("log.jsonl: cannot be written: File too large"), "\(message)")
    let log = try Data(contentsOf: URL(filePath: "\(folder.path)/log.jsonl"))
    #expect(log.count > 512 && log.last == UInt8(ascii: "\n"), "\(log.count) bytes")
    for line in log.split(separator: UInt8(ascii: "\n")) {
      #expect(throws: Never.self) { try JSONValue(parsing: line) }
    }
  }

  /// Replaces the first half of each float32 tensor of a checkpoint's decoder, and its checksum.
  private static func poison(_ folder: String, with values: [Float]) throws {
    let path = "\(folder)/checkpoint/model.safetensors"
    let before = try Digest.ofFile(path)
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    guard case .object(let header) = try JSONValue(parsing: bytes[8..<8 + length]) else { return }
    var count = 0
    for (name, entry) in header where name.contains("decoder") && name.hasSuffix("weight") {
      let offsets = try #require(entry["data_offsets"]?.array).compactMap(\.integer)
      let half = (offsets[1] - offsets[0]) / 8
      for index in 0..<half {
        let value = values[index % values.count].bitPattern.littleEndian
        withUnsafeBytes(of: value) { source in
          let start = 8 + length + offsets[0] + 4 * index
          bytes.replaceSubrange(start..<start + 4, with: source)
        }
      }
      count += 1
    }
    #expect(count > 3)
    try Data(bytes).write(to: URL(filePath: path))
    let state = URL(filePath: "\(folder)/checkpoint/state.json")
    try String(contentsOf: state, encoding: .utf8)
      .replacingOccurrences(of: before, with: Digest.of(bytes))
      .write(to: state, atomically: true, encoding: .utf8)
  }

  @Test("a checkpoint that holds NaN, or whose images do, is refused and no black picture is drawn")
  func notFinite() async throws {
    let folder = try TemporaryFolder()
    let (run, pictures) = ("\(folder.path)/run", "\(folder.path)/pictures")
    #expect(
      try await BenchProcess.run(Self.arguments(run, steps: 2, model: "beta-vae")).exitCode == 0)
    let draw = ["reconstruct", "--checkpoint", run, "--out", pictures]
    #expect(try await BenchProcess.run(draw).exitCode == 0)
    try FileManager.default.removeItem(atPath: pictures)
    // Finite, but their sums are infinite and of both signs.
    try Self.poison(run, with: [3e38, -3e38])
    try await BenchProcess.run(draw).expectFailure("NaN or infinite", "training diverged")
    try Self.poison(run, with: [.nan])
    try await BenchProcess.run(draw).expectFailure("model.safetensors", "decoder", "finite numbers")
    #expect(!FileManager.default.fileExists(atPath: "\(pictures)/reconstructions.png"))
  }

  @Test("an interrupted training writes a checkpoint, exits 130 and can be resumed")
  func interrupted() async throws {
    let folder = try TemporaryFolder()
    let process = Process()
    process.executableURL = BenchProcess.executable
    process.arguments = Self.arguments(folder.path, steps: 200)
    process.standardError = FileHandle.nullDevice
    try process.run()
    let state = "\(folder.path)/checkpoint/state.json"
    let id = process.processIdentifier
    #expect(await whenFileAppears(state) { kill(id, SIGINT) })
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 130)
    #expect(FileManager.default.fileExists(atPath: state))
  }

  @Test("pictures are drawn from a checkpoint alone")
  func pictures() async throws {
    let folder = try TemporaryFolder()
    let run = "\(folder.path)/run"
    #expect(try await BenchProcess.run(Self.arguments(run, steps: 2)).exitCode == 0)
    for (command, name) in [("traverse", "traversals"), ("reconstruct", "reconstructions")] {
      let out = "\(folder.path)/pictures"
      let drawn = try await BenchProcess.run([command, "--checkpoint", run, "--out", out])
      #expect(drawn.exitCode == 0, "\(drawn.errors)")
      #expect(drawn.output.hasSuffix("\(out)/\(name).png\n"))
      #expect(drawn.output.contains(": PSNR ") == (command == "reconstruct"))
      let bytes = try Data(contentsOf: URL(filePath: "\(out)/\(name).png"))
      #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }
  }
}

@Suite("bench refuses bad input") struct BadInputTests {
  @Test("a dry run times every kind of step, and a GAN's own learning rates are said")
  func dryRun() async throws {
    let folder = try TemporaryFolder()
    let run = try await BenchProcess.run([
      "train", "--model", "infogan-cr", "--steps", "10", "--batch-size", "8", "--dry-run",
      "--threads", "1", "--out", folder.path,
    ])
    #expect(run.exitCode == 0, "\(run.errors)")
    // The contrast starts after two fifths.
    #expect(run.output.contains(" ms (4 steps), then "), "\(run.output)")
    #expect(run.output.contains(" ms (6 steps); 10 steps: about "), "\(run.output)")
    // Parts whose layers lie apart have one line and one number.
    let parts = try await BenchProcess.run([
      "train", "--model", "ddpm", "--steps", "2", "--batch-size", "4", "--dry-run", "--json",
      "--threads", "1", "--out", folder.path,
    ])
    let estimate = try JSONValue(parsing: parts.output.utf8)
    let stage = try #require(estimate["stages"]?.array?.first)
    guard case .object(let counts)? = stage["parts"] else {
      Issue.record("no parts: \(parts.output)")
      return
    }
    let sum = counts.values.reduce(0) { $0 + ($1.integer ?? 0) }
    #expect(sum == stage["parameters"]?.integer)
    let trained = try await BenchProcess.run([
      "train", "--model", "gan", "--steps", "1", "--batch-size", "8", "--learning-rate", "0.01",
      "--threads", "1", "--out", "\(folder.path)/gan",
    ])
    #expect(
      trained.errors.contains("gan has learning rates of its own, not 0.01: 0.002, 0.001"),
      "\(trained.errors)")
  }

  @Test("unknown names get the nearest known ones")
  func unknownNames() async throws {
    let folder = try TemporaryFolder()
    let out = ["--out", folder.path]
    try await BenchProcess.run(["disentangle", "--dataset", "scene3d"] + out)
      .expectFailure("scene3d", "scenes3d")
    try await BenchProcess.run(["disentangle", "--model", "bta-vae"] + out)
      .expectFailure("bta-vae", "beta-vae")
    try await BenchProcess.run(["disentangle", "--metrics", "mg"] + out)
      .expectFailure("mg", "mig")
    try await BenchProcess.run(["disentangle", "--model", "beta-vae:bet=3"] + out)
      .expectFailure("beta-vae", "bet", "beta")
    try await BenchProcess.run(["disentangle", "--model", "beta-vae:beta=-3"] + out)
      .expectFailure("beta-vae:beta", "-3")
  }

  @Test(
    "wrong arguments exit 64",
    arguments: [
      ["disentangle", "--steps", "-5"], ["disentangle", "--steps", "x"],
      ["disentangle", "--seeds", "0,a"], ["disentangle", "--preset", "fast"],
      ["disentangle", "--preset", "quick:step=5"], ["disentangle", "--preset", "quick:steps=x"],
      ["disentangle", "--preset", "quick:steps=5,steps=6"], ["disentangle", "--preset", "quick:"],
      ["train", "--model", "beta-vae", "--steps", "0", "--out", "x"], ["train", "--out", "x"],
      ["disentangle", "--fresh", "--resume"], ["disentangle", "--latents", "0"],
    ])
  func wrongArguments(arguments: [String]) async throws {
    let run = try await BenchProcess.run(arguments)
    #expect(run.exitCode == 64, "\(run.errors)")
    #expect(run.output == "")
  }

  @Test("an output folder that cannot be written is named")
  func unwritable() async throws {
    let folder = try TemporaryFolder()
    let file = "\(folder.path)/file"
    try Data().write(to: URL(filePath: file))
    let run = try await BenchProcess.run([
      "train", "--model", "beta-vae", "--steps", "1", "--out", "\(file)/run",
    ])
    run.expectFailure("\(file)/run")
  }

  @Test("a folder of a run with other settings is not touched")
  func otherSettings() async throws {
    let folder = try TemporaryFolder()
    let arguments = ["train", "--model", "beta-vae", "--out", folder.path, "--quiet", "--steps"]
    #expect(try await BenchProcess.run(arguments + ["1"]).exitCode == 0)
    try await BenchProcess.run(arguments + ["2"]).expectFailure("other settings")
  }
}

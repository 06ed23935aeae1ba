import BenchSupport
import Datasets
import Foundation
import Glibc
import TestSupport
import Testing

/// `bench generate` from images to the table, in a few steps.
@Suite("bench generate", .serialized) struct GenerateTests {
  private static let small = [
    "--preset", "smoke", "--steps", "4", "--batch-size", "4", "--samples", "12",
    "--reference-count", "20", "--sampling-steps", "3", "--threads", "1", "--quiet",
  ]

  private static func arguments(_ out: String, _ more: String...) -> [String] {
    ["generate", "--out", out] + small + more
  }

  private static let run = "scenes3d/multi-beta-vae/generate-smoke/seed-0"

  private static func json(_ path: String) throws -> JSONValue {
    try JSONValue(parsing: Data(contentsOf: URL(filePath: path)))
  }

  /// The metrics of a run's record.
  private static func metrics(_ folder: String) throws -> JSONValue {
    try #require(json("\(folder)/result.json")["metrics"])
  }

  /// Pictures of noise, as PNG files.
  private static func writePictures(
    _ count: Int, height: Int, width: Int, to folder: String
  ) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for index in 0..<count {
      var random = Philox(seed: 5, stream: UInt64(index))
      let base = (0..<3).map { _ in random.integer(below: 200) }
      let pixels = (0..<height * width).flatMap { place in
        base.map { UInt8($0 + place * 55 / (height * width)) }
      }
      try PNG.write(
        RasterImage(height: height, width: width, channelCount: 3, pixels: pixels),
        to: "\(folder)/\(10_000 + index).png")
    }
  }

  private func succeed(_ arguments: [String]) async throws -> BenchProcess {
    let run = try await BenchProcess.run(arguments)
    #expect(run.exitCode == 0, "\(run.errors)")
    return run
  }

  @Test("ends with samples, scores that are named for their features, and pictures")
  func wholeRun() async throws {
    let folder = try TemporaryFolder()
    let first = try await succeed(Self.arguments(folder.path, "--tune-decoder"))
    let run = "\(folder.path)/\(Self.run)"
    let metrics = try Self.metrics(run)
    #expect(metrics["fid"] == nil && metrics["frechet"]?["value"]?.double != nil)
    for name in ["frechet", "precision", "recall"] {
      #expect(metrics[name]?["protocol"]?.string == "bench-features-v1")
      #expect(metrics[name]?["generated_count"]?.double == 12)
      #expect(metrics[name]?["reference_count"]?.double == 20)
    }
    #expect(first.output.contains("frechet ↓") && first.output.contains("it is no FID"))
    for name in ["samples", "neighbours", "reconstructions", "denoised", "strips"] {
      #expect(FileManager.default.fileExists(atPath: "\(run)/images/\(name).png"), "\(name)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(run)/samples").count == 12)
    // Finished, it is shown again and not made again.
    let stamp = try FileManager.default.attributesOfItem(atPath: "\(run)/result.json")
    let second = try await succeed(Self.arguments(folder.path, "--tune-decoder"))
    #expect(second.output == first.output)
    let again = try FileManager.default.attributesOfItem(atPath: "\(run)/result.json")
    #expect(stamp[.modificationDate] as? Date == again[.modificationDate] as? Date)
    // Its stages serve another run, which then has the same samples; naming the checkpoint names the run.
    let other = "\(folder.path)/other"
    _ = try await succeed(
      Self.arguments(other, "--tune-decoder", "--checkpoint", "\(run)/checkpoint"))
    #expect(try Self.metrics("\(other)/\(Self.run)") == metrics)
    // The record says how they were trained, not what this run would have trained.
    let asked = "\(folder.path)/asked"
    _ = try await succeed(
      Self.arguments(asked, "--checkpoint", run, "--latents", "7", "--learning-rate", "0.003"))
    let config = try Self.json("\(asked)/\(Self.run)/result.json")["provenance"]?["config"]
    let trained = try Self.json("\(run)/result.json")["provenance"]?["config"]
    for name in ["latent_count", "learning_rate", "training"] {
      #expect(config?[name] != nil && config?[name] == trained?[name], "\(name)")
    }
    // What is not finished is not taken over.
    let state = "\(run)/checkpoint/state.json"
    let text = try String(contentsOfFile: state, encoding: .utf8)
    try text.replacing(/"step" ?: ?4\b/, with: "\"step\":2")
      .write(toFile: state, atomically: true, encoding: .utf8)
    let early = try await BenchProcess.run(
      Self.arguments("\(folder.path)/early", "--checkpoint", run))
    #expect(early.exitCode == 2)
    #expect(early.errors.contains("it stands at step 2 of 4; finish it first"), "\(early.errors)")
    try text.write(toFile: state, atomically: true, encoding: .utf8)
    try await BenchProcess.run(Self.arguments(other, "--checkpoint", run, "--model", "beta-vae"))
      .expectFailure("multi-beta-vae", "beta-vae")
  }

  @Test("trains a diffusion model of codes after a diffusion autoencoder, and draws with both")
  func codes() async throws {
    let folder = try TemporaryFolder()
    let model = "diffae:width=8,sampling-steps=2"
    _ = try await succeed(Self.arguments(folder.path, "--model", model, "--latents", "4"))
    let run = "\(folder.path)/scenes3d/diffae:width=8,sampling-steps=2/generate-smoke/seed-0"
    #expect(FileManager.default.fileExists(atPath: "\(run)/codes/checkpoint/state.json"))
    #expect(!FileManager.default.fileExists(atPath: "\(run)/disco"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(run)/samples").count == 12)
    let pictures = "\(folder.path)/pictures"
    let sample = ["sample", "--checkpoint", run, "--count", "3", "--out", pictures, "--quiet"]
    _ = try await succeed(sample)
    // Its steps are its own: a record of others would be wrong.
    try await BenchProcess.run(sample + ["--sampling-steps", "50"])
      .expectFailure("--sampling-steps is for models with a denoiser", "diffae:sampling-steps=50")
    try FileManager.default.removeItem(atPath: "\(run)/codes")
    try await BenchProcess.run(sample).expectFailure("train it with bench train --stage 2")
  }

  /// The numbers of a checkpoint's tensors whose names begin so, in the order of the file.
  private static func weights(_ checkpoint: String, prefix: String) throws -> [Float] {
    let data = try Data(contentsOf: URL(filePath: "\(checkpoint)/model.safetensors"))
    let headerSize = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try JSONValue(parsing: data[8..<8 + headerSize])
    guard case .object(let members) = header else { return [] }
    let ranges = members.filter { $0.key.hasPrefix(prefix) }
      .compactMap { $0.value["data_offsets"]?.array?.compactMap(\.integer) }
      .sorted { $0[0] < $1[0] }
    return ranges.flatMap { range in
      let bytes = [UInt8](data[8 + headerSize + range[0]..<8 + headerSize + range[1]])
      return bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }
  }

  @Test("every seed has weights and noise of its own in every stage, however it was asked for")
  func independentSeeds() async throws {
    let folder = try TemporaryFolder()
    let (together, alone) = ("\(folder.path)/together", "\(folder.path)/alone")
    _ = try await succeed(Self.arguments(together, "--tune-decoder", "--seeds", "0,1"))
    _ = try await succeed(Self.arguments(alone, "--tune-decoder", "--seed", "1"))
    let runs = [0, 1].map { "\(together)/scenes3d/multi-beta-vae/generate-smoke/seed-\($0)" }
    let same = "\(alone)/scenes3d/multi-beta-vae/generate-smoke/seed-1"
    for (stage, prefix) in [
      ("", "encoder."), ("denoiser/", "denoiser."), ("decoder/", "discriminator.conv"),
    ] {
      let weights = try (runs + [same]).map {
        try Self.weights("\($0)/\(stage)checkpoint", prefix: prefix)
      }
      #expect(!weights[0].isEmpty && weights[1] == weights[2], "\(prefix)")
      // Four steps of Adam move a weight by at most four times its rate of 5·10⁻⁴; initial weights
      // are some hundredths apart.
      let distance = zip(weights[0], weights[1]).map { abs($0 - $1) }.max() ?? 0
      #expect(distance > 0.01, "\(prefix)")
    }
    #expect(try Self.metrics(runs[1]) == Self.metrics(same))
    #expect(
      FileManager.default.contentsEqual(
        atPath: "\(runs[1])/samples/000000.png", andPath: "\(same)/samples/000000.png"))
  }

  /// Starts a run and kills it without warning once a file of it is there.
  private static func kill(_ arguments: [String], when file: String) async throws {
    let process = Process()
    process.executableURL = BenchProcess.executable
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let id = process.processIdentifier
    #expect(await whenFileAppears(file) { Glibc.kill(id, SIGKILL) })
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal, "it ended before it was killed")
  }

  @Test("killed in every stage and continued, gives the same result")
  func killed() async throws {
    let folder = try TemporaryFolder()
    let (whole, killed) = ("\(folder.path)/whole", "\(folder.path)/killed")
    try Self.writePictures(12, height: 64, width: 64, to: "\(folder.path)/pictures")
    let data = ["--dataset", "\(folder.path)/pictures", "--data-dir", "\(folder.path)/data"]
    let run = "pictures/multi-beta-vae/generate-smoke/seed-0"
    _ = try await succeed(Self.arguments(whole) + data)
    // One run, killed in one stage after another.
    for file in [
      "checkpoint/state.json", "denoiser/checkpoint/state.json", "samples/000000.png",
    ] {
      try await Self.kill(Self.arguments(killed) + data, when: "\(killed)/\(run)/\(file)")
    }
    // What the sessions before took is part of what the run took.
    let usage = "\(killed)/\(run)/usage.json"
    #expect(try (Self.json(usage)["wall_seconds"]?.double ?? -1) >= 0)
    try Data(#"{"wall_seconds": 1000, "peak_memory_bytes": 4000000000000}"#.utf8)
      .write(to: URL(filePath: usage))
    _ = try await succeed(Self.arguments(killed) + data)
    let provenance = try Self.json("\(killed)/\(run)/result.json")["provenance"]
    #expect((provenance?["wall_seconds"]?.double ?? 0) > 1000)
    #expect(provenance?["wall_seconds"] == (try Self.json(usage)["wall_seconds"]))
    #expect(provenance?["peak_memory_bytes"] == 4_000_000_000_000)
    #expect(
      try Self.metrics("\(killed)/\(run)") == Self.metrics("\(whole)/\(run)"))
    for name in try FileManager.default.contentsOfDirectory(
      atPath: "\(whole)/\(run)/samples")
    {
      #expect(
        FileManager.default.contentsEqual(
          atPath: "\(killed)/\(run)/samples/\(name)",
          andPath: "\(whole)/\(run)/samples/\(name)"), "\(name)")
    }
  }

  @Test("goes on with a run of an older version, whose checkpoints say how long they were trained")
  func olderVersion() async throws {
    let folder = try TemporaryFolder()
    _ = try await succeed(Self.arguments(folder.path))
    let run = "\(folder.path)/\(Self.run)"
    let metrics = try Self.metrics(run)
    for name in ["usage.json", "result.json"] {
      try FileManager.default.removeItem(atPath: "\(run)/\(name)")
    }
    for stage in ["", "denoiser/"] {
      let path = "\(run)/\(stage)checkpoint/state.json"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let seconds = try #require(text.firstMatch(of: /"trainingSeconds" : [0-9.e-]+/))
      try text.replacingCharacters(in: seconds.range, with: "\"trainingSeconds\" : 500")
        .write(toFile: path, atomically: true, encoding: .utf8)
    }
    _ = try await succeed(Self.arguments(folder.path))
    #expect(try Self.metrics(run) == metrics)
    let provenance = try Self.json("\(run)/result.json")["provenance"]
    #expect((provenance?["wall_seconds"]?.double ?? 0) > 1000)
    #expect(provenance?["peak_memory_bytes"] == .null)
  }

  @Test("scores another system's images as its own, beside published numbers of the dataset")
  func otherSystems() async throws {
    let folder = try TemporaryFolder()
    let (pictures, out) = ("\(folder.path)/celeba", "\(folder.path)/out")
    try Self.writePictures(24, height: 70, width: 64, to: pictures)
    let data = ["--dataset", pictures, "--data-dir", "\(folder.path)/data"]
    let first = try await succeed(Self.arguments(out, "--model", "beta-vae") + data)
    #expect(first.output.contains("fid ↓"))
    #expect(first.output.contains("published") && first.output.contains("arXiv:2507.06613"))
    let run = "\(out)/celeba/beta-vae/generate-smoke/seed-0"
    let second = try await succeed(
      Self.arguments(out, "--samples-from", "\(run)/samples", "--system", "theirs") + data)
    #expect(second.output.contains("\ntheirs") && !second.output.contains("\nbeta-vae "))
    let theirs = try Self.metrics("\(out)/celeba/theirs/generate-smoke/seed-0")
    #expect(theirs["frechet"]?["value"] == (try Self.metrics(run))["frechet"]?["value"])
    // A name that a trained model has is not taken over.
    try await BenchProcess.run(
      Self.arguments(out, "--samples-from", "\(run)/samples", "--system", "beta-vae") + data
    ).expectFailure("beta-vae", "--system")
    try Self.writePictures(12, height: 32, width: 32, to: "\(folder.path)/small")
    try await BenchProcess.run(
      Self.arguments(out, "--samples-from", "\(folder.path)/small") + data
    ).expectFailure("small/10000.png", "32×32×3", "64×64×3")
  }

  @Test("records why a metric has no value, in the result and below the table")
  func withoutValue() async throws {
    let folder = try TemporaryFolder()
    let (pictures, out) = ("\(folder.path)/faces", "\(folder.path)/out")
    try Self.writePictures(24, height: 64, width: 64, to: pictures)
    let statistics = "\(folder.path)/stats.npz"
    _ = try await succeed(["fid", pictures, "--features", "builtin", "--save-stats", statistics])
    let run = try await succeed(
      Self.arguments(
        out, "--dataset", pictures, "--data-dir", "\(folder.path)/data", "--samples-from", pictures,
        "--reference", statistics, "--system", "theirs"))
    let metrics = try Self.metrics("\(out)/faces/theirs/generate-smoke/seed-0")
    #expect(metrics["frechet"]?["value"]?.double != nil)
    for name in ["precision", "recall", "density", "coverage"] {
      #expect(metrics[name]?["value"] == .null, "\(name)")
      #expect(
        metrics[name]?["reason"]?.string?.contains("stats.npz: '\(name)' needs features") == true)
      #expect(metrics[name]?["protocol"]?.string == "bench-features-v1")
    }
    #expect(run.output.contains("precision: no value: \(statistics): "), "\(run.output)")
  }

  @Test("keeps the steps that were chosen for its minutes")
  func minutes() async throws {
    let folder = try TemporaryFolder()
    let arguments = [
      "generate", "--out", folder.path, "--preset", "smoke", "--minutes", "0.1", "--samples", "12",
      "--batch-size", "4", "--reference-count", "20", "--sampling-steps", "3", "--threads", "1",
      "--quiet", "--model", "beta-vae",
    ]
    _ = try await succeed(arguments)
    let run = "\(folder.path)/scenes3d/beta-vae/generate-smoke/seed-0"
    let metrics = try Self.metrics(run)
    try FileManager.default.removeItem(atPath: "\(run)/result.json")
    _ = try await succeed(arguments)
    #expect(try Self.metrics(run) == metrics)
  }

  @Test("goes through every stage at 256×256 on a miniature in FFHQ's layout")
  func large() async throws {
    let folder = try TemporaryFolder()
    let data = "\(folder.path)/data"
    try Self.writePictures(
      12, height: 300, width: 300, to: "\(data)/ffhq/images1024x1024/00000")
    try Data(#"{"image_count": 12}"#.utf8).write(to: URL(filePath: "\(data)/ffhq/miniature.json"))
    _ = try await succeed([
      "generate", "--dataset", "ffhq", "--data-dir", data, "--out", folder.path, "--preset",
      "smoke", "--steps", "2", "--tune-decoder", "--samples", "10", "--sampling-steps", "2",
      "--quiet",
    ])
    let run = "\(folder.path)/ffhq-miniature/multi-beta-vae:architecture=kl-f8,width=8"
    let samples = "\(run)/generate-smoke/seed-0/samples"
    #expect(try ImageFile.read("\(samples)/000009.png").shape.height == 256)
  }

  @Test("names the field of a damaged configuration, what it holds and what it may hold")
  func damagedConfiguration() async throws {
    let folder = try TemporaryFolder()
    let arguments = Self.arguments(folder.path, "--model", "beta-vae")
    _ = try await succeed(arguments)
    let run = "\(folder.path)/scenes3d/beta-vae/generate-smoke/seed-0"
    try FileManager.default.removeItem(atPath: "\(run)/result.json")
    let path = "\(run)/config.yaml"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let cases = [
      (
        "sampler: posterior-lower", "sampler: ddmi",
        "the field 'generation.sampler' is 'ddmi'; known are alg2-literal, alg2-fixed, posterior-lower,"
      ),
      (
        "grid: uniform", "grid: even",
        "the field 'generation.grid' is 'even'; known are uniform, log-sigma, edm, rate;"
      ),
      ("head: rate", "head: rat", "'generation.denoiser.head' is 'rat'; known are rate, paper;"),
      (
        "weighting: one", "weighting: two",
        "'generation.denoiser.weighting' is 'two'; known are one, elbo, minsnr, edm;"
      ),
      ("times: continuous", "times: all", "'all'; known are continuous, grid;"),
      ("precision: float32", "precision: int8", "is 'int8'; known are float32, tf32, bfloat16;"),
      (
        "preset: smoke", "preset: tiny",
        "the field 'preset' is 'tiny'; known are smoke, quick, standard, paper;"
      ),
      ("latent_count: 10", "latent_count: ten", "the field 'latent_count' has another type"),
      ("latent_count: 10", "latents: 10", "the field 'latent_count' is missing"),
      (text, "a: [b", "it is not YAML"),
    ]
    for (part, other, message) in cases {
      #expect(text.contains(part), "\(text)")
      try text.replacingOccurrences(of: part, with: other)
        .write(toFile: path, atomically: true, encoding: .utf8)
      let found = try await BenchProcess.run(arguments)
      #expect(found.exitCode == 2)
      #expect(
        found.errors.contains("\(path): ") && found.errors.contains(message), "\(found.errors)")
    }
    // As it was, it is the run's.
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    _ = try await succeed(arguments)
  }

  @Test("says what a run takes before it starts, and stops there if asked")
  func estimate() async throws {
    let folder = try TemporaryFolder()
    let run = try await succeed(Self.arguments(folder.path, "--dry-run", "--tune-decoder"))
    for part in ["stage 1", "stage 2", "decoder", "sampling", "scoring", "MiB"] {
      #expect(run.output.contains(part), "\(run.output)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("refuses what cannot work, in one sentence")
  func refused() async throws {
    let folder = try TemporaryFolder()
    let (out, pictures) = ("\(folder.path)/out", "\(folder.path)/pictures")
    try Self.writePictures(12, height: 128, width: 128, to: pictures)
    let cases: [([String], [String])] = [
      (["--dataset", "celeb"], ["celeb", "celeba"]),
      (["--dataset", "ffhq", "--data-dir", folder.path], ["ffhq", "images1024x1024"]),
      (["--model", "beta-vea"], ["beta-vea", "beta-vae"]),
      (["--checkpoint", folder.path], [folder.path, "no state.json"]),
      (["--samples-from", "\(folder.path)/nowhere"], ["nowhere"]),
      (["--weights", "\(folder.path)/missing.pth"], ["missing.pth"]),
      (["--reference", "\(folder.path)/missing.npz"], ["missing.npz"]),
      (
        ["--dataset", "\(pictures)@128", "--data-dir", out, "--model", "beta-vae"],
        ["128×128×3", "64×64"]
      ),
    ]
    for (words, fragments) in cases {
      let run = try await BenchProcess.run(Self.arguments(out) + words)
      #expect(run.exitCode == 2 && run.output == "", "\(words): \(run.errors)")
      for fragment in fragments { #expect(run.errors.contains(fragment), "\(run.errors)") }
    }
    for words in [
      ["--samples", "3"], ["--minutes", "0"], ["--minutes", "5"], ["--system", "x"],
      ["--gradient-accumulation", "9"], ["--parts", "2", "--tune-decoder"],
    ] {
      let run = try await BenchProcess.run(Self.arguments(out) + words)
      #expect(run.exitCode == 64, "\(words): \(run.errors)")
    }
  }

  @Test("disentangle scores faces by their attributes, and their samples")
  func attributes() async throws {
    let folder = try TemporaryFolder()
    let data = "\(folder.path)/data/celeba"
    try Self.writePictures(12, height: 109, width: 89, to: "\(data)/img_align_celeba")
    let rows = (0..<12).map { "\(10_000 + $0).png \($0 % 2 * 2 - 1) \($0 / 6 * 2 - 1)" }
    try (["12", "Odd Late"] + rows).joined(separator: "\n").write(
      toFile: "\(data)/list_attr_celeba.txt", atomically: true, encoding: .utf8)
    try Data(#"{"image_count": 12}"#.utf8).write(to: URL(filePath: "\(data)/miniature.json"))
    let run = try await succeed([
      "disentangle", "--dataset", "celeba", "--data-dir", "\(folder.path)/data", "--model",
      "beta-vae", "--preset", "smoke", "--steps", "2", "--samples", "10", "--out", folder.path,
      "--quiet",
    ])
    let metrics = try Self.metrics("\(folder.path)/celeba-miniature/beta-vae/smoke:steps=2/seed-0")
    for name in [
      "tad", "tad:nashae", "tad:disdiff", "tad:infodiffusion-folds", "frechet", "precision",
    ] {
      #expect(metrics[name] != nil, "\(name)")
    }
    #expect(run.output.contains("tad:nashae") && run.output.contains("frechet"))
  }

  @Test("further axes of a finished run are scored beside its samples")
  func allAxes() async throws {
    let folder = try TemporaryFolder()
    let arguments = [
      "disentangle", "--model", "multi-beta-vae", "--preset", "smoke", "--steps", "2", "--latents",
      "3", "--metrics", "mig", "--samples", "10", "--reference-count", "16", "--out", folder.path,
      "--threads", "1", "--quiet",
    ]
    _ = try await succeed(arguments)
    let run = "\(folder.path)/scenes3d/multi-beta-vae/smoke:steps=2,latents=3/seed-0"
    let before = try Self.metrics(run)
    #expect(before["frechet"]?["value"]?.double != nil && before["mig@best"] == nil)
    _ = try await succeed(arguments + ["--all-axes"])
    let after = try Self.metrics(run)
    #expect(after["mig@best"] != nil)
    #expect(after["frechet"] == before["frechet"] && after["precision"] == before["precision"])
  }
}

import ArgumentParser
import BenchSupport
import Datasets
import Experiments
import FoundationEssentials
import GenerationMetrics
import MessagePassing

/// `bench fid`.
struct FIDCommand: BenchCommand {
  static let isJoint = true

  static let configuration = CommandConfiguration(
    commandName: "fid",
    abstract: "Compares generated images with real ones: FID, KID, precision, recall and more.",
    discussion: """
      A is the reference (real) set, B the generated one. Each is pictures: a folder, .zip, .tar, \
      .tar.gz or LMDB of \(Pictures.formats) files, a .npz or .npy file of images [N, H, W, 3], or a \
      dataset's name; or features: a .npz file with 'features' [image, feature] (and 'logits') or a \
      .npy file; or statistics: a .npz file with 'mu' and 'sigma', which allow FID only; published ones have \
      names ('bench stats'). Features of pictures are kept and taken again ('bench cache'). A .npz file of \
      images with 'mu' and 'sigma', such as ADM's reference batches, serves every metric. Without \
      --metrics, everything that A and B allow is computed. A metric that was named and has no value \
      is reported with the reason; the others are computed, and the exit code is 2.

      Pictures need the network's weights: --weights, else $BENCH_WEIGHTS, torch's cache, or what \
      'bench weights fetch NAME' fetched. Files made with another protocol (--protocol, \
      --dims, weights) are refused. --features builtin needs no weights; its values rank sets \
      against one another and are no FID.

      Metrics: \(GenerationMetric.all.map(\.name).joined(separator: ", ")).

      Examples:
        bench fid real.npz generated.npz
        bench fid stats.npz generated.npz --metrics fid --json
        bench fid real.npz generated.npz --metrics precision,recall --k 5 --inside inclusive
        bench fid real/ generated/ --protocol clean-fid
        bench fid adm-imagenet256 generated.npz     ('bench stats list')
        bench fid real/ generated/ --features dinov2-l --protocol dgm
        bench fid real/ generated/ --features clip-b32 --metrics fid
        bench fid real/ generated/ --features builtin
        bench fid real.zip samples.npz
        bench fid VIRTUAL_imagenet256_labeled.npz samples.npz --protocol adm
        bench fid real.npz generated.npz --metrics mind,kid:rbf,vendi,asw
        bench fid celeba:d2c@64 samples.npz
        bench fid train/ samples/ --held-out test/
        bench fid originals/ reconstructions/ --paired
        bench fid real/ --save-stats stats.npz
        bench fid real/ --save-features real.npz --on-error skip
        mpirun -np 4 bench fid real/ generated/     (the images are shared out)
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(help: "The reference (real) set.", completion: .file())
  var reference: String

  @Argument(help: "The generated set; may be left out with --save-stats.", completion: .file())
  var generated: String?

  @Option(
    help:
      "Real images that were not trained on, in any form that A may have: adds fid:ratio, authenticity, ct, fld and fld:gap.",
    completion: .file())
  var heldOut: String?

  @Flag(
    name: .customLong("paired"),
    help:
      "Compare pictures of equal names instead of sets: PSNR, SSIM and, with VGG-16's and LPIPS's weights, LPIPS."
  )
  var isPaired = false

  @Option(
    help: "Metrics, separated by commas; default: all that A and B allow.",
    transform: parseMetrics)
  var metrics: [GenerationMetric]?

  @Option(
    help: "Which neighbour sets the radius for precision, recall, density and coverage; default: 3."
  )
  var k: Int?

  @Option(
    help:
      "Whether a sample on a radius is inside: strict (d < R, the default) or inclusive (d <= R, that of --protocol adm)."
  )
  var inside: GenerationOptions.Inside?

  @Option(help: "Number of random subsets for KID.")
  var kidSubsets = 100

  @Option(help: "Samples per subset for KID.")
  var kidSubsetSize = 1000

  @Option(help: "Number of random directions for mind.")
  var mindDirections = 1000

  @Option(help: "Number of splits for the inception score.")
  var isSplits = 10

  @Option(help: "Write A's statistics (mu, sigma) to this .npz file.", completion: .file())
  var saveStats: String?

  @Option(help: "Write A's features to this .npz file.", completion: .file())
  var saveFeatures: String?

  @Flag(help: "Compute features of pictures anew, and keep none ('bench cache').")
  var noCache = false

  @OptionGroup(title: "Images") var images: ImageFeatureOptions

  func validate() throws {
    try validatePaired()
    guard generated != nil || saveStats != nil || saveFeatures != nil else {
      throw ValidationError(
        "Give a generated set to compare with, or --save-stats or --save-features.")
    }
    guard generated != nil || heldOut == nil else {
      throw ValidationError("--held-out compares three sets; give a generated set.")
    }
    guard generated != nil || metrics == nil else {
      throw ValidationError("--metrics compares two sets; give a generated set.")
    }
    for (name, value) in [
      ("--k", k ?? 3), ("--mind-directions", mindDirections), ("--kid-subsets", kidSubsets),
      ("--is-splits", isSplits),
    ] where value < 1 {
      throw ValidationError("\(name) is \(value); it must be at least 1.")
    }
    guard images.choice != .adm || (k ?? 3 == 3 && inside ?? .inclusive == .inclusive) else {
      throw ValidationError(
        "--protocol adm has --k 3 and --inside inclusive; leave both out, or choose --protocol tf1."
      )
    }
    guard kidSubsetSize >= 2 else {
      throw ValidationError("--kid-subset-size is \(kidSubsetSize); it must be at least 2.")
    }
  }

  func execute() async throws {
    guard !isPaired else { return try executePaired() }
    try await withProcessGroup { group in try await execute(group) }
  }

  private func execute(_ group: ProcessGroup) async throws {
    let global = global.speaking(in: group)
    let names = [reference] + [generated, heldOut].compactMap(\.self)
    let files = try names.map { try file($0) }
    var loader = ImageSideLoader(
      settings: images.values, environment: global.environment, group: group,
      dataDirectory: global.dataRoot)
    loader.needsStatisticsAlone =
      saveFeatures == nil && metrics.map { $0.allSatisfy(\.needsStatisticsAlone) } ?? false
    loader.cache = noCache ? nil : FeatureCache(cacheRoot: GlobalOptions.cacheRoot)
    loader.statedProtocols = Dictionary(
      files.compactMap { file in file.protocolID.map { (file.path, $0) } }
    ) { $1 }
    let loaded = try await loader.sides(files.map(\.path))
    guard group.isFirst else { return }
    let first = loaded.sides[0]
    var saved: [String] = []
    if let saveFeatures {
      try first.writeFeatures(to: saveFeatures)
      saved.append(saveFeatures)
      global.note("features of \(reference) written to \(saveFeatures)")
    }
    if let saveStats {
      try first.writeStatistics(to: saveStats)
      saved.append(saveStats)
      global.note("statistics of \(reference) written to \(saveStats)")
    }
    for side in loaded.sides { try images.choice?.require(side.protocolID, of: side.name) }
    let start = ContinuousClock.now
    let evaluation =
      loaded.sides.count < 2
      ? nil
      : try GenerationEvaluation(
        reference: first, generated: loaded.sides[1],
        heldOut: loaded.sides.count > 2 ? loaded.sides[2] : nil,
        metrics: metrics ?? images.choice?.metrics, options: options)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    for (metric, reason) in (evaluation?.skipped ?? [:])
      .sorted(by: { $0.key.name < $1.key.name })
    {
      global.note("without \(metric.name): \(reason)")
    }
    if let overlap = evaluation?.heldOutOverlap, overlap > 0 {
      global.note(
        "\(overlap) of \(loaded.sides[2].count ?? 0) held-out images are in \(reference) too: they were not held out"
      )
    }
    var result: [String: JSONValue] = [
      "protocol": protocolDescription(loaded),
      "processes": .integer(group.size),
      "seconds": ["features": .number(loaded.extractionSeconds), "metrics": .number(seconds)],
    ]
    if !loaded.fromCache.isEmpty {
      result["from_cache"] = .array(loaded.fromCache.map { .string($0) })
    }
    if let evaluation { result["metrics"] = evaluation.json }
    if let overlap = evaluation?.heldOutOverlap { result["held_out_overlap"] = .integer(overlap) }
    if !saved.isEmpty { result["saved"] = .array(saved.map { .string($0) }) }
    if !loaded.skipped.isEmpty {
      result["unreadable"] = .array(loaded.skipped.map { .string($0) })
    }
    if let caution = loaded.caution { result["caution"] = .string(caution) }
    if loaded.imageCount > 0, loaded.extractionSeconds > 0 {
      result["images_per_second"] = .number(Double(loaded.imageCount) / loaded.extractionSeconds)
    }
    try global.emit(.object(result), text: report(evaluation, loaded))
    try evaluation?.requireValues()
  }

  /// The file or folder of a side, which may be a name of 'bench stats'.
  private func file(_ name: String) throws -> (path: String, protocolID: String?) {
    guard !FileManager.default.fileExists(atPath: name) else { return (name, nil) }
    return try NamedStatistics.file(name, cacheRoot: GlobalOptions.cacheRoot) ?? (name, nil)
  }

  private var options: GenerationOptions {
    var options = GenerationOptions()
    options.neighbourCount = k ?? 3
    options.inside = inside ?? images.choice?.inside ?? .strict
    options.directionCount = mindDirections
    options.kernelSubsetCount = kidSubsets
    options.kernelSubsetSize = kidSubsetSize
    options.splitCount = isSplits
    options.seed = UInt64(global.seed)
    return options
  }

  private func protocolDescription(_ loaded: ImageSideLoader.Sides) -> JSONValue {
    func side(_ side: GenerationSide) -> JSONValue {
      [
        "name": .string(side.name), "count": side.count.map { .integer($0) } ?? .null,
        "protocol": side.protocolID.map { .string($0) } ?? .null,
      ]
    }
    return [
      "id": loaded.protocolID.map { .string($0) } ?? .null,
      "evaluator": images.choice == .adm ? "adm" : .null,
      "reference": side(loaded.sides[0]),
      "generated": loaded.sides.count > 1 ? side(loaded.sides[1]) : .null,
      "held_out": loaded.sides.count > 2 ? side(loaded.sides[2]) : .null,
      "width": .integer(loaded.sides[0].width),
      "covariance": "unbiased (N-1); fid:stylegan: biased (N)",
      "weights": loaded.weightsName.map { .string($0) } ?? .null,
      "random_weights": .bool(loaded.protocolID?.contains("@\(RandomWeights.prefix)") == true),
      "jpeg_decoder": loaded.imageCount > 0 || !loaded.fromCache.isEmpty
        ? .string(JPEG.decoderName) : .null,
    ]
  }

  private func report(
    _ evaluation: GenerationEvaluation?, _ loaded: ImageSideLoader.Sides
  ) -> String {
    func line(_ role: String, _ side: GenerationSide) -> String {
      "\(role) \(side.name): \(side.count.map { "\($0) images" } ?? "statistics")"
    }
    var lines = [
      zip(["reference", "generated", "held out"], loaded.sides).map { line($0, $1) }.joined(
        separator: "; "),
      "protocol \(loaded.protocolID ?? "not stated by the files")",
    ]
    for metric in GenerationMetric.all {
      if let reason = evaluation?.failed[metric] {
        lines.append("\(metric.name.padded(to: 14))\("–".leftPadded(to: 14)) \(reason)")
      }
      guard let value = evaluation?.values[metric] else { continue }
      let deviation = value.details["std"]?.double ?? value.details["standard_error"]?.double
      lines.append(
        metric.name.padded(to: 14) + value.value.fixed(6).leftPadded(to: 14)
          + (deviation.map { " ± \($0.fixed(6))" } ?? ""))
    }
    if let caution = loaded.caution { lines.append(caution) }
    return lines.joined(separator: "\n")
  }
}

extension ImageSideLoader.Sides {
  /// How the features were made, where a side says so; sides that disagree are refused.
  var protocolID: String? { sides.lazy.compactMap(\.protocolID).first }

  /// What a reader of the values must know.
  var caution: String? { sides.lazy.compactMap(\.caution).first }
}

private func parseMetrics(_ text: String) throws -> [GenerationMetric] {
  let names = text.split(separator: ",", omittingEmptySubsequences: false).map {
    $0.filter { $0 != " " }
  }
  return try names.map { name in
    if let metric = GenerationMetric.named(name) { return metric }
    let known = GenerationMetric.all.map(\.name)
    throw ValidationError(
      "there is no generation metric '\(name)'; "
        + suggestion(
          for: name, in: known, remedy: "known are \(known.joined(separator: ", "))"))
  }
}

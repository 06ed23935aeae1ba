import BenchSupport
public import Datasets
import FoundationEssentials

/// Weights that have a home on the internet and a known checksum.
public enum KnownWeights: String, Sendable, CaseIterable {
  /// Inception-v3 of 2015-12-05 as pytorch-fid releases it.
  case inception
  /// VGG-16 as torchvision releases it.
  case vgg16
  /// The linear layers of LPIPS 0.1 on VGG-16 as its authors release them.
  case lpips = "lpips-vgg"

  /// The published file: its name, location, SHA-256 and size.
  public var file: RemoteFile {
    switch self {
    case .inception:
      RemoteFile(
        "pt_inception-2015-12-05-6726825d.pth",
        [
          "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth"
        ],
        checksum: .sha256("6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"),
        byteCount: 95_628_359)
    case .vgg16:
      RemoteFile(
        "vgg16-397923af.pth", ["https://download.pytorch.org/models/vgg16-397923af.pth"],
        checksum: .sha256("397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0"),
        byteCount: 553_433_881)
    case .lpips:
      RemoteFile(
        "lpips-vgg-v0.1.pth",
        [
          "https://raw.githubusercontent.com/richzhang/PerceptualSimilarity/master/lpips/weights/v0.1/vgg.pth"
        ],
        checksum: .sha256("a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868"),
        byteCount: 7289)
    }
  }

  /// The file's size, in words.
  public var size: String {
    switch self {
    case .inception: "91 MiB"
    case .vgg16: "528 MiB"
    case .lpips: "7 KiB"
    }
  }

  /// What the network is called in messages.
  public var networkName: String {
    switch self {
    case .inception: "Inception-v3 (2015-12-05)"
    case .vgg16: "VGG-16"
    case .lpips: "LPIPS 0.1 (linear layers)"
    }
  }

  /// What needs the file, in words.
  public var purpose: String {
    switch self {
    case .inception: "FID, KID, inception score"
    case .vgg16: "precision and recall of VGG features, LPIPS"
    case .lpips: "LPIPS"
    }
  }

  /// Where `bench weights fetch` puts the file.
  ///
  /// - Parameter cacheRoot: The folder for what is fetched once.
  /// - Returns: The path inside that folder.
  public func fetchedPath(cacheRoot: String) -> String { "\(cacheRoot)/weights/\(file.path)" }

  /// Downloads or copies the file to ``fetchedPath(cacheRoot:)`` and verifies its SHA-256.
  ///
  /// - Parameters:
  ///   - cacheRoot: The folder for what is fetched once.
  ///   - mirror: Where from, instead of the published location.
  ///   - options: Patience, progress.
  /// - Returns: The file's path, and whether it was there before.
  /// - Throws: `DatasetError` if the file cannot be had or is not what was published.
  public func fetch(
    cacheRoot: String, from mirror: DatasetEntry.Mirror? = nil,
    options: DownloadOptions = DownloadOptions()
  ) throws -> (path: String, wasPresent: Bool) {
    let path = fetchedPath(cacheRoot: cacheRoot)
    if FileManager.default.fileExists(atPath: path) { return (path, true) }
    let folder = "\(cacheRoot)/weights"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw DatasetError.cannotWrite(path: folder, reason: "the folder cannot be made")
    }
    try file.fetch(to: path, from: mirror, options: options)
    return (path, false)
  }

  /// Where the file is looked for, in this order: `$BENCH_WEIGHTS` (a file or a folder), torch's
  /// cache, and the folder that `bench weights fetch` fills.
  ///
  /// - Parameters:
  ///   - environment: Environment variables.
  ///   - cacheRoot: The folder for what is fetched once.
  /// - Returns: Paths, whether or not they exist.
  public func candidates(environment: [String: String], cacheRoot: String) -> [String] {
    func variable(_ name: String) -> String? {
      environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    var paths: [String] = []
    if let own = variable("BENCH_WEIGHTS") {
      var isFolder = false
      _ = FileManager.default.fileExists(atPath: own, isDirectory: &isFolder)
      paths.append(isFolder ? "\(own)/\(file.path)" : own)
    }
    let home = variable("HOME") ?? "."
    let torch =
      variable("TORCH_HOME") ?? "\(variable("XDG_CACHE_HOME") ?? "\(home)/.cache")/torch"
    paths.append("\(torch)/hub/checkpoints/\(file.path)")
    paths.append(fetchedPath(cacheRoot: cacheRoot))
    return paths
  }

  /// The first candidate that exists; nil if none does.
  ///
  /// - Parameters:
  ///   - environment: Environment variables.
  ///   - cacheRoot: The folder for what is fetched once.
  /// - Returns: The path, or nil.
  public func presentPath(environment: [String: String], cacheRoot: String) -> String? {
    candidates(environment: environment, cacheRoot: cacheRoot).first {
      FileManager.default.fileExists(atPath: $0)
    }
  }

  /// The parameters named on the command line, or those of the first candidate that exists.
  ///
  /// - Parameters:
  ///   - choice: A path, `random:SEED`, or nil to look in the usual places.
  ///   - environment: Environment variables.
  ///   - cacheRoot: The folder for what is fetched once.
  /// - Returns: Where parameters come from.
  /// - Throws: ``WeightError``; weights that are not there are never replaced by others.
  public func source(
    _ choice: String?, environment: [String: String], cacheRoot: String
  ) throws(WeightError) -> any WeightSource {
    if let choice {
      if choice.hasPrefix(RandomWeights.prefix) {
        guard let seed = UInt64(choice.dropFirst(RandomWeights.prefix.count)) else {
          throw .cannotRead(path: choice, reason: "the seed after 'random:' is not a whole number")
        }
        return RandomWeights(seed: seed, linearGain: self == .inception ? 3 : 6)
      }
      return try WeightFile(path: choice)
    }
    if let path = presentPath(environment: environment, cacheRoot: cacheRoot) {
      return try WeightFile(path: path)
    }
    throw .missing(
      network: networkName, looked: candidates(environment: environment, cacheRoot: cacheRoot),
      advice:
        "get them with 'bench weights fetch \(rawValue)' (\(size) from \(file.urls[0])), or name a file with --weights."
    )
  }
}

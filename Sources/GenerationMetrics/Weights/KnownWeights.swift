import FoundationEssentials

/// Weights that have a home on the internet and a known checksum.
public enum KnownWeights: String, Sendable, CaseIterable {
  /// Inception-v3 of 2015-12-05 as pytorch-fid releases it.
  case inception
  /// VGG-16 as torchvision releases it.
  case vgg16

  /// The file's name; its last part is the beginning of its SHA-256.
  public var fileName: String {
    switch self {
    case .inception: "pt_inception-2015-12-05-6726825d.pth"
    case .vgg16: "vgg16-397923af.pth"
    }
  }

  /// Where the file can be downloaded.
  public var url: String {
    switch self {
    case .inception:
      "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/\(fileName)"
    case .vgg16: "https://download.pytorch.org/models/\(fileName)"
    }
  }

  /// The file's size, in words.
  public var size: String {
    switch self {
    case .inception: "91 MiB"
    case .vgg16: "528 MiB"
    }
  }

  /// What the network is called in messages.
  public var networkName: String {
    switch self {
    case .inception: "Inception-v3 (2015-12-05)"
    case .vgg16: "VGG-16"
    }
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
      paths.append(isFolder ? "\(own)/\(fileName)" : own)
    }
    let home = variable("HOME") ?? "."
    let torch =
      variable("TORCH_HOME") ?? "\(variable("XDG_CACHE_HOME") ?? "\(home)/.cache")/torch"
    paths.append("\(torch)/hub/checkpoints/\(fileName)")
    paths.append("\(cacheRoot)/weights/\(fileName)")
    return paths
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
      if choice.hasPrefix("random:") {
        guard let seed = UInt64(choice.dropFirst("random:".count)) else {
          throw .cannotRead(path: choice, reason: "the seed after 'random:' is not a whole number")
        }
        return RandomWeights(seed: seed, linearGain: self == .inception ? 3 : 6)
      }
      return try WeightFile(path: choice)
    }
    let candidates = candidates(environment: environment, cacheRoot: cacheRoot)
    for path in candidates where FileManager.default.fileExists(atPath: path) {
      return try WeightFile(path: path)
    }
    throw .missing(
      network: networkName, looked: candidates,
      advice:
        "get them with 'bench weights fetch \(rawValue)' (\(size) from \(url)), or name a file with --weights."
    )
  }
}

import BenchSupport
public import Datasets
import FoundationEssentials

/// Weights that have a home on the internet.
public enum KnownWeights: String, Sendable, CaseIterable {
  /// Inception-v3 of 2015-12-05 as pytorch-fid releases it.
  case inception
  /// VGG-16 as torchvision releases it.
  case vgg16
  /// The linear layers of LPIPS 0.1 on VGG-16 as its authors release them.
  case lpips = "lpips-vgg"
  /// DINOv2's ViT-S/14 as its hub has it.
  case dinov2Small = "dinov2-s"
  /// DINOv2's ViT-B/14 as its hub has it.
  case dinov2Base = "dinov2-b"
  /// DINOv2's ViT-L/14 as its hub has it.
  case dinov2Large = "dinov2-l"
  /// CLIP's ViT-B/32 as OpenAI releases it.
  case clipBase32 = "clip-b32"
  /// CLIP's ViT-L/14 as OpenAI releases it.
  case clipLarge14 = "clip-l14"
  /// CLIP's ViT-L/14 at 336×336 pixels as OpenAI releases it.
  case clipLarge14At336 = "clip-l14-336"

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
    case .dinov2Small: Self.dinov2("vits14")
    case .dinov2Base: Self.dinov2("vitb14")
    case .dinov2Large: Self.dinov2("vitl14")
    case .clipBase32:
      Self.clip("ViT-B-32", "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af")
    case .clipLarge14:
      Self.clip("ViT-L-14", "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836")
    case .clipLarge14At336:
      Self.clip(
        "ViT-L-14-336px", "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02")
    }
  }

  /// A file of DINOv2's hub, for which no checksum is published.
  private static func dinov2(_ name: String) -> RemoteFile {
    let file = "dinov2_\(name)_pretrain.pth"
    return RemoteFile(file, ["https://dl.fbaipublicfiles.com/dinov2/dinov2_\(name)/\(file)"])
  }

  /// A file of OpenAI's, whose address holds its checksum.
  private static func clip(_ name: String, _ checksum: String) -> RemoteFile {
    RemoteFile(
      "\(name).pt", ["https://openaipublic.azureedge.net/clip/models/\(checksum)/\(name).pt"],
      checksum: .sha256(checksum))
  }

  /// The file's size, in words.
  public var size: String {
    switch self {
    case .inception: "91 MiB"
    case .vgg16: "528 MiB"
    case .lpips: "7 KiB"
    case .dinov2Small: "84 MiB"
    case .dinov2Base: "330 MiB"
    case .dinov2Large: "1.1 GiB"
    case .clipBase32: "338 MiB"
    case .clipLarge14: "890 MiB"
    case .clipLarge14At336: "891 MiB"
    }
  }

  /// What the network is called in messages.
  public var networkName: String {
    switch self {
    case .inception: "Inception-v3 (2015-12-05)"
    case .vgg16: "VGG-16"
    case .lpips: "LPIPS 0.1 (linear layers)"
    case .dinov2Small: "DINOv2 ViT-S/14"
    case .dinov2Base: "DINOv2 ViT-B/14"
    case .dinov2Large: "DINOv2 ViT-L/14"
    case .clipBase32: "CLIP ViT-B/32"
    case .clipLarge14: "CLIP ViT-L/14"
    case .clipLarge14At336: "CLIP ViT-L/14@336"
    }
  }

  /// What needs the file, in words.
  public var purpose: String {
    switch self {
    case .inception: "FID, KID, inception score"
    case .vgg16: "precision and recall of VGG features, LPIPS"
    case .lpips: "LPIPS"
    case .dinov2Small, .dinov2Base: "Fréchet distances of DINOv2 to follow a training"
    case .dinov2Large: "Fréchet distances of DINOv2 as published (FD-DINOv2)"
    case .clipBase32: "clean-fid's CLIP-FID"
    case .clipLarge14: "metrics of CLIP features"
    case .clipLarge14At336: "CMMD"
    }
  }

  /// Where `bench weights fetch` puts the file.
  ///
  /// - Parameter cacheRoot: The folder for what is fetched once.
  /// - Returns: The path inside that folder.
  public func fetchedPath(cacheRoot: String) -> String { "\(cacheRoot)/weights/\(file.path)" }

  /// Downloads or copies the file to ``fetchedPath(cacheRoot:)`` and verifies its SHA-256 where it is known.
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

  private var isCLIP: Bool { [.clipBase32, .clipLarge14, .clipLarge14At336].contains(self) }

  /// Where the file is looked for, in this order: `$BENCH_WEIGHTS` (a file or a folder), torch's
  /// cache (for CLIP's also that of OpenAI's code), and the folder that `bench weights fetch` fills.
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
    if isCLIP { paths.append("\(home)/.cache/clip/\(file.path)") }
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
        return RandomWeights(seed: seed, linearGain: self == .vgg16 || self == .lpips ? 6 : 3)
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

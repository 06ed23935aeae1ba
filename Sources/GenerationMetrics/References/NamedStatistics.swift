import BenchSupport
public import Datasets
import FoundationEssentials

/// Reference statistics that have a home on the internet: what papers compare generated images with.
public struct NamedStatistics: Sendable {
  /// The name, for instance `adm-imagenet256`.
  public let name: String
  /// What the images show.
  public let summary: String
  /// The published file: its name, location, and checksum and size where they are known.
  public let file: RemoteFile
  /// The file's size, in words.
  public let size: String
  /// How the features behind the statistics were made; `*` stands for the weights' checksum.
  public let protocolID: String
  /// Number of images behind the statistics; nil where the publisher does not say.
  public let count: Int?
  /// The terms of the file, and of the images behind it.
  public let licence: String
  /// What else has to be known.
  public let note: String
  /// The dictionary in a pickle that holds the statistics; nil for a `.npz` file.
  let pickleKey: String?

  /// All that are known, by publisher.
  public static let all = adm + edm + edm2

  /// The statistics of a name.
  public static func named(_ name: String) -> NamedStatistics? { all.first { $0.name == name } }

  /// The statistics of a name.
  ///
  /// - Throws: ``GenerationError/unknownStatistics(name:near:)``.
  public static func known(_ name: String) throws(GenerationError) -> NamedStatistics {
    if let found = named(name) { return found }
    throw .unknownStatistics(name: name, near: nearestNames(to: name, in: all.map(\.name)))
  }

  /// Files of one's own among what is fetched once: their names are those of the files.
  ///
  /// - Parameter cacheRoot: The folder for what is fetched once.
  /// - Returns: Names with paths, in the order of the names.
  public static func own(cacheRoot: String) -> [(name: String, path: String)] {
    let folder = folder(cacheRoot: cacheRoot)
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".npz") && !$0.hasPrefix(".") }.sorted()
      .map { (String($0.dropLast(4)), "\(folder)/\($0)") }
      .filter { named($0.0) == nil }
  }

  /// The file that a name stands for, and how the features behind it were made where the registry says.
  ///
  /// - Parameters:
  ///   - name: Of statistics that are known, or of one's own.
  ///   - cacheRoot: The folder for what is fetched once.
  /// - Returns: nil if nothing has that name.
  /// - Throws: ``GenerationError/statisticsNotFetched(name:size:)`` if it is known and not there.
  public static func file(
    _ name: String, cacheRoot: String
  ) throws(GenerationError) -> (path: String, protocolID: String?)? {
    if let found = own(cacheRoot: cacheRoot).first(where: { $0.name == name }) {
      return (found.path, nil)
    }
    guard let item = named(name) else { return nil }
    let path = item.path(cacheRoot: cacheRoot)
    guard FileManager.default.fileExists(atPath: path) else {
      throw .statisticsNotFetched(name: name, size: item.size)
    }
    return (path, item.protocolID)
  }

  /// Where `bench stats fetch` puts them: a `.npz` file.
  ///
  /// - Parameter cacheRoot: The folder for what is fetched once.
  /// - Returns: The path inside that folder.
  public func path(cacheRoot: String) -> String {
    "\(Self.folder(cacheRoot: cacheRoot))/\(name).npz"
  }

  static func folder(cacheRoot: String) -> String { "\(cacheRoot)/statistics" }

  /// Downloads or copies the file, verifies it as far as its checksum is known, and reads it once.
  ///
  /// - Parameters:
  ///   - cacheRoot: The folder for what is fetched once.
  ///   - mirror: Where from, instead of the published location.
  ///   - options: Patience, progress.
  /// - Returns: The file's path, and whether it was there before.
  /// - Throws: `DatasetError` if the file cannot be had or is not what was published, ``WeightError`` if a
  ///   pickle holds something else than arrays.
  public func fetch(
    cacheRoot: String, from mirror: DatasetEntry.Mirror? = nil,
    options: DownloadOptions = DownloadOptions()
  ) throws -> (path: String, wasPresent: Bool) {
    let path = path(cacheRoot: cacheRoot)
    if FileManager.default.fileExists(atPath: path) { return (path, true) }
    try createFolder(Self.folder(cacheRoot: cacheRoot))
    guard let pickleKey else {
      try file.fetch(to: path, from: mirror, options: options)
      return (path, false)
    }
    // One file holds the statistics of several kinds of features; it stays for the others.
    let pickle = "\(Self.folder(cacheRoot: cacheRoot))/\(publisherPrefix)\(file.path)"
    if !FileManager.default.fileExists(atPath: pickle) {
      try file.fetch(to: pickle, from: mirror, options: options)
    }
    let statistics = try StatisticsPickle(path: pickle).statistics(pickleKey, count: count)
    try GenerationSide(statistics: statistics, protocolID: protocolID).writeStatistics(to: path)
    return (path, false)
  }

  private var publisherPrefix: String { String(name.prefix { $0 != "-" }) + "-" }
}

// MARK: - What is published

extension NamedStatistics {
  private static let imageNetTerms =
    "MIT (the file); the images under ImageNet's terms, for research only"
  private static let tf1 = "tf1/inception-2015-12-05@*/2048/no-crop"

  /// Reference batches of guided-diffusion: statistics of all images, and some images for precision and
  /// recall.
  private static let adm: [NamedStatistics] = {
    func batch(
      _ name: String, _ summary: String, _ path: String, size: String, count: Int?,
      licence: String = imageNetTerms, checksum: RemoteFile.Checksum? = nil, byteCount: Int? = nil
    ) -> NamedStatistics {
      NamedStatistics(
        name: "adm-\(name)", summary: summary,
        file: RemoteFile(
          String(path.split(separator: "/").last ?? ""),
          ["https://openaipublic.blob.core.windows.net/diffusion/jul-2021/ref_batches/\(path)"],
          checksum: checksum, byteCount: byteCount),
        size: size, protocolID: tf1, count: count, licence: licence,
        note: "with mu_s and sigma_s for sfid and images (arr_0) for precision and recall",
        pickleKey: nil)
    }
    let lsun = "MIT (the file); the images under LSUN's terms, for research only"
    return [
      batch(
        "imagenet64", "ImageNet at 64²", "imagenet/64/VIRTUAL_imagenet64_labeled.npz",
        size: "about 180 MiB", count: 1_281_167),
      batch(
        "imagenet128", "ImageNet at 128²", "imagenet/128/VIRTUAL_imagenet128_labeled.npz",
        size: "about 530 MiB", count: 1_281_167),
      batch(
        "imagenet256", "ImageNet at 256²", "imagenet/256/VIRTUAL_imagenet256_labeled.npz",
        size: "about 2 GiB", count: 1_281_167),
      batch(
        "imagenet512", "ImageNet at 512²", "imagenet/512/VIRTUAL_imagenet512.npz",
        size: "up to 7 GiB", count: 1_281_167),
      batch(
        "lsun-bedroom", "LSUN bedrooms at 256²", "lsun/bedroom/VIRTUAL_lsun_bedroom256.npz",
        size: "1.0 GiB", count: nil, licence: lsun,
        checksum: .md5("765035466f3da1de10de3b72ff1a361b"), byteCount: 1_054_074_338),
      batch(
        "lsun-cat", "LSUN cats at 256²", "lsun/cat/VIRTUAL_lsun_cat256.npz", size: "about 1 GiB",
        count: nil, licence: lsun),
      batch(
        "lsun-horse", "LSUN horses at 256²", "lsun/horse/VIRTUAL_lsun_horse256.npz",
        size: "about 1 GiB", count: nil, licence: lsun),
    ]
  }()

  /// Statistics of EDM: the training images, resized as the models were trained on them.
  private static let edm: [NamedStatistics] = {
    func statistics(
      _ name: String, _ summary: String, count: Int, checksum: RemoteFile.Checksum? = nil,
      byteCount: Int? = nil
    ) -> NamedStatistics {
      let parts = name.split(separator: "-")
      return NamedStatistics(
        name: "edm-\(parts[0])", summary: summary,
        file: RemoteFile(
          "\(name).npz", ["https://nvlabs-fi-cdn.nvidia.com/edm/fid-refs/\(name).npz"],
          checksum: checksum, byteCount: byteCount),
        size: "32 MiB", protocolID: tf1, count: count, licence: "CC BY-NC-SA 4.0",
        note: "of all training images, resized as the models were trained on them", pickleKey: nil)
    }
    return [
      statistics("cifar10-32x32", "CIFAR-10, training set", count: 50_000),
      statistics(
        "ffhq-64x64", "FFHQ at 64²", count: 70_000,
        checksum: .sha256("c78359df3b784dd472ff1ec53beefd9aeae9dace7df592128ed6b9d0c9f09c47"),
        byteCount: 33_571_316),
      statistics("afhqv2-64x64", "AFHQv2 at 64²", count: 15_803),
      statistics("imagenet-64x64", "ImageNet at 64²", count: 1_281_167),
    ]
  }()

  /// Statistics of EDM2: pickles with those of Inception's features and of DINOv2's.
  private static let edm2: [NamedStatistics] =
    [("imagenet64", "img64", "ImageNet at 64²"), ("imagenet512", "img512", "ImageNet at 512²")]
    .flatMap { name, file, summary in
      [
        ("", "fid", tf1),
        ("-dinov2", "fd_dinov2", "edm2/dinov2-vitl14@*/cls/224"),
      ].map { suffix, key, protocolID in
        NamedStatistics(
          name: "edm2-\(name)\(suffix)", summary: summary,
          file: RemoteFile(
            "\(file).pkl", ["https://nvlabs-fi-cdn.nvidia.com/edm2/dataset-refs/\(file).pkl"]),
          size: "about 40 MiB", protocolID: protocolID, count: 1_281_167,
          licence: "CC BY-NC-SA 4.0",
          note: suffix.isEmpty
            ? "of Inception's features, from a pickle of which arrays alone are read"
            : "of DINOv2's features, from a pickle of which arrays alone are read", pickleKey: key)
      }
    }
}

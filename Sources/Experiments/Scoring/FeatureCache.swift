package import BenchSupport
import FoundationEssentials
package import GenerationMetrics
import Glibc
import Results

/// Features of pictures that were computed before, in files.
///
/// A key stands for everything that decides them: the protocol, this version of the program, libtorch, the
/// device, the batch size, and of every file its path, size, number and times. A file that is written anew, or another
/// put in its place, is another key, whatever its name and date say.
package struct FeatureCache {
  /// One set of features.
  package struct Entry: Equatable {
    /// The path of the pictures.
    package let source: String
    /// How the features were made.
    package let protocolID: String
    /// The file with the features.
    package let path: String
    package let byteCount: Int
  }

  /// The most that all entries together may take; the ones that were not used for longest go first.
  package static let limit = 10 << 30

  private let folder: String

  /// The cache in the folder for what is computed once.
  package init(cacheRoot: String) { folder = "\(cacheRoot)/features" }

  // MARK: - Keys

  /// The key of a file's or folder's pictures.
  ///
  /// - Parameters:
  ///   - path: The file or folder.
  ///   - maker: What makes the features, in words.
  /// - Returns: nil if the files cannot all be listed: nothing is then kept.
  package static func key(of path: String, maker: [String]) -> String? {
    guard let top = resolvedPath(path) else { return nil }
    var digest = Digest(.sha256)
    func add(_ text: String) {
      (Array(text.utf8) + [0]).withUnsafeBytes { digest.update($0) }
    }
    for text in maker + [benchVersion, SourceCommit.current(), top] { add(text) }
    guard let names = files(in: top) else { return nil }
    for name in names {
      var status = stat()
      let path = name.isEmpty ? top : "\(top)/\(name)"
      guard stat(path, &status) == 0 else { return nil }
      // What lies in a folder that is a link is not among the names.
      guard name.isEmpty || status.st_mode & S_IFMT != S_IFDIR || !isLink(path) else { return nil }
      let times = [status.st_mtim, status.st_ctim].map { "\($0.tv_sec).\($0.tv_nsec)" }
      add("\(name) \(status.st_size) \(status.st_dev):\(status.st_ino) \(times)")
    }
    return digest.hexadecimal()
  }

  private static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// The paths of all files below a folder, sorted; an empty one for a file itself.
  private static func files(in top: String) -> [String]? {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: top, isDirectory: &isFolder) else { return nil }
    guard isFolder else { return [""] }
    return try? FileManager.default.subpathsOfDirectory(atPath: top).sorted()
  }

  // MARK: - Features

  /// The features under a key.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - name: What the set is called.
  /// - Returns: nil if there are none, or none that can be read.
  package func side(_ key: String, name: String) -> GenerationSide? {
    let path = path(key)
    guard FileManager.default.fileExists(atPath: path),
      let side = try? GenerationSide(path: path), let renamed = try? side.described(name: name)
    else { return nil }
    // Its date says when it was last of use.
    utimes(path, nil)
    return renamed
  }

  /// Keeps features under a key, unless they are too large or the folder cannot be written: a cache is
  /// never a reason to fail.
  ///
  /// - Returns: The bytes that they take; nil if they were not kept.
  package func keep(_ side: GenerationSide, _ key: String, source: String) -> Int? {
    guard let protocolID = side.protocolID, (try? createFolder(folder)) != nil else { return nil }
    let temporary = "\(folder)/.\(key)-\(getpid()).npz"
    defer { unlink(temporary) }
    guard (try? side.writeFeatures(to: temporary)) != nil, let size = Self.size(temporary),
      size <= Self.limit
    else { return nil }
    let record: JSONValue = ["source": .string(source), "protocol": .string(protocolID)]
    guard let text = try? record.text(),
      (try? AtomicFile.write(Array(text.utf8), to: recordPath(key))) != nil,
      rename(temporary, path(key)) == 0
    else { return nil }
    makeRoom(keeping: key)
    return size
  }

  // MARK: - Contents

  /// All entries, those used last first.
  package func entries() -> [Entry] {
    keys().map { key in
      let record = (try? Data(contentsOf: URL(filePath: recordPath(key))))
        .flatMap { try? JSONValue(parsing: $0) }
      return Entry(
        source: record?["source"]?.string ?? "unknown",
        protocolID: record?["protocol"]?.string ?? "unknown", path: path(key),
        byteCount: Self.size(path(key)) ?? 0)
    }
  }

  /// Removes all entries.
  ///
  /// - Throws: `FileError` if the folder cannot be removed.
  package func clear() throws(FileError) {
    guard FileManager.default.fileExists(atPath: folder) else { return }
    do {
      try FileManager.default.removeItem(atPath: folder)
    } catch {
      throw .cannotWrite(path: folder, reason: "it cannot be removed")
    }
  }

  private func makeRoom(keeping key: String) {
    var total = 0
    for other in [key] + keys().filter({ $0 != key }) {
      total += Self.size(path(other)) ?? 0
      guard total > Self.limit else { continue }
      unlink(path(other))
      unlink(recordPath(other))
    }
  }

  /// The keys, those used last first.
  private func keys() -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".npz") && !$0.hasPrefix(".") }
      .map { String($0.dropLast(4)) }
      .map { (key: $0, date: Self.status(path($0))?.st_mtim.tv_sec ?? 0) }
      .sorted { ($0.date, $0.key) > ($1.date, $1.key) }.map(\.key)
  }

  private func path(_ key: String) -> String { "\(folder)/\(key).npz" }

  private func recordPath(_ key: String) -> String { "\(folder)/\(key).json" }

  private static func size(_ path: String) -> Int? { status(path).map { Int($0.st_size) } }

  private static func status(_ path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }
}

import FoundationEssentials

extension DatasetEntry {
  /// Where else files may come from.
  public enum Mirror: Sendable, Equatable {
    /// A server's folder: the file's name is appended. Or the file itself, if the URL ends with its
    /// name.
    case url(String)
    /// A folder of this machine that holds the files.
    case folder(String)
    /// The file itself, for datasets of one file.
    case file(String)

    /// What `--from` says.
    ///
    /// - Throws: ``DatasetError/cannotRead(path:reason:)`` if it is neither a URL nor a path that
    ///   exists.
    public init(_ text: String) throws(DatasetError) {
      if text.hasPrefix("http://") || text.hasPrefix("https://") {
        self = .url(text)
      } else if isFolder(text) {
        self = .folder(text)
      } else if exists(text) {
        self = .file(text)
      } else {
        throw .cannotRead(path: text, reason: "there is no such file or folder")
      }
    }
  }

  /// What fetching did with one file.
  public struct FetchedFile: Sendable, Equatable {
    /// Where it lies.
    public let path: String
    /// Whether it was there before.
    public let wasPresent: Bool
    /// Whether a published checksum was verified.
    public let isVerified: Bool
  }

  /// Downloads or copies the files that are missing.
  ///
  /// A download that was interrupted goes on where it stopped. Files get their names only when they
  /// are whole and their published checksums are right.
  ///
  /// - Parameters:
  ///   - dataDirectory: The folder that holds one folder per dataset.
  ///   - mirror: Where from, instead of the published locations.
  ///   - options: Patience, progress.
  /// - Returns: One item per published file.
  /// - Throws: ``DatasetError`` if a file cannot be had or is not what was published.
  public func fetch(
    into dataDirectory: String, from mirror: Mirror? = nil,
    options: DownloadOptions = DownloadOptions()
  ) throws(DatasetError) -> [FetchedFile] {
    let folder = folder(in: dataDirectory)
    let missing = missingFiles(in: dataDirectory)
    if case .file = mirror, missing.count > 1 {
      throw .invalidArgument(
        "Dataset '\(name)' is \(missing.count) files; name the folder that holds them.")
    }
    if !missing.isEmpty { try makeFolder(folder) }
    var fetched: [FetchedFile] = []
    for file in files {
      let path = "\(folder)/\(file.path)"
      guard missing.contains(file) else {
        fetched.append(FetchedFile(path: path, wasPresent: true, isVerified: false))
        continue
      }
      try fetch(file, to: path, from: mirror, options)
      fetched.append(
        FetchedFile(path: path, wasPresent: false, isVerified: file.checksum != nil))
    }
    return fetched
  }

  private func fetch(
    _ file: RemoteFile, to path: String, from mirror: Mirror?, _ options: DownloadOptions
  ) throws(DatasetError) {
    switch mirror {
    case .folder(let source):
      guard
        let found = ([file.path] + file.alternatives).first(where: { exists("\(source)/\($0)") })
      else {
        throw .cannotRead(path: "\(source)/\(file.path)", reason: "there is no such file")
      }
      guard !isFolder("\(source)/\(found)") else {
        throw .invalidArgument(
          "\(source)/\(found) is a folder; move or link it to \(self.folder(of: path))/\(found).")
      }
      let target = "\(self.folder(of: path))/\(found)"
      let expected = found == file.path ? file : RemoteFile(found, [])
      try Download(url: source, path: target, expected: expected, options: options)
        .copy(from: "\(source)/\(found)")
    case .file(let source):
      try Download(url: source, path: path, expected: file, options: options).copy(from: source)
    case .url(let base):
      let name = lastComponent(file.path)
      let url =
        base.hasSuffix("/\(name)") ? base : base.hasSuffix("/") ? base + name : "\(base)/\(name)"
      try Download(url: url, path: path, expected: file, options: options).run()
    case nil:
      try fetch(file, to: path, options)
    }
  }

  /// Tries the published locations one after another.
  private func fetch(
    _ file: RemoteFile, to path: String, _ options: DownloadOptions
  ) throws(DatasetError) {
    guard !file.urls.isEmpty else {
      throw .invalidArgument(
        "'\(file.path)' of dataset '\(name)' cannot be downloaded by programs: see \(page)."
          + (note.map { " \($0)" } ?? ""))
    }
    var last: DatasetError?
    for url in file.urls {
      do throws(DatasetError) {
        try Download(url: url, path: path, expected: file, options: options).run()
        return
      } catch { last = error }
    }
    if let last { throw last }
  }

  private func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }
}

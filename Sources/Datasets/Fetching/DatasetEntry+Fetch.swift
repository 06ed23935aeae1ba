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
      guard mirror != nil || !file.urls.isEmpty else {
        throw .invalidArgument(
          "'\(file.path)' of dataset '\(name)' cannot be downloaded by programs: see \(page)."
            + (note.map { " \($0)" } ?? ""))
      }
      try file.fetch(to: path, from: mirror, options: options)
      fetched.append(
        FetchedFile(path: path, wasPresent: false, isVerified: file.checksum != nil))
    }
    return fetched
  }
}

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
    /// What became of it.
    public enum State: Sendable, Equatable {
      /// It was there before.
      case wasPresent
      /// It was downloaded or copied, and a published checksum was verified or not.
      case fetched(isVerified: Bool)
      /// A link to a folder was made.
      case linked(to: String)
      /// It is not there, and the dataset can do without.
      case leftOut
    }

    /// Where it lies or belongs.
    public let path: String
    /// What became of it.
    public let state: State

    /// Whether it was there before.
    public var wasPresent: Bool { state == .wasPresent }
    /// Whether a published checksum was verified.
    public var isVerified: Bool { state == .fetched(isVerified: true) }
  }

  /// Downloads, copies or links the files that are missing.
  ///
  /// A download that was interrupted goes on where it stopped. Files get their names only when they
  /// are whole and their published checksums are right. Folders are linked, not copied.
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
    let parts = parts(in: dataDirectory)
    let missing = parts.filter { $0.place == nil }.map(\.file)
    if !missing.isEmpty { try makeFolder(folder) }
    var fetched: [FetchedFile] = []
    for part in parts {
      if let place = part.place {
        fetched.append(FetchedFile(path: "\(folder)/\(place.path)", state: .wasPresent))
      } else {
        fetched.append(
          try fetch(part.file, into: folder, from: mirror, isOnly: missing.count == 1, options))
      }
    }
    if mirror != nil, !missing.isEmpty,
      fetched.allSatisfy({ $0.state == .wasPresent || $0.state == .leftOut })
    {
      throw .cannotRead(
        path: mirror?.text ?? "",
        reason: "it is none of the files that dataset '\(name)' lacks")
    }
    return fetched
  }

  private func fetch(
    _ file: RemoteFile, into folder: String, from mirror: Mirror?, isOnly: Bool,
    _ options: DownloadOptions
  ) throws(DatasetError) -> FetchedFile {
    let path = "\(folder)/\(file.path)"
    let local = try mirror.flatMap { (mirror) throws(DatasetError) in
      try LocalCopy(
        of: file, in: mirror, isOnly: isOnly,
        pictureCount: file.pictureCount.map { (count) throws(DatasetError) in
          try Miniature.declared(in: folder)?.imageCount ?? count
        })
    }
    if let local { return try local.take(as: file, into: folder, options: options) }
    if mirror?.isLocal == true {
      // A single file brings what it is; what else is missing stays so.
      guard file.substitute == nil, case .folder(let source) = mirror else {
        return FetchedFile(path: path, state: .leftOut)
      }
      throw .cannotRead(
        path: "\(source)/\(file.path)",
        reason: "there is no such file, nor in any other layout that is read: "
          + file.places.map(\.path).filter { $0 != file.path }.joined(separator: ", "))
    }
    guard mirror != nil || !file.urls.isEmpty else {
      guard file.substitute == nil else { return FetchedFile(path: path, state: .leftOut) }
      throw .invalidArgument(
        "'\(file.path)' of dataset '\(name)' cannot be downloaded by programs: see \(page)."
          + (note.map { " \($0)" } ?? ""))
    }
    try file.fetch(to: path, from: mirror, options: options)
    return FetchedFile(path: path, state: .fetched(isVerified: file.checksum != nil))
  }
}

extension DatasetEntry.Mirror {
  /// Whether it is on this machine.
  fileprivate var isLocal: Bool { if case .url = self { false } else { true } }

  fileprivate var text: String {
    switch self {
    case .url(let text), .folder(let text), .file(let text): text
    }
  }
}

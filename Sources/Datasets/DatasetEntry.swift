import FoundationEssentials

/// A file that a dataset is published as.
public struct RemoteFile: Sendable, Equatable {
  /// The checksum that was published for the file.
  public enum Checksum: Sendable, Equatable {
    /// 32 hexadecimal digits.
    case md5(String)
    /// 64 hexadecimal digits.
    case sha256(String)
  }

  /// Where it belongs, relative to the dataset's folder.
  public let path: String
  /// Where it can be downloaded, best first; empty if only by hand.
  public let urls: [String]
  /// The published checksum; nil if none is known.
  public let checksum: Checksum?
  /// The published size in bytes; nil if none is known.
  public let byteCount: Int?

  init(_ path: String, _ urls: [String], checksum: Checksum? = nil, byteCount: Int? = nil) {
    self.path = path
    self.urls = urls
    self.checksum = checksum
    self.byteCount = byteCount
  }
}

/// What is known about a dataset without opening it.
public struct DatasetEntry: Sendable {
  /// The name in the catalog.
  public let name: String
  /// One line that says what the images show.
  public let summary: String
  /// The published files; empty for what is built in.
  public let files: [RemoteFile]
  /// What the download weighs, for people.
  public let size: String
  /// The terms under which the data may be used, as their authors state them.
  public let licence: String
  /// The page of the dataset.
  public let page: String
  /// What has to be done by hand; nil if nothing.
  public let note: String?
  private let opener:
    @Sendable (_ folder: String, _ name: String) throws(DatasetError) -> any ImageDataset

  init(
    name: String, summary: String, files: [RemoteFile], size: String, licence: String, page: String,
    note: String? = nil,
    opener:
      @escaping @Sendable (_ folder: String, _ name: String) throws(DatasetError) ->
      any ImageDataset
  ) {
    self.name = name
    self.summary = summary
    self.files = files
    self.size = size
    self.licence = licence
    self.page = page
    self.note = note
    self.opener = opener
  }

  /// The dataset's folder below the data folder.
  public func folder(in dataDirectory: String) -> String { "\(dataDirectory)/\(name)" }

  /// The published files that are not there.
  public func missingFiles(in dataDirectory: String) -> [RemoteFile] {
    files.filter {
      !FileManager.default.fileExists(atPath: "\(folder(in: dataDirectory))/\($0.path)")
    }
  }

  /// Opens the dataset.
  ///
  /// - Throws: ``DatasetError/missingData(name:path:source:size:licence:)`` if its files are not
  ///   there, another ``DatasetError`` if they are not what they should be.
  public func open(dataDirectory: String) throws(DatasetError) -> any ImageDataset {
    do throws(DatasetError) {
      return try opener(folder(in: dataDirectory), name)
    } catch {
      // A cache may serve without the files it was made from, so their absence explains a failure
      // only after the attempt.
      guard let missing = missingFiles(in: dataDirectory).first else { throw error }
      throw .missingData(
        name: name, path: "\(folder(in: dataDirectory))/\(missing.path)",
        source: missing.urls.first ?? page, size: size, licence: licence)
    }
  }
}

extension DatasetEntry {
  /// An entry for a full grid of factors, which may also be present as a miniature.
  static func grid(
    name: String, summary: String, files: [RemoteFile], size: String, licence: String, page: String,
    layout: FactorLayout,
    open:
      @escaping @Sendable (
        _ folder: String, _ layout: FactorLayout, _ name: String
      ) throws(DatasetError) -> any ImageDataset
  ) -> DatasetEntry {
    DatasetEntry(
      name: name, summary: summary, files: files, size: size, licence: licence, page: page
    ) { (folder, name) throws(DatasetError) in
      let factorCount = layout.factorSizes.count
      guard let miniature = try Miniature.declared(in: folder, factorCount: factorCount) else {
        return try open(folder, layout, name)
      }
      return try open(folder, layout.resized(to: miniature.factorSizes), "\(name)-miniature")
    }
  }
}

/// What is known about a dataset without opening it.
public struct DatasetEntry: Sendable {
  /// What an opener is given.
  struct Place: Sendable {
    /// The folder with the dataset's files.
    let folder: String
    /// The folder with all datasets.
    let dataDirectory: String
    let request: DatasetRequest
  }

  typealias Opener = @Sendable (Place) throws(DatasetError) -> any ImageDataset

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
  /// What has to be known or done by hand; nil if nothing.
  public let note: String?
  /// The ways pictures can be cropped and resized, the default first; empty for fixed images.
  public let protocols: [PictureProtocol]
  /// The dataset whose folder holds the files, if it is another one.
  let folderName: String
  private let opener: Opener

  init(
    name: String, summary: String, files: [RemoteFile], size: String, licence: String, page: String,
    note: String? = nil, protocols: [PictureProtocol] = [], folderName: String? = nil,
    opener: @escaping Opener
  ) {
    self.name = name
    self.summary = summary
    self.files = files
    self.size = size
    self.licence = licence
    self.page = page
    self.note = note
    self.protocols = protocols
    self.folderName = folderName ?? name
    self.opener = opener
  }

  /// The dataset's folder below the data folder.
  public func folder(in dataDirectory: String) -> String { "\(dataDirectory)/\(folderName)" }

  /// One of the dataset's files, as it was found.
  public struct Part: Sendable, Equatable {
    /// The published file.
    public let file: RemoteFile
    /// Where it is, relative to the dataset's folder; nil if it is missing.
    public let place: RemoteFile.Place?
  }

  /// What of the dataset is there, and in which layout.
  ///
  /// - Parameter dataDirectory: The folder that holds one folder per dataset.
  /// - Returns: The parts, in the order of ``files``.
  public func parts(in dataDirectory: String) -> [Part] {
    let folder = folder(in: dataDirectory)
    return files.map { Part(file: $0, place: $0.found(in: folder)) }
  }

  /// The published files that are not there in any of the forms that are read, and that it cannot do without.
  public func missingFiles(in dataDirectory: String) -> [RemoteFile] {
    parts(in: dataDirectory).filter { $0.place == nil && $0.file.substitute == nil }.map(\.file)
  }

  /// Whether it needs no files.
  public var isBuiltIn: Bool { files.isEmpty }

  /// Whether all its files are there.
  public func isPresent(in dataDirectory: String) -> Bool {
    missingFiles(in: dataDirectory).isEmpty
  }

  /// Opens the dataset.
  ///
  /// - Throws: ``DatasetError/missingData(name:path:source:page:size:licence:)`` if its files are not
  ///   there, another ``DatasetError`` if they are not what they should be.
  public func open(dataDirectory: String) throws(DatasetError) -> any ImageDataset {
    try open(DatasetRequest(name), dataDirectory: dataDirectory)
  }

  func open(
    _ request: DatasetRequest, dataDirectory: String
  ) throws(DatasetError) -> any ImageDataset {
    guard protocols.isEmpty, let part = request.protocolName else {
      if protocols.isEmpty { try request.requireNoSide() }
      return try openWhole(request, dataDirectory: dataDirectory)
    }
    try request.requireNoSide()
    let whole = try openWhole(DatasetRequest(name), dataDirectory: dataDirectory)
    guard let whole = whole as? any FactorDataset else { return whole }
    return try FactorSubset(part, of: whole)
  }

  private func openWhole(
    _ request: DatasetRequest, dataDirectory: String
  ) throws(DatasetError) -> any ImageDataset {
    let folder = folder(in: dataDirectory)
    do throws(DatasetError) {
      return try opener(Place(folder: folder, dataDirectory: dataDirectory, request: request))
    } catch {
      // A cache may serve without the files it was made from, so their absence explains a failure
      // only after the attempt.
      guard let missing = missingFiles(in: dataDirectory).first else { throw error }
      if case .invalidArgument = error { throw error }
      throw .missingData(
        name: folderName, path: "\(folder)/\(missing.path)", source: missing.urls.first,
        page: page,
        size: size, licence: licence)
    }
  }
}

extension DatasetEntry {
  /// An entry for a full grid of factors, which may also be present as a miniature.
  static func grid(
    name: String, summary: String, files: [RemoteFile], size: String, licence: String, page: String,
    note: String? = nil, layout: FactorLayout, folderName: String? = nil,
    open:
      @escaping @Sendable (
        _ folder: String, _ layout: FactorLayout, _ name: String
      ) throws(DatasetError) -> any ImageDataset
  ) -> DatasetEntry {
    DatasetEntry(
      name: name, summary: summary, files: files, size: size, licence: licence, page: page,
      note: note, folderName: folderName
    ) { (place) throws(DatasetError) in
      let factorCount = layout.factorSizes.count
      let declared = try Miniature.declared(in: place.folder)
      guard let sizes = try declared?.factorSizes(count: factorCount) else {
        return try open(place.folder, layout, name)
      }
      return try open(place.folder, layout.resized(to: sizes), "\(name)-miniature")
    }
  }

  /// An entry for pictures, which may also be present as a miniature.
  static func pictures(
    name: String, summary: String, files: [RemoteFile], size: String, licence: String, page: String,
    note: String? = nil, protocols: [PictureProtocol],
    open:
      @escaping @Sendable (
        _ folder: String, _ request: PictureRequest, _ miniatureCount: Int?
      ) throws(DatasetError) -> any ImageDataset
  ) -> DatasetEntry {
    DatasetEntry(
      name: name, summary: summary, files: files, size: size, licence: licence, page: page,
      note: note, protocols: protocols
    ) { (place) throws(DatasetError) in
      let count = try Miniature.declared(in: place.folder)?.requiredImageCount()
      let request = try PictureRequest(
        place.request, name: count == nil ? name : "\(name)-miniature", known: protocols)
      return try open(place.folder, request, count)
    }
  }
}

extension DatasetEntry {
  /// An entry of one file that cannot be opened, for tests of fetching.
  package static func forTesting(
    name: String, file: String, urls: [String], md5: String?, byteCount: Int?
  ) -> DatasetEntry {
    DatasetEntry(
      name: name, summary: name,
      files: [RemoteFile(file, urls, checksum: md5.map { .md5($0) }, byteCount: byteCount)],
      size: "small", licence: "none", page: "none"
    ) { (place) throws(DatasetError) in
      throw .unsupported(file: place.folder, format: "test", reason: "it is only fetched")
    }
  }
}

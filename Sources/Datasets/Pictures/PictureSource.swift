import FoundationEssentials

/// Picture files in a fixed order, wherever they lie.
protocol PictureSource: Sendable {
  /// The files they lie in: for telling whether a cache is stale.
  var files: [String] { get }
  /// The pictures' names, in order.
  var names: [String] { get }
  /// What changes when a picture is replaced by another of its name; empty if ``files`` tell.
  var stamps: [String] { get }
  /// What a user should know about what was found, one sentence each.
  var notes: [String] { get }
  /// One picture's file.
  func bytes(at index: Int) throws(DatasetError) -> [UInt8]
  /// What errors call a picture.
  func place(of index: Int) -> String
}

extension PictureSource {
  var stamps: [String] { [] }
  var notes: [String] { [] }

  /// Decodes one picture to RGB.
  func picture(at index: Int) throws(DatasetError) -> RasterImage {
    let place = place(of: index)
    return try ImageFile.decode(try bytes(at: index), name: place)
  }
}

/// Picture files below a folder.
struct FolderPictures: PictureSource {
  /// The folder.
  let folder: String
  /// Paths below the folder.
  let names: [String]

  var files: [String] { [folder] }

  var stamps: [String] {
    names.map { name in
      (try? PixelCache.FileStamp("\(folder)/\(name)")).map {
        "\($0.byteCount) \($0.modifiedNanoseconds)"
      } ?? ""
    }
  }

  func place(of index: Int) -> String { "\(folder)/\(names[index])" }

  func bytes(at index: Int) throws(DatasetError) -> [UInt8] {
    let file = try InputFile(path: place(of: index))
    guard file.byteCount <= ImageFile.fileLimit else {
      throw .tooLarge(file: file.path, byteCount: file.byteCount, limit: ImageFile.fileLimit)
    }
    return try file.bytes(in: 0..<file.byteCount)
  }

  private static let suffixes = [".png", ".jpg", ".jpeg", ".npy"]

  /// All picture files below `folder`, sorted by path; names that begin with a dot are left out.
  init(below folder: String) throws(DatasetError) {
    self.folder = folder
    var found: [String] = []
    var rest = [""]
    while let path = rest.popLast() {
      let names: [String]
      do {
        names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(path)")
      } catch {
        throw .cannotRead(path: "\(folder)/\(path)", reason: "the folder cannot be listed")
      }
      for name in names where !name.hasPrefix(".") {
        let inner = path.isEmpty ? name : "\(path)/\(name)"
        if Self.isPicture(name) {
          found.append(inner)
        } else if isFolder("\(folder)/\(inner)"), inner.count < 4096 {
          // Links to folders are followed, but not in circles: a path grows with every round.
          rest.append(inner)
        }
      }
    }
    names = found.sorted()
  }

  /// Given files of a folder.
  init(folder: String, names: [String]) {
    self.folder = folder
    self.names = names
  }

  static func isPicture(_ name: String) -> Bool {
    let lower = name.lowercased()
    return suffixes.contains { lower.hasSuffix($0) }
  }
}

/// Picture files in a ZIP archive.
struct ZIPPictures: PictureSource {
  private let archive: ZIPArchive
  private let members: [ZIPArchive.Member]

  /// The archive's pictures in the order of their names.
  init(path: String) throws(DatasetError) {
    archive = try ZIPArchive(path: path)
    members = archive.members.filter { FolderPictures.isPicture($0.name) }
      .sorted { $0.name < $1.name }
  }

  var files: [String] { [archive.file.path] }
  var names: [String] { members.map(\.name) }

  func place(of index: Int) -> String { "\(archive.file.path):\(members[index].name)" }

  func bytes(at index: Int) throws(DatasetError) -> [UInt8] {
    let member = members[index]
    guard member.byteCount <= ImageFile.fileLimit else {
      throw .tooLarge(
        file: place(of: index), byteCount: member.byteCount, limit: ImageFile.fileLimit)
    }
    return try archive.contents(of: member)
  }
}

/// Picture files in an uncompressed tar archive.
struct TARPictures: PictureSource {
  private struct Place: Sendable {
    let name: String
    let range: Range<Int>
  }

  private let file: InputFile
  private let places: [Place]

  /// The archive's pictures in the order of their names.
  init(path: String) throws(DatasetError) {
    file = try InputFile(path: path)
    var walker = TARStream(FileStream(file))
    var places: [Place] = []
    while let member = try walker.next() {
      guard member.isFile, FolderPictures.isPicture(member.name) else { continue }
      let start = walker.position
      guard member.byteCount <= file.byteCount - start else {
        throw .malformed(
          file: path, format: "tar", reason: "'\(member.name)' ends beyond the end of the file")
      }
      places.append(Place(name: member.name, range: start..<start + member.byteCount))
    }
    self.places = places.sorted { $0.name < $1.name }
  }

  var files: [String] { [file.path] }
  var names: [String] { places.map(\.name) }

  func place(of index: Int) -> String { "\(file.path):\(places[index].name)" }

  func bytes(at index: Int) throws(DatasetError) -> [UInt8] {
    try file.bytes(in: places[index].range)
  }
}

/// Picture files that are the values of an LMDB database.
struct LMDBPictures: PictureSource {
  private let database: LMDBFile
  private let path: String

  /// All values, in the order of their keys.
  init(path: String) throws(DatasetError) {
    self.path = path
    database = try LMDBFile(path: path)
  }

  var files: [String] { [isFolder(path) ? "\(path)/data.mdb" : path] }

  var names: [String] { database.entries.map { String(decoding: $0.key, as: UTF8.self) } }

  func place(of index: Int) -> String {
    "\(path):\(String(decoding: database.entries[index].key, as: UTF8.self))"
  }

  func bytes(at index: Int) throws(DatasetError) -> [UInt8] {
    try database.value(of: database.entries[index])
  }
}

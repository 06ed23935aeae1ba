/// Picture files in a ZIP archive.
struct ZIPPictures: EncodedPictureSource {
  let notes: [String]
  private let archive: ZIPArchive
  private let members: [ZIPArchive.Member]

  /// The archive's pictures in the order of their names' bytes.
  ///
  /// - Throws: ``DatasetError`` if it cannot be read or holds no pictures.
  init(path: String) throws(DatasetError) {
    try self.init(ZIPArchive(path: path))
  }

  init(_ archive: ZIPArchive) throws(DatasetError) {
    let listing = PictureListing(archive.members, name: \.name)
    try listing.requirePictures(in: archive.file.path)
    self.archive = archive
    members = listing.items
    notes = listing.notes(of: archive.file.path)
  }

  var files: [String] { [archive.file.path] }
  var names: [String] { members.map(\.name) }
  var count: Int { members.count }

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

/// Picture files in a tar archive, compressed with gzip or not.
struct TARPictures: EncodedPictureSource {
  private struct Place: Sendable {
    let name: String
    let range: Range<Int>
  }

  let notes: [String]
  private let path: String
  private let file: InputFile
  private let places: [Place]

  /// The archive's pictures in the order of their names' bytes.
  ///
  /// A compressed archive is unpacked once into a temporary file, as its members lie at no known place.
  ///
  /// - Throws: ``DatasetError`` if it cannot be read or unpacked, or holds no pictures.
  init(path: String) throws(DatasetError) {
    let stored = try InputFile(path: path)
    let isCompressed = try stored.bytes(in: 0..<min(2, stored.byteCount)) == [0x1F, 0x8B]
    file = isCompressed ? try Self.unpacked(stored) : stored
    self.path = path
    var walker = TARStream(FileStream(file))
    var places: [Place] = []
    while let member = try walker.next() {
      guard member.isFile else { continue }
      let start = walker.position
      guard member.byteCount <= file.byteCount - start else {
        throw .malformed(
          file: path, format: "tar", reason: "'\(member.name)' ends beyond the end of the file")
      }
      places.append(Place(name: member.name, range: start..<start + member.byteCount))
    }
    let listing = PictureListing(places, name: \.name)
    try listing.requirePictures(in: path)
    self.places = listing.items
    notes = listing.notes(of: path)
  }

  /// What a compressed archive unpacks to; anything else that is compressed is refused before.
  private static func unpacked(_ stored: InputFile) throws(DatasetError) -> InputFile {
    var probe = TARStream(try InflatingStream(FileStream(stored), .gzip))
    do throws(DatasetError) { _ = try probe.next() } catch {
      throw .unsupported(
        file: stored.path, format: "gzip", reason: "what is compressed is no tar archive")
    }
    return try InputFile(
      unpacking: InflatingStream(FileStream(stored), .gzip), of: stored.path)
  }

  var files: [String] { [path] }
  var names: [String] { places.map(\.name) }
  var count: Int { places.count }

  func place(of index: Int) -> String { "\(path):\(places[index].name)" }

  func bytes(at index: Int) throws(DatasetError) -> [UInt8] {
    let range = places[index].range
    guard range.count <= ImageFile.fileLimit else {
      throw .tooLarge(file: place(of: index), byteCount: range.count, limit: ImageFile.fileLimit)
    }
    return try file.bytes(in: range)
  }
}

/// Picture files that are the values of an LMDB database.
struct LMDBPictures: EncodedPictureSource {
  private let database: LMDBFile
  private let path: String

  /// All values, in the order of their keys.
  init(path: String) throws(DatasetError) {
    self.path = path
    database = try LMDBFile(path: path)
  }

  var files: [String] { [isFolder(path) ? "\(path)/data.mdb" : path] }

  var names: [String] { database.entries.map { String(decoding: $0.key, as: UTF8.self) } }
  var count: Int { database.entries.count }

  func place(of index: Int) -> String {
    "\(path):\(String(decoding: database.entries[index].key, as: UTF8.self))"
  }

  func bytes(at index: Int) throws(DatasetError) -> [UInt8] {
    try database.value(of: database.entries[index])
  }
}

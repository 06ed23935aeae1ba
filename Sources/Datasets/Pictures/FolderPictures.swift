import FoundationEssentials
import Glibc

/// Picture files below a folder.
struct FolderPictures: EncodedPictureSource {
  /// The folder, without a slash at its end.
  let folder: String
  /// Paths below the folder.
  let names: [String]
  let notes: [String]

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
    try ImageFile.bytes(of: place(of: index))
  }

  /// All picture files below `folder`, in the order of their paths' bytes; links are followed.
  ///
  /// - Throws: ``DatasetError`` if a folder cannot be listed or there are no pictures.
  init(below folder: String) throws(DatasetError) {
    var trimmed = folder[...]
    while trimmed.count > 1, trimmed.last == "/" { trimmed.removeLast() }
    let folder = String(trimmed)
    var walk = FolderWalk(folder: folder)
    try walk.visit()
    let listing = PictureListing(walk.found) { $0 }
    try listing.requirePictures(in: folder)
    self.folder = folder
    names = listing.items
    notes =
      listing.notes(of: folder)
      + walk.circles.map { "\(folder)/\($0): a link to a folder that it lies in is not followed" }
  }

  /// Given files of a folder.
  init(folder: String, names: [String], notes: [String] = []) {
    self.folder = folder
    self.names = names
    self.notes = notes
  }
}

/// The files below a folder.
private struct FolderWalk {
  let folder: String
  /// Paths below the folder of all files.
  private(set) var found: [String] = []
  /// Links that lead back to where they were found.
  private(set) var circles: [String] = []

  private struct Identity: Hashable {
    let device: UInt
    let node: UInt
  }

  init(folder: String) {
    self.folder = folder
  }

  mutating func visit() throws(DatasetError) {
    guard let identity = Self.identity(folder) else { throw .reading(folder) }
    var rest: [(path: String, above: [Identity])] = [("", [identity])]
    while let (path, above) = rest.popLast() {
      let place = path.isEmpty ? folder : "\(folder)/\(path)"
      let names: [String]
      do {
        names = try FileManager.default.contentsOfDirectory(atPath: place)
      } catch {
        throw .cannotRead(path: place, reason: "the folder cannot be listed")
      }
      for name in names where !isLeftover(name) {
        let inner = path.isEmpty ? name : "\(path)/\(name)"
        // A file with the ending of a picture need not be looked at.
        guard PictureEnding.of(name) == nil, let identity = Self.identity("\(folder)/\(inner)")
        else {
          found.append(inner)
          continue
        }
        if above.contains(identity) {
          circles.append(inner)
        } else {
          rest.append((inner, above + [identity]))
        }
      }
    }
    circles.sort()
  }

  /// What tells a folder from all others; nil if there is none at `path`.
  private static func identity(_ path: String) -> Identity? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
    return Identity(device: UInt(status.st_dev), node: UInt(status.st_ino))
  }
}

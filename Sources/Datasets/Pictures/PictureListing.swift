/// Which of the files of a folder or an archive are pictures, and what is said about the others.
struct PictureListing<Item> {
  /// The pictures in the order of their names' bytes.
  let items: [Item]
  /// How many other files there are, by ending.
  private let otherEndings: [String: Int]
  private let topCount: Int

  /// Tells pictures by the endings of their names; leftovers of other programs are no members.
  ///
  /// NumPy arrays count where there is nothing else, as in some copies of CelebA-HQ.
  init(_ all: [Item], name: (Item) -> String) {
    var pictures: [(name: String, item: Item)] = []
    var arrays: [(name: String, item: Item)] = []
    var others: [String: Int] = [:]
    for item in all {
      let name = name(item)
      guard !isLeftover(name) else { continue }
      switch PictureEnding.of(name) {
      case let ending? where ending == "npy": arrays.append((name, item))
      case .some: pictures.append((name, item))
      case nil: others[PictureEnding.text(name) ?? "without ending", default: 0] += 1
      }
    }
    if pictures.isEmpty {
      pictures = arrays
    } else if !arrays.isEmpty {
      others[".npy", default: 0] += arrays.count
    }
    pictures.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    items = pictures.map(\.item)
    topCount = pictures.count { !$0.name.contains("/") }
    otherEndings = others
  }

  /// What was left out of `place`, and what may have been taken in by mistake.
  func notes(of place: String) -> [String] {
    var notes: [String] = []
    let otherCount = otherEndings.values.reduce(0, +)
    if otherCount == 1 {
      notes.append("\(place): 1 file that is no picture is left out (\(endingsText))")
    } else if otherCount > 1 {
      notes.append(
        "\(place): \(otherCount) files that are no pictures are left out (\(endingsText))")
    }
    if topCount > 0, topCount < items.count {
      notes.append(
        "\(place): pictures lie at the top (\(topCount)) and in folders below (\(items.count - topCount)); all are used"
      )
    }
    return notes
  }

  /// Throws if there are no pictures, and says what there is.
  func requirePictures(in place: String) throws(DatasetError) {
    guard items.isEmpty else { return }
    throw .contentMismatch(
      file: place, expected: "pictures (\(PictureEnding.formats))",
      found: otherEndings.isEmpty ? "none" : "none among files of other kinds (\(endingsText))")
  }

  private var endingsText: String {
    let ordered = otherEndings.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let shown = ordered.prefix(5).map { $0.value == 1 ? $0.key : "\($0.key) ×\($0.value)" }
    return (shown + (ordered.count > 5 ? ["…"] : [])).joined(separator: ", ")
  }
}

/// The endings that names of pictures have.
enum PictureEnding {
  /// The formats that are read, for messages.
  static let formats = "PNG, JPEG, WebP, TIFF, BMP, PNM or GIF"

  /// Those of formats that are read, and of some that are not, so that they are refused by name.
  private static let known: Set<String> = [
    "png", "jpg", "jpeg", "jpe", "jfif", "webp", "tif", "tiff", "bmp", "dib", "gif", "pbm", "pgm",
    "ppm", "pnm", "npy", "avif", "heic", "heif", "jp2", "jxl", "tga",
  ]

  /// The ending of a picture's name, in small letters; nil if it is not a picture's.
  static func of(_ name: String) -> String? {
    guard let text = text(name) else { return nil }
    let ending = String(text.dropFirst())
    return known.contains(ending) ? ending : nil
  }

  /// What follows the last dot of a file's name, with it, in small letters; nil without a dot.
  static func text(_ name: String) -> String? {
    let last = lastComponent(name)
    guard let dot = last.lastIndex(of: ".") else { return nil }
    return last[dot...].lowercased()
  }
}

/// Whether a file is what macOS or Windows left behind: `._*`, `.DS_Store`, `__MACOSX`, `Thumbs.db`, or
/// anything else whose name, or that of a folder it lies in, begins with a dot.
func isLeftover(_ path: String) -> Bool {
  path.split(separator: "/").contains { part in
    (part.hasPrefix(".") && part != "." && part != "..") || part == "__MACOSX"
      || part == "Thumbs.db" || part == "desktop.ini"
  }
}

/// What a file is, as its first bytes say.
package enum FileKind: Equatable {
  case png, jpeg, webP, tiff, bmp, pnm, gif
  case zip, gzip, tar, numpy, lmdb
  /// Something that is not read here, in words that follow "it is".
  case other(String)

  /// Looks at the first bytes of a file.
  ///
  /// - Throws: ``DatasetError`` if it cannot be read.
  package init(path: String) throws(DatasetError) {
    let file = try InputFile(path: path)
    self.init(start: try file.bytes(in: 0..<min(512, file.byteCount)))
  }

  /// Looks at the first bytes of a file, best 512 of them.
  package init(start: [UInt8]) {
    func begins(_ bytes: [UInt8], at offset: Int = 0) -> Bool {
      start.dropFirst(offset).starts(with: bytes)
    }
    func begins(_ text: String, at offset: Int = 0) -> Bool { begins(Array(text.utf8), at: offset) }
    func isNetPBM() -> Bool {
      start.count > 2 && start[0] == 0x50 && (0x31...0x36).contains(start[1])
        && [9, 10, 13, 32, 35].contains(start[2])
    }
    self =
      if begins([0x89, 0x50, 0x4E, 0x47]) { .png } else if begins([0xFF, 0xD8]) {
        .jpeg
      } else if begins("RIFF"), begins("WEBP", at: 8) {
        .webP
      } else if begins([0x49, 0x49, 0x2A, 0]) || begins([0x4D, 0x4D, 0, 0x2A]) {
        .tiff
      } else if begins([0x49, 0x49, 0x2B, 0]) || begins([0x4D, 0x4D, 0, 0x2B]) {
        .tiff
      } else if begins("BM") { .bmp } else if isNetPBM() {
        .pnm
      } else if begins("GIF87a") || begins("GIF89a") {
        .gif
      } else if begins("PK\u{3}\u{4}") || begins("PK\u{5}\u{6}") {
        .zip
      } else if begins([0x1F, 0x8B]) { .gzip } else if begins("ustar", at: 257) {
        .tar
      } else if begins([0x93] + Array("NUMPY".utf8)) {
        .numpy
      } else if begins([0xDE, 0xC0, 0xEF, 0xBE], at: 16) { .lmdb } else {
        .other(Self.other(start))
      }
  }

  private static let signatures: [(offset: Int, bytes: [UInt8], what: String)] = [
    (0, [0x89] + Array("HDF".utf8), "an HDF5 file"),
    (0, Array("MATLAB ".utf8), "a MATLAB file"),
    (0, Array("PAR1".utf8), "a Parquet file"),
    (0, Array("BZh".utf8), "compressed with bzip2"),
    (0, [0xFD] + Array("7zXZ".utf8), "compressed with xz"),
    (0, [0x28, 0xB5, 0x2F, 0xFD], "compressed with Zstandard"),
    (0, Array("7z".utf8) + [0xBC, 0xAF], "a 7z archive"),
    (0, Array("Rar!".utf8), "a RAR archive"),
    (0, Array("%PDF".utf8), "a PDF file"),
    (4, Array("ftypavi".utf8), "an AVIF picture"),
    (4, Array("ftyphei".utf8), "a HEIC picture"),
    (4, Array("ftyphev".utf8), "a HEIC picture"),
    (4, Array("ftypmif".utf8), "a HEIF picture"),
    (4, Array("ftyp".utf8), "a video"),
    (4, Array("jP  ".utf8), "a JPEG 2000 picture"),
    (4, Array("JXL ".utf8), "a JPEG XL picture"),
    (0, [0xFF, 0x0A], "a JPEG XL picture"),
    (0, [0x1A, 0x45, 0xDF, 0xA3], "a video"),
    (0, Array("version https://git-lfs".utf8), "a Git LFS pointer without the file itself"),
  ]

  private static func other(_ start: [UInt8]) -> String {
    if start.isEmpty { return "empty" }
    for (offset, bytes, what) in signatures where start.dropFirst(offset).starts(with: bytes) {
      return what
    }
    if start.count > 1, start[0] == 0x80, (2...5).contains(start[1]) { return "a Python pickle" }
    let text = String(decoding: start, as: UTF8.self).lowercased()
    if text.contains("<html") || text.contains("<!doctype") { return "a web page" }
    // A text of several bytes per letter may be cut in the last one.
    if !start.contains(where: { $0 < 9 }), !text.dropLast(1).contains("\u{FFFD}") {
      return "a text file"
    }
    return "of a kind that is not known"
  }
}

extension FileKind: CustomStringConvertible {
  /// Words that follow "it is".
  package var description: String {
    switch self {
    case .png: "a PNG picture"
    case .jpeg: "a JPEG picture"
    case .webP: "a WebP picture"
    case .tiff: "a TIFF picture"
    case .bmp: "a BMP picture"
    case .pnm: "a PNM picture"
    case .gif: "a GIF picture"
    case .zip: "a ZIP archive"
    case .gzip: "compressed with gzip"
    case .tar: "a tar archive"
    case .numpy: "a NumPy .npy file"
    case .lmdb: "an LMDB database"
    case .other(let what): what
    }
  }
}

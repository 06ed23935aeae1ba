import Datasets
import Foundation
import TestSupport
import Testing

@Suite("Pictures in folders and archives", .serialized) struct PictureListingTests {
  private func add(_ paths: String..., to folder: String) throws {
    let picture = RasterImage(
      height: 8, width: 8, channelCount: 3, pixels: [UInt8](repeating: 9, count: 192))
    for path in paths {
      let place = "\(folder)/\(path)"
      try FileManager.default.createDirectory(
        atPath: (place as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try write(path.hasSuffix("g") ? PNG.encode(picture) : Array("text".utf8), to: place)
    }
  }

  @Test("are those of all folders below, in the order of their bytes, leftovers left out")
  func listing() throws {
    let folder = try TemporaryFolder()
    try add(
      "b/2.png", "b/10.png", "a/2.png", "C.PNG", "a/.hidden.png", "a/._2.png", ".git/x.png",
      "__MACOSX/a/._2.png", "Thumbs.db", "a/.DS_Store", "desktop.ini", to: folder.path)
    let expected = ["C.PNG", "a/2.png", "b/10.png", "b/2.png"]
    let found = try Pictures.open(folder.path + "/")
    #expect(found.names == expected)
    #expect(found.place(of: 1) == "\(folder.path)/a/2.png")
    #expect(
      found.notes
        == ["\(folder.path): pictures lie at the top (1) and in folders below (3); all are used"])
    // The same in archives, which macOS fills with its own files as well.
    for (name, words) in [
      ("a.tar", ["tar", "--format=ustar", "-cf"]), ("a.tar.gz", ["tar", "-czf"]),
      ("a.zip", ["python3", "-m", "zipfile", "-c"]),
    ] {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
      process.arguments = words + [name, "a", "b", "C.PNG", "__MACOSX", "Thumbs.db"]
      try process.run()
      process.waitUntilExit()
      let packed = try Pictures.open("\(folder.path)/\(name)")
      #expect(packed.names == expected, "\(name)")
      #expect(packed.place(of: 0) == "\(folder.path)/\(name):C.PNG")
      #expect(try packed.picture(at: 3, channelCount: 3).pixels[0] == 9)
    }
  }

  @Test("are found behind links, but never twice by a link in a circle")
  func links() throws {
    let folder = try TemporaryFolder()
    try add("store/cat/1.png", "store/cat/2.png", to: folder.path)
    try FileManager.default.createDirectory(
      atPath: folder.path + "/linked", withIntermediateDirectories: false)
    for (link, target) in [
      ("linked/cat", "../store/cat"), ("root", "store"), ("store/cat/up", "../.."),
    ] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder.path)/\(link)", withDestinationPath: target)
    }
    #expect(try Pictures.open(folder.path + "/linked").names.contains("cat/1.png"))
    let found = try Pictures.open(folder.path + "/root")
    #expect(found.names.filter { $0.hasPrefix("cat/") }.contains("cat/2.png"))
    let inner = try Pictures.open(folder.path + "/store")
    #expect(!inner.names.contains { $0.contains("up/store/cat/up") })
    #expect(
      inner.notes.contains { $0.contains("a link to a folder that it lies in is not followed") })
  }

  @Test("say how many files of other kinds there are")
  func others() throws {
    let folder = try TemporaryFolder()
    try add("a.txt", "b.txt", "dataset.json", "LICENSE", to: folder.path)
    let error = try failure(DatasetError.self) { _ = try Pictures.open(folder.path) }
    #expect(
      error.description == """
        \(folder.path): found none among files of other kinds (.txt ×2, .json, without ending), \
        expected pictures (PNG, JPEG, WebP, TIFF, BMP, PNM or GIF).
        """)
    try add("1.png", to: folder.path)
    #expect(
      try Pictures.open(folder.path).notes == [
        "\(folder.path): 4 files that are no pictures are left out (.txt ×2, .json, without ending)"
      ])
  }

  @Test("are none in what is compressed and no archive")
  func compressedText() throws {
    let folder = try TemporaryFolder()
    try write(Array("no archive at all\n".utf8), to: folder.path + "/a")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/gzip")
    process.arguments = [folder.path + "/a"]
    try process.run()
    process.waitUntilExit()
    let error = try failure(DatasetError.self) { _ = try Pictures.open(folder.path + "/a.gz") }
    #expect(error.description.contains("what is compressed is no tar archive"))
  }

  @Test("are none in files of other kinds, which are named for what they are")
  func otherKinds() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x"
    for (start, what) in [
      (Array("a,b\n1,2\n".utf8), "a text file"), ([0x80, 4, 0x95], "a Python pickle"),
      ([0x89] + Array("PNG".utf8), "a PNG picture"), ([], "empty"),
      (Array("BZh91AY".utf8), "compressed with bzip2"), ([0xFE, 1, 0xED], "not a folder"),
      (Array("version https://git-lfs.github.com/spec/v1".utf8), "a Git LFS pointer"),
    ] {
      try write(start, to: path)
      let error = try failure(DatasetError.self) { _ = try Pictures.open(path) }
      #expect(error.description.contains("is \(what)"), "\(error.description)")
    }
  }
}

import Datasets
import Foundation
import TestSupport
import Testing

@Suite("MATLAB files") struct MATFileTests {
  /// Golden: `scripts/make_format_goldens.py`, scipy; `im[a, b, c] = a + 5 b + 20 c`.
  @Test(
    "arrays are read plain, compressed, and in the other byte order",
    arguments: [
      "plain.mat", "compressed.mat", "big.mat",
    ])
  func reads(file: String) throws {
    let array = try MATFile.array("im", of: golden("mat/\(file)"))
    #expect(array.shape == [5, 4, 3] && array.dataType == .uint8)
    #expect(array.bytes == (0..<60).map { UInt8($0) })
    let numbers = try MATFile.array("numbers", of: golden("mat/\(file)"))
    #expect(numbers.shape == [1, 2] && numbers.dataType == .float64)
    #expect(numbers.bytes.count == 16)
  }

  @Test("what is not an array of numbers is refused by name")
  func refused() throws {
    let path = try golden("mat/compressed.mat")
    let error = try failure(DatasetError.self) { _ = try MATFile.array("none", of: path) }
    #expect(error.description.contains("'none'") && error.description.contains("'im'"))
    for name in ["text", "cell", "complex", "structure"] {
      let error = try failure(DatasetError.self) { _ = try MATFile.array(name, of: path) }
      #expect(error.description.contains("'\(name)' is not an array of real numbers"))
    }
    #expect(throws: DatasetError.self) { try MATFile.array("im", of: golden("images/rgb8.png")) }
    let large = try failure(DatasetError.self) {
      _ = try MATFile.array("im", of: path, memoryLimit: 59)
    }
    #expect(
      large.description.contains("impossible shape") || large.description.contains("60 bytes"))
  }
}

@Suite("Tar archives") struct TARTests {
  /// Golden: `scripts/make_format_goldens.py`, Python's tarfile.
  @Test(
    "members are found in order, whatever the dialect",
    arguments: [
      "ustar.tar", "gnu.tar", "pax.tar", "gnu.tar.gz",
    ])
  func members(file: String) throws {
    var walker = try TARStream(path: golden("tar/\(file)"))
    var found: [String: [UInt8]] = [:]
    while let member = try walker.next() {
      guard member.isFile else { continue }
      found[member.name] = try walker.contents(of: member, limit: 10_000)
    }
    let long = String(repeating: "folder/", count: 12) + "name.txt"
    #expect(found.keys.sorted() == ["a.txt", "b.txt", long].sorted())
    #expect(found["a.txt"] == Array("first".utf8) && found["b.txt"]?.count == 1500)
    #expect(found[long] == Array("deep".utf8))
  }

  @Test("members may be passed over unread, and large ones are refused")
  func skipping() throws {
    var walker = try TARStream(path: golden("tar/gnu.tar"))
    var names: [String] = []
    while let member = try walker.next() {
      names.append(member.name)
      if member.byteCount == 1500 {
        #expect(throws: DatasetError.self) { try walker.contents(of: member, limit: 1499) }
      }
    }
    #expect(names.first == "a.txt" && names.count == 4)
  }

  @Test("a truncated archive is refused")
  func truncated() throws {
    let folder = try TemporaryFolder()
    let whole = try bytes(of: golden("tar/ustar.tar"))
    for count in [300, 513, 700, 1600] {
      try write(Array(whole.prefix(count)), to: folder.path + "/a.tar")
      #expect(throws: DatasetError.self) {
        var walker = try TARStream(path: folder.path + "/a.tar")
        while try walker.next() != nil {}
      }
    }
  }
}

@Suite("LMDB databases") struct LMDBTests {
  @Test("keys are in order and values are the stored bytes")
  func reads() throws {
    let database = try LMDBFile(path: golden("miniatures/lsun-bedroom/bedroom_train_lmdb"))
    #expect(database.entries.count == 40)
    let keys = database.entries.map { String(decoding: $0.key, as: UTF8.self) }
    #expect(keys == keys.sorted() && keys.allSatisfy { $0.count == 40 })
    for entry in database.entries {
      #expect(try database.value(of: entry).starts(with: [0xFF, 0xD8, 0xFF]))
    }
  }

  @Test("other files are refused", arguments: ["images/rgb8.png", "npz/object.npz"])
  func otherFiles(file: String) {
    #expect(throws: DatasetError.self) { try LMDBFile(path: golden(file)) }
  }
}

import Datasets
import TestSupport
import Testing

@Suite("NumPy archives") struct NPZTests {
  static let codes = ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]

  @Test("every numeric type is read in both byte orders and memory orders", arguments: codes)
  func everyType(code: String) throws {
    let archive = try NPZArchive(path: golden("npz/every_type.npz"))
    let expected = (0..<24).map { code == "b1" ? $0 % 2 : $0 }
    for order in ["little", "big", "fortran"] {
      let array = try archive.array("\(order)_\(code)")
      #expect(array.shape == [2, 3, 4])
      #expect(try array.integers() == expected)
      #expect(try array.uint8s() == expected.map(UInt8.init))
      #expect(try array.floats() == expected.map(Float.init))
      #expect(try array.doubles() == expected.map(Double.init))
    }
  }

  @Test("texts, scalars and empty arrays are read")
  func textsScalarsEmpty() throws {
    let archive = try NPZArchive(path: golden("npz/every_type.npz"))
    #expect(try archive.array("text").texts() == ["floor hue", "größe", ""])
    #expect(try archive.array("big_text").texts() == ["floor hue", "größe", ""])
    #expect(try archive.array("bytes").texts() == ["floor hue", "size", ""])
    #expect(try archive.array("scalar").shape.isEmpty)
    #expect(try archive.array("scalar").doubles() == [0])
    #expect(try archive.array("empty").shape == [0, 7])
    #expect(try archive.array("empty").floats().isEmpty)
  }

  @Test("files written by NumPy in three ways hold the same statistics")
  func statistics() throws {
    let stored = try NPZArchive(path: golden("npz/stats_stored.npz"))
    let deflated = try NPZArchive(path: golden("npz/stats_deflate.npz"))
    let fortran = try NPZArchive(path: golden("npz/stats_fortran_f4.npz"))
    #expect(stored.names == ["mu", "sigma"])
    for name in stored.names {
      let expected = try stored.array(name).doubles()
      #expect(try deflated.array(name).doubles() == expected)
      #expect(try fortran.array(name).floats() == expected.map { Float($0) })
    }
  }

  @Test("what is written is read back, stored and deflated", arguments: [false, true])
  func roundTrip(isCompressed: Bool) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/codes.npz"
    let codes = NPYArray((0..<600).map { Float($0) / 7 }, shape: [100, 6])
    let factors = NPYArray([Int](repeating: 3, count: 100), shape: [100])
    let names = NPYArray(texts: ["shape", "größe"])
    try NPZWriter.write(
      ["codes": codes, "factors": factors, "names": names], to: path, isCompressed: isCompressed)
    let archive = try NPZArchive(path: path)
    #expect(archive.names == ["codes", "factors", "names"])
    #expect(try archive.array("codes").bytes == codes.bytes)
    #expect(try archive.array("codes").shape == [100, 6])
    #expect(try archive.array("factors").integers() == [Int](repeating: 3, count: 100))
    #expect(try archive.array("names").texts() == ["shape", "größe"])
    #expect(try archive.arrayIfPresent("attributes") == nil)

    try codes.write(to: folder.path + "/codes.npy")
    #expect(try NPYArray(path: folder.path + "/codes.npy").floats() == codes.floats())
  }

  @Test("Python objects are refused, other arrays of the file are read")
  func pickles() throws {
    let archive = try NPZArchive(path: golden("npz/object.npz"))
    #expect(try archive.array("codes").doubles() == [0, 0, 0, 0])
    let error = try failure(DatasetError.self) { _ = try archive.array("metadata") }
    #expect(error.description.contains("pickle"))
  }

  @Test("missing files and arrays are named with what there is")
  func missing() throws {
    let gone = try failure(DatasetError.self) { _ = try NPZArchive(path: "/nowhere/codes.npz") }
    #expect(gone.description.hasPrefix("/nowhere/codes.npz: cannot be read: "))
    let archive = try NPZArchive(path: golden("npz/stats_stored.npz"))
    let error = try failure(DatasetError.self) { _ = try archive.array("codes") }
    #expect(error.description.hasSuffix("has no 'codes'; it holds 'mu', 'sigma'."))
  }

  @Test("numbers that do not fit the type asked for are refused")
  func narrowing() throws {
    #expect(throws: DatasetError.self) { try NPYArray([0.5], shape: [1]).integers() }
    #expect(throws: DatasetError.self) { try NPYArray([Double.nan], shape: [1]).integers() }
    #expect(throws: DatasetError.self) { try NPYArray([300], shape: [1]).uint8s() }
    #expect(throws: DatasetError.self) { try NPYArray(texts: ["a"]).doubles() }
    #expect(throws: DatasetError.self) { try NPYArray([1.0], shape: [1]).texts() }
  }

  @Test("an array beyond the memory limit is refused")
  func memoryLimit() throws {
    let archive = try NPZArchive(path: golden("npz/stats_stored.npz"))
    let error = try failure(DatasetError.self) { _ = try archive.array("sigma", memoryLimit: 100) }
    #expect(error.description.contains("200 bytes"))
  }

  @Test(
    "every truncation is refused or changes nothing", arguments: ["stats_stored", "stats_deflate"])
  func truncation(name: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/cut.npz"
    let whole = try bytes(of: golden("npz/\(name).npz"))
    for count in stride(from: 0, to: whole.count, by: 3) {
      try write(Array(whole.prefix(count)), to: path)
      #expect(throws: DatasetError.self, "cut at \(count)") {
        let archive = try NPZArchive(path: path)
        for name in ["mu", "sigma"] { _ = try archive.array(name) }
      }
    }
  }

  @Test("every single damaged byte is refused or changes nothing")
  func damage() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/damaged.npz"
    let source = try golden("npz/stats_deflate.npz")
    let whole = try bytes(of: source)
    let expected = try ["mu", "sigma"].map { try NPZArchive(path: source).array($0) }
    for place in whole.indices {
      var damaged = whole
      damaged[place] ^= UInt8(1 << (place % 8))
      try write(damaged, to: path)
      do {
        let archive = try NPZArchive(path: path)
        for (name, array) in zip(["mu", "sigma"], expected) {
          let found = try archive.array(name)
          #expect(found.bytes == array.bytes && found.shape == array.shape, "byte \(place)")
        }
      } catch {
        _ = error.description
      }
    }
  }

  @Test("an archive whose member claims more than its data can hold is refused")
  func bomb() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/bomb.npz"
    var archive = try bytes(of: golden("npz/stats_deflate.npz"))
    // The uncompressed size of the first member, in the directory.
    let entry = try #require(
      archive.indices.first { archive[$0...].starts(with: [0x50, 0x4b, 1, 2]) })
    archive.replaceSubrange(entry + 24..<entry + 28, with: [0xFE, 0xFF, 0xFF, 0xFF])
    try write(archive, to: path)
    let error = try failure(DatasetError.self) { _ = try NPZArchive(path: path) }
    #expect(error.description.contains("claims more bytes"))
  }
}

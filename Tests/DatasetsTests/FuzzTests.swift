import BenchSupport
import Datasets
import Foundation
import TestSupport
import Testing

/// Damaged files of every format: each is refused with a sentence or read, never a crash or a hang.
///
/// `BENCH_FUZZ_ROUNDS` sets the number of mutations per format; the seed of each is its number, so a
/// failure is repeated by its number alone.
@Suite("Damaged files", .serialized) struct FuzzTests {
  static let roundCount =
    ProcessInfo.processInfo.environment["BENCH_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 100

  /// A copy with bits flipped, bytes set to special values, parts cut, repeated or moved.
  static func mutated(_ bytes: [UInt8], round: Int) -> [UInt8] {
    var generator = Philox(seed: 0xF022, stream: UInt64(round))
    var result = bytes
    for _ in 0...generator.integer(below: 4) where !result.isEmpty {
      let place = generator.integer(below: result.count)
      // Headers decide most; half of all changes go to the first and last kilobytes.
      let near = min(result.count, 1024)
      let target =
        switch generator.integer(below: 4) {
        case 0: generator.integer(below: near)
        case 1: result.count - 1 - generator.integer(below: near)
        default: place
        }
      let length = 1 + generator.integer(below: 8)
      let end = min(result.count, target + length)
      switch generator.integer(below: 6) {
      case 0: result[target] ^= UInt8(1 << generator.integer(below: 8))
      case 1: result[target] = [0, 1, 0x7F, 0x80, 0xFF][generator.integer(below: 5)]
      case 2: for index in target..<end { result[index] = 0xFF }
      case 3: result.removeSubrange(target..<end)
      case 4: result.insert(contentsOf: result[target..<end], at: target)
      default: result.removeSubrange(target...)
      }
    }
    return result
  }

  /// Reads mutations of one file of a miniature through the whole dataset.
  func fuzz(_ name: String, file: String, isChecked: Bool) throws {
    let folder = try TemporaryFolder()
    let directory = try miniature(name, in: folder)
    let path = "\(directory)/\(name)/\(file)"
    let whole = try bytes(of: path)
    func open() throws -> any ImageDataset {
      try? FileManager.default.removeItem(atPath: "\(directory)/\(name)/cache")
      return try DatasetCatalog.open(name, dataDirectory: directory)
    }
    let original = try open()
    let all = Array(0..<original.count)
    let expected = try original.pixels(at: all)
    var refusedCount = 0
    for round in 0..<Self.roundCount {
      try write(Self.mutated(whole, round: round), to: path)
      do {
        let dataset = try open()
        #expect(dataset.count == original.count && dataset.imageShape == original.imageShape)
        let found = try dataset.pixels(at: all)
        if isChecked { #expect(found == expected, "\(name), round \(round)") }
      } catch let error as DatasetError {
        #expect(!error.description.isEmpty)
        refusedCount += 1
      }
    }
    // Mutations that hit only what is never read exist; most do not.
    #expect(refusedCount > Self.roundCount / 4, "\(name)")
  }

  @Test(
    "formats with checksums are refused or read identically",
    arguments: [
      ("dsprites", "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"),
      ("mpi3d-toy", "mpi3d_toy.npz"), ("cars3d", "nips2015-analogy-data.tar.gz"),
      ("smallnorb", "smallnorb-5x01235x9x18x6x2x96x96-testing-dat.mat.gz"),
      ("smallnorb", "smallnorb-5x01235x9x18x6x2x96x96-testing-info.mat.gz"),
      ("celeba", "img_align_celeba.zip"), ("ffhq", "images1024x1024/00000/00999.png"),
    ])
  func checked(name: String, file: String) throws {
    try fuzz(name, file: file, isChecked: true)
  }

  /// These must end, in time, with a sentence or with images.
  ///
  /// A changed byte of a stored value may be another valid value here, which is what a file's
  /// published checksum is for.
  @Test(
    "formats without checksums are refused or read",
    arguments: [
      ("mpi3d-complex", "real3d_complicated_shapes_ordered.npz"), ("shapes3d", "3dshapes.h5"),
      ("lsun-bedroom", "bedroom_train_lmdb/data.mdb"), ("celebahq", "images/2.jpg"),
      ("celeba", "list_attr_celeba.txt"), ("celeba", "miniature.json"),
    ])
  func unchecked(name: String, file: String) throws {
    let folder = try TemporaryFolder()
    let directory = try miniature(name, in: folder)
    let path = "\(directory)/\(name)/\(file)"
    let whole = try bytes(of: path)
    var refusedCount = 0
    for round in 0..<Self.roundCount {
      try write(Self.mutated(whole, round: round), to: path)
      try? FileManager.default.removeItem(atPath: "\(directory)/\(name)/cache")
      do {
        let dataset = try DatasetCatalog.open(name, dataDirectory: directory)
        _ = try dataset.pixels(at: Array(0..<min(64, dataset.count)))
      } catch {
        #expect(!error.description.isEmpty)
        refusedCount += 1
      }
    }
    #expect(refusedCount > 0, "\(name)")
  }

  @Test(
    "MATLAB files, plain and compressed", arguments: ["plain.mat", "compressed.mat", "big.mat"])
  func matlab(file: String) throws {
    let folder = try TemporaryFolder()
    let whole = try bytes(of: golden("mat/\(file)"))
    let path = folder.path + "/a.mat"
    for round in 0..<Self.roundCount {
      try write(Self.mutated(whole, round: round), to: path)
      do {
        let array = try MATFile.array("im", of: path, memoryLimit: 1 << 20)
        #expect(array.bytes.count <= 1 << 20)
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
  }

  /// With the checksums right again in every block that is still one of ustar's headers, as a crafted
  /// archive has them: else few mutations get beyond the first check.
  static func repairedTAR(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    for block in stride(from: 0, to: bytes.count - 511, by: 512)
    where bytes[(block + 257)..<(block + 262)].elementsEqual("ustar".utf8) {
      var sum = 0
      for place in 0..<512 { sum += (148..<156).contains(place) ? 32 : Int(bytes[block + place]) }
      let digits = String(sum, radix: 8)
      let text = String(repeating: "0", count: 6 - digits.count) + digits + "\0 "
      result.replaceSubrange((block + 148)..<(block + 156), with: text.utf8)
    }
    return result
  }

  @Test(
    "tar archives of every dialect", arguments: ["ustar.tar", "gnu.tar", "pax.tar"], [false, true])
  func tar(file: String, isRepaired: Bool) throws {
    let folder = try TemporaryFolder()
    let whole = try bytes(of: golden("tar/\(file)"))
    let path = folder.path + "/a.tar"
    for round in 0..<Self.roundCount {
      let mutated = Self.mutated(whole, round: round)
      try write(isRepaired ? Self.repairedTAR(mutated) : mutated, to: path)
      do {
        var walker = try TARStream(path: path)
        while let member = try walker.next() { _ = try walker.contents(of: member, limit: 1 << 20) }
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
  }

  /// Sizes of 8 bytes in base 256, the first bit of the field set: up to the largest number there is.
  @Test(
    "tar members of any size and kind end with a sentence",
    arguments: [0, 1, 510, 511, 512, 1 << 40], ["0", "L", "K", "x", "g", "V", "5"])
  func enormousMember(below: Int, kind: Character) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.tar"
    var archive = [UInt8](repeating: 0, count: 1536)
    archive.replaceSubrange(0..<5, with: "a.png".utf8)
    archive[124] = 0x80
    let size = Int.max - below
    for place in 0..<8 {
      archive[128 + place] = UInt8(truncatingIfNeeded: size >> (56 - 8 * place))
    }
    archive[156] = kind.asciiValue ?? 0
    archive.replaceSubrange(257..<265, with: "ustar\0\u{30}0".utf8)
    try write(Self.repairedTAR(archive), to: path)
    #expect(throws: DatasetError.self) {
      var walker = try TARStream(path: path)
      while let member = try walker.next() {
        #expect(member.byteCount == size)
      }
    }
  }

  @Test(
    "pictures, whole and in every kind of colour",
    arguments: [
      "rgb8.png", "gray16.png", "palette.png", "rgba8.png", "progressive.jpg", "q95_420.jpg",
      "cmyk.jpg", "orientation.jpg",
    ])
  func pictures(file: String) throws {
    let whole = try bytes(of: golden("images/\(file)"))
    for round in 0..<Self.roundCount {
      do {
        _ = try ImageFile.decode(Self.mutated(whole, round: round), name: file)
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
  }
}

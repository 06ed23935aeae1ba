import Datasets
import Foundation
import TestSupport
import Testing

@Suite("Factor datasets that are resized", .serialized) struct ResizedFactorDatasetTests {
  /// Golden: the views of the miniature archives, resized by Pillow 13.0.0 with LANCZOS.
  func expected(_ name: String) throws -> [UInt8] {
    try NPZArchive(path: golden("\(name)_views.npz")).array("images").uint8s()
  }

  @Test("Cars3D is read from the archive in the order of its list")
  func cars() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("cars3d", in: folder)
    let dataset = try #require(
      try DatasetCatalog.open("cars3d", dataDirectory: directory) as? any FactorDataset)
    #expect(dataset.factorNames == ["elevation", "azimuth", "object"])
    #expect(dataset.factorSizes == [2, 3, 3])
    #expect(try dataset.pixels(at: Array(0..<18)) == expected("cars3d"))
    // list.txt: 010, 002, 007; sorted, the first becomes the last.
    let sorted = try Cars3D.open(
      folder: "\(directory)/cars3d", layout: Cars3D.layout.resized(to: [2, 3, 3]), order: .sorted)
    #expect(try sorted.image(at: 2) == dataset.image(at: 0))
    #expect(try sorted.image(at: 0) == dataset.image(at: 1))
  }

  @Test("SmallNORB's two parts are merged into one grid, the toy is not a factor")
  func norb() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("smallnorb", in: folder)
    let dataset = try #require(
      try DatasetCatalog.open("smallnorb", dataDirectory: directory) as? SmallNORB)
    #expect(dataset.factorNames == ["category", "elevation", "azimuth", "lighting"])
    #expect(dataset.factorSizes == [1, 2, 2, 1] && dataset.instanceCount == 5)
    #expect(try dataset.pixels(at: Array(0..<20)) == expected("smallnorb"))
    for index in 0..<dataset.count {
      let factors = dataset.factors(at: index)
      #expect(dataset.factors(at: dataset.index(ofFactors: factors)) == factors)
      #expect((0..<5).contains { dataset.index(ofFactors: factors, instance: $0) == index })
    }
  }

  @Test("unpacked SmallNORB files are read too")
  func unpackedNORB() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("smallnorb", in: folder)
    let expected = try DatasetCatalog.open("smallnorb", dataDirectory: directory).checksum
    let inner = "\(directory)/smallnorb"
    for file in try FileManager.default.contentsOfDirectory(atPath: inner)
    where file.hasSuffix(".gz") {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/gzip")
      process.arguments = ["-d", "\(inner)/\(file)"]
      try process.run()
      process.waitUntilExit()
    }
    try FileManager.default.removeItem(atPath: "\(inner)/cache")
    #expect(try DatasetCatalog.open("smallnorb", dataDirectory: directory).checksum == expected)
  }

  @Test("damaged archives are refused by name", arguments: ["cars3d", "smallnorb"])
  func damaged(name: String) throws {
    let folder = try TemporaryFolder()
    let directory = try miniature(name, in: folder)
    let inner = "\(directory)/\(name)"
    let file = try #require(
      FileManager.default.contentsOfDirectory(atPath: inner).sorted().last {
        $0.hasSuffix(".gz") && !$0.contains("cat")
      })
    let whole = try bytes(of: "\(inner)/\(file)")
    for share in [0, 0.1, 0.5, 0.99] {
      try write(Array(whole.prefix(Int(Double(whole.count) * share))), to: "\(inner)/\(file)")
      let error = try failure(DatasetError.self) {
        _ = try DatasetCatalog.open(name, dataDirectory: directory)
      }
      #expect(error.description.contains(file))
    }
    var changed = whole
    changed[whole.count / 2] ^= 4
    try write(changed, to: "\(inner)/\(file)")
    #expect(throws: DatasetError.self) { try DatasetCatalog.open(name, dataDirectory: directory) }
  }

  @Test("an archive with too few cars is refused with the numbers")
  func fewCars() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("cars3d", in: folder)
    try write(Array("{\"factor_sizes\": [2, 3, 4]}".utf8), to: "\(directory)/cars3d/miniature.json")
    let error = try failure(DatasetError.self) {
      _ = try DatasetCatalog.open("cars3d", dataDirectory: directory)
    }
    #expect(error.description.contains("found 3 meshes and 3 lines, expected 4 cars"))
  }

  @Test(
    "a miniature that makes no sense is refused",
    arguments: [
      "", "[]", "{\"factor_sizes\": [1]}", "{\"factor_sizes\": [0, 1, 1]}",
      "{\"factor_sizes\": [1048576, 1048576, 1048576]}", "{\"image_count\": 3}",
    ])
  func badMiniature(text: String) throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("cars3d", in: folder)
    try write(Array(text.utf8), to: "\(directory)/cars3d/miniature.json")
    let error = try failure(DatasetError.self) {
      _ = try DatasetCatalog.open("cars3d", dataDirectory: directory)
    }
    #expect(error.description.contains("miniature.json"))
  }

  @Test("variants of dSprites keep the sprite, whatever surrounds it")
  func variants() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("dsprites", in: folder)
    let painting = RasterImage(
      height: 90, width: 120, channelCount: 3,
      pixels: (0..<90 * 120 * 3).map { UInt8(truncatingIfNeeded: $0 / 7) })
    try write(PNG.encode(painting), to: "\(directory)/dsprites/scream.jpg")
    let plain = try DatasetCatalog.open("dsprites", dataDirectory: directory)
    for variant in ["color", "noise", "scream"] {
      let dataset = try DatasetCatalog.open("dsprites-\(variant)", dataDirectory: directory)
      #expect(dataset.name == "dsprites-\(variant)-miniature")
      #expect(dataset.imageShape.channelCount == 3 && dataset.count == plain.count)
      for index in [0, 17, 143] {
        let sprite = try plain.image(at: index).pixels
        let image = try dataset.image(at: index).pixels
        #expect(try dataset.pixels(at: [3, index]).suffix(image.count).elementsEqual(image))
        let inside = sprite.indices.filter { sprite[$0] == 255 }
        let outside = sprite.indices.filter { sprite[$0] == 0 }
        switch variant {
        case "color":
          #expect(outside.allSatisfy { image[3 * $0] == 0 })
          #expect(Set(inside.map { image[3 * $0] }).count == 1)
          #expect(inside.allSatisfy { image[3 * $0 + 1] >= 127 })
        case "noise":
          #expect(inside.allSatisfy { image[3 * $0 + 2] == 255 })
          #expect(Set(outside.map { image[3 * $0] }).count > 100)
        default:
          #expect(Set(image).count > 20)
        }
      }
    }
  }
}

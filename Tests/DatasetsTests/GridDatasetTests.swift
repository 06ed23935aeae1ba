import Datasets
import Foundation
import TestSupport
import Testing

@Suite("Factor datasets from their official files", .serialized) struct GridDatasetTests {
  static let sizes: [String: [Int]] = [
    "shapes3d": [2, 3, 2, 2, 4, 3], "dsprites": [3, 2, 4, 3, 2],
    "mpi3d-toy": [2, 2, 2, 1, 1, 3, 2], "mpi3d-complex": [1, 1, 2, 1, 1, 2, 2],
  ]

  func open(_ name: String, _ directory: String) throws -> any FactorDataset {
    try #require(try DatasetCatalog.open(name, dataDirectory: directory) as? any FactorDataset)
  }

  @Test("every image is read bit for bit with its factors", arguments: sizes.keys.sorted())
  func readsEverything(name: String) throws {
    let folder = try TemporaryFolder()
    let directory = try miniature(name, in: folder)
    // The second round reads the cache that the first one made.
    for _ in 0..<2 {
      let dataset = try open(name, directory)
      #expect(dataset.name == "\(name)-miniature")
      #expect(dataset.factorSizes == Self.sizes[name])
      let pixels = try dataset.pixels(at: Array(0..<dataset.count))
      let expected = (0..<dataset.count).flatMap { index -> [UInt8] in
        let pattern = pattern(dataset.factors(at: index), dataset.imageShape)
        return name == "dsprites" ? pattern.map { ($0 & 1) * 255 } : pattern
      }
      #expect(pixels == expected)
      for index in 0..<dataset.count {
        #expect(dataset.index(ofFactors: dataset.factors(at: index)) == index)
      }
    }
  }

  @Test("the cache outlives the file it was made from, and its checksum stays")
  func cacheWithoutSource() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("dsprites", in: folder)
    let checksum = try open("dsprites", directory).checksum
    #expect(checksum.hasPrefix("sha256:") && checksum.count == 71)
    for file in try FileManager.default.contentsOfDirectory(atPath: directory + "/dsprites")
    where file.hasSuffix(".npz") {
      try FileManager.default.removeItem(atPath: "\(directory)/dsprites/\(file)")
    }
    #expect(try open("dsprites", directory).checksum == checksum)
  }

  @Test("a truncated or stale cache is made again")
  func brokenCache() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("shapes3d", in: folder)
    let expected = try open("shapes3d", directory).checksum
    let cache = "\(directory)/shapes3d/cache/shapes3d-miniature.pixels"
    let whole = try bytes(of: cache)
    for damaged in [Array(whole.dropLast()), Array(whole[..<100]), [], whole.map { $0 ^ 0xFF }] {
      try write(damaged, to: cache)
      #expect(try open("shapes3d", directory).checksum == expected)
      #expect(try bytes(of: cache) == whole)
    }
    // A source of another time is another source, though its bytes are the same.
    let source = "\(directory)/shapes3d/3dshapes.h5"
    try write(try bytes(of: source), to: source)
    #expect(try open("shapes3d", directory).checksum == expected)
    #expect(try bytes(of: cache) != whole)
  }

  @Test("a file that is shortened while it is open is an error of one sentence")
  func shortened() throws {
    let folder = try TemporaryFolder()
    let dataset = try open("shapes3d", try miniature("shapes3d", in: folder))
    let cache = "\(folder.path)/shapes3d/cache/shapes3d-miniature.pixels"
    #expect(truncate(cache, 5000) == 0)
    let error = try failure(DatasetError.self) {
      var pixels = [UInt8](repeating: 0, count: dataset.imageShape.byteCount)
      try pixels.withUnsafeMutableBufferPointer { try dataset.read([dataset.count - 1], into: $0) }
    }
    #expect(error.description.contains(cache) && error.description.contains("ends at byte"))
  }

  @Test("missing files say where they were looked for and how to get them")
  func missing() throws {
    let folder = try TemporaryFolder()
    let error = try failure(DatasetError.self) {
      _ = try DatasetCatalog.open("shapes3d", dataDirectory: folder.path)
    }
    for part in [
      "\(folder.path)/shapes3d/3dshapes.h5", "bench datasets fetch shapes3d", "268 MB",
      "https://storage.googleapis.com/3d-shapes/3dshapes.h5", "Apache-2.0",
    ] {
      #expect(error.description.contains(part))
    }
  }

  @Test("truncated files are refused by name", arguments: sizes.keys.sorted())
  func truncated(name: String) throws {
    let folder = try TemporaryFolder()
    let directory = try miniature(name, in: folder)
    let file = try #require(
      FileManager.default.contentsOfDirectory(atPath: "\(directory)/\(name)").first {
        !$0.hasSuffix(".json")
      })
    let path = "\(directory)/\(name)/\(file)"
    let whole = try bytes(of: path)
    for share in [0, 0.01, 0.5, 0.99] {
      try write(Array(whole.prefix(Int(Double(whole.count) * share))), to: path)
      let error = try failure(DatasetError.self) { _ = try open(name, directory) }
      #expect(error.description.contains(file))
    }
    #expect(!FileManager.default.fileExists(atPath: "\(directory)/\(name)/cache/\(name).pixels"))
  }

  @Test("a file with another number of images is refused", arguments: sizes.keys.sorted())
  func otherCount(name: String) throws {
    let folder = try TemporaryFolder()
    let directory = try miniature(name, in: folder)
    try FileManager.default.removeItem(atPath: "\(directory)/\(name)/miniature.json")
    let error = try failure(DatasetError.self) { _ = try open(name, directory) }
    guard case .shapeMismatch = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test("wrong arrays are refused for what is wrong with them")
  func wrongArrays() throws {
    let folder = try TemporaryFolder()
    let layout = FactorLayout(
      imageShape: ImageShape(height: 2, width: 2, channelCount: 3), factorNames: ["a", "b"],
      factorSizes: [2, 2])
    let path = folder.path + "/mpi3d_toy.npz"
    func failed(_ arrays: KeyValuePairs<String, NPYArray>) throws -> DatasetError {
      try NPZWriter.write(arrays, to: path)
      return try failure(DatasetError.self) {
        _ = try MPI3D.open(.toy, folder: folder.path, layout: layout)
      }
    }
    let bytes = [UInt8](repeating: 1, count: 48)
    #expect(
      try failed(["images": NPYArray(bytes.map(Float.init), shape: [4, 2, 2, 3])])
        == .typeMismatch(file: path, array: "images", expected: "uint8", found: "float32"))
    #expect(
      try failed(["images": NPYArray(bytes, shape: [2, 2, 4, 3])])
        == .shapeMismatch(
          file: path, array: "images", expected: [4, 2, 2, 3], found: [2, 2, 4, 3]))
    #expect(
      try failed(["imgs": NPYArray(bytes, shape: [4, 2, 2, 3])])
        == .missingArray(file: path, array: "images", found: ["imgs"]))
    try NPZWriter.write(["images": NPYArray(bytes, shape: [4, 2, 2, 3])], to: path)
    #expect(try MPI3D.open(.toy, folder: folder.path, layout: layout).count == 4)
  }

  @Test("factors in another order than the grid's are refused")
  func wrongOrder() throws {
    let folder = try TemporaryFolder()
    let layout = FactorLayout(
      imageShape: ImageShape(height: 2, width: 2, channelCount: 1), factorNames: ["a", "b"],
      factorSizes: [2, 2])
    let path = folder.path + "/dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"
    func write(_ classes: [Int], pixel: UInt8 = 1) throws {
      try NPZWriter.write(
        [
          "imgs": NPYArray([UInt8](repeating: pixel, count: 16), shape: [4, 2, 2]),
          "latents_classes": NPYArray(classes, shape: [4, 3]),
        ], to: path)
    }
    try write([0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1])
    let error = try failure(DatasetError.self) {
      _ = try DSprites.open(folder: folder.path, layout: layout)
    }
    #expect(error.description.contains("latents_classes: found [0, 1, 0], expected [0, 0, 1]"))
    try write([0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1], pixel: 2)
    #expect(throws: DatasetError.self) {
      try DSprites.open(folder: folder.path, layout: layout)
    }
    try write([0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1])
    let dataset = try DSprites.open(folder: folder.path, layout: layout)
    #expect(try dataset.image(at: 3).pixels == [255, 255, 255, 255])
  }

  @Test("an HDF5 file of another dataset is refused with what it holds")
  func otherHDF5() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(
      atPath: golden("hdf5/other.h5"), toPath: folder.path + "/3dshapes.h5")
    let error = try failure(DatasetError.self) { _ = try Shapes3D.open(folder: folder.path) }
    #expect(error.description.contains("has no 'labels'; it holds 'images', 'notes'"))
  }

  @Test(
    "labels in another order or images of another type are refused",
    arguments: [
      "swapped_labels", "float_images", "missing_value",
    ])
  func wrongHDF5(file: String) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(
      atPath: golden("hdf5/\(file).h5"), toPath: folder.path + "/3dshapes.h5")
    let layout = FactorLayout(
      imageShape: ImageShape(height: 2, width: 2, channelCount: 3), factorNames: ["a", "b"],
      factorSizes: [2, 2])
    let error = try failure(DatasetError.self) {
      _ = try Shapes3D.open(folder: folder.path, layout: layout)
    }
    let expected = [
      "swapped_labels": "found a 1.0 at image 1", "float_images": "type float32, expected uint8",
      "missing_value": "found 1, expected 2 values of b",
    ]
    #expect(error.description.contains(try #require(expected[file])))
  }

  @Test("an unwritable data folder is reported")
  func unwritable() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("shapes3d", in: folder)
    try write([], to: "\(directory)/shapes3d/cache")
    let error = try failure(DatasetError.self) { _ = try open("shapes3d", directory) }
    guard case .cannotWrite = error else {
      Issue.record("\(error)")
      return
    }
  }
}

import Datasets
import Foundation
import TestSupport
import Testing

@Suite("Datasets of pictures", .serialized) struct PictureDatasetTests {
  /// Golden: the miniature faces decoded, cropped and resized by Pillow 13.0.0.
  ///
  /// Tolerance: JPEG decoders may round differently by two levels.
  @Test("CelebA's named crops are Pillow's", arguments: ["tv", "d2c", "nash", "c148", "c140"])
  func crops(name: String) throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("celeba", in: folder)
    let golden = try NPZArchive(path: golden("celeba_crops.npz"))
    let dataset = try DatasetCatalog.open("celeba:\(name)", dataDirectory: directory)
    #expect(dataset.count == 7)
    #expect(dataset.name == (name == "tv" ? "celeba-miniature" : "celeba-miniature-\(name)-64"))
    for index in 0..<7 {
      let expected = try golden.array("\(name)_\(index)").uint8s()
      let found = try dataset.image(at: index).pixels
      #expect(zip(found, expected).allSatisfy { abs(Int($0) - Int($1)) <= 2 })
    }
  }

  @Test("CelebA's attributes and splits belong to their pictures, carriage returns or not")
  func attributes() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("celeba", in: folder)
    let list = "\(directory)/celeba/list_attr_celeba.txt"
    let expected = try NPZArchive(path: golden("celeba_crops.npz")).array("attributes").integers()
    for carriageReturns in [true, false] {
      if !carriageReturns { try write(bytes(of: list).filter { $0 != 13 }, to: list) }
      let dataset = try #require(
        try DatasetCatalog.open("celeba", dataDirectory: directory) as? AttributePictureDataset)
      #expect(dataset.attributeNames.count == 40 && dataset.attributeNames[2] == "Attribute_2")
      for index in 0..<7 {
        #expect(
          dataset.attributes(at: index) == expected[40 * index..<40 * index + 40].map { $0 == 1 })
      }
      let splits = try CelebA.Split.allCases.map {
        try CelebA.indices(of: $0, in: dataset, folder: "\(directory)/celeba")
      }
      #expect(splits == [[0, 1, 2, 3], [4], [5, 6]])
      let test = SubsetDataset(dataset, indices: splits[2], part: "test")
      #expect(test.name == "celeba-miniature-test" && test.count == 2)
      #expect(try test.image(at: 1) == dataset.image(at: 6))
    }
  }

  @Test("a held-out part and the rest are the whole, and follow from their number")
  func heldOut() throws {
    let dataset = Scenes3D()
    let split = try HeldOutSplit(dataset, heldOutCount: 5000)
    #expect(split.heldOut.count == 5000 && split.training.count == dataset.count - 5000)
    #expect(
      (split.heldOut.indices + split.training.indices).sorted() == Array(0..<dataset.count))
    #expect(split.heldOut.indices == split.heldOut.indices.sorted())
    #expect(
      try HeldOutSplit(dataset, heldOutCount: 5000).heldOut.checksum == split.heldOut.checksum)
    // Drawn evenly: 500 are expected in every tenth, with a standard deviation of 21.
    for tenth in 0..<10 {
      let count = split.heldOut.indices.count { $0 * 10 / dataset.count == tenth }
      #expect((400...600).contains(count), "tenth \(tenth): \(count)")
    }
    #expect(
      HeldOutSplit.count(wanted: 5000, of: SubsetDataset(dataset, indices: [1, 2], part: "")) == 0)
    #expect(throws: DatasetError.self) { try HeldOutSplit(dataset, heldOutCount: dataset.count) }
  }

  @Test("unpacked pictures give the same pixels as the archive")
  func unpacked() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("celeba", in: folder)
    let packed = try DatasetCatalog.open("celeba", dataDirectory: directory)
    let inner = "\(directory)/celeba"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", "-m", "zipfile", "-e", "\(inner)/img_align_celeba.zip", inner,
    ]
    try process.run()
    process.waitUntilExit()
    try FileManager.default.removeItem(atPath: "\(inner)/cache")
    try FileManager.default.removeItem(atPath: "\(inner)/img_align_celeba.zip")
    #expect(try DatasetCatalog.open("celeba", dataDirectory: directory).checksum == packed.checksum)
  }

  @Test("incomplete or damaged lists and archives are refused by name")
  func refused() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("celeba", in: folder)
    let inner = "\(directory)/celeba"
    func message() throws -> String {
      try failure(DatasetError.self) {
        _ = try DatasetCatalog.open("celeba", dataDirectory: directory)
      }.description
    }
    let list = try bytes(of: "\(inner)/list_attr_celeba.txt")
    try write(
      Array("<!DOCTYPE html><html>Quota exceeded".utf8), to: "\(inner)/list_attr_celeba.txt")
    #expect(
      try message().contains(
        "list_attr_celeba.txt: not a valid attribute list file: it is a web page"))
    try write(Array(list.prefix(list.count / 2)), to: "\(inner)/list_attr_celeba.txt")
    #expect(try message().contains("list_attr_celeba.txt"))
    try write(list, to: "\(inner)/list_attr_celeba.txt")
    try write(Array("<!DOCTYPE html><html>Quota".utf8), to: "\(inner)/img_align_celeba.zip")
    #expect(
      try message().contains("img_align_celeba.zip: is a web page, expected a folder, .zip"))
    // The real dataset is not what a miniature is.
    try FileManager.default.removeItem(atPath: "\(inner)/miniature.json")
    #expect(try message().contains("found 9, expected 202599 rows"))
  }

  @Test(
    "faces named by numbers are in the order of their numbers",
    arguments: [
      ("celebahq", 3), ("ffhq", 3), ("ffhq-128", 2),
    ])
  func numbered(name: String, count: Int) throws {
    let folder = try TemporaryFolder()
    let directory = try miniature(name, in: folder)
    let dataset = try DatasetCatalog.open("\(name)@32", dataDirectory: directory)
    #expect(dataset.count == count && dataset.imageShape.height == 32)
    if let faces = dataset as? AttributePictureDataset {
      #expect(faces.pictureNames == ["0.jpg", "2.jpg", "10.jpg"])
      #expect(
        (0..<3).map { faces.attributes(at: $0) } == [[true, false], [false, true], [true, true]])
    }
    let other = try DatasetCatalog.open("\(name):box@32", dataDirectory: directory)
    #expect(other.name == "\(name)-miniature-box-32" && other.checksum != dataset.checksum)
  }

  @Test("LSUN's database is read, large values on their own pages too")
  func lsun() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("lsun-bedroom", in: folder)
    let dataset = try #require(
      try DatasetCatalog.open("lsun-bedroom@16", dataDirectory: directory) as? PictureDataset)
    #expect(dataset.count == 40)
    #expect(dataset.pictureNames == dataset.pictureNames.sorted())
    // Key of number 0: sha1("0"); its picture is 200 pixels wide.
    let first = try #require(
      dataset.pictureNames.firstIndex(of: "b6589fc6ab0dc82cf12099d1c2d40ab994e8410c"))
    #expect(try dataset.original(at: first).width == 200)
    #expect(try dataset.original(at: first == 0 ? 1 : 0).width == 16)
  }

  @Test("any folder, zip or tar of pictures is a dataset")
  func folders() throws {
    let folder = try TemporaryFolder()
    let data = folder.path + "/data"
    let source = try golden("miniatures/ffhq/images1024x1024")
    let plain = try DatasetCatalog.open("\(source)@24", dataDirectory: data)
    #expect(plain.count == 3 && plain.name == "images1024x1024-tv-24")
    let paths = ["00000/00000.png", "00000/00999.png", "01000/01000.png"]
    var tar = ["-C", source, "-cf", "\(folder.path)/faces.tar"]
    tar += paths
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/tar")
    process.arguments = tar
    try process.run()
    process.waitUntilExit()
    let archived = try DatasetCatalog.open("\(folder.path)/faces.tar@24", dataDirectory: data)
    #expect(archived.checksum == plain.checksum)
    #expect(try archived.pixels(at: [2, 0]) == plain.pixels(at: [2, 0]))
    let zipped = try DatasetCatalog.open(
      "\(golden("miniatures/celeba/img_align_celeba.zip")):bicubic@16", dataDirectory: data)
    #expect(zipped.count == 7)
    // Nothing was written beside the pictures.
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: source).sorted() == ["00000", "01000"])
  }

  @Test("folders without pictures, unknown protocols and odd sizes are refused")
  func badRequests() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("celeba", "dsprites", in: folder)
    func message(_ name: String) throws -> String {
      try failure(DatasetError.self) {
        _ = try DatasetCatalog.open(name, dataDirectory: directory)
      }.description
    }
    #expect(
      try message("\(folder.path)/none")
        == "\(folder.path)/none: cannot be read: there is no such folder or file.")
    #expect(
      try message("\(folder.path)/dsprites").contains("found none among files of other kinds ("))
    #expect(try message("celeba:square").contains("has no protocol 'square'; it has tv, d2c"))
    #expect(try message("celeba@4").contains("side 4"))
    #expect(try message("dsprites@32").contains("one fixed size"))
    #expect(try message("celebahq").contains("celebahq/images"))
  }

  @Test("a picture that is replaced by another of its name makes the cache again")
  func replacedPicture() throws {
    let folder = try TemporaryFolder()
    let source = folder.path + "/faces"
    func add(_ value: UInt8) throws {
      try FileManager.default.createDirectory(
        atPath: source + "/inner", withIntermediateDirectories: true)
      let pixels = [UInt8](repeating: value, count: 16 * 16 * 3)
      try PNG.write(
        RasterImage(height: 16, width: 16, channelCount: 3, pixels: pixels),
        to: source + "/inner/a.png")
    }
    func pixel() throws -> UInt8 {
      try DatasetCatalog.open("\(source)@16", dataDirectory: folder.path).pixels(at: [0])[0]
    }
    for value: UInt8 in [7, 200] {
      try add(value)
      #expect(try pixel() == value)
      #expect(try pixel() == value)
    }
  }

  @Test("LSUN's archive asks to be unpacked")
  func packedDatabase() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("lsun-bedroom", in: folder)
    let inside = directory + "/lsun-bedroom/bedroom_train_lmdb"
    try FileManager.default.removeItem(atPath: inside)
    try write(Array("PK".utf8), to: inside + ".zip")
    let error = try failure(DatasetError.self) {
      _ = try DatasetCatalog.open("lsun-bedroom", dataDirectory: directory)
    }
    #expect(error.description.contains("bedroom_train_lmdb.zip"))
    #expect(error.description.contains("unpack it"))
  }

  @Test("a broken picture is named when the cache is made")
  func brokenPicture() throws {
    let folder = try TemporaryFolder()
    let source = folder.path + "/faces"
    try FileManager.default.copyItem(
      atPath: golden("miniatures/ffhq/images1024x1024"), toPath: source)
    let whole = try bytes(of: source + "/00000/00999.png")
    try write(Array(whole.prefix(whole.count / 2)), to: source + "/00000/00999.png")
    let error = try failure(DatasetError.self) {
      _ = try DatasetCatalog.open(source, dataDirectory: folder.path)
    }
    #expect(error.description.hasPrefix("\(source)/00000/00999.png: not a valid PNG file"))
    #expect(
      try FileManager.default.subpathsOfDirectory(atPath: folder.path + "/folders")
        .allSatisfy { !$0.contains(".tmp") && !$0.hasSuffix(".pixels") })
  }

  @Test("pictures kept as NumPy arrays are read")
  func arrayPicture() throws {
    let folder = try TemporaryFolder()
    let planes = NPYArray((0..<3 * 4 * 5).map { UInt8($0) }, shape: [1, 3, 4, 5])
    try planes.write(to: folder.path + "/imgHQ00000.npy")
    let image = try ImageFile.read(folder.path + "/imgHQ00000.npy")
    #expect(image.height == 4 && image.width == 5)
    #expect(Array(image.pixels.prefix(6)) == [0, 20, 40, 1, 21, 41])
    try NPYArray([1.0], shape: [1, 1, 1, 1]).write(to: folder.path + "/a.npy")
    #expect(throws: DatasetError.self) { try ImageFile.read(folder.path + "/a.npy") }
  }
}

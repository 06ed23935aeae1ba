import BenchSupport
import Datasets
import Foundation
import TestSupport
import Testing

/// Datasets as people have them, made by `scripts/make_bring_your_own.py`.
@Suite("Layouts of copies", .serialized) struct DatasetLayoutTests {
  /// A folder with what the script makes of `parts`.
  static func made(_ parts: String...) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments =
      ["python3", "\(root.path)/scripts/make_bring_your_own.py", folder.path] + parts
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return folder
  }

  @Test("CelebA's copies give the pictures, attributes and splits of the official files")
  func celebA() throws {
    let folder = try Self.made("celeba")
    let official = try TemporaryFolder()
    let directory = try miniature("celeba", in: official)
    let expected = try #require(
      try DatasetCatalog.open("celeba", dataDirectory: directory) as? AttributePictureDataset)
    for layout in ["kaggle", "kaggle_marked", "torchvision", "official_folders", "mixture", "png"] {
      let data = "\(folder.path)/layouts/\(layout)"
      let found = try #require(
        try DatasetCatalog.open("celeba", dataDirectory: data) as? AttributePictureDataset,
        "\(layout)")
      #expect(found.count == 7 && found.attributeNames == expected.attributeNames, "\(layout)")
      for index in 0..<7 {
        #expect(found.attributes(at: index) == expected.attributes(at: index), "\(layout)")
      }
      if layout != "png" { #expect(found.checksum == expected.checksum, "\(layout)") }
      let splits = try CelebA.Split.allCases.map {
        try CelebA.indices(of: $0, in: found, folder: "\(data)/celeba")
      }
      // Without a list of splits, the numbers 1 to 7 are all for training.
      let isListed = !["mixture", "png"].contains(layout)
      #expect(
        splits == (isListed ? [[0, 1, 2, 3], [4], [5, 6]] : [Array(0..<7), [], []]), "\(layout)")
    }
  }

  @Test("what is there and in which layout is known without opening, and what is missing is said")
  func parts() throws {
    let folder = try Self.made("celeba")
    let entry = try DatasetCatalog.entry("celeba")
    func parts(_ layout: String) -> [String?] {
      entry.parts(in: "\(folder.path)/layouts/\(layout)").map { $0.place?.layout }
    }
    #expect(parts("kaggle") == ["Kaggle", "Kaggle", "Kaggle"])
    #expect(parts("torchvision") == ["torchvision", "official", "official"])
    #expect(parts("mixture") == ["official", "Kaggle", nil])
    #expect(entry.isPresent(in: "\(folder.path)/layouts/mixture"))
    #expect(
      entry.missingFiles(in: "\(folder.path)/layouts/no_attributes").map(\.path)
        == ["list_attr_celeba.txt"])
    let error = try failure(DatasetError.self) {
      _ = try DatasetCatalog.open("celeba", dataDirectory: "\(folder.path)/layouts/no_attributes")
    }
    #expect(error.description.contains("celeba/list_attr_celeba.txt"))
  }

  @Test(
    "copies of FFHQ are called copies, never enlarged, and say that their resizing is unknown",
    arguments: ["ffhq_folder", "ffhq_nested", "ffhq_zip"])
  func ffhq(layout: String) throws {
    let folder = try Self.made("faces")
    let data = "\(folder.path)/layouts/\(layout)"
    let dataset = try DatasetCatalog.open("ffhq@32", dataDirectory: data)
    #expect(dataset.count == 3 && dataset.name == "ffhq-copy32-miniature-lanczos-32")
    #expect(dataset.notes.contains { $0.contains("32×32 that somebody resized; how is not known") })
    let error = try failure(DatasetError.self) {
      _ = try DatasetCatalog.open("ffhq@64", dataDirectory: data)
    }
    #expect(error.description.contains("pictures are 32 pixels wide; ask for '@32' or less"))
    #expect(try DatasetCatalog.open("ffhq", dataDirectory: data).imageShape.height == 32)
  }

  @Test("FFHQ's thumbnails by its name are the dataset of the thumbnails")
  func thumbnails() throws {
    let folder = try Self.made("faces")
    let data = "\(folder.path)/layouts/ffhq_thumbnails"
    let dataset = try DatasetCatalog.open("ffhq", dataDirectory: data)
    #expect(dataset.name == "ffhq-128-miniature" && dataset.imageShape.height == 128)
    #expect(dataset.notes.isEmpty)
  }

  @Test("CelebA-HQ as CelebAMask-HQ and as a resized folder have it, in the order of the numbers")
  func celebAHQ() throws {
    let folder = try Self.made("faces")
    let plain = try DatasetCatalog.open(
      "celebahq@16", dataDirectory: "\(folder.path)/layouts/hq_folder")
    #expect(plain.count == 3 && !(plain is AttributePictureDataset))
    let masked = try #require(
      try DatasetCatalog.open("celebahq@16", dataDirectory: "\(folder.path)/layouts/hq_mask")
        as? AttributePictureDataset)
    #expect(masked.pictureNames == ["0.png", "2.png", "10.png"])
    #expect(
      (0..<3).map { masked.attributes(at: $0) } == [[true, false], [false, true], [true, true]])
    // Faces that are numbered as CelebA's get no attributes of other faces.
    let other = try DatasetCatalog.open(
      "celebahq@16", dataDirectory: "\(folder.path)/layouts/hq_other")
    #expect(other.count == 3 && !(other is AttributePictureDataset))
    #expect(other.notes.contains { $0.contains("the pictures are numbered otherwise") })
    #expect(throws: DatasetError.self) {
      try DatasetCatalog.open("celebahq@64", dataDirectory: "\(folder.path)/layouts/hq_folder")
    }
  }

  @Test("LSUN's pictures as a folder or a zip are a copy", arguments: ["lsun_folder", "lsun_zip"])
  func lsun(layout: String) throws {
    let folder = try Self.made("faces")
    let dataset = try DatasetCatalog.open(
      "lsun-bedroom@16", dataDirectory: "\(folder.path)/layouts/\(layout)")
    #expect(dataset.count == 3 && dataset.name == "lsun-bedroom-copy32-miniature-bicubic-16")
  }

  @Test("Cars3D unpacked gives the pixels of the archive, and a car that is replaced others")
  func cars() throws {
    let folder = try Self.made("cars")
    let archived = try TemporaryFolder()
    let expected = try DatasetCatalog.open(
      "cars3d", dataDirectory: miniature("cars3d", in: archived))
    let data = "\(folder.path)/layouts/cars_folder"
    #expect(try DatasetCatalog.open("cars3d", dataDirectory: data).checksum == expected.checksum)
    let cars = "\(data)/cars3d/cars"
    try FileManager.default.removeItem(atPath: "\(cars)/car_002_mesh.mat")
    try FileManager.default.copyItem(
      atPath: "\(cars)/car_007_mesh.mat", toPath: "\(cars)/car_002_mesh.mat")
    try write([1, 2, 3], to: "\(cars)/._car_002_mesh.mat")
    #expect(try DatasetCatalog.open("cars3d", dataDirectory: data).checksum != expected.checksum)
    // One car twice and one not at all are as many lines as cars.
    let list = try String(contentsOfFile: "\(cars)/list.txt", encoding: .utf8)
    try write(
      Array(list.replacingOccurrences(of: "007", with: "002").utf8), to: "\(cars)/list.txt")
    let twice = try failure(DatasetError.self) {
      _ = try DatasetCatalog.open("cars3d", dataDirectory: data)
    }
    #expect(twice.description.contains("each listed once"), "\(twice)")
    try FileManager.default.removeItem(atPath: "\(cars)/list.txt")
    let error = try failure(DatasetError.self) {
      _ = try DatasetCatalog.open("cars3d", dataDirectory: data)
    }
    #expect(error.description.contains("list.txt: cannot be read"), "\(error)")
  }

  @Test("dSprites' official HDF5 file gives the pixels of the npz")
  func dSprites() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("dsprites", in: folder)
    let expected = try DatasetCatalog.open("dsprites", dataDirectory: directory).checksum
    let stem = "\(directory)/dsprites/dsprites_ndarray_co1sh3sc6or40x32y32_64x64"
    try FileManager.default.removeItem(atPath: "\(directory)/dsprites/cache")
    try FileManager.default.removeItem(atPath: "\(stem).npz")
    try FileManager.default.copyItem(atPath: golden("hdf5/dsprites.h5"), toPath: "\(stem).hdf5")
    #expect(try DatasetCatalog.open("dsprites", dataDirectory: directory).checksum == expected)
  }

  @Test("a folder or an archive of any of these layouts is placed by fetching")
  func fetching() throws {
    let folder = try Self.made("celeba", "faces", "cars")
    for (layout, name) in [
      ("kaggle", "celeba"), ("kaggle_marked", "celeba"), ("torchvision", "celeba"),
      ("png", "celeba"), ("ffhq_folder", "ffhq"),
      ("ffhq_nested", "ffhq"), ("ffhq_thumbnails", "ffhq"), ("hq_mask", "celebahq"),
      ("hq_folder", "celebahq"), ("lsun_folder", "lsun-bedroom"), ("lsun_zip", "lsun-bedroom"),
      ("cars_folder", "cars3d"),
    ] {
      let source = "\(folder.path)/layouts/\(layout)/\(name)"
      let data = "\(folder.path)/fetched/\(layout)"
      try FileManager.default.createDirectory(
        atPath: "\(data)/\(name)", withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: "\(source)/miniature.json", toPath: "\(data)/\(name)/miniature.json")
      let lists = ["list_attr_celeba.txt", "list_eval_partition.txt"]
      // The miniature's lists are not the published ones, whose checksums fetching demands.
      for list in lists {
        for place in ["", "celeba/"]
        where FileManager.default.fileExists(atPath: "\(source)/\(place)\(list)") {
          try FileManager.default.moveItem(
            atPath: "\(source)/\(place)\(list)", toPath: "\(data)/\(name)/\(list)")
        }
      }
      let files = try DatasetCatalog.entry(name).fetch(into: data, from: .folder(source))
      #expect(
        files.contains { if case .linked = $0.state { true } else { layout == "lsun_zip" } },
        "\(layout)")
      let dataset = try DatasetCatalog.open(
        "\(name)\(name == "cars3d" ? "" : "@16")", dataDirectory: data)
      #expect(dataset.count == (name == "celeba" ? 7 : name == "cars3d" ? 18 : 3), "\(layout)")
    }
  }

  @Test(
    "an archive under any name, and a folder with as many pictures as there must be, are placed")
  func anyName() throws {
    let folder = try Self.made("faces")
    let data = "\(folder.path)/data"
    _ = try DatasetCatalog.entry("ffhq").fetch(
      into: data, from: .file("\(folder.path)/faces32.zip"))
    #expect(try DatasetCatalog.open("ffhq", dataDirectory: data).count == 3)
    let other = "\(folder.path)/other"
    try FileManager.default.createDirectory(
      atPath: "\(other)/ffhq", withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: "\(data)/ffhq/miniature.json", toPath: "\(other)/ffhq/miniature.json")
    let source = "\(folder.path)/my faces"
    try FileManager.default.copyItem(
      atPath: "\(folder.path)/layouts/ffhq_folder/ffhq/ffhq256", toPath: source)
    let files = try DatasetCatalog.entry("ffhq").fetch(into: other, from: .folder(source + "/"))
    #expect(files.map(\.state) == [.linked(to: source)])
    #expect(try DatasetCatalog.open("ffhq", dataDirectory: other).count == 3)
    // Again it is there; a folder with other things is not taken for it.
    #expect(
      try DatasetCatalog.entry("ffhq").fetch(into: other, from: .folder(source))[0].wasPresent)
    let error = try failure(DatasetError.self) {
      _ = try DatasetCatalog.entry("ffhq").fetch(
        into: "\(folder.path)/third", from: .folder("\(folder.path)/layouts/hq_mask"))
    }
    #expect(
      error.description.contains(
        "there is no such file, nor in any other layout that is read: copy, ffhq256"))
  }

  @Test("a cache that cannot lie beside the data lies in the user's folder, or where it is put")
  func caches() throws {
    let folder = try TemporaryFolder()
    let directory = try miniature("dsprites", in: folder)
    let expected = try DatasetCatalog.open("dsprites", dataDirectory: directory).checksum
    let cache = "\(directory)/dsprites/cache"
    try FileManager.default.removeItem(atPath: cache)
    // A file in the place of the folder keeps the administrator from writing too.
    try write([0], to: cache)
    let error = try failure(DatasetError.self) {
      _ = try DatasetCatalog.open("dsprites", dataDirectory: directory)
    }
    #expect(
      error.description.contains("cannot be written") && error.description.contains("--cache-dir"))
    for (folders, place) in [
      (PixelCacheFolders(user: "\(folder.path)/user"), "user/pixels"),
      (PixelCacheFolders(chosen: "\(folder.path)/chosen", user: "/nowhere"), "chosen"),
    ] {
      let found = try PixelCacheFolders.$current.withValue(folders) {
        try DatasetCatalog.open("dsprites", dataDirectory: directory).checksum
      }
      #expect(found == expected)
      let made = try FileManager.default.subpathsOfDirectory(atPath: "\(folder.path)/\(place)")
      #expect(made.contains { $0.hasSuffix("dsprites-miniature.pixels") })
    }
  }
}

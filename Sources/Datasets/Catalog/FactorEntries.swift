/// The catalog's entries of the datasets with known factors.
extension DatasetEntry {
  /// All of them, in the order in which they are listed.
  package static let withFactors: [DatasetEntry] =
    [.scenes3D, .scenes3DCorrelated, .sprites2D, .shapes3D, .cars3D, .smallNORB, .dSprites]
    + [.dSpritesColor, .dSpritesNoise, .dSpritesScream]
    + MPI3D.Version.allCases.map { .mpi3D($0) }

  /// The built-in scenes, which need no files.
  static let scenes3D = DatasetEntry(
    name: "scenes3d", summary: "Built-in rendered rooms with one object; six factors.", files: [],
    size: "0 bytes", licence: "Apache-2.0, with this package", page: "built in"
  ) { (_) throws(DatasetError) in Scenes3D() }

  /// The same with two factors that occur together more often than by chance.
  static let scenes3DCorrelated = DatasetEntry(
    name: "scenes3d-correlated",
    summary: "Built-in rooms whose floor and wall have correlated hues (arXiv:2006.07886).",
    files: [], size: "0 bytes", licence: "Apache-2.0, with this package", page: "built in",
    note:
      "The part of scenes3d that correlated(floor_hue,wall_hue,0.2) selects: an image stays with probability "
      + "exp(-(a - b)^2 / 2*0.2^2) for the two hues a and b scaled to 0...1. Codes are scored on this part; bench "
      + "encode --dataset scenes3d gives those of all images."
  ) { (_) throws(DatasetError) in
    try FactorSubset("correlated(floor_hue,wall_hue,0.2)", of: Scenes3D())
  }

  /// The built-in sprites, which need no files.
  static let sprites2D = DatasetEntry(
    name: "sprites2d", summary: "Built-in white shapes on black; five factors.", files: [],
    size: "0 bytes", licence: "Apache-2.0, with this package", page: "built in"
  ) { (_) throws(DatasetError) in Sprites2D() }

  static let shapes3D = DatasetEntry.grid(
    name: "shapes3d", summary: "Rendered rooms with one object; six factors, 480,000 images.",
    files: [
      RemoteFile(
        Shapes3D.fileName, ["https://storage.googleapis.com/3d-shapes/3dshapes.h5"],
        checksum: .sha256("0a0f6ed98baff276a50f3a081a7434d788da63cb135a98189b2a5b5769be1785"),
        byteCount: 267_573_662)
    ],
    size: "268 MB, 5.9 GB unpacked", licence: "Apache-2.0",
    page: "https://github.com/deepmind/3d-shapes", layout: Shapes3D.layout
  ) { (folder, layout, name) throws(DatasetError) in
    try Shapes3D.open(folder: folder, layout: layout, name: name)
  }

  static let cars3D = DatasetEntry.grid(
    name: "cars3d", summary: "Rendered cars; elevation, azimuth, object, 17,568 images.",
    files: [
      RemoteFile(
        Cars3D.fileName, ["http://www.scottreed.info/files/nips2015-analogy-data.tar.gz"],
        checksum: .md5("4e866a7919c1beedf53964e6f7a23686"), places: Cars3D.places)
    ],
    size: "about 300 MB", licence: "none stated; research use is customary",
    page: "http://www.scottreed.info", layout: Cars3D.layout
  ) { (folder, layout, name) throws(DatasetError) in
    try Cars3D.open(folder: folder, layout: layout, name: name)
  }

  static let smallNORB: DatasetEntry = {
    let sums: [(dat: String, cat: String, info: String)] = [
      (
        "66054832f9accfe74a0f4c36a75bc0a2", "23c8b86101fbf0904a000b43d3ed2fd9",
        "51dee1210a742582ff607dfd94e332e3"
      ),
      (
        "e4ad715691ed5a3a5f138751a4ceb071", "5aa791cd7e6016cf957ce9bdb93b8603",
        "a9454f3864d7fd4bb3ea7fc3eb84924e"
      ),
    ]
    let files = zip(SmallNORB.parts, sums).flatMap { part, sums in
      [("dat", sums.dat), ("cat", sums.cat), ("info", sums.info)].map { kind, sum in
        let name = "smallnorb-\(part)-\(kind).mat"
        return RemoteFile(
          "\(name).gz", ["https://cs.nyu.edu/~ylclab/data/norb-v1.0-small/\(name).gz"],
          checksum: .md5(sum),
          places: [.init("\(name).gz", "official"), .init(name, "unpacked")])
      }
    }
    return .grid(
      name: "smallnorb",
      summary: "Photographed toys; category, elevation, azimuth, lighting, 48,600 images.",
      files: files, size: "about 250 MB", licence: "research use only, no redistribution",
      page: "https://cs.nyu.edu/~ylclab/data/norb-v1.0-small/", layout: SmallNORB.layout
    ) { (folder, layout, name) throws(DatasetError) in
      try SmallNORB(folder: folder, layout: layout, name: name)
    }
  }()

  private static func dSprites(
    _ name: String, _ summary: String, extraFiles: [RemoteFile] = [], note: String? = nil,
    variant: @escaping @Sendable (String) throws(DatasetError) -> DSpritesVariant.Kind?
  ) -> DatasetEntry {
    .grid(
      name: name, summary: summary, files: [DSprites.file] + extraFiles,
      size: "27 MB, 3.0 GB unpacked", licence: "zlib/libpng",
      page: "https://github.com/deepmind/dsprites-dataset", note: note, layout: DSprites.layout,
      folderName: "dsprites"
    ) { (folder, layout, name) throws(DatasetError) in
      let isMiniature = name.hasSuffix("-miniature")
      let base = try DSprites.open(
        folder: folder, layout: layout, name: isMiniature ? "dsprites-miniature" : "dsprites")
      guard let kind = try variant(folder) else { return base }
      return DSpritesVariant(base, kind, name: name)
    }
  }

  static let dSprites = dSprites(
    "dsprites", "White sprites on black; five factors, 737,280 images."
  ) { (_) throws(DatasetError) in nil }

  static let dSpritesColor = dSprites(
    "dsprites-color", "dSprites in random colours."
  ) { (_) throws(DatasetError) in .color }

  static let dSpritesNoise = dSprites(
    "dsprites-noise", "dSprites on noise."
  ) { (_) throws(DatasetError) in .noise }

  static let dSpritesScream = dSprites(
    "dsprites-scream", "dSprites on random parts of a painting.",
    extraFiles: [
      RemoteFile(
        "scream.jpg", ["https://upload.wikimedia.org/wikipedia/commons/f/f4/The_Scream.jpg"])
    ],
    note: "The painting is public domain; its file has been replaced over time, so results compare "
      + "only where the dataset's checksum is equal."
  ) { (folder) throws(DatasetError) in .scream(try ImageFile.read("\(folder)/scream.jpg")) }

  static func mpi3D(_ version: MPI3D.Version) -> DatasetEntry {
    let host = "https://huggingface.co/datasets"
    let url =
      version == .complex
      ? "\(host)/randall-lab/mpi3d-complex/resolve/main/\(version.fileName)"
      : "\(host)/waleedgondal/mpi3d/resolve/main/\(version.fileName)"
    let summaries: [MPI3D.Version: String] = [
      .toy: "A rendered robot arm, simple; seven factors, 1,036,800 images.",
      .realistic: "A rendered robot arm, realistic; seven factors, 1,036,800 images.",
      .real: "Photographs of a robot arm; seven factors, 1,036,800 images.",
      .complex: "Photographs of a robot arm with everyday objects; 460,800 images.",
    ]
    return .grid(
      name: version.datasetName, summary: summaries[version] ?? version.rawValue,
      files: [RemoteFile(version.fileName, [url])],
      size: version == .complex ? "5.7 GB unpacked" : "12.7 GB unpacked", licence: "CC BY 4.0",
      page: "https://github.com/rr-learning/disentanglement_dataset",
      note: version == .complex
        ? nil
        : "The checksums published for the files of the former location are not known to hold for"
          + " this one. A file of 460,800 images under this name is another dataset and is refused.",
      layout: version.layout
    ) { (folder, layout, name) throws(DatasetError) in
      try MPI3D.open(version, folder: folder, layout: layout, name: name)
    }
  }
}

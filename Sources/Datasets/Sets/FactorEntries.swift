/// The catalog's entries of the datasets with known factors.
extension DatasetEntry {
  /// The built-in scenes, which need no files.
  static let scenes3D = DatasetEntry(
    name: "scenes3d", summary: "Built-in rendered rooms with one object; six factors.", files: [],
    size: "0 bytes", licence: "Apache-2.0, with this package", page: "built in"
  ) { (_, _) throws(DatasetError) in Scenes3D() }

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

  static let dSprites = DatasetEntry.grid(
    name: "dsprites", summary: "White sprites on black; five factors, 737,280 images.",
    files: [
      RemoteFile(
        DSprites.fileName,
        ["https://github.com/deepmind/dsprites-dataset/raw/master/\(DSprites.fileName)"])
    ],
    size: "27 MB, 3.0 GB unpacked", licence: "zlib/libpng",
    page: "https://github.com/deepmind/dsprites-dataset", layout: DSprites.layout
  ) { (folder, layout, name) throws(DatasetError) in
    try DSprites.open(folder: folder, layout: layout, name: name)
  }

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
      page: "https://github.com/rr-learning/disentanglement_dataset", layout: version.layout
    ) { (folder, layout, name) throws(DatasetError) in
      try MPI3D.open(version, folder: folder, layout: layout, name: name)
    }
  }
}

/// The catalog's entries of the datasets of pictures.
extension DatasetEntry {
  /// All of them, in the order in which they are listed.
  static let ofPictures: [DatasetEntry] = [
    .celebA, .celebAHQ, .ffhq, .ffhqThumbnails, .lsunBedroom,
  ]

  static let celebA = DatasetEntry.pictures(
    name: "celeba", summary: "Aligned faces with 40 attributes, 202,599 images.",
    files: [
      RemoteFile(
        "img_align_celeba.zip", [], checksum: .md5("00d2c5bc6d35e252742224ab0c1e8fcb"),
        alternatives: ["img_align_celeba"]),
      RemoteFile(CelebA.listName, [], checksum: .md5("75e246fa4810816ffd6ee81facbd244c")),
      RemoteFile(CelebA.partitionName, [], checksum: .md5("d32c9cbf5e040fd4025c592c306e6668")),
    ],
    size: "1.4 GB", licence: "non-commercial research only",
    page: "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
    note: "The official files are handed out by a page that programs cannot use: download them by"
      + " hand, then 'bench datasets fetch celeba --from FOLDER' checks and places them.",
    protocols: PictureProtocol.celebA
  ) { (folder, request, count) throws(DatasetError) in
    try CelebA.open(folder: folder, request: request, miniatureCount: count)
  }

  static let celebAHQ = DatasetEntry.pictures(
    name: "celebahq",
    summary: "Faces of 1024×1024, 30,000 images; attributes if their list is there.",
    files: [RemoteFile("images", [])], size: "2.7 GB and more, depending on the copy",
    licence: "non-commercial research only",
    page: "https://github.com/tkarras/progressive_growing_of_gans",
    note: "Copies are re-encoded in different ways and their pixels differ; put the pictures, named"
      + " 0.jpg … or imgHQ00000.npy …, into 'images'.",
    protocols: PictureProtocol.squares(side: 256, first: .lanczos)
  ) { (folder, request, count) throws(DatasetError) in
    try PictureSets.celebAHQ(folder: folder, request: request, miniatureCount: count)
  }

  static let ffhq = DatasetEntry.pictures(
    name: "ffhq", summary: "Faces of 1024×1024, 70,000 images.",
    files: [RemoteFile("images1024x1024", [])], size: "89.1 GB",
    licence: "CC BY-NC-SA 4.0; single pictures vary",
    page: "https://github.com/NVlabs/ffhq-dataset",
    note: "Download 'images1024x1024' with the dataset's own script into the dataset's folder.",
    protocols: PictureProtocol.squares(side: 256, first: .lanczos)
  ) { (folder, request, count) throws(DatasetError) in
    try PictureSets.ffhq(
      folder: folder, inner: "images1024x1024", request: request, miniatureCount: count)
  }

  static let ffhqThumbnails = DatasetEntry.pictures(
    name: "ffhq-128", summary: "FFHQ's thumbnails of 128×128, 70,000 images.",
    files: [RemoteFile("thumbnails128x128", [])], size: "1.95 GB",
    licence: "CC BY-NC-SA 4.0; single pictures vary",
    page: "https://github.com/NVlabs/ffhq-dataset",
    note: "Download 'thumbnails128x128' with the dataset's own script into the dataset's folder.",
    protocols: PictureProtocol.squares(side: 128, first: .lanczos)
  ) { (folder, request, count) throws(DatasetError) in
    try PictureSets.ffhq(
      folder: folder, inner: "thumbnails128x128", request: request, miniatureCount: count)
  }

  static let lsunBedroom = DatasetEntry.pictures(
    name: "lsun-bedroom", summary: "Photographs of bedrooms, about 3,033,042 images.",
    files: [
      RemoteFile(
        "bedroom_train_lmdb.zip", ["http://dl.yf.io/lsun/scenes/bedroom_train_lmdb.zip"],
        alternatives: ["bedroom_train_lmdb"])
    ],
    size: "45 GB", licence: "research use", page: "https://www.yf.io/p/lsun",
    note:
      "Unpack the archive: a database inside it cannot be read. At 256×256 the images are decoded"
      + " whenever read; a cache would take 596 GB. WebP files are refused.",
    protocols: PictureProtocol.squares(side: 256, first: .bicubic)
  ) { (folder, request, _) throws(DatasetError) in
    try PictureSets.lsun(folder: folder, inner: "bedroom_train_lmdb", request: request)
  }
}

/// The catalog's entries of the datasets of pictures.
extension DatasetEntry {
  /// All of them, in the order in which they are listed.
  static let ofPictures: [DatasetEntry] = [
    .celebA, .celebAHQ, .ffhq, .ffhqThumbnails, .lsunBedroom,
  ]

  static let celebA = DatasetEntry.pictures(
    name: "celeba", summary: "Aligned faces with 40 attributes, 202,599 images.",
    files: [CelebA.pictures, CelebA.list, CelebA.partition],
    size: "1.4 GB", licence: "non-commercial research only",
    page: "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
    note: "The official files are handed out by a page that programs cannot use: download them by"
      + " hand, from there or from Kaggle, or with torchvision, then"
      + " 'bench datasets fetch celeba --from FOLDER' checks and places them.",
    protocols: PictureProtocol.celebA
  ) { (folder, request, count) throws(DatasetError) in
    try CelebA.open(folder: folder, request: request, miniatureCount: count)
  }

  static let celebAHQ = DatasetEntry.pictures(
    name: "celebahq",
    summary: "Faces of 1024×1024, 30,000 images; attributes if their list is there.",
    files: [CelebAHQ.pictures, CelebAHQ.list], size: "2.7 GB and more, depending on the copy",
    licence: "non-commercial research only",
    page: "https://github.com/tkarras/progressive_growing_of_gans",
    note: "Copies are re-encoded in different ways and their pixels differ. The pictures, named"
      + " 0.jpg … or imgHQ00000.npy …, may lie in 'images' or as CelebAMask-HQ and Kaggle have them;"
      + " 'bench datasets fetch celebahq --from FOLDER' places any of them.",
    protocols: PictureProtocol.squares(side: 256, first: .lanczos)
  ) { (folder, request, count) throws(DatasetError) in
    try CelebAHQ.open(folder: folder, request: request, miniatureCount: count)
  }

  static let ffhq = DatasetEntry.pictures(
    name: "ffhq", summary: "Faces of 1024×1024, 70,000 images, or copies of them at other sizes.",
    files: [FFHQ.pictures], size: "89.1 GB",
    licence: "CC BY-NC-SA 4.0; single pictures vary",
    page: "https://github.com/NVlabs/ffhq-dataset",
    note: "Download 'images1024x1024' with the dataset's own script, or place a copy that somebody"
      + " resized, a folder or a zip as StyleGAN's, with 'bench datasets fetch ffhq --from COPY'. How a"
      + " copy was resized is unknown: it is called ffhq-copy256 or the like, and its scores compare"
      + " only with those on the same copy.",
    protocols: PictureProtocol.squares(side: 256, first: .lanczos)
  ) { (folder, request, count) throws(DatasetError) in
    try FFHQ.open(FFHQ.pictures, folder: folder, request: request, miniatureCount: count)
  }

  static let ffhqThumbnails = DatasetEntry.pictures(
    name: "ffhq-128", summary: "FFHQ's thumbnails of 128×128, 70,000 images.",
    files: [FFHQ.thumbnails], size: "1.95 GB",
    licence: "CC BY-NC-SA 4.0; single pictures vary",
    page: "https://github.com/NVlabs/ffhq-dataset",
    note: "Download 'thumbnails128x128' with the dataset's own script into the dataset's folder.",
    protocols: PictureProtocol.squares(side: 128, first: .lanczos)
  ) { (folder, request, count) throws(DatasetError) in
    try FFHQ.open(FFHQ.thumbnails, folder: folder, request: request, miniatureCount: count)
  }

  static let lsunBedroom = DatasetEntry.pictures(
    name: "lsun-bedroom", summary: "Photographs of bedrooms, about 3,033,042 images.",
    files: [LSUN.bedrooms],
    size: "45 GB", licence: "research use", page: "https://www.yf.io/p/lsun",
    note:
      "Unpack the archive: a database inside it cannot be read. At 256×256 the images are decoded"
      + " whenever read; a cache would take 596 GB. A folder or zip of the pictures, exported or resized"
      + " by somebody, is read too and called lsun-bedroom-copy256 or the like.",
    protocols: PictureProtocol.squares(side: 256, first: .bicubic)
  ) { (folder, request, _) throws(DatasetError) in
    try LSUN.open(folder: folder, request: request)
  }
}

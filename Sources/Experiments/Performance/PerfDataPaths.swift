import BenchSupport
import Datasets
import GenerationMetrics
import Reference

/// Rendering, decoding, and reading datasets in shuffled batches.
struct PerfDataPaths {
  let settings: PerfSettings
  /// Where datasets lie.
  let dataRoot: String

  /// The paths that need no files.
  var paths: [PerfPath] {
    [
      PerfPath(name: "read:scenes3d", itemCount: 1024, measure: rendering),
      PerfPath(name: "read:batches:scenes3d", itemCount: 64 * 50) {
        try batches(of: Scenes3D(), count: 50)
      },
      PerfPath(name: "read:png", itemCount: 256, measure: pngDecoding),
    ]
  }

  private func rendering() throws -> Timing {
    let scenes = Scenes3D()
    var start = 0
    return try settings.timing {
      _ = try scenes.pixels(at: (0..<1024).map { (start + $0 * 463) % scenes.count })
      start += 1
    }
  }

  private func pngDecoding() throws -> Timing {
    let scenes = Scenes3D()
    let files = try (0..<256).map { index in
      PNG.encode(
        RasterImage(shape: scenes.imageShape, pixels: try scenes.pixels(at: [index * 463])))
    }
    return try settings.timing {
      _ = try Parallel.tryMap(files.count) { index in
        try PNG.decode(files[index], name: "\(index).png").pixels.count
      }
    }
  }

  /// Opening a dataset whose cache is there, shuffled batches of 64 out of it, and of pictures making its
  /// images from their files; of those at a path also reading them as they are and preparing them for
  /// Inception.
  func paths(of name: String) throws -> [PerfPath] {
    let dataset = try DatasetCatalog.open(name, dataDirectory: dataRoot)
    let opening = PerfPath(name: "data:open:\(name)", itemCount: 1) {
      try settings.timing { _ = try DatasetCatalog.open(name, dataDirectory: dataRoot) }
    }
    let reading = PerfPath(name: "data:batches:\(name)", itemCount: 64 * 500) {
      try batches(of: dataset, count: 500)
    }
    let pictures =
      dataset as? PictureDataset ?? (dataset as? AttributePictureDataset)?.pictures
    guard let pictures else { return [opening, reading] }
    let count = min(1000, pictures.count)
    let decoding = PerfPath(name: "data:decode:\(name)", itemCount: count) {
      try settings.timing {
        _ = try Parallel.tryMap(count) {
          try pictures.decoded(at: $0).pixels.count
        }
      }
    }
    guard let place = DatasetCatalog.path(name) else { return [opening, reading, decoding] }
    // Opened anew each time: nothing of it is in memory but what the system keeps of files.
    let original = PerfPath(name: "data:read:\(name)", itemCount: count) {
      try settings.timing {
        let pictures = try Pictures.open(place)
        _ = try Parallel.tryMap(count) {
          try pictures.picture(at: $0, channelCount: 3).pixels.count
        }
      }
    }
    let preparing = ImagePreparation.allCases.map { preparation in
      PerfPath(name: "data:prepare:\(preparation.rawValue):\(name)", itemCount: count) {
        try settings.timing {
          let pictures = try Pictures.open(place)
          _ = try Parallel.tryMap(count) {
            preparation.planes(try pictures.picture(at: $0, channelCount: 3)).count
          }
        }
      }
    }
    return [opening, reading, decoding, original] + preparing
  }

  private func batches(of dataset: any ImageDataset, count: Int) throws -> Timing {
    // It begins to read ahead as soon as it is there.
    let loader = BatchLoader(
      dataset: dataset, batchSize: 64, seed: 0, prefetchCount: 2 * settings.threadCount,
      threadCount: settings.threadCount)
    return try settings.timing { for _ in 0..<count { _ = try loader.next() } }
  }
}

import BenchSupport
import Datasets
import Synchronization
import Testing

/// Images of two bytes that hold the index; slow and failing on demand.
struct NumberedImages: ImageDataset {
  let name = "numbered"
  let imageShape = ImageShape(height: 1, width: 2, channelCount: 1)
  var count = 100
  let checksum = "none"
  var failingIndex: Int?

  func read(
    _ indices: [Int], into pixels: UnsafeMutableBufferPointer<UInt8>
  ) throws(DatasetError) {
    for (place, index) in indices.enumerated() {
      if index == failingIndex { throw .cannotRead(path: "numbered", reason: "image \(index)") }
      pixels[2 * place] = UInt8(index & 0xFF)
      pixels[2 * place + 1] = UInt8(index >> 8)
    }
  }
}

@Suite("Epoch shuffling") struct EpochShufflerTests {
  @Test("every epoch is a permutation", arguments: [1, 2, 3, 7, 64, 100, 1023, 4097])
  func permutation(count: Int) {
    let shuffler = EpochShuffler(count: count, seed: 5)
    for epoch in 0..<3 {
      let order = shuffler.indices(from: epoch * count, count: count)
      #expect(order.sorted() == Array(0..<count))
    }
  }

  @Test("the order depends on the seed and the epoch, not on how it is asked for")
  func purity() {
    let shuffler = EpochShuffler(count: 1000, seed: 1)
    let whole = shuffler.indices(from: 0, count: 2500)
    #expect((0..<2500).map { shuffler.index(at: $0) } == whole)
    #expect(shuffler.indices(from: 990, count: 20) == Array(whole[990..<1010]))
    #expect(Array(whole[0..<1000]) != Array(whole[1000..<2000]))
    #expect(
      EpochShuffler(count: 1000, seed: 2).indices(from: 0, count: 1000) != Array(whole[..<1000]))
  }

  /// Golden: recorded from this implementation, so that resumed runs see the order they began with.
  @Test("the order never changes between versions")
  func golden() {
    let order = EpochShuffler(count: 480_000, seed: 0).indices(from: 0, count: 6)
    #expect(order == [116_045, 296_475, 427_495, 169_645, 368_607, 421_429])
  }

  @Test("positions and images are uncorrelated")
  func uniformity() {
    let count = 10_000
    let order = EpochShuffler(count: count, seed: 3).indices(from: 0, count: count)
    // For a random permutation the rank correlation has standard deviation 1/√n = 0.01.
    let centre = Double(count - 1) / 2
    let scale = Double(count) * (Double(count) * Double(count) - 1) / 12
    func correlation(lag: Int) -> Double {
      (0..<count).reduce(0.0) { sum, place in
        sum + (Double(order[place]) - centre) * (Double(order[(place + lag) % count]) - centre)
      } / scale
    }
    let againstPlace =
      zip(order, 0..<count).reduce(0.0) { sum, pair in
        sum + (Double(pair.0) - centre) * (Double(pair.1) - centre)
      } / scale
    #expect(abs(againstPlace) < 0.05)
    #expect(abs(correlation(lag: 1)) < 0.05)
    // Fixed points of a random permutation: Poisson of mean 1.
    #expect(zip(order, 0..<count).filter { $0 == $1 }.count < 8)
  }
}

@Suite("Batch loader") struct BatchLoaderTests {
  @Test("batches are the same on any number of threads", arguments: [1, 2, 5])
  func threads(threadCount: Int) throws {
    let dataset = NumberedImages()
    let loader = BatchLoader(dataset: dataset, batchSize: 7, seed: 9, threadCount: threadCount)
    let shuffler = EpochShuffler(count: 100, seed: 9)
    for number in 0..<40 {
      let batch = try loader.next()
      #expect(batch.indices == shuffler.indices(from: 7 * number, count: 7))
      #expect(batch.pixels == batch.indices.flatMap { [UInt8($0), 0] })
      #expect(batch.position == 7 * (number + 1))
    }
  }

  @Test("a loader started at a saved position goes on with the next batch")
  func resume() throws {
    let dataset = NumberedImages(count: 2000)
    let first = BatchLoader(dataset: dataset, batchSize: 64, seed: 1)
    var batches = try (0..<10).map { _ in try first.next() }
    let second = BatchLoader(
      dataset: dataset, batchSize: 64, seed: 1, position: batches[4].position)
    batches = Array(batches[5...])
    for batch in batches {
      let resumed = try second.next()
      #expect(resumed.indices == batch.indices && resumed.pixels == batch.pixels)
    }
  }

  @Test("a reading error reaches the caller at its batch and stays", arguments: [1, 3])
  func failing(threadCount: Int) throws {
    let failing = EpochShuffler(count: 100, seed: 0).index(at: 25)
    let loader = BatchLoader(
      dataset: NumberedImages(failingIndex: failing), batchSize: 10, seed: 0,
      threadCount: threadCount)
    _ = try loader.next()
    _ = try loader.next()
    for _ in 0..<3 { #expect(throws: DatasetError.self) { try loader.next() } }
  }

  @Test("a batch may be larger than the dataset")
  func small() throws {
    let loader = BatchLoader(dataset: NumberedImages(count: 3), batchSize: 8, seed: 0)
    let batch = try loader.next()
    #expect(batch.count == 8 && Set(batch.indices) == [0, 1, 2])
  }
}

@Suite("Catalog") struct CatalogTests {
  @Test("unknown names get the nearest known ones")
  func unknown() throws {
    let error = try failure(DatasetError.self) {
      _ = try DatasetCatalog.open("scene3d", dataDirectory: "/nowhere")
    }
    #expect(error == .unknownDataset(name: "scene3d", near: ["scenes3d"]))
    #expect(error.description == "There is no dataset 'scene3d'; did you mean scenes3d?")
  }

  @Test("the built-in dataset opens without files")
  func builtIn() throws {
    let dataset = try DatasetCatalog.open("scenes3d", dataDirectory: "/nowhere")
    #expect(dataset.name == "scenes3d" && dataset.count == 480_000)
  }
}

@Suite("Factor grids") struct FactorGridTests {
  @Test("numbering is a bijection with the last factor fastest")
  func bijection() {
    let grid = FactorGrid(sizes: [3, 1, 4, 2])
    for index in 0..<grid.count { #expect(grid.index(ofFactors: grid.factors(at: index)) == index) }
    #expect(grid.factors(at: 1) == [0, 0, 0, 1])
    #expect(grid.factors(at: 23) == [2, 0, 3, 1])
  }
}

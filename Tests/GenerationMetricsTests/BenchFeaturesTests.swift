import BenchSupport
import Datasets
import GenerationMetrics
import LinearAlgebra
import Testing

@Suite("Features without a network") struct BenchFeaturesTests {
  /// Pictures of waves and blocks, all different, from one distribution.
  static func pictures(_ count: Int, seed: UInt64, side: Int = 40) -> [RasterImage] {
    (0..<count).map { index in
      var random = Philox(seed: seed, stream: UInt64(index))
      let speeds = (0..<4).map { _ in Float(random.integer(below: 30)) / 100 }
      let levels = (0..<3).map { _ in 60 + Float(random.integer(below: 120)) }
      let (left, top) = (random.integer(below: side), random.integer(below: side))
      var pixels: [UInt8] = []
      for y in 0..<side {
        for x in 0..<side {
          let isBlock = abs(x - left) < 8 && abs(y - top) < 8
          for channel in 0..<3 {
            // Triangle waves: no library function whose last bit may differ.
            let phase = Float(x) * speeds[channel] + Float(y) * speeds[3]
            let wave = abs(phase - 2 * (phase / 2).rounded()) * 70
            pixels.append(UInt8(min(255, levels[channel] + wave) / (isBlock ? 2 : 1)))
          }
        }
      }
      return RasterImage(height: side, width: side, channelCount: 3, pixels: pixels)
    }
  }

  static func set(_ pictures: [RasterImage]) throws -> FeatureSet {
    let rows = Parallel.map(pictures.count) { BenchFeatures.features(of: pictures[$0]) }
    return try FeatureSet(
      name: "set",
      features: Matrix(
        rowCount: pictures.count, columnCount: BenchFeatures.width, elements: rows.flatMap { $0 }))
  }

  /// The same pictures with uniform noise of up to `amount` levels.
  static func noisy(_ pictures: [RasterImage], _ amount: Int) -> [RasterImage] {
    pictures.enumerated().map { index, picture in
      var random = Philox(seed: 77, stream: UInt64(index))
      return RasterImage(
        shape: picture.shape,
        pixels: picture.pixels.map { pixel in
          UInt8(min(255, max(0, Int(pixel) + random.integer(below: 2 * amount + 1) - amount)))
        })
    }
  }

  /// The same pictures, shrunk and enlarged again.
  static func blurred(_ pictures: [RasterImage], to side: Int) -> [RasterImage] {
    pictures.map {
      $0.resized(height: side, width: side, filter: .bilinear)
        .resized(height: $0.height, width: $0.width, filter: .bicubic)
    }
  }

  @Test("are the same bits on every machine and with any number of threads")
  func determinism() throws {
    let pictures = Self.pictures(3, seed: 1, side: 77) + Self.pictures(3, seed: 2, side: 150)
    let sets = try [1, 3].map { threads in
      try Parallel.$threadCount.withValue(threads) { try Self.set(pictures).features.elements }
    }
    #expect(sets[0] == sets[1])
    var digest = Digest(.sha256)
    sets[0].withUnsafeBytes { digest.update($0) }
    // Version 1 of the features; if this changes, BenchFeatures.name must change.
    #expect(
      digest.hexadecimal() == "5cac06bc60ce66e733b7be5bd2b73229ffef101eb08bcdd7f9c2fe031149ddd1")
  }

  @Test("order noise, blur, lost colour and lost variety by how much there is of them")
  func order() throws {
    let pictures = Self.pictures(600, seed: 1)
    let reference = try Self.set(pictures)
    let other = Self.pictures(600, seed: 2)
    func distance(_ pictures: [RasterImage]) throws -> Double {
      try FrechetDistance(reference, Self.set(pictures)).value
    }
    let clean = try distance(other)
    let noise = try [2, 8, 32].map { try distance(Self.noisy(other, $0)) }
    #expect(clean < noise[0] && noise[0] < noise[1] && noise[1] < noise[2], "\(clean) \(noise)")
    let blur = try [32, 20, 8].map { try distance(Self.blurred(other, to: $0)) }
    #expect(clean < blur[0] && blur[0] < blur[1] && blur[1] < blur[2], "\(clean) \(blur)")
    let grey = try distance(
      other.map { picture in
        RasterImage(
          shape: picture.shape,
          pixels: picture.pixels.indices.map { picture.pixels[$0 / 3 * 3 + 1] })
      })
    #expect(grey > 2 * clean, "\(clean) \(grey)")
    let collapsed = try [200, 20].map { kept in
      try distance((0..<600).map { other[$0 % kept] })
    }
    #expect(clean < collapsed[0] && collapsed[0] < collapsed[1], "\(clean) \(collapsed)")
  }

  @Test("of any size have one width and depend on the size little")
  func sizes() throws {
    let large = Self.pictures(1, seed: 5, side: 128)[0]
    let small = large.resized(height: 64, width: 64, filter: .box)
    let features = [large, small].map { BenchFeatures.features(of: $0) }
    #expect(features.allSatisfy { $0.count == BenchFeatures.width })
    // The layout, the first 96, is that of the same picture.
    for (first, second) in zip(features[0].prefix(96), features[1].prefix(96)) {
      #expect(abs(first - second) < 0.3)
    }
    let pixel = RasterImage(height: 1, width: 1, channelCount: 3, pixels: [255, 0, 0])
    let flat = BenchFeatures.features(of: pixel)
    #expect(abs(flat[0] - 10.0 / 3) < 1e-5 && flat[96...].allSatisfy { $0 == 0 })
  }

  @Test("are named so that nobody takes them for Inception's")
  func name() async throws {
    let extraction = try await FeatureExtractor(network: .benchFeatures).extract(
      name: "pictures", count: 4, batchSize: 3
    ) { Self.pictures(4, seed: 3)[$0] }
    #expect(extraction.side.protocolID == "bench-features-v1")
    #expect(extraction.side.caution?.contains("not Inception's") == true)
    #expect(extraction.side.features?.width == BenchFeatures.width)
    #expect(extraction.side.logits == nil)
  }
}

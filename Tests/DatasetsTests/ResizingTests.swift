import Datasets
import Testing

@Suite("Resizing") struct ResizingTests {
  static let files = ["resize_47x61", "resize_320x240"]

  struct Case {
    let archive: NPZArchive
    let source: RasterImage

    init(_ file: String) throws {
      archive = try NPZArchive(path: golden("\(file).npz"))
      let array = try archive.array("src")
      source = RasterImage(
        height: array.shape[0], width: array.shape[1], channelCount: array.shape[2],
        pixels: try array.uint8s())
    }

    /// Compares with every `stride`-th row and column that the golden file keeps.
    func matches(
      _ found: [Float], _ shape: [Int], _ name: String, stride step: Int, tolerance: Float
    ) throws {
      let expected = try archive.array(name)
      let values = try expected.floats()
      var place = 0
      var worst: Float = 0
      for y in Swift.stride(from: 0, to: shape[0], by: step) {
        for x in Swift.stride(from: 0, to: shape[1], by: step) {
          for channel in 0..<shape[2] {
            let difference = found[(y * shape[1] + x) * shape[2] + channel] - values[place]
            worst = max(worst, difference.magnitude)
            place += 1
          }
        }
      }
      #expect(place == values.count, "\(name)")
      #expect(worst <= tolerance, "\(name)")
    }

    func matches(_ found: RasterImage, _ name: String, stride step: Int) throws {
      try matches(
        found.pixels.map { Float($0) }, [found.height, found.width, found.channelCount], name,
        stride: step, tolerance: 0)
    }

    func matches(_ found: FloatImage, _ name: String, tolerance: Float) throws {
      try matches(
        found.pixels, [found.height, found.width, found.channelCount], name, stride: 4,
        tolerance: tolerance)
    }
  }

  /// Golden: Pillow 13.0.0 `Image.resize` and torchvision 0.29.2 on 8-bit pictures, all exact.
  @Test("8-bit resizing is Pillow's, sample for sample", arguments: files)
  func pillow(file: String) throws {
    let golden = try Case(file)
    for filter in [ResizeFilter.bicubic, .bilinear, .lanczos, .box] {
      try golden.matches(
        golden.source.resized(height: 64, width: 64, filter: filter),
        "pil_uint8_\(filter.rawValue)_64", stride: 1)
    }
    for (side, step) in [(64, 1), (96, 4)] {
      try golden.matches(
        golden.source.resized(shorterSide: side).centerCropped(height: 64, width: 64),
        "torchvision_resize\(side)_crop64", stride: step)
    }
  }

  /// Golden: clean-fid's resize (Pillow, mode F, bicubic).
  ///
  /// Tolerance: single precision between the passes; 1e-3 of 255 covers another order of sums.
  @Test("floating point resizing is clean-fid's", arguments: files)
  func cleanFID(file: String) throws {
    let golden = try Case(file)
    let planes = golden.source.resizedPlanes(
      height: 299, width: 299, filter: .bicubic, limits: 0...255)
    let area = 299 * 299
    let clipped = FloatImage(
      height: 299, width: 299, channelCount: 3,
      pixels: (0..<3 * area).map { planes[$0 % 3 * area + $0 / 3] })
    try golden.matches(clipped, "cleanfid_clean_299", tolerance: 1e-3)
  }

  /// Golden: torch 2.15 `interpolate`, torch-fidelity's TensorFlow-compatible resize.
  ///
  /// Tolerance: weights are computed in single precision; 2e-3 of 255 is what implementations differ by.
  @Test("bilinear interpolation is torch's and TensorFlow 1's")
  func interpolation() throws {
    let golden = try Case("resize_47x61")
    let source = FloatImage(golden.source)
    try golden.matches(
      source.interpolated(height: 299, width: 299, alignment: .pixelCenters),
      "cleanfid_legacy_pytorch_299", tolerance: 2e-3)
    for side in [299, 224] {
      try golden.matches(
        source.interpolated(height: side, width: side, alignment: .origin),
        "tf1_bilinear_\(side)", tolerance: 2e-3)
    }
    try golden.matches(source.nearest(height: 224, width: 224), "nearest_torch_224", tolerance: 0)
    let large = try Case("resize_320x240")
    try large.matches(
      FloatImage(large.source).interpolated(height: 299, width: 299, alignment: .origin),
      "tf1_bilinear_299", tolerance: 2e-3)
  }

  @Test("a constant picture stays constant in every size", arguments: ResizeFilter.allCases)
  func constant(filter: ResizeFilter) {
    for channelCount in [1, 3, 4] {
      for (height, width) in [(1, 1), (5, 3), (13, 29), (64, 64)] {
        let image = RasterImage(
          height: 13, width: 11, channelCount: channelCount,
          pixels: [UInt8](repeating: 201, count: 13 * 11 * channelCount))
        let resized = image.resized(height: height, width: width, filter: filter)
        #expect(resized.pixels.allSatisfy { $0 == 201 } && resized.height == height)
      }
    }
  }

  @Test("floating point planes are the 8-bit result before rounding, in every shape and filter")
  func planes() {
    for channelCount in [1, 3, 4] {
      let image = RasterImage(
        height: 19, width: 13, channelCount: channelCount,
        pixels: (0..<19 * 13 * channelCount).map { index -> UInt8 in
          let mixed = index * 89 + index / 7 * 31
          return UInt8(100 + mixed % 50)
        })
      for filter in ResizeFilter.allCases {
        for (height, width) in [(1, 1), (19, 13), (19, 40), (50, 13), (7, 5), (23, 31)] {
          let planes = image.resizedPlanes(height: height, width: width, filter: filter)
          let pixels = image.resized(height: height, width: width, filter: filter).pixels
          let area = height * width
          let differences = pixels.indices.map { place -> Float in
            let (pixel, channel) = place.quotientAndRemainder(dividingBy: channelCount)
            return (planes[channel * area + pixel] - Float(pixels[place])).magnitude
          }
          // Far from black and white nothing is clipped; every pass of the 8-bit picture rounds once.
          #expect(differences.count == planes.count)
          let worst = differences.max() ?? .infinity
          #expect(
            worst <= (height == 19 || width == 13 ? 0.501 : 1.4),
            "\(channelCount) channels, \(filter), \(height) x \(width): \(worst)")
        }
      }
    }
  }

  @Test("the same size changes nothing and transposing commutes with resizing")
  func symmetry() {
    let image = RasterImage(
      height: 9, width: 6, channelCount: 1, pixels: (0..<54).map { UInt8($0 * 29 % 256) })
    #expect(image.resized(height: 9, width: 6, filter: .lanczos) == image)
    let square = image.resized(height: 6, width: 6, filter: .box)
    #expect(square.width == 6 && square.pixels.count == 36)
  }

  @Test("crops are placed as torchvision places them")
  func centerCrop() {
    let image = RasterImage(
      height: 1, width: 8, channelCount: 1, pixels: [0, 1, 2, 3, 4, 5, 6, 7])
    // (8 − 3) / 2 = 2.5 rounds to the even 2; (8 − 5) / 2 = 1.5 also rounds to 2.
    #expect(image.centerCropped(height: 1, width: 3).pixels == [2, 3, 4])
    #expect(image.centerCropped(height: 1, width: 5).pixels == [2, 3, 4, 5, 6])
  }
}

import Datasets
import GenerationMetrics
import TestSupport
import Testing

@Suite("Reconstruction") struct ReconstructionTests {
  /// Golden: lpips 0.1.4 with VGG-16 of the recipe's weights, scikit-image 0.26.0.
  ///
  /// See scripts/make_generation_goldens.py; `values` holds LPIPS, PSNR, SSIM.
  static func pair(_ index: Int) throws -> (RasterImage, RasterImage, [Double]) {
    let archive = try NPZArchive(path: GoldenFile.path("reconstruction.npz"))
    func picture(_ name: String) throws -> RasterImage {
      let array = try archive.array("\(name)\(index)")
      return RasterImage(
        height: array.shape[0], width: array.shape[1], channelCount: 3,
        pixels: try array.uint8s())
    }
    return (
      try picture("first"), try picture("second"), try archive.array("values\(index)").doubles()
    )
  }

  @Test("PSNR and SSIM equal scikit-image's", arguments: [0, 1])
  func pixels(index: Int) throws {
    let (first, second, values) = try Self.pair(index)
    // Both in double precision.
    #expect(abs(PixelMetrics.peakSignalToNoiseRatio(first, second) - values[1]) < 1e-10)
    #expect(abs(PixelMetrics.structuralSimilarity(first, second) - values[2]) < 1e-10)
    #expect(abs(PixelMetrics.structuralSimilarity(first, first) - 1) < 1e-12)
    #expect(PixelMetrics.peakSignalToNoiseRatio(first, first) == .infinity)
  }

  @Test("LPIPS equals its authors' package", .enabled(if: hasLibtorch), .sharingTorch)
  func perceptual() throws {
    let network = try VGG16Network(
      weights: RandomWeights(seed: 1, linearGain: 6), isConvolutional: true)
    let measure = try PerceptualDistance(
      network: network, weights: WeightFile(path: GoldenFile.path("lpips-vgg-v0.1.pth")))
    let pairs = try [0, 1].map { try Self.pair($0) }
    let found = try measure(pairs.map(\.0), pairs.map(\.1))
    for (value, pair) in zip(found, pairs) {
      // Single precision through thirteen layers.
      #expect(abs(value - pair.2[0]) < 1e-4 * pair.2[0])
    }
    #expect(try measure([pairs[0].0], [pairs[0].0]) == [0])
  }
}

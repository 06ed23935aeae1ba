package import BenchSupport
import GenerationMetrics
package import Plotting
package import Reference
package import Results
import Torch

/// How reconstructions compare with their originals before and after denoising.
package struct DenoisingEvaluation {
  private let trained: TrainedDiffusion
  private let images: Tensor
  private let reference: FrechetOperand
  /// The sharpness of the originals.
  package let dataSharpness: Double
  /// The Fréchet distance of the originals to as many other observations: what chance alone gives.
  package let dataDistance: Double

  /// One noise level's figures, as encoded and denoised.
  package struct Row {
    /// What is said of a set of reconstructions.
    package struct Side {
      package let squaredError: Double
      package let sharpness: Double
      package let distance: Double

      package var peakSignalToNoise: Double {
        PixelMetrics.peakSignalToNoiseRatio(ofSquaredError: squaredError)
      }

      package var json: JSONValue {
        [
          "mse": .number(squaredError), "psnr": .number(peakSignalToNoise),
          "sharpness": .number(sharpness), "frechet": .number(distance),
        ]
      }
    }

    package let sigma: Double
    package let t: Double
    package let plain: Side
    package let denoised: Side
    /// The root mean square over latents of f(x̂, b) − f(x, b), with x̂ the denoised image.
    package let cycleError: Double

    package var json: JSONValue {
      [
        "sigma": .number(sigma), "t": .number(t), "encoded": plain.json,
        "denoised": denoised.json, "cycle_error": .number(cycleError),
      ]
    }
  }

  /// Takes the first `count` observations as originals and the next as many as the reference set.
  package init(_ trained: TrainedDiffusion, _ sample: ObservationSample, count: Int) throws {
    self.trained = trained
    let device = trained.diffusion.store.device
    let both = try sample.images(2 * count, on: device)
    images = try both.narrowed(0, start: 0, count: count)
    let others = try both.narrowed(0, start: count, count: count)
    reference = try FrechetOperand(BenchFeatures.matrix(others), name: "data")
    dataSharpness = try ImageStatistics.sharpness(images)
    dataDistance = try FrechetDistance(
      reference, FrechetOperand(BenchFeatures.matrix(images), name: "data")
    ).value
  }

  private func side(_ reconstructions: Tensor) throws -> Row.Side {
    Row.Side(
      squaredError: try reconstructions.squaredError(images).mean().item(),
      sharpness: try ImageStatistics.sharpness(reconstructions),
      distance: try FrechetDistance(
        reference, FrechetOperand(BenchFeatures.matrix(reconstructions), name: "reconstructions")
      ).value)
  }

  /// The figures at one noise level.
  package func row(sigma: Double, start: DenoisingStart, _ options: SamplingOptions) throws -> Row {
    try withoutGradients {
      let point = try trained.diffusion.point(sigma: sigma)
      let codes = try trained.autoencoder.encode(images, at: point).mean
      let plain = try trained.autoencoder.decode(codes, at: point)
      let clean = try trained.diffusion.denoise(codes, from: point.t ?? 1, start: start, options)
      let denoised = try trained.decode(clean)
      let again = try trained.autoencoder.encode(denoised, at: point).mean
      return Row(
        sigma: sigma, t: point.t ?? 1, plain: try side(plain), denoised: try side(denoised),
        cycleError: try (again - codes).squared().mean().item().squareRoot())
    }
  }

  /// PSNR and cycle error against σ.
  package static func plot(_ rows: [Row]) -> LinePlot {
    let x = rows.map(\.sigma)
    return LinePlot(
      title: "Smoothness in β", xLabel: "noise level σ of the code",
      yLabel: "PSNR (dB); 10 × cycle error",
      series: [
        .init(name: "PSNR as encoded", x: x, y: rows.map(\.plain.peakSignalToNoise)),
        .init(name: "PSNR denoised", x: x, y: rows.map(\.denoised.peakSignalToNoise)),
        .init(name: "10 × cycle error", x: x, y: rows.map { 10 * $0.cycleError }),
      ])
  }

  /// All figures, with the data's own in the first line.
  package static func table(_ rows: [Row], _ evaluation: DenoisingEvaluation) -> ResultTable {
    var table = ResultTable(header: [
      "σ", "", "MSE", "PSNR dB", "sharpness", "Fréchet", "cycle error",
    ])
    table.append([
      .init(""), .init("data"), .init(""), .init(""),
      .init(evaluation.dataSharpness.fixed(5)), .init(evaluation.dataDistance.fixed(3)), .init(""),
    ])
    for row in rows {
      for (name, side) in [("as encoded", row.plain), ("denoised", row.denoised)] {
        table.append([
          .init(row.sigma.fixed(2)), .init(name), .init(side.squaredError.fixed(5)),
          .init(side.peakSignalToNoise.fixed(2)), .init(side.sharpness.fixed(5)),
          .init(side.distance.fixed(3)),
          .init(name == "denoised" ? row.cycleError.fixed(3) : ""),
        ])
      }
    }
    return table
  }
}

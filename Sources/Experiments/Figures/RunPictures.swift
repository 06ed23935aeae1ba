import BenchSupport
package import Datasets
package import Disentanglement
package import GenerationMetrics
package import Plotting
package import Reference
package import Torch

/// The pictures of a run, written as PNG files.
package struct RunPictures {
  package let model: ModelDefinition.Model
  package let sample: ObservationSample
  package let shape: ImageShape
  package let folder: String

  /// Describes what is drawn and where to.
  package init(
    model: ModelDefinition.Model, sample: ObservationSample, shape: ImageShape, folder: String
  ) {
    self.model = model
    self.sample = sample
    self.shape = shape
    self.folder = folder
  }

  /// How close reconstructions at one point are to the observations, averaged over them.
  package struct ReconstructionQuality {
    /// The point on the β axis.
    package let point: String
    /// Peak signal-to-noise ratio in decibel, of 8-bit samples; infinite where one is exact.
    package let psnr: Double
    /// Structural similarity; nil for images of fewer than 11 pixels' side.
    package let ssim: Double?
    /// Learned perceptual distance; nil without weights, or for images of fewer than 16 pixels' side.
    package let lpips: Double?
  }

  /// Observations and their reconstructions, one column per representation: the sharpest and some of
  /// `points`.
  ///
  /// - Parameters:
  ///   - points: The representations.
  ///   - count: Number of observations.
  ///   - distance: The learned distance; nil measures none.
  /// - Returns: How close the reconstructions of every column are.
  /// - Throws: Errors of the model and of files.
  @discardableResult
  package func writeReconstructions(
    _ points: [RepresentationPoint], count: Int = 8, distance: PerceptualDistance? = nil
  ) throws -> [ReconstructionQuality] {
    let points =
      points.count == 1
      ? points
      : try [model.sharpestPoint()] + stride(from: 0, to: points.count, by: 3).map { points[$0] }
    let images = try sample.images(count, on: model.store.device)
    var columns = [try images.imageBytes()]
    for point in points {
      let decoded = try withoutGradients {
        try model.decode(model.encode(images, at: point).mean, at: point)
      }
      columns.append(try decoded.imageBytes())
    }
    let rows = (0..<count).map { row in columns.map { $0[row] } }
    try write(
      rows, columnLabels: ["input"] + points.map(\.label), to: "reconstructions.png")
    return try zip(points, columns.dropFirst()).map { point, decoded in
      try quality(of: decoded, at: point.label, comparedWith: columns[0], distance)
    }
  }

  private func quality(
    of decoded: [[UInt8]], at point: String, comparedWith observed: [[UInt8]],
    _ distance: PerceptualDistance?
  ) throws -> ReconstructionQuality {
    let pairs = zip(observed, decoded).map { first, second in
      (RasterImage(shape: shape, pixels: first), RasterImage(shape: shape, pixels: second))
    }
    let total = Double(pairs.count)
    let psnr = pairs.reduce(0) { $0 + PixelMetrics.peakSignalToNoiseRatio($1.0, $1.1) } / total
    let ssim =
      min(shape.height, shape.width) < 11
      ? nil : pairs.reduce(0) { $0 + PixelMetrics.structuralSimilarity($1.0, $1.1) } / total
    let lpips =
      min(shape.height, shape.width) < 16
      ? nil
      : try distance.map { measure in
        try measure(pairs.map { $0.0.inColour }, pairs.map { $0.1.inColour }).reduce(0, +) / total
      }
    return ReconstructionQuality(point: point, psnr: psnr, ssim: ssim, lpips: lpips)
  }

  /// One row per latent, or per axis that the model is read on, those that vary most first.
  ///
  /// - Parameters:
  ///   - measurement: The representation.
  ///   - axes: The model's own latents, each as far as the model says, the others as encoded; or other axes, by two
  ///     standard deviations either way.
  ///   - observation: Which of the sample to start from.
  /// - Throws: Errors of the model and of files.
  package func writeTraversals(
    _ measurement: PointMeasurement, along axes: CodeAlignment.Method = .raw, observation: Int = 0
  ) throws {
    let point = measurement.point
    let code = try code(of: observation, at: point)
    // Codes that do not vary have no other axes; the run's record says so.
    let other = axes == .raw ? nil : try? LatentDirection.axes(axes, of: measurement.codes)
    try writeTraversals(
      other ?? LatentDirection.latents(measurement, reach: model.latentReach), from: code,
      title: "Traversals at \(point.label)" + (other == nil ? "" : ", \(axes.name) axes"),
      unit: other == nil ? model.latentReach ?? 2 : 2
    ) { try model.decode($0, at: point) }
  }

  /// The code of an observation of the sample.
  package func code(of observation: Int, at point: RepresentationPoint) throws -> [Float] {
    let image = try sample.images(observation + 1, on: model.store.device)
      .narrowed(0, start: observation, count: 1)
    return try withoutGradients { try model.encode(image, at: point).mean.elements() }
  }

  /// One row per direction, from one end to the other.
  ///
  /// - Parameters:
  ///   - directions: Where the code goes.
  ///   - code: The code they start from.
  ///   - title: Printed above.
  ///   - isAnimated: Also writes the rows as one animation.
  ///   - unit: What the columns say at the ends.
  ///   - name: The files' name without its ending.
  ///   - decode: Images in [0, 1] of codes.
  /// - Throws: Errors of `decode` and of files.
  package func writeTraversals(
    _ directions: [LatentDirection], from code: [Float], title: String, isAnimated: Bool = false,
    unit: Double = 2, to name: String = "traversals", decode: (Tensor) throws -> Tensor
  ) throws {
    func rows(_ positions: [Double]) throws -> [[[UInt8]]] {
      try withoutGradients {
        try directions.map { direction in
          let codes = positions.flatMap { direction.code(from: code, at: $0) }
          return try decode(
            Tensor(codes, shape: [positions.count, code.count], device: model.store.device)
          ).imageBytes()
        }
      }
    }
    let positions = (0..<9).map { -1 + Double($0) / 4 }
    try write(
      rows(positions), columnLabels: positions.map { (unit * $0).fixed(2) },
      rowLabels: directions.map(\.label), title: title, to: "\(name).png")
    guard isAnimated else { return }
    // There and back, so that the loop does not jump.
    let half = (0..<25).map { -1 + Double($0) / 12 }
    let forth = try rows(half)
    let order = Array(half.indices) + half.indices.reversed().dropFirst().dropLast()
    try write(
      frames: order.map { place in forth.map { [$0[place]] } }, columnLabels: [],
      rowLabels: directions.map(\.label), title: "", milliseconds: 60, to: "\(name).apng")
  }

  /// A plot as SVG.
  package func write(_ plot: LinePlot, to name: String) throws {
    try plot.write(to: "\(folder)/\(name)")
  }

  /// Pictures in rows of ten without labels.
  package func writeGrid(_ images: [[UInt8]], to name: String) throws {
    try PictureGrid(shape, tens: images).write(to: "\(folder)/\(name)")
  }

  /// Labelled rows of pictures as one PNG.
  package func write(
    _ rows: [[[UInt8]]], columnLabels: [String], rowLabels: [String] = [], title: String = "",
    to name: String
  ) throws {
    try grid(rows, columnLabels, rowLabels, title).write(to: "\(folder)/\(name)")
  }

  /// Labelled rows of pictures that change with time, as an animated PNG.
  package func write(
    frames: [[[[UInt8]]]], columnLabels: [String], rowLabels: [String], title: String,
    milliseconds: Int, to name: String
  ) throws {
    let pictures = frames.map { rows in
      grid(rows, columnLabels, rowLabels, title).image()
    }
    try AnimatedPNG.write(pictures, milliseconds: milliseconds, to: "\(folder)/\(name)")
  }

  private func grid(
    _ rows: [[[UInt8]]], _ columnLabels: [String], _ rowLabels: [String], _ title: String
  ) -> PictureGrid {
    PictureGrid(
      shape, rows: rows, columnLabels: columnLabels, rowLabels: rowLabels, title: title)
  }
}

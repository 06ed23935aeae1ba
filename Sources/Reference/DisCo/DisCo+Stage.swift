public import BenchSupport
public import Torch

extension ModelStage {
  /// Directions in the latents of a finished model, by contrast.
  public static let disco = ModelStage(
    name: "disco", folder: "disco", label: DisCo.name, isOptional: true, generates: false,
    readings: [
      CodeReading(name: "disco", summary: "those of DisCo's encoder") { trained, folders in
        DisCoCodes(try DisCo(trained, in: folders))
      },
      CodeReading(name: "disco-axes", summary: "its own along DisCo's directions") {
        trained, folders in
        try DisCoAxes(trained, DisCo(trained, in: folders))
      },
    ]
  ) { (generator: any ExplorableModel, context, options) in
    try DisCo(generator, context, options[DisCo.Options.self] ?? DisCo.Options())
  }
}

extension DisCo: StageModel {
  /// The choices made.
  public func optionsJSON() throws -> JSONValue { try JSONValue(encoding: options) }

  /// What is drawn.
  public var preparation: String? {
    options.startsFromSamples ? "Drawing the samples to start from …" : nil
  }

  /// Draws the samples to start from; no image of the data is looked at.
  public func prepare(
    _ images: Tensor, from trained: TrainedModel, in folders: StageFolders
  ) throws { try drawSamples(trained, in: folders) }

  /// Opens the stage of a trained model.
  convenience init(_ trained: TrainedModel, in folders: StageFolders) throws {
    guard let generator = trained.model as? any ExplorableModel else {
      preconditionFailure("the stage 'disco' is listed for '\(trained.label)'")
    }
    let checkpoint = try folders.checkpoint(of: .disco)
    try self.init(
      generator, trained.context, folders.options(Options.self, of: .disco, in: checkpoint))
    try restore(trainedState, from: checkpoint.model)
  }
}

/// The codes that DisCo's encoder gives, which nothing decodes.
private final class DisCoCodes: RepresentationModel {
  private let disco: DisCo

  init(_ disco: DisCo) { self.disco = disco }

  var latentCount: Int { disco.options.codeCount }
  var decodes: Bool { false }

  func points() throws -> [RepresentationPoint] { [RepresentationPoint(label: "disco")] }

  func encode(_ images: Tensor, at point: RepresentationPoint) throws -> Encoding {
    Encoding(mean: try disco.codes(images))
  }

  func decode(_ latents: Tensor, at point: RepresentationPoint) throws -> Tensor {
    preconditionFailure("nothing decodes the codes of DisCo's encoder")
  }
}

/// A model's own codes with DisCo's directions as axes, at all of the model's points.
private final class DisCoAxes: RepresentationModel {
  private let model: any RepresentationModel
  private let axes: Tensor

  init(_ trained: TrainedModel, _ disco: DisCo) throws {
    let definition = trained.specification.definition
    guard definition.hasCodes, disco.generator.exploresCodes else {
      throw TrainingError.badConfiguration(
        what: "codes", expected: "'disco': the directions are not those of codes of images",
        found: "'disco-axes'")
    }
    model = trained.model
    axes = try withoutGradients { try disco.matrix() }
  }

  var latentCount: Int { model.latentCount }

  func points() throws -> [RepresentationPoint] { try model.points() }

  func sharpestPoint() throws -> RepresentationPoint { try model.sharpestPoint() }

  func samplingPoint() throws -> RepresentationPoint { try model.samplingPoint() }

  func encode(_ images: Tensor, at point: RepresentationPoint) throws -> Encoding {
    let encoding = try model.encode(images, at: point)
    return Encoding(mean: try encoding.mean.matmul(axes), rate: encoding.rate)
  }

  func decode(_ latents: Tensor, at point: RepresentationPoint) throws -> Tensor {
    try model.decode(latents.matmul(axes.transposed(0, 1)), at: point)
  }
}

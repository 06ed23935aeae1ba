package import Datasets
public import Reference

/// What a preset decides for a dataset's images, where the command line says nothing.
extension Preset {
  /// A model with the networks that suit a dataset, unless they were chosen.
  ///
  /// Published sizes in the paper's preset; the study's nets where factors are to be told apart and in short runs, residual ones where the
  /// images are photographs or larger than 64×64. Models without these options stay as they are.
  ///
  /// - Parameters:
  ///   - specification: The model.
  ///   - dataset: The images.
  ///   - width: Channels of residual nets; nil for the preset's.
  /// - Returns: The model with further options chosen.
  /// - Throws: `TrainingError` for a width that the model cannot have.
  package func adapted(
    _ specification: ModelSpecification, to dataset: any ImageDataset, width: Int? = nil
  ) throws(TrainingError) -> ModelSpecification {
    var result = self == .paper ? try specification.withPublishedSizes() : specification
    guard result.hasOption("architecture"), result.hasOption("width") else { return result }
    if !result.isChosen("architecture") {
      if dataset.imageShape.height != 64 {
        try result.choose("architecture", self == .paper ? "kl-f4" : "kl-f8")
      } else if self == .paper, !(dataset is any FactorDataset) {
        try result.choose("architecture", "res-vector")
      }
    }
    let isResidual = result.options.choice("architecture") != Architecture.study.rawValue
    if isResidual, !result.isChosen("width"), let width = width ?? residualWidth {
      try result.choose("width", "\(width)")
    }
    return result
  }

  /// Channels of residual nets and of a U-Net's first level; nil for the full size.
  package var residualWidth: Int? {
    switch self {
    case .smoke: 8
    case .quick, .standard: 32
    case .paper: nil
    }
  }

  /// Latents of nets with a vector of them: the study's 10 for factors, 32 for photographs, as in
  /// InfoDiffusion's evaluation of CelebA.
  package func latentCount(for dataset: any ImageDataset) -> Int {
    dataset is any FactorDataset ? 10 : 32
  }

  /// Images per optimiser step.
  package func batchSize(for dataset: any ImageDataset) -> Int {
    guard dataset.imageShape.height > 128 else { return 64 }
    return switch self {
    case .smoke: 2
    case .quick, .standard: 8
    case .paper: 24
    }
  }
}

extension ModelCatalog {
  /// The models of a command line: names and groups, each with its options, separated by commas.
  ///
  /// - Throws: `TrainingError` for unknown names and options.
  public static func specifications(_ text: String) throws(TrainingError) -> [ModelSpecification] {
    // Options are put back to their model: in `a:x=1,y=2,b` the parts are `a:x=1,y=2` and `b`.
    let names = text.split(separator: ",").reduce(into: [String]()) { parts, part in
      if let last = parts.last, last.contains(":"), part.contains("="), !part.contains(":") {
        parts[parts.count - 1] = "\(last),\(part)"
      } else {
        parts.append(String(part))
      }
    }
    return try specifications(names)
  }
}

package import Datasets
package import Reference

/// What a preset decides for a dataset's images, where the command line says nothing.
extension Preset {
  /// A multi-β VAE's name with the architecture for a dataset, unless the name has one.
  ///
  /// The study's nets where factors are to be told apart and in short runs, residual ones where the
  /// images are photographs or larger than 64×64.
  ///
  /// - Parameters:
  ///   - name: A model's name with its options.
  ///   - dataset: The images.
  ///   - width: Channels of residual nets; nil for the preset's.
  /// - Returns: The name with further options.
  package func modelName(_ name: String, for dataset: any ImageDataset, width: Int?) -> String {
    guard name.hasPrefix("multi-beta-vae") else { return name }
    var options: [String] = []
    var isResidual = name.contains("architecture=res") || name.contains("architecture=kl")
    if !name.contains("architecture=") {
      if dataset.imageShape.height != 64 {
        options.append("architecture=\(self == .paper ? "kl-f4" : "kl-f8")")
        isResidual = true
      } else if self == .paper, !(dataset is any FactorDataset) {
        options.append("architecture=res-vector")
        isResidual = true
      }
    }
    if isResidual, !name.contains("width="), let width = width ?? residualWidth {
      options.append("width=\(width)")
    }
    guard !options.isEmpty else { return name }
    return name + (name.contains(":") ? "," : ":") + options.joined(separator: ",")
  }

  /// The models of a command line, with ``modelName(_:for:width:)``'s architectures.
  ///
  /// - Parameters:
  ///   - text: Names of models and groups, separated by commas.
  ///   - dataset: The images.
  ///   - width: Channels of residual nets; nil for the preset's.
  /// - Returns: The models.
  /// - Throws: `TrainingError` for unknown names and options.
  package func specifications(
    _ text: String, for dataset: any ImageDataset, width: Int? = nil
  ) throws(TrainingError) -> [ModelSpecification] {
    let names = modelNames(text).flatMap { name in
      ModelCatalog.groups.first { $0.name == name }?.models ?? [name]
    }
    return try ModelCatalog.specifications(
      names.map { modelName($0, for: dataset, width: width) })
  }

  /// Channels of residual nets and of a U-Net's first level; nil for the full size.
  package var residualWidth: Int? {
    switch self {
    case .smoke: 8
    case .quick: 32
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
    case .quick: 8
    case .paper: 24
    }
  }
}

/// The models of a command line: names, each with its options, separated by commas.
package func modelNames(_ text: String) -> [String] {
  // Options are put back to their model: in `a:x=1,y=2,b` the parts are `a:x=1,y=2` and `b`.
  text.split(separator: ",").reduce(into: []) { parts, part in
    if let last = parts.last, last.contains(":"), part.contains("="), !part.contains(":") {
      parts[parts.count - 1] = "\(last),\(part)"
    } else {
      parts.append(String(part))
    }
  }
}

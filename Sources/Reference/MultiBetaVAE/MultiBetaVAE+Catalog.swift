import Disentanglement
import Torch

extension ModelDefinition {
  static let multiBetaVAE = ModelDefinition(
    name: "multi-beta-vae",
    summary: "Denoising Multi-β VAE, stage 1, one σ_β for all latents (arXiv:2507.06613)",
    options: multiBetaOptions, laterStages: [.denoiser, .tunedDecoder, .disco],
    sampling: .latentDiffusion, readout: .ica(seed: 0)
  ) { context, options in
    try MultiBetaVAE(context, multiBetaOptions(options, .isotropic))
  }

  static let multiBetaVAEDiagonal = ModelDefinition(
    name: "multi-beta-vae-diag",
    summary: "the same with one σ_β per latent, which ties factors to axes (ours)",
    options: multiBetaOptions, laterStages: [.denoiser, .tunedDecoder, .disco],
    sampling: .latentDiffusion, readout: .ica(seed: 0)
  ) { context, options in
    try MultiBetaVAE(context, multiBetaOptions(options, .diagonal))
  }

  static let multiBetaVAEDiagonalPerImage = ModelDefinition(
    name: "multi-beta-vae-diag-x",
    summary: "the same with one σ per latent and image, as β-VAE has it, along the β axis (ours)",
    options: multiBetaOptions, laterStages: [.denoiser, .tunedDecoder, .disco],
    sampling: .latentDiffusion
  ) { context, options in
    try MultiBetaVAE(context, multiBetaOptions(options, .diagonalPerImage))
  }

  private static let multiBetaOptions: [ModelOption] = [
    .choice(
      "reduction", Reduction.mean.rawValue, of: Reduction.allCases.map(\.rawValue),
      "mean or sum over pixels and latents"),
    .choice(
      "times", TimeDistribution.uniform.rawValue, of: TimeDistribution.allCases.map(\.rawValue),
      "how training spreads t over the β axis"),
    .choice(
      "architecture", Architecture.study.rawValue, of: Architecture.allCases.map(\.rawValue),
      "the networks; spatial ones have as many latents as their shape says"),
    .number(
      "width", 0, in: 0...1024, "channels of residual networks; 0 for the architecture's own"),
    .number("from", 0, in: 0...1, "smallest t that is trained"),
    .number("to", 1, in: 0...1, "largest t that is trained; the same as from for a single t"),
    .number(
      "kappa", 1, in: 0...1e6, "weight of total correlation within the rate: t·(KL + (κ − 1)·TC)"),
    .choice("averages", "on", of: ["on", "off"], "codes of averaged parameters (decay .999)"),
    .choice("clipping", "on", of: ["on", "off"], "gradients clipped to norm 1"),
    .choice("weights", "he", of: ["he", "glorot"], "how the weights of the study's nets start"),
  ]

  private static func multiBetaOptions(
    _ options: ModelOptions, _ posterior: PosteriorKind
  ) throws(TrainingError) -> MultiBetaVAE.Options {
    var result = MultiBetaVAE.Options(
      posterior: posterior, reduction: options.choice("reduction"), times: options.choice("times"))
    result.architecture = options.choice("architecture")
    let width = Int(options.number("width"))
    result.width = width > 0 ? width : nil
    let (from, to) = (options.number("from"), options.number("to"))
    guard from <= to else {
      throw .badConfiguration(what: "to", expected: "at least from (\(from))", found: "'\(to)'")
    }
    result.axis = from...to
    result.correlationWeight = options.number("kappa")
    result.hasAverages = options.choice("averages") == "on"
    result.clipsGradients = options.choice("clipping") == "on"
    result.initializer = options.choice("weights") == "he" ? .kaimingNormal : .glorotUniform
    return result
  }
}

extension ModelDefinition {
  static let multiBetaVAE = ModelDefinition(
    name: "multi-beta-vae",
    summary: "Denoising Multi-β VAE, stage 1, one σ_β for all latents (arXiv:2507.06613)",
    options: multiBetaOptions, laterStages: [.denoiser, .tunedDecoder],
    sampling: .latentDiffusion
  ) { context, options in
    try MultiBetaVAE(context, multiBetaOptions(options, .isotropic))
  }

  static let multiBetaVAEDiagonal = ModelDefinition(
    name: "multi-beta-vae-diag",
    summary: "the same with one σ_β per latent, which ties factors to axes (ours)",
    options: multiBetaOptions, laterStages: [.denoiser, .tunedDecoder],
    sampling: .latentDiffusion
  ) { context, options in
    try MultiBetaVAE(context, multiBetaOptions(options, .diagonal))
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
  ]

  private static func multiBetaOptions(_ options: ModelOptions, _ posterior: PosteriorKind)
    -> MultiBetaVAE.Options
  {
    var result = MultiBetaVAE.Options(
      posterior: posterior, reduction: options.choice("reduction"), times: options.choice("times"))
    result.architecture = options.choice("architecture")
    let width = Int(options.number("width"))
    result.width = width > 0 ? width : nil
    return result
  }
}
